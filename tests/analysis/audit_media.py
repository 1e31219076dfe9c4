"""Media and downloads: containers, each with exactly what is to be found about it."""

from __future__ import annotations

from tests.analysis.audit_containers import (
    API_KEY,
    BARE,
    GLUETUN,
    GLUETUN_ID,
    PASSWORD,
    UNCHECKED,
    WEB,
    Case,
    inspected,
)

MEDIA: list[Case] = [
    (
        inspected(
            "sonarr",
            "lscr.io/linuxserver/sonarr:latest",
            env={
                "PUID": "1000",
                "PGID": "1000",
                "TZ": "Europe/Berlin",
                "S6_STAGE2_HOOK": "/docker-mods",
                "LSIO_FIRST_PARTY": "true",
                "VIRTUAL_ENV": "/lsiopy",
                "SONARR_CHANNEL": "v4-stable",
            },
            mounts=(
                "/mnt/tank/apps/sonarr:/config",
                "/mnt/tank/media:/data",
                "/etc/localtime:/etc/localtime:ro",
            ),
            published=("8989:8989",),
        ),
        {**WEB, "unpinned_image": "low"},
    ),
    (
        # Without PUID the image changes to a user of its own.
        inspected(
            "radarr",
            "lscr.io/linuxserver/radarr:5.14.0",
            env={"RADARR__AUTH__APIKEY": API_KEY, "RADARR__AUTH__METHOD": "External"},
            published=("192.168.1.10:7878:7878",),
        ),
        {**UNCHECKED, "starts_as_root": "low", "secret_in_environment": "high"},
    ),
    (
        inspected(
            "prowlarr",
            "ghcr.io/hotio/prowlarr:release-1.25.4",
            env={"PUID": "0", "PGID": "0", "UMASK": "002"},
            published=("127.0.0.1:9696:9696",),
        ),
        {**UNCHECKED, "runs_as_root": "medium"},
    ),
    (
        # The claim of Plex holds for four minutes, and opens nothing after that.
        inspected(
            "plex",
            "plexinc/pms-docker:latest",
            env={
                "PLEX_CLAIM": "claim-8sdfNQs2gqY3xSzWmLcd",
                "PLEX_UID": "1000",
                "PLEX_GID": "1000",
                "CHANGE_CONFIG_DIR_OWNERSHIP": "true",
            },
            mounts=("/mnt/tank/media:/data:ro", "plex-config:/config"),
            network="host",
            healthcheck=True,
        ),
        {**BARE, "unpinned_image": "low", "host_network": "low"},
    ),
    (
        inspected(
            "jellyfin",
            "jellyfin/jellyfin:10.10.3",
            user="1000:1000",
            env={"JELLYFIN_PublishedServerUrl": "http://192.168.1.10:8096", "NVARCH": "x86_64"},
            mounts=("/mnt/tank/media:/media:ro", "jellyfin:/config"),
            published=("8096:8096", "7359:7359/udp"),
            devices=("/dev/dri", "/dev/dri/renderD128"),
            healthcheck=True,
        ),
        BARE,
    ),
    (
        GLUETUN,
        {
            **BARE,
            "runs_as_root": "medium",
            "dangerous_capability": "low",
            "secret_in_environment": "high",
            "published_everywhere": "low",
        },
    ),
    (
        inspected(
            "qbittorrent",
            "lscr.io/linuxserver/qbittorrent:5.0.2",
            env={"PUID": "1000", "WEBUI_PORT": "8080", "TORRENTING_PORT": "6881"},
            mounts=("/mnt/tank/downloads:/downloads",),
            network=f"container:{GLUETUN_ID}",
        ),
        UNCHECKED,
    ),
    (
        inspected(
            "transmission",
            "lscr.io/linuxserver/transmission:4.0.6",
            env={"PUID": "1000", "USER": "admin", "PASS": PASSWORD},
            published=("127.0.0.1:9091:9091", "51413:51413", "51413:51413/udp"),
        ),
        {
            **UNCHECKED,
            "secret_in_environment": "high",
            "download_client_outside_vpn": "high",
        },
    ),
    (
        inspected("sabnzbd", "lscr.io/linuxserver/sabnzbd:4.3.3", env={"PUID": "1001"}),
        {**UNCHECKED, "download_client_outside_vpn": "medium"},
    ),
    (
        # Brings a VPN of its own, and is privileged for no need.
        inspected(
            "qbittorrentvpn",
            "binhex/arch-qbittorrentvpn:4.6.7-1-01",
            env={
                "VPN_ENABLED": "yes",
                "VPN_USER": "p1234567",
                "VPN_PASS": PASSWORD,
                "PUID": "1000",
                "NAME_SERVERS": "1.1.1.1,1.0.0.1",
            },
            Privileged=True,
        ),
        {**UNCHECKED, "privileged": "critical", "secret_in_environment": "high"},
    ),
    (
        inspected(
            "immich",
            "ghcr.io/immich-app/immich-server:release",
            env={
                "DB_PASSWORD": PASSWORD,
                "DB_HOSTNAME": "immich_postgres",
                "IMMICH_BUILD": "12063298371",
                "IMMICH_SOURCE_COMMIT": "7e9ee2a8e5f4e6b7e5d3c9b2a1f0e8d7c6b5a493",
                "IMMICH_SOURCE_REF": "v1.121.0",
                "NVIDIA_DRIVER_CAPABILITIES": "all",
                "INSTANCE_ID": "9f1c2b34-5d6e-4f70-8a9b-0c1d2e3f4a5b",
            },
            mounts=("/mnt/tank/photos:/usr/src/app/upload",),
            published=("2283:2283",),
            healthcheck=True,
        ),
        {
            **BARE,
            "published_everywhere": "low",
            "runs_as_root": "medium",
            "secret_in_environment": "high",
            "unpinned_image": "low",
        },
    ),
    (
        inspected(
            "ollama",
            "ollama/ollama:0.4.7",
            env={"OLLAMA_HOST": "0.0.0.0:11434", "NVIDIA_VISIBLE_DEVICES": "all"},
            published=("192.168.1.10:11434:11434",),
            mounts=("ollama:/root/.ollama",),
        ),
        {**UNCHECKED, "runs_as_root": "medium"},
    ),
    (
        inspected(
            "webtop",
            "lscr.io/linuxserver/webtop:ubuntu-xfce",
            env={"PUID": "1000", "CUSTOM_USER": "abc", "PASSWORD": "abc"},
            published=("3002:3001",),
            SecurityOpt=["seccomp=unconfined"],
        ),
        {**WEB, "unconfined": "medium", "secret_in_environment": "high"},
    ),
    (
        inspected(
            "frigate",
            "ghcr.io/blakeblackshear/frigate:0.14.1",
            env={
                "FRIGATE_RTSP_PASSWORD": PASSWORD,
                "PLUS_API_KEY": "",
                "LIBVA_DRIVER_NAME": "i965",
                "TOKENIZERS_PARALLELISM": "true",
            },
            mounts=("/mnt/tank/frigate:/media/frigate", "/etc/localtime:/etc/localtime:ro"),
            devices=("/dev/bus/usb", "/dev/apex_0", "/dev/dri/renderD128"),
            published=("8971:8971", "8554:8554"),
            healthcheck=True,
            Privileged=True,
        ),
        {
            **BARE,
            "published_everywhere": "low",
            "runs_as_root": "medium",
            "privileged": "critical",
            "secret_in_environment": "high",
        },
    ),
]
