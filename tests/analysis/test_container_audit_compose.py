"""Compose files before they are deployed: what is found, and how errors are told."""

from __future__ import annotations

from hypothesis import given, strategies as st
import pytest
import yaml

from custom_components.home_server_monitor.analysis.container_audit import (
    ComposeError,
    ComposeReport,
    Surroundings,
    audit_compose,
    compose_settings,
)

PASSWORD = "Vt7-quiet-Heron-92"

MEDIA = """
name: media
x-common: &common
  restart: unless-stopped
  security_opt: ["no-new-privileges:true"]
  logging: &logging
    driver: json-file
    options: {max-size: 10m, max-file: "3"}
  deploy:
    resources:
      limits: {cpus: "1.5", memory: 1G}

services:
  gluetun:
    <<: *common
    image: qmcgaw/gluetun:v3.40.0
    user: ${PUID}:${PGID}
    cap_add: [NET_ADMIN]
    devices: ["/dev/net/tun:/dev/net/tun"]
    environment:
      - VPN_SERVICE_PROVIDER=mullvad
      - WIREGUARD_PRIVATE_KEY=${WIREGUARD_PRIVATE_KEY:?}
    ports:
      - 127.0.0.1:8080:8080
      - 6881:6881/udp
    networks: [vpn]
  qbittorrent:
    <<: *common
    image: lscr.io/linuxserver/qbittorrent:5.0.2
    environment: {PUID: 1000, PGID: 1000, TZ: Europe/Berlin}
    network_mode: service:gluetun
    depends_on: [gluetun]
  sonarr:
    <<: *common
    image: lscr.io/linuxserver/sonarr:latest
    environment: {PUID: "1000", SONARR__AUTH__APIKEY: 7f0d4cf31a0b4b0f9a3d5c2e8b1f6a90}
    ports: ["8989:8989"]
    volumes: ["./sonarr:/config", "${MEDIA:-/mnt/media}:/data"]
    healthcheck: {test: "curl -f http://localhost:8989/ping"}
    networks: [web]
    depends_on:
      gluetun: {condition: service_healthy}
networks: {vpn: {}, web: {}}
"""

DATABASES = f"""
services:
  app:
    image: ghcr.io/example/app:1.2
    user: "1000"
    depends_on:
      db: {{condition: service_started}}
      cache:
        condition: service_healthy
      worker: {{}}
    secrets: [source_of_app, {{source: db_password}}]
    ports:
      - target: 80
        published: "8080"
        host_ip: 0.0.0.0
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: {PASSWORD}
    healthcheck:
      test: ["CMD", "pg_isready"]
    volumes:
      - type: bind
        source: /
        target: /host
        read_only: true
  cache:
    image: redis:7
    healthcheck: {{disable: true}}
    command: redis-server --requirepass {PASSWORD}
  worker:
    build: .
    env_file: .env
secrets:
  source_of_app: {{file: ./a}}
  db_password: {{file: ./b}}
  forgotten: {{file: ./c}}
"""


def found(report: ComposeReport) -> dict[str, set[str]]:
    """Return the rules that are not kept, by service; the file's own under an empty name."""
    by_service = {name: set(each.rules) for name, each in report.services.items()}
    return {"": {finding.rule for finding in report.findings}, **by_service}


def test_a_media_stack() -> None:
    report = audit_compose(MEDIA)
    assert found(report) == {
        "": {"secrets_not_used"},
        "gluetun": {"dangerous_capability"},
        "qbittorrent": {"no_healthcheck", "depends_without_condition"},
        "sonarr": {"unpinned_image", "secret_in_environment", "published_everywhere"},
    }
    assert report.not_read == ()
    assert report.as_dict()["score"] == report.score


def test_databases() -> None:
    report = audit_compose(DATABASES)
    unlimited = {
        "no_new_privileges_missing",
        "no_memory_limit",
        "no_cpu_limit",
        "log_without_rotation",
        "no_restart_policy",
    }
    assert found(report) == {
        "": {"one_default_network", "secret_unused"},
        "app": {
            *unlimited,
            "no_healthcheck",
            "depends_without_condition",
            "published_everywhere",
        },
        "db": {*unlimited, "starts_as_root", "secret_in_environment", "sensitive_mount"},
        "cache": {*unlimited, "starts_as_root", "no_healthcheck", "secret_in_command"},
        "worker": {*unlimited, "user_unset", "no_healthcheck"},
    }
    waits = next(
        finding
        for finding in report.services["app"].findings
        if finding.rule == "depends_without_condition"
    )
    assert waits.subjects == ("db",)
    assert waits.text.endswith("health checks: db.")
    unused = next(finding for finding in report.findings if finding.rule == "secret_unused")
    assert unused.subjects == ("forgotten",)
    assert report.not_read == ("worker.env_file",)
    assert PASSWORD not in f"{report!r} {report.as_dict()}"
    assert "of_app" not in unused.text


def test_a_sound_file_has_the_full_score() -> None:
    report = audit_compose(
        """
services:
  app:
    image: ghcr.io/example/app:1.2.3
    user: 1000:1000
    restart: on-failure:5
    read_only: true
    cap_drop: [ALL]
    security_opt: [no-new-privileges]
    mem_limit: 512m
    cpus: 0.5
    pids_limit: 100
    ports: ["127.0.0.1:8080:80"]
    healthcheck: {test: [CMD, /healthy]}
    environment: {DB_PASSWORD_FILE: /run/secrets/db, KEY: ~}
    secrets: [db]
    logging: {driver: local}
secrets: {db: {file: ./db}}
"""
    )
    assert found(report) == {"": set(), "app": set()}
    assert report.score == 100


def test_a_download_client_beside_the_vpn() -> None:
    text = """
services:
  vpn: {image: "qmcgaw/gluetun:v3"}
  torrent: {image: "lscr.io/linuxserver/qbittorrent:5.0.2"}
  inside: {image: "lscr.io/linuxserver/deluge:2.1.1", network_mode: "service:vpn"}
  through: {image: "linuxserver/transmission:4.0.6", network_mode: "service:inside"}
  past: {image: "linuxserver/nzbget:24.5", network_mode: "service:torrent"}
  own: {image: "haugene/transmission-openvpn:5.3.1"}
  round: {image: "linuxserver/rutorrent:5", network_mode: "service:about"}
  about: {image: "example/a:1", network_mode: "service:round"}
  elsewhere: {image: "linuxserver/deluge:2.1.1", network_mode: "container:0123456789ab"}
  exporter: {image: "ghcr.io/esanchezm/prometheus-qbittorrent-exporter:1.6.0"}
"""
    report = audit_compose(text)
    outside = {
        name
        for name, each in report.services.items()
        if "download_client_outside_vpn" in each.rules
    }
    assert outside == {"torrent", "past"}
    finding = next(each for each in report.services["torrent"].findings if each.severity == "high")
    assert 'network_mode: "service:vpn"' in finding.fix


def test_without_a_vpn_nothing_is_outside() -> None:
    text = "services: {torrent: {image: 'linuxserver/qbittorrent:5.0.2'}}"
    assert "download_client_outside_vpn" not in audit_compose(text).services["torrent"].rules


def test_the_vpn_may_run_already() -> None:
    (vpn,) = compose_settings("services: {gluetun: {image: qmcgaw/gluetun}}").values()
    text = "services: {torrent: {image: 'linuxserver/qbittorrent:5.0.2'}}"
    report = audit_compose(text, Surroundings(neighbours=(vpn,)))
    assert "download_client_outside_vpn" in report.services["torrent"].rules


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("services: [", "malformed_yaml", 1),
        ("services:\n  app:\n\timage: x", "malformed_yaml", 3),
        ("services:\n  app:\n    x: *hunter2", "malformed_yaml", 3),
        ("services:\n  app:\n    x: !hunter2 y", "malformed_yaml", 3),
        ("services:\n  app: {image: !!python/object:os.system x}", "malformed_yaml", 2),
        ("a: \x00", "malformed_yaml", 0),
        ("? {a: 1}\n: x", "malformed_yaml", 1),
        ("", "not_compose", 0),
        ("just text", "not_compose", 0),
        ("- a\n- b", "not_compose", 0),
        ("version: '3'", "not_compose", 0),
        ("apiVersion: v1\nkind: Pod", "not_compose", 0),
        ("services:", "no_services", 0),
        ("services: []", "no_services", 0),
        ("services: {app: hunter2}", "bad_service", 0),
        ("services: {true: {}}", "bad_service", 0),
        ("services: {a: {}}\n---\nservices: {b: {}}", "several_documents", 0),
        ("[" * 20_000, "too_deep", 0),
        ("x" * 1_000_001, "too_large", 0),
        ("a: &a {<<: *a}", "not_compose", 0),
        ("services: !!timestamp never", "no_services", 0),
        ("services: {a: !!bool maybe}", "bad_service", 0),
        ("services: !!omap [x]", "malformed_yaml", 1),
        ("!!python/name:os.system x", "malformed_yaml", 1),
    ],
)
def test_errors(text: str, key: str, line: int) -> None:
    with pytest.raises(ComposeError) as raised:
        audit_compose(text)
    assert (raised.value.key, raised.value.line) == (key, line)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_bad_service_is_named() -> None:
    with pytest.raises(ComposeError, match="The service app is no mapping") as raised:
        audit_compose("services: {app: [1]}")
    assert raised.value.service == "app"


def test_merges_that_multiply_are_refused() -> None:
    keys = ", ".join(f"k{number}: 1" for number in range(100))
    lines = [f"a0: &a0 {{{keys}}}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    with pytest.raises(ComposeError, match="not valid YAML"):
        audit_compose("\n".join([*lines, "services: {app: {}}"]))


def test_aliases_that_multiply_do_no_harm() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    text = "\n".join([*lines, "services: {app: {ports: *a11, volumes: *a11, image: *a11}}"])
    assert audit_compose(text).services["app"].image == ""


COMPOSE_ERRORS = {
    "bad_service",
    "malformed_yaml",
    "no_services",
    "not_compose",
    "several_documents",
}


def error_of(text: str) -> str:
    """Return the key of the error that a text is refused with, empty for none."""
    try:
        audit_compose(text)
    except ComposeError as error:
        return error.key
    return ""


YAML_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = [
    "image", "user", "privileged", "volumes", "devices", "networks", "network_mode", "pid", "ipc",
    "cap_add", "security_opt", "environment", "command", "entrypoint", "ports", "healthcheck", "deploy",
    "mem_limit", "cpus", "restart", "logging", "labels", "secrets", "depends_on", "build",
]  # fmt: skip


@given(
    st.dictionaries(
        st.text(min_size=1), st.dictionaries(st.sampled_from(KEYS), YAML_LIKE), min_size=1
    ),
    YAML_LIKE,
    YAML_LIKE,
)
def test_any_service_is_judged_or_refused(
    services: object, secrets: object, volumes: object
) -> None:
    text = yaml.safe_dump({"services": services, "secrets": secrets, "volumes": volumes})
    try:
        report = audit_compose(text)
    except ComposeError:
        return
    assert 0 <= report.score <= 100


@given(st.text("abc0:-[]{}&*!?|>%@`#'\"~<,= \n", max_size=40))
def test_any_yaml_is_judged_or_refused(text: str) -> None:
    for document in (text, f"services:\n  app:\n    {text}", f"services: {{app: {{x: {text}}}}}"):
        assert error_of(document) in {*COMPOSE_ERRORS, ""}


@given(st.text())
def test_any_text_is_judged_or_refused(text: str) -> None:
    with pytest.raises(ComposeError):
        audit_compose(text)
