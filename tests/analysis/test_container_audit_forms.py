"""The short and long forms in which a compose file may say the same."""

from __future__ import annotations

import pytest

from custom_components.home_server_monitor.analysis.container_audit import compose_settings
from custom_components.home_server_monitor.systems.docker.settings import (
    Limits,
    MountPoint,
    PublishedPort,
)


@pytest.mark.parametrize(
    ("written", "port"),
    [
        ("80", PublishedPort(address="", port=None, target=80)),
        ("22:22", PublishedPort(address="", port=22, target=22)),
        ("8080:80/udp", PublishedPort(address="", port=8080, target=80, protocol="udp")),
        ("127.0.0.1:8080:80", PublishedPort(address="127.0.0.1", port=8080, target=80)),
        ("0.0.0.0:8080:80", PublishedPort(address="", port=8080, target=80)),
        ("'[::1]:8080:80'", PublishedPort(address="::1", port=8080, target=80)),
        ("'::1:8080:80'", PublishedPort(address="::1", port=8080, target=80)),
        ("127.0.0.1::80", PublishedPort(address="127.0.0.1", port=None, target=80)),
        ("3000-3005:3000-3005", PublishedPort(address="", port=3000, target=3000, span=6)),
        ("'${PORT:-8080}:80'", PublishedPort(address="", port=None, target=80)),
        ("'127.0.0.1:${PORT:-8080}:80'", PublishedPort(address="127.0.0.1", port=None, target=80)),
        (
            "{target: 80, published: 8080, host_ip: 10.0.0.2, protocol: udp, mode: host}",
            PublishedPort(address="10.0.0.2", port=8080, target=80, protocol="udp"),
        ),
        ("{target: 80}", PublishedPort(address="", port=None, target=80)),
        ("{published: 80}", None),
        ("''", None),
    ],
)
def test_forms_of_a_port(written: str, port: PublishedPort | None) -> None:
    settings = compose_settings(f"services: {{app: {{ports: [{written}]}}}}")["app"]
    assert settings.ports == ((port,) if port else ())


@pytest.mark.parametrize(
    ("written", "mount"),
    [
        ("/data", MountPoint(kind="volume", source="", target="/data")),
        ("config:/data", MountPoint(kind="volume", source="config", target="/data")),
        (
            "/etc//ssl/:/ssl:ro",
            MountPoint(kind="bind", source="/etc/ssl", target="/ssl", read_only=True),
        ),
        ("'./here:/data:rw,z'", MountPoint(kind="bind", source="./here", target="/data")),
        ("~/here:/data", MountPoint(kind="bind", source="~/here", target="/data")),
        ("'${DATA:-/x}:/data'", MountPoint(kind="bind", source="${DATA:-/x}", target="/data")),
        (
            "pool:/data:ro",
            MountPoint(kind="bind", source="/mnt/tank", target="/data", read_only=True),
        ),
        (
            "{type: bind, source: /, target: /host, read_only: true}",
            MountPoint(kind="bind", source="/", target="/host", read_only=True),
        ),
        (
            "{type: volume, source: a, target: /a}",
            MountPoint(kind="volume", source="a", target="/a"),
        ),
        ("{type: tmpfs, target: /tmp}", MountPoint(kind="tmpfs", source="", target="/tmp")),
    ],
)
def test_forms_of_a_volume(written: str, mount: MountPoint) -> None:
    text = f"""
services: {{app: {{volumes: [{written}]}}}}
volumes: {{pool: {{driver_opts: {{type: none, o: bind, device: /mnt/tank}}}}, config: }}
"""
    assert compose_settings(text)["app"].mounts == (mount,)


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("mem_limit: 512m, cpus: 0.5", Limits(cpus=0.5, memory=512 << 20)),
        ("mem_limit: 1073741824", Limits(memory=1 << 30)),
        ("mem_limit: 1.5gb, memswap_limit: 2GiB", Limits(memory=3 << 29, memory_swap=2 << 30)),
        ("cpu_quota: 50000", Limits(cpus=0.5)),
        ("deploy: {resources: {limits: {cpus: '2', memory: 2G, pids: 50}}}", Limits(cpus=2, memory=2 << 30, pids=50)),
        ("mem_limit: 0, cpus: much", Limits()),
    ],
)  # fmt: skip
def test_forms_of_a_limit(written: str, limits: Limits) -> None:
    assert compose_settings(f"services: {{app: {{{written}}}}}")["app"].limits == limits


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ("restart: no", "no"),
        ("restart: false", "no"),
        ("restart: always", "always"),
        ("restart: on-failure:3", "on-failure"),
        ("deploy: {restart_policy: {condition: none}}", "no"),
        ("deploy: {restart_policy: {condition: any}}", "any"),
        ("deploy: {restart_policy: {delay: 5s}}", "any"),
        ("image: x", "no"),
    ],
)
def test_forms_of_a_restart_policy(written: str, policy: str) -> None:
    assert compose_settings(f"services: {{app: {{{written}}}}}")["app"].restart_policy == policy


def test_other_forms() -> None:
    settings = compose_settings(
        """
services:
  app:
    container_name: the-app
    environment: [A=1, B, C=x=y]
    labels: ["com.docker.compose.oneoff=True", "traefik.enable=true"]
    devices: [{source: /dev/sda}, "/dev/dri:/dev/dri"]
    entrypoint: ["/bin/app"]
    command: run "with spaces" --now
    cap_add: [cap_sys_admin]
    networks: {web: {aliases: [x]}, db: }
    user: !override "1000"
    security_opt: !override [no-new-privileges]
    pid: !override
    ipc: &name host
    build: !override {context: .}
    privileged: !reset null
    mem_limit: ${MEMORY}
    logging: {options: {max-size: $SIZE}}
    healthcheck: {test: NONE}
  odd: {command: "it's"}
"""
    )
    app = settings["app"]
    assert (app.name, app.service, app.is_job) == ("the-app", "app", True)
    assert app.environment == {"A": "1", "C": "x=y"}
    assert "traefik.enable" not in app.labels
    assert app.devices == ("/dev/sda", "/dev/dri")
    assert app.command == ("/bin/app", "run", "with spaces", "--now")
    assert app.capabilities_added == ("SYS_ADMIN",)
    assert app.networks == ("db", "web")
    assert app.user == "1000"
    assert app.security_options == ("no-new-privileges",)
    assert (app.pid_mode, app.ipc_mode) == ("", "host")
    assert not app.privileged
    assert app.unknown == {"memory", "log"}
    assert app.healthcheck is False
    assert settings["odd"].command == ("it's",)
