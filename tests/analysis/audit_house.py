"""The house and its network: containers, each with exactly what is to be found about it."""

from __future__ import annotations

from tests.analysis.audit_containers import (
    API_KEY,
    BARE,
    PASSWORD,
    TUNNEL_TOKEN,
    UNCHECKED,
    WEB,
    Case,
    inspected,
)

HOUSE: list[Case] = [
    (
        inspected(
            "homeassistant",
            "ghcr.io/home-assistant/home-assistant:stable",
            env={"TZ": "Europe/Berlin", "UV_SYSTEM_PYTHON": "true", "GIT_COMMIT": API_KEY},
            mounts=(
                "/opt/homeassistant:/config",
                "/etc/localtime:/etc/localtime:ro",
                "/run/dbus:/run/dbus:ro",
            ),
            network="host",
            Privileged=True,
        ),
        {
            **UNCHECKED,
            "runs_as_root": "medium",
            "privileged": "high",
            "host_network": "low",
            "unpinned_image": "low",
        },
    ),
    (
        inspected(
            "pihole",
            "pihole/pihole:2024.07.0",
            env={
                "TZ": "Europe/London",
                "FTLCONF_webserver_api_password": PASSWORD,
                "FTLCONF_dns_listeningMode": "all",
                "PIHOLE_DNS_": "1.1.1.1;9.9.9.9",
            },
            mounts=("/opt/pihole:/etc/pihole",),
            published=("53:53", "53:53/udp", "8081:80"),
            healthcheck=True,
            CapAdd=["NET_ADMIN", "SYS_TIME", "SYS_NICE"],
        ),
        {
            **BARE,
            "starts_as_root": "low",
            "dangerous_capability": "low",
            "secret_in_environment": "high",
            "published_everywhere": "low",
        },
    ),
    (
        inspected(
            "zigbee2mqtt",
            "koenkk/zigbee2mqtt:1.41.0",
            env={"TZ": "Europe/Berlin", "NODE_VERSION": "20.18.1", "YARN_VERSION": "1.22.22"},
            mounts=("/opt/z2m:/app/data", "/run/udev:/run/udev:ro"),
            devices=("/dev/serial/by-id/usb-ITead_Sonoff_Zigbee_3.0-if00-port0", "/dev/ttyUSB0"),
            published=("8083:8080",),
        ),
        {**WEB, "runs_as_root": "medium"},
    ),
    (
        inspected(
            "traefik",
            "traefik:v3.2",
            mounts=("/var/run/docker.sock:/var/run/docker.sock:ro", "/opt/traefik:/etc/traefik"),
            published=("80:80", "8443:443", "8080:8080"),
            command=("traefik", "--api.insecure=true", "--providers.docker=true"),
        ),
        {**WEB, "runs_as_root": "medium", "docker_socket_read_only": "high"},
    ),
    (
        inspected(
            "proxy",
            "jc21/nginx-proxy-manager:2.12.1",
            published=("80:80", "443:443", "81:81"),
            env={"DISABLE_IPV6": "true", "DB_SQLITE_FILE": "/data/database.sqlite"},
        ),
        {**WEB, "runs_as_root": "medium", "reached_from_outside": "low"},
    ),
    (
        # A VPN that lets people in. It is none that others go out through.
        inspected(
            "wireguard",
            "lscr.io/linuxserver/wireguard:1.0.20210914",
            env={"PUID": "1000", "PEERS": "phone,laptop", "SERVERPORT": "51820"},
            mounts=("/lib/modules:/lib/modules",),
            published=("51820:51820/udp",),
            CapAdd=["NET_ADMIN", "SYS_MODULE"],
        ),
        {
            **UNCHECKED,
            "dangerous_capability": "low",
            "writable_system_mount": "high",
            "reached_from_outside": "low",
        },
    ),
    (
        inspected(
            "wg-easy",
            "ghcr.io/wg-easy/wg-easy:14",
            env={
                "WG_HOST": "vpn.example.org",
                "PASSWORD_HASH": "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            },
            published=("127.0.0.1:51821:51821", "51820:51820/udp"),
            healthcheck=True,
            CapAdd=["NET_ADMIN"],
        ),
        {
            **BARE,
            "runs_as_root": "medium",
            "dangerous_capability": "low",
            "reached_from_outside": "low",
        },
    ),
    (
        inspected(
            "cloudflared",
            "cloudflare/cloudflared:2024.11.1",
            user="nonroot",
            env={"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"},
            command=("cloudflared", "--no-autoupdate", "tunnel", "run", "--token", TUNNEL_TOKEN),
        ),
        {**UNCHECKED, "secret_in_command": "high"},
    ),
    (
        inspected(
            "minecraft",
            "itzg/minecraft-server:java21",
            env={
                "EULA": "TRUE",
                "RCON_PASSWORD": "minecraft",
                "UID": "1000",
                "JAVA_VERSION": "jdk-21.0.5+11",
                "OPS": "Steve,Alex",
            },
            published=("25565:25565",),
            healthcheck=True,
        ),
        {
            **BARE,
            "runs_as_root": "medium",
            "secret_in_environment": "high",
            "reached_from_outside": "high",
        },
    ),
    (
        # The token is a hash, as the makers recommend.
        inspected(
            "vaultwarden",
            "vaultwarden/server:1.32.5-alpine",
            user="1000:1000",
            env={
                "ADMIN_TOKEN": "$argon2id$v=19$m=65540,t=3,p=4$MmeKRnGK5RW5mJS7h3TOL89Gr$CaQQp7nsFqXo",
                "ROCKET_PORT": "8080",
                "SIGNUPS_ALLOWED": "false",
                "DOMAIN": "https://vault.example.org",
                "PASSWORD_ITERATIONS": "600000",
            },
            published=("127.0.0.1:8222:8080",),
            healthcheck=True,
        ),
        BARE,
    ),
    (
        inspected(
            "nextcloud",
            "nextcloud:30.0.2-apache",
            env={
                "MYSQL_PASSWORD": "changeme",
                "MYSQL_HOST": "mariadb",
                "NEXTCLOUD_TRUSTED_DOMAINS": "cloud.example.org 192.168.1.10",
                "PHP_SHA256": "b3aaf1fa9b1b7bd1c0b45b6be9d1b5f6b7f53ee8a2d4c3e0f9a8b7c6d5e4f3a2",
                "GPG_KEYS": "39B641343D8C104B2B146DC3F9C39DC0B9859544 "
                "E60913E4DF209907D8E30D96659A97C9CF2A795A",
                "PHPIZE_DEPS": "autoconf \t\tdpkg-dev \t\tfile \t\tg++",
                "PHP_CFLAGS": "-fstack-protector-strong -fpic -fpie -O2 -D_LARGEFILE_SOURCE",
                "NEXTCLOUD_VERSION": "30.0.2",
            },
            published=("8443:80",),
        ),
        {**WEB, "starts_as_root": "low", "default_password": "high"},
    ),
    (
        inspected(
            "homepage",
            "ghcr.io/gethomepage/homepage:v0.10.9",
            user="1000",
            env={"DOCKER_HOST": "tcp://socket-proxy:2375", "HOMEPAGE_ALLOWED_HOSTS": "home.lan"},
            published=("3000:3000",),
            healthcheck=True,
        ),
        {**BARE, "published_everywhere": "low"},
    ),
]
