"""What manages and watches the host: containers, each with exactly what is to be found about it."""

from __future__ import annotations

from tests.analysis.audit_containers import (
    API_KEY,
    BARE,
    HARDENED,
    UNCHECKED,
    WEB,
    Case,
    inspected,
)

KEEPERS: list[Case] = [
    (
        inspected(
            "portainer",
            "portainer/portainer-ce:2.21.4",
            mounts=("/var/run/docker.sock:/var/run/docker.sock", "portainer_data:/data"),
            published=("9443:9443", "8000:8000"),
            restart="always",
        ),
        {**WEB, "runs_as_root": "medium", "docker_socket": "high"},
    ),
    (
        inspected(
            "watchtower",
            "containrrr/watchtower",
            env={
                "WATCHTOWER_CLEANUP": "true",
                "WATCHTOWER_SCHEDULE": "0 0 4 * * *",
                "WATCHTOWER_NOTIFICATION_URL": "discord://kJ8dWq2zXc5vBn7m@1122334455",
            },
            mounts=("/var/run/docker.sock:/var/run/docker.sock",),
            healthcheck=True,
        ),
        {
            **BARE,
            "runs_as_root": "medium",
            "docker_socket": "high",
            "secret_in_environment": "high",
            "unpinned_image": "low",
        },
    ),
    (
        # A dashboard has no business with the whole engine.
        inspected(
            "homarr",
            "ghcr.io/homarr-labs/homarr:v1.0.1",
            env={"SECRET_ENCRYPTION_KEY": API_KEY * 2},
            mounts=("/run/docker.sock:/var/run/docker.sock",),
            published=("7575:7575",),
        ),
        {
            **WEB,
            "runs_as_root": "medium",
            "docker_socket": "critical",
            "secret_in_environment": "high",
        },
    ),
    (
        inspected(
            "dozzle",
            "amir20/dozzle:v8.8.2",
            mounts=("/var/run/docker.sock:/var/run/docker.sock:ro",),
            published=("127.0.0.1:8888:8080",),
        ),
        {**UNCHECKED, "runs_as_root": "medium", "docker_socket_read_only": "high"},
    ),
    (
        inspected(
            "socket-proxy",
            "lscr.io/linuxserver/socket-proxy:3.2.6",
            user="65534",
            env={"CONTAINERS": "1", "POST": "0", "TZ": "Etc/UTC"},
            mounts=("/var/run/docker.sock:/var/run/docker.sock:ro",),
            healthcheck=True,
            **HARDENED,
        ),
        {},
    ),
    (
        inspected(
            "docker-proxy",
            "tecnativa/docker-socket-proxy:0.3.0",
            env={"CONTAINERS": "1", "POST": "1"},
            mounts=("/var/run/docker.sock:/var/run/docker.sock:ro",),
            published=("2375:2375",),
        ),
        {**UNCHECKED, "runs_as_root": "medium", "docker_api_published": "critical"},
    ),
    (
        inspected(
            "node-exporter",
            "quay.io/prometheus/node-exporter:v1.8.2",
            user="nobody",
            mounts=("/:/host:ro",),
            network="host",
            command=("/bin/node_exporter", "--path.rootfs=/host"),
            PidMode="host",
        ),
        {
            **UNCHECKED,
            "host_network": "low",
            "host_pid": "low",
            "sensitive_mount": "low",
        },
    ),
    (
        inspected(
            "cadvisor",
            "gcr.io/cadvisor/cadvisor:v0.49.1",
            mounts=(
                "/:/rootfs:ro",
                "/var/run:/var/run:ro",
                "/sys:/sys:ro",
                "/var/lib/docker/:/var/lib/docker:ro",
            ),
            devices=("/dev/kmsg",),
            published=("127.0.0.1:8089:8080",),
            healthcheck=True,
            Privileged=True,
        ),
        {
            **BARE,
            "runs_as_root": "medium",
            "privileged": "critical",
            "sensitive_mount": "low",
            "docker_socket_read_only": "high",
        },
    ),
    (
        inspected(
            "scrutiny",
            "ghcr.io/analogj/scrutiny:v0.8.1-omnibus",
            mounts=("/run/udev:/run/udev:ro", "/opt/scrutiny:/opt/scrutiny/config"),
            devices=("/dev/sda", "/dev/nvme0"),
            published=("8085:8080",),
            CapAdd=["SYS_RAWIO", "SYS_ADMIN"],
        ),
        {
            **WEB,
            "runs_as_root": "medium",
            "dangerous_capability": "low",
            "host_device": "low",
        },
    ),
    (
        inspected(
            "disk-tool",
            "debian:12",
            devices=("/dev/sda1", "/dev/mem"),
            CapAdd=["ALL"],
            IpcMode="host",
            PidMode="host",
            SecurityOpt=["label=disable"],
            restart="no",
        ),
        {
            **UNCHECKED,
            "runs_as_root": "medium",
            "dangerous_capability": "critical",
            "host_device": "critical",
            "host_ipc": "medium",
            "host_pid": "high",
            "no_restart_policy": "low",
        },
    ),
    (
        inspected(
            "filebrowser",
            "filebrowser/filebrowser:v2.31.2",
            mounts=("/:/srv",),
            published=("8082:80",),
            healthcheck=True,
        ),
        {
            **BARE,
            "published_everywhere": "low",
            "runs_as_root": "medium",
            "sensitive_mount": "critical",
        },
    ),
    (
        inspected(
            "duplicati",
            "lscr.io/linuxserver/duplicati:2.1.0",
            env={"PUID": "1000", "SETTINGS_ENCRYPTION_KEY": "a passphrase of five words"},
            mounts=(
                "/mnt/tank:/source:ro",
                "/etc:/host/etc:ro",
                "/etc/localtime:/etc/localtime",
                "/mnt/tank/backup:/backups",
            ),
        ),
        {
            **UNCHECKED,
            "sensitive_mount": "high",
            "writable_system_mount": "low",
            "secret_in_environment": "high",
        },
    ),
    (
        # A backup that runs once a night has nothing to check or restart.
        inspected(
            "backup-job",
            "restic/restic:0.17.3",
            env={"RESTIC_PASSWORD_FILE": "/run/secrets/restic", "RESTIC_REPOSITORY": "/mnt/backup"},
            mounts=("/mnt/tank/apps:/data:ro",),
            restart="no",
            AutoRemove=True,
        ),
        {**BARE, "runs_as_root": "medium"},
    ),
]
