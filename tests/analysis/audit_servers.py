"""Databases and web servers: containers, each with exactly what is to be found about it."""

from __future__ import annotations

from tests.analysis.audit_containers import (
    BARE,
    HARDENED,
    PASSWORD,
    UNCHECKED,
    WEB,
    Case,
    inspected,
)

SERVERS: list[Case] = [
    (
        inspected(
            "db",
            "postgres:16-alpine",
            env={
                "POSTGRES_USER": "immich",
                "POSTGRES_PASSWORD": PASSWORD,
                "POSTGRES_DB": "immich",
                "PG_SHA256": "f5b4fdb5c1d4c4a0c4d3a7d3f8b5d7c1e3c8b6a3f6e0a9d2b7c4e1f8a5d3c6b9",
                "PGDATA": "/var/lib/postgresql/data",
                "GOSU_VERSION": "1.17",
                "DOCKER_PG_LLVM_DEPS": "llvm15-dev \t\tclang15",
            },
            mounts=("pg:/var/lib/postgresql/data",),
        ),
        {**UNCHECKED, "starts_as_root": "low", "secret_in_environment": "high"},
    ),
    (
        inspected(
            "db-with-secret",
            "postgres:16.6",
            user="999:999",
            env={
                "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres_password",
                "POSTGRES_USER": "app",
            },
            healthcheck=True,
            **HARDENED,
        ),
        {},
    ),
    (
        inspected(
            "db-in-the-world",
            "postgres:15.4",
            env={"POSTGRES_PASSWORD": "postgres", "POSTGRES_HOST_AUTH_METHOD": "scram-sha-256"},
            published=("5432:5432",),
        ),
        {
            **UNCHECKED,
            "starts_as_root": "low",
            "default_password": "high",
            "reached_from_outside": "critical",
        },
    ),
    (
        inspected(
            "redis",
            "redis:7.4-alpine",
            env={
                "REDIS_DOWNLOAD_URL": "http://download.redis.io/releases/redis-7.4.1.tar.gz",
                "REDIS_DOWNLOAD_SHA": "bc34b878eb89421bbfca6fa78752343bf37af312a09eb0fae47c9575977dfaa2",
            },
            command=("docker-entrypoint.sh", "redis-server", "--requirepass", PASSWORD),
        ),
        {**UNCHECKED, "starts_as_root": "low", "secret_in_command": "high"},
    ),
    (
        inspected(
            "web",
            "nginx",
            env={
                "NGINX_VERSION": "1.27.2",
                "NJS_VERSION": "0.8.6",
                "PKG_RELEASE": "1~bookworm",
                "DYNPKG_RELEASE": "1~bookworm",
            },
            mounts=("/opt/web/html:/usr/share/nginx/html:ro",),
            published=("8088:80",),
            restart="no",
        ),
        {
            **WEB,
            "runs_as_root": "medium",
            "unpinned_image": "low",
            "no_restart_policy": "low",
        },
    ),
    (
        inspected(
            "mongo",
            "mongo:7.0.14",
            env={
                "MONGO_INITDB_ROOT_USERNAME": "root",
                "MONGO_INITDB_ROOT_PASSWORD_FILE": "/run/secrets/mongo",
                "GLIBC_TUNABLES": "glibc.pthread.rseq=0",
            },
            published=("27017:27017",),
        ),
        {**UNCHECKED, "starts_as_root": "low", "published_everywhere": "medium"},
    ),
    (
        inspected(
            "grafana",
            "grafana/grafana-oss:11.3.1",
            user="472",
            env={
                "GF_SECURITY_ADMIN_PASSWORD": "admin",
                "GF_PATHS_DATA": "/var/lib/grafana",
                "GF_AUTH_DISABLE_LOGIN_FORM": "false",
            },
            published=("3001:3000",),
        ),
        {**WEB, "default_password": "high"},
    ),
    (
        inspected(
            "app",
            "ghcr.io/example/app:2.4.1@sha256:" + "a1" * 32,
            user="10001:10001",
            env={"APP_KEY_FILE": "/run/secrets/app_key", "LOG_LEVEL": "info", "LANG": "C.UTF-8"},
            published=("127.0.0.1:9000:9000",),
            healthcheck=True,
            **HARDENED,
        ),
        {},
    ),
    (
        inspected(
            "mariadb",
            "mariadb:11.4.4",
            env={
                "MYSQL_ROOT_PASSWORD": PASSWORD,
                "MARIADB_AUTO_UPGRADE": "1",
                "MARIADB_RANDOM_ROOT_PASSWORD": "no",
                "GPG_KEYS": "177F4010FE56CA3336300305F1656F24C74CD1D8",
                "DATABASE_URL": "mysql://app:Tr0ub4dor@localhost/app",
            },
            healthcheck=True,
        ),
        {**BARE, "starts_as_root": "low", "secret_in_environment": "high"},
    ),
    (
        inspected(
            "python-app",
            "python:3.13-slim",
            user="app",
            env={
                "GPG_KEY": "7169605F62C751356D054A26A821E680E5FA6305",
                "PYTHON_SHA256": "24887b92e2afd4a2ac602419ad4b596372f67ac9b077190f459aba390faf5550",
                "PYTHONUNBUFFERED": "1",
                "CONFIG_VALUE": "xkT9vQ2mWz7Lp4RbN8cY",
                "SENTRY_DSN": "https://public@sentry.example.org/2",
            },
            LogConfig={"Type": "local", "Config": {}},
        ),
        {rule: severity for rule, severity in UNCHECKED.items() if rule != "log_without_rotation"}
        | {"secret_in_environment": "high"},
    ),
]
