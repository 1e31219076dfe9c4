"""Containers as people run them, each with exactly what is to be found about it."""

from __future__ import annotations

from typing import Any

import pytest

from custom_components.home_server_monitor.analysis.container_audit import (
    AuditReport,
    Surroundings,
    audit,
)
from custom_components.home_server_monitor.systems.docker.settings import container_settings
from tests.analysis.audit_containers import (
    API_KEY,
    GLUETUN,
    PASSWORD,
    TUNNEL_TOKEN,
    Case,
)
from tests.analysis.audit_house import HOUSE
from tests.analysis.audit_keepers import KEEPERS
from tests.analysis.audit_media import MEDIA
from tests.analysis.audit_servers import SERVERS

HOME = Surroundings(
    neighbours=(container_settings(GLUETUN),),
    pool_roots=("/mnt/tank",),
    outside_ports=frozenset({(443, "tcp"), (51820, "udp"), (25565, "tcp"), (5432, "tcp")}),
)

CASES: list[Case] = [*MEDIA, *HOUSE, *SERVERS, *KEEPERS]


def found(report: AuditReport) -> dict[str, str]:
    """Return a report's findings as rule → severity."""
    return {finding.rule: finding.severity.value for finding in report.findings}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(document, expected, id=document["Name"].removeprefix("/"))
        for document, expected in CASES
    ],
)
def test_exactly_this_is_found(document: dict[str, Any], expected: dict[str, str]) -> None:
    report = audit(container_settings(document), HOME)
    assert found(report) == expected
    assert len(report.findings) == len(report.rules)


def test_there_are_enough_containers() -> None:
    assert len(CASES) >= 30
    assert len({document["Name"] for document, _ in CASES}) == len(CASES)


@pytest.mark.parametrize("secret", [PASSWORD, API_KEY, TUNNEL_TOKEN, "kJ8dWq2zXc5vBn7m"])
def test_no_secret_is_told(secret: str) -> None:
    for document, _ in CASES:
        settings = container_settings(document)
        report = audit(settings, HOME)
        assert secret not in f"{report!r} {report.as_dict()} {settings!r}"
