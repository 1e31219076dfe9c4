"""What must hold for every container, and that the lines which are said to mend a finding do."""

from __future__ import annotations

from pathlib import Path
import string
from typing import Any

from hypothesis import given, strategies as st
import pytest
import yaml

from custom_components.home_server_monitor.analysis.container_audit import (
    RULES,
    AuditReport,
    Finding,
    Severity,
    Surroundings,
    audit,
    audit_compose,
    audit_host,
    host_score,
)
from custom_components.home_server_monitor.systems.docker.settings import container_settings
from tests.analysis.audit_containers import GLUETUN, inspected
from tests.analysis.audit_house import HOUSE
from tests.analysis.audit_keepers import KEEPERS
from tests.analysis.audit_media import MEDIA
from tests.analysis.audit_servers import SERVERS

DOCUMENTS = [document for document, _ in (*MEDIA, *HOUSE, *SERVERS, *KEEPERS)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)

# A service that breaks every rule which the lines by themselves can mend.
BROKEN = """
services:
  gluetun: {image: "qmcgaw/gluetun:v3.40.0"}
  db: {image: "postgres:16", user: root, healthcheck: {test: [CMD, pg_isready]}}
  own: {image: "linuxserver/radarr:5.14.0", environment: {PUID: 0}}
  plain: {image: "linuxserver/radarr:5.14.0"}
  unset: {image: "example/app:1.2"}
  torrent: {image: "linuxserver/qbittorrent:5.0.2", ports: ["8080:8080"]}
  engine: {image: "tecnativa/docker-socket-proxy:0.3", ports: ["2375:2375", "3000-3002:3000-3002/udp"]}
  app:
    image: "registry.lan:5000/team/app:latest"
    privileged: true
    network_mode: host
    ipc: host
    cap_add: [NET_ADMIN, SYS_NICE]
    security_opt: ["apparmor=unconfined"]
    devices: ["/dev/sda:/dev/sda", "/dev/dri:/dev/dri"]
    volumes: ["/etc:/host/etc", "/etc/passwd:/etc/passwd", "/:/"]
    environment: {DB_PASSWORD: Vt7-quiet-Heron-92, REDIS_PASSWORD: changeme}
    depends_on: [db]
  capable: {image: "example/app:1.2", cap_add: [SYS_ADMIN]}
secrets: {forgotten: {file: ./x}}
"""
BY_HAND = {
    "docker_socket",
    "docker_socket_read_only",
    "host_pid",
    "secret_in_command",
    "secret_unused",
}


def merged(document: dict[str, Any], lines: str) -> dict[str, Any]:
    """Return a compose file with the lines of a fix in place of what stood there."""
    fix = yaml.safe_load(lines)
    result = {**document, **{key: value for key, value in fix.items() if key != "services"}}
    services = dict(document["services"])
    for name, service in fix.get("services", {}).items():
        services[name] = {**services.get(name, {}), **(service or {})}
        if "network_mode" in (service or {}):
            services[name].pop("ports", None)
    return {**result, "services": services}


def test_the_lines_mend_what_was_found() -> None:
    document = yaml.safe_load(BROKEN)
    report = audit_compose(BROKEN)
    mended = set()
    found = [(name, each) for name, one in report.services.items() for each in one.findings]
    for name, finding in [*found, *(("", each) for each in report.findings)]:
        if finding.rule in BY_HAND:
            continue
        again = audit_compose(yaml.safe_dump(merged(document, finding.fix)))
        left = again.services[name].rules if name else {each.rule for each in again.findings}
        assert finding.rule not in left, (name, finding.rule, finding.fix)
        mended.add(finding.rule)
    assert mended == {
        "default_password", "depends_without_condition", "docker_api_published",
        "download_client_outside_vpn", "host_device", "host_ipc", "host_network", "log_without_rotation",
        "no_cpu_limit", "no_healthcheck", "no_memory_limit", "no_new_privileges_missing",
        "no_restart_policy", "one_default_network", "privileged", "published_everywhere", "runs_as_root",
        "secret_in_environment", "sensitive_mount", "starts_as_root", "unconfined", "unpinned_image",
        "user_unset", "writable_system_mount", "dangerous_capability",
    }  # fmt: skip


def test_services_in_one_network_are_told_apart() -> None:
    text = """
services:
  web: {image: "nginx:1.27", ports: ["127.0.0.1:80:80"]}
  app: {image: "example/app:1.2"}
  db: {image: "postgres:16"}
"""
    (finding,) = audit_compose(text).findings
    assert finding.rule == "one_default_network"
    again = audit_compose(yaml.safe_dump(merged(yaml.safe_load(text), finding.fix)))
    assert again.findings == ()
    two = "services: {app: {image: a:1}, db: {image: 'postgres:16'}}"
    assert audit_compose(two).findings == ()


def test_every_fix_is_yaml_and_every_text_has_its_values() -> None:
    home = Surroundings(outside_ports=frozenset({(443, "tcp"), (51820, "udp")}))
    seen = set()
    for report in audit_host(map(container_settings, [*DOCUMENTS, GLUETUN]), home).reports:
        for finding in report.findings:
            seen.add(finding.rule)
            service = yaml.safe_load(finding.fix)["services"]
            assert next(iter(service)) == report.name
            placeholders = {
                name for _, name, _, _ in string.Formatter().parse(RULES[finding.rule].text) if name
            }
            assert placeholders == set(finding.values)
            assert "{" not in finding.text
            assert finding.why.endswith(".")
            assert set(finding.as_dict()) >= {"rule", "severity", "text", "why", "fix"}
    assert len(seen) >= 27


def test_rules_read_as_sentences() -> None:
    for rule in RULES.values():
        assert rule.text.endswith((".", "}."))
        assert rule.why.endswith(".")
        assert not rule.title.endswith(".")


def test_every_rule_is_written_down() -> None:
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f"`{rule}`" not in page] == []


def test_scores() -> None:
    def with_findings(*severities: Severity) -> AuditReport:
        return AuditReport("x", "", tuple(Finding("privileged", each) for each in severities))

    assert with_findings().score == 100
    assert with_findings(Severity.CRITICAL, Severity.LOW).score == 58
    assert with_findings(*[Severity.CRITICAL] * 3).score == 0
    assert host_score([]) is None
    assert host_score([with_findings()]) == 100
    assert host_score([with_findings(), with_findings(*[Severity.CRITICAL] * 3)]) == 25


def test_what_is_ignored_stays_so_until_it_is_another() -> None:
    one = audit(container_settings(inspected("a", "x:1", mounts=("/etc:/etc",))))
    finding = next(each for each in one.findings if each.rule == "sensitive_mount")
    assert one.of(Severity.CRITICAL) == (finding,)
    kept = one.without([finding.identity])
    assert "sensitive_mount" not in kept.rules
    assert kept.score == one.score + 40
    more = audit(container_settings(inspected("a", "x:1", mounts=("/etc:/etc", "/:/host"))))
    assert "sensitive_mount" in more.without([finding.identity]).rules


def test_a_host() -> None:
    house = audit_host(map(container_settings, DOCUMENTS))
    assert house.score is not None
    assert 0 < house.score < 60
    assert house.as_dict()["score"] == house.score
    assert len(house.as_dict()["containers"]) == len(DOCUMENTS)
    by_name = {report.name: report for report in house.reports}
    assert "download_client_outside_vpn" in by_name["transmission"].rules
    assert "download_client_outside_vpn" not in by_name["qbittorrent"].rules


def test_what_the_engine_sees_to_is_not_asked_of_containers() -> None:
    settings = container_settings(inspected("a", "x:1", user="root"))
    around = Surroundings(rootless=True, no_new_privileges=True)
    rules = audit(settings, around).rules
    assert not {"runs_as_root", "no_new_privileges_missing"} & rules
    refused = container_settings(inspected("a", "x:1", SecurityOpt=["no-new-privileges:false"]))
    assert "no_new_privileges_missing" in audit(refused, around).rules
    own = container_settings(inspected("a", "x:1", user="root", UsernsMode="host"))
    assert "runs_as_root" in audit(own, around).rules
    text = "services: {a: {image: x:1}}"
    assert "log_without_rotation" in audit_compose(text).services["a"].rules
    rotated = audit_compose(text, Surroundings(logs_rotate=True)).services["a"]
    assert "log_without_rotation" not in rotated.rules


def test_ports_of_the_host_network_reached_from_outside() -> None:
    plex = inspected("plex", "plexinc/pms-docker:1.41.2", network="host", exposed=("32400/tcp",))
    around = Surroundings(outside_ports=frozenset({(32400, "tcp")}))
    report = audit(container_settings(plex), around)
    finding = next(each for each in report.findings if each.rule == "reached_from_outside")
    assert (finding.severity, finding.expected) == (Severity.LOW, True)
    other = Surroundings(outside_ports=frozenset({(32400, "udp")}))
    assert "reached_from_outside" not in audit(container_settings(plex), other).rules


@pytest.mark.parametrize(
    ("image", "unpinned"),
    [
        ("nginx", True),
        ("nginx:latest", True),
        ("localhost:5000/nginx", True),
        ("nginx:stable-alpine", True),
        ("immich:release", True),
        ("app:develop-3.1.2", False),
        ("app:latest-2.1", False),
        ("postgres:16", False),
        ("localhost:5000/app:1.0", False),
        ("minecraft:java21", False),
        ("nginx@sha256:" + "a" * 64, False),
        ("nginx:latest@sha256:" + "a" * 64, False),
        ("sha256:" + "a" * 64, False),
        ("", False),
        ("app:${TAG:-latest}", False),
        ("${IMAGE}", False),
    ],
)
def test_pinned_images(image: str, unpinned: bool) -> None:
    report = audit(container_settings({"Config": {"Image": image}}))
    assert ("unpinned_image" in report.rules) is unpinned


@given(JSON)
def test_any_json_is_judged(document: object) -> None:
    report = audit(container_settings(document))
    assert 0 <= report.score <= 100
    assert report == audit(container_settings(document))


@pytest.mark.parametrize("image", ["app", "registry.lan:5000/app", "\x1b", "*app", "a #b"])
def test_any_image_is_pinned(image: str) -> None:
    settings = container_settings({**DOCUMENTS[0], "Config": {"Image": f"{image}:latest"}})
    (fix,) = (each.fix for each in audit(settings).findings if each.rule == "unpinned_image")
    (service,) = yaml.safe_load(fix)["services"].values()
    assert service == {"image": f"{image}:1.2.3"}


@given(st.data())
def test_any_json_in_every_place_is_judged(data: st.DataObject) -> None:
    document = dict(data.draw(st.sampled_from(DOCUMENTS)))
    for part in ("Config", "HostConfig"):
        names = sorted(document[part])
        document[part] = {**document[part], data.draw(st.sampled_from(names)): data.draw(JSON)}
    document["Mounts"] = data.draw(JSON)
    house = audit_host([container_settings(document), container_settings(GLUETUN)])
    for finding in house.reports[0].findings:
        yaml.safe_load(finding.fix)
        assert finding.text


NAMES = st.from_regex(r"[A-Z]{1,8}_(PASSWORD|TOKEN|SECRET|API_KEY|URL|VALUE)", fullmatch=True)
CANARY = "cAnArY7x9Q"


@given(
    st.dictionaries(NAMES, st.text(string.ascii_letters + string.digits + "/:@$-_ ", max_size=12))
)
def test_no_value_is_ever_told(values: dict[str, str]) -> None:
    document = inspected(
        "app",
        "x:1",
        env={name: f"{value}{CANARY}" for name, value in values.items()},
        command=("run", f"--token={CANARY}{CANARY}", "--password", CANARY),
    )
    settings = container_settings(document)
    report = audit(settings)
    assert "secret_in_command" in report.rules
    assert CANARY not in f"{settings!r}{report!r}{report.as_dict()}"
    text = yaml.safe_dump({"services": {"app": {"environment": document["Config"]["Env"]}}})
    compose = audit_compose(text)
    assert CANARY not in f"{compose!r}{compose.as_dict()}"


@given(st.permutations(DOCUMENTS))
def test_the_order_of_containers_does_not_matter(documents: list[dict[str, Any]]) -> None:
    usual = {
        each.name: each.score for each in audit_host(map(container_settings, DOCUMENTS)).reports
    }
    house = audit_host(map(container_settings, documents))
    assert {each.name: each.score for each in house.reports} == usual
