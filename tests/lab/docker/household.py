"""The containers of the demo: three compose projects and a few on their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .images import SimulatedEngine
from .model import Mount
from .usage import Usage, Wave

_MB = 1_000_000
_DAY = 86_400.0


@dataclass(frozen=True)
class _Made:
    """One container of the household: `load` cores, `memory` MB, `traffic` in kB/s (in, out)."""

    name: str
    image: str
    version: str | None
    project: str | None = None
    load: float = 0.01
    memory: float = 60
    traffic: tuple[float, float] = (1, 1)
    disk: tuple[float, float] = (2, 5)
    age: float = 3 * _DAY
    more: dict[str, Any] = field(default_factory=dict)


_CONFIG = [Mount("bind", "/srv/config", "/config"), Mount("bind", "/srv/media", "/media", False)]

_CONTAINERS = (
    _Made("sonarr", "lscr.io/linuxserver/sonarr:4.0.16", "4.0.16.2944", "media", 0.03, 214, (4, 6),
          more={"ports": {8989: 8989}, "health": "healthy", "mounts": _CONFIG}),
    _Made("radarr", "lscr.io/linuxserver/radarr:5.28.0", "5.28.0.10274", "media", 0.03, 246, (3, 5),
          more={"ports": {7878: 7878}, "health": "healthy", "mounts": _CONFIG}),
    _Made("prowlarr", "lscr.io/linuxserver/prowlarr:2.1.5", "2.1.5.5216", "media", 0.02, 171,
          more={"ports": {9696: 9696}, "health": "unhealthy",
                "logs": ["[Info] IndexerSearch: searching 4 indexers",
                         "[Warn] HttpIndexerBase: request timed out",
                         "[Error] HealthCheck: no indexer answers"]}),
    _Made("jellyfin", "jellyfin/jellyfin:10.11.3", "10.11.3", "media", 1.1, 912, (40, 2600),
          (5200, 90), more={"ports": {8096: 8096}, "health": "healthy", "mounts": _CONFIG,
                            "memory_limit": 4_294_967_296, "nano_cpus": 3_000_000_000}),
    _Made("sabnzbd", "lscr.io/linuxserver/sabnzbd:4.5.5", "4.5.5", "media", 0.4, 188, (9800, 130),
          (60, 9900), more={"ports": {8080: 8085}, "memory_limit": 1_073_741_824}),
    _Made("qbittorrent", "lscr.io/linuxserver/qbittorrent:5.1.4", "5.1.4", "media", 0.12, 340,
          (1500, 420), (300, 1600), more={"ports": {8080: 8081, 6881: 6881}}),
    _Made("traefik", "traefik:3.6.2", "v3.6.2", "infra", 0.05, 74, (320, 340),
          more={"ports": {80: 80, 443: 443}, "health": "healthy"}),
    _Made("portainer", "portainer/portainer-ce:2.33.4", "2.33.4", "infra", 0.01, 52,
          more={"ports": {9443: 9443}, "mounts": [Mount("volume", "portainer_data", "/data")]}),
    _Made("postgres", "postgres:17.7", None, "cloud", 0.06, 156, (30, 45), (40, 210),
          more={"health": "healthy", "ports": {5432: None},
                "mounts": [Mount("volume", "cloud_db", "/var/lib/postgresql/data")]}),
    _Made("nextcloud", "nextcloud:32.0.2", "32.0.2", "cloud", 0.15, 402, (60, 220), (80, 60),
          more={"ports": {80: 8088}, "mounts": [Mount("volume", "cloud_data", "/var/www/html")]}),
    _Made("backup", "restic/restic:0.18.1", "0.18.1", None,
          more={"state": "exited", "exit_code": 3,
                "logs": ["scan [/srv]: 1240 directories, 88120 files",
                         "Warning: at least one source file could not be read"]}),
    _Made("pihole", "pihole/pihole:2025.11.0", "2025.11.0", None, 0.02, 68, (8, 9),
          more={"ports": {53: 53, 80: 8053}, "health": "healthy", "networks": ["host"]}),
    _Made("homepage", "ghcr.io/gethomepage/homepage:1.7.0", "1.7.0", None, 0.01, 118,
          more={"ports": {3000: 3000}, "state": "paused"}),
)  # fmt: skip


def _usage(made: _Made, number: int) -> Usage:
    """Return a usage that swings with a rhythm of its own."""
    period = 45.0 + 13 * number

    def wave(base: float, part: float) -> Wave:
        return Wave(base, base * part, period)

    return Usage(
        cpu=wave(made.load, 0.6),
        memory=wave(made.memory * _MB, 0.08),
        cache=int(made.memory * _MB * 0.3),
        rx=wave(made.traffic[0] * 1000, 0.7),
        tx=wave(made.traffic[1] * 1000, 0.7),
        read=wave(made.disk[0] * 1000, 0.8),
        write=wave(made.disk[1] * 1000, 0.8),
        pids=12 + number,
    )


_ATTIC = (
    _Made("homebridge", "homebridge/homebridge:2025-11-04", "2025-11-04", "attic", 0.05, 142,
          more={"ports": {8581: 8581}}),
    _Made("mosquitto", "eclipse-mosquitto:2.0.22", "2.0.22", "attic", 0.01, 9, (12, 14),
          more={"ports": {1883: 1883}, "health": "healthy"}),
    _Made("zigbee2mqtt", "koenkk/zigbee2mqtt:2.7.0", "2.7.0", "attic", 0.04, 96, (5, 5),
          more={"ports": {8080: 8099}}),
    _Made("uptime-kuma", "louislam/uptime-kuma:2.0.2", "2.0.2", None, 0.03, 118, (6, 4),
          more={"ports": {3001: 3001}, "health": "healthy"}),
)  # fmt: skip


def furnish(engine: SimulatedEngine) -> None:
    """Put the demo's household on an engine."""
    _put(engine, _CONTAINERS)
    engine.add_image("busybox:1.37")
    for name in ("sonarr", "radarr", "jellyfin"):
        engine.write_log(name, "[Info] Application started")
        engine.write_log(name, "[Info] Listening on all interfaces")


def furnish_attic(engine: SimulatedEngine) -> None:
    """Put the demo's second, small host on an engine."""
    engine.host_name = "attic"
    _put(engine, _ATTIC)


def _put(engine: SimulatedEngine, containers: tuple[_Made, ...]) -> None:
    for number, made in enumerate(containers):
        options = {"restart_policy": "unless-stopped", **made.more}
        engine.add(
            made.name,
            made.image,
            project=made.project,
            version=made.version,
            age=made.age + 700 * number,
            usage=_usage(made, number),
            **options,
        )
