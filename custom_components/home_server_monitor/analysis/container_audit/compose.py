"""The audit of a compose file's text, before it is deployed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .audit import findings
from .compose_service import has_healthcheck, service_settings
from .compose_values import rows, table, text, texts
from .compose_yaml import ComposeError, load
from .fixes import joined, name_of, quoted, service_lines
from .images import BRINGS_HEALTHCHECK, image_name
from .report import AuditReport, Finding, Severity, host_score, report, score_of
from .surroundings import NOWHERE, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ...systems.docker.settings.models import ContainerSettings

# With fewer services there is nobody else to keep apart.
_CROWD = 3
_ELSEWHERE = ("extends", "env_file")
_SECRET_RULES = frozenset({"secret_in_environment", "default_password"})


@dataclass(frozen=True, slots=True)
class ComposeReport:
    """The reports by service, and the findings about the file as a whole.

    ``not_read`` names what is written elsewhere and was therefore not judged: ``include``,
    ``extends`` and ``env_file`` as ``service.key``.
    """

    services: Mapping[str, AuditReport]
    findings: tuple[Finding, ...]
    not_read: tuple[str, ...]

    @property
    def score(self) -> int:
        """Return the file's score: its services as on a host, less what is wrong with the file."""
        services = host_score(self.services.values())
        return max(0, (services or 0) + score_of(self.findings) - score_of(()))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as data for an action's response."""
        return {
            "score": self.score,
            "findings": [finding.as_dict() for finding in self.findings],
            "services": {name: each.as_dict() for name, each in self.services.items()},
            "not_read": list(self.not_read),
        }


def audit_compose(text: str, surroundings: Surroundings = NOWHERE) -> ComposeReport:
    """Judge the text of a compose file. Variables are left as they are: their values are not known.

    Raises `ComposeError` for what is no YAML or no compose file.
    """
    document = load(text)
    services = _services(document)
    settings = {
        name: service_settings(name, service, document) for name, service in services.items()
    }
    around = replace(surroundings, neighbours=(*surroundings.neighbours, *settings.values()))
    reports = {
        name: report(
            name,
            each.image,
            (*findings(each, around), *_dependencies(each, services[name], services)),
        )
        for name, each in settings.items()
    }
    of_file = report("", "", _of_file(document, services, settings, reports))
    return ComposeReport(reports, of_file.findings, _not_read(document, services))


def compose_settings(text: str) -> dict[str, ContainerSettings]:
    """Return the services of a compose file as settings. Raises `ComposeError`."""
    document = load(text)
    return {
        name: service_settings(name, service, document)
        for name, service in _services(document).items()
    }


def _services(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if "services" not in document:
        raise ComposeError("not_compose", "The text is not a compose file: it has no services.")
    services = document["services"]
    if not isinstance(services, dict) or not services:
        raise ComposeError("no_services", "The compose file has no services.")
    for name, service in services.items():
        if not isinstance(name, str) or not isinstance(service, dict):
            shown = name if isinstance(name, str) and name_of(name) == name else "?"
            raise ComposeError("bad_service", f"The service {shown} is no mapping.", service=shown)
    return {name: table(service) for name, service in services.items()}


def _dependencies(
    settings: ContainerSettings, service: dict[str, Any], services: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    given = service.get("depends_on")
    conditions = {
        name: text(table(condition).get("condition")) for name, condition in table(given).items()
    } or dict.fromkeys(texts(given), "")
    early = tuple(
        sorted(
            name
            for name, condition in conditions.items()
            if condition in ("", "service_started") and _is_checked(services.get(name, {}))
        )
    )
    if early:
        lines = (
            line
            for name in early
            for line in (f"  {name_of(name)}:", "    condition: service_healthy")
        )
        fix = service_lines(settings, "depends_on:", *lines)
        values = {"services": joined(early)}
        yield Finding("depends_without_condition", Severity.LOW, early, values, fix)


def _is_checked(service: dict[str, Any]) -> bool:
    checked = has_healthcheck(service)
    if checked is not None:
        return checked
    return image_name(text(service.get("image"))).is_one_of(BRINGS_HEALTHCHECK)


def _of_file(
    document: dict[str, Any],
    services: dict[str, dict[str, Any]],
    settings: dict[str, ContainerSettings],
    reports: dict[str, AuditReport],
) -> Iterator[Finding]:
    yield from _one_network(settings)
    yield from _unused_secrets(document, services)
    holders = tuple(sorted(name for name, each in reports.items() if each.rules & _SECRET_RULES))
    if holders and not table(document.get("secrets")):
        yield Finding(
            "secrets_not_used",
            Severity.LOW,
            holders,
            {"services": joined(holders)},
            'secrets:\n  db_password:\n    file: "./secrets/db_password"  # chmod 600',
        )


def _one_network(settings: dict[str, ContainerSettings]) -> Iterator[Finding]:
    joined_in = {name: each.networks for name, each in settings.items() if each.networks}
    if len(joined_in) < _CROWD or any(names != ("default",) for names in joined_in.values()):
        return
    names = tuple(sorted(joined_in))
    lines = (
        "services:",
        *(
            line
            for name in names
            for line in (
                f"  {name_of(name)}:",
                f"    networks: [{'frontend, ' if settings[name].ports else ''}backend]",
            )
        ),
        "networks:",
        "  frontend: {}",
        "  backend:",
        "    internal: true  # no way out to the internet",
    )
    values = {"services": joined(names)}
    yield Finding("one_default_network", Severity.LOW, names, values, "\n".join(lines))


def _unused_secrets(
    document: dict[str, Any], services: dict[str, dict[str, Any]]
) -> Iterator[Finding]:
    used: set[str] = set()
    for service in services.values():
        build = table(service.get("build"))
        for entry in (*rows(service.get("secrets")), *rows(build.get("secrets"))):
            used.add(text(table(entry).get("source")) or text(entry))
    unused = tuple(sorted(set(table(document.get("secrets"))) - used))
    if unused:
        lines = (
            "services:",
            "  SERVICE:",
            "    secrets:",
            *(f"      - {quoted(name)}" for name in unused),
        )
        values = {"names": joined(unused)}
        yield Finding("secret_unused", Severity.LOW, unused, values, "\n".join(lines))


def _not_read(document: dict[str, Any], services: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    found = ["include"] if document.get("include") else []
    found += [
        f"{name}.{key}"
        for name, service in services.items()
        for key in _ELSEWHERE
        if key in service
    ]
    return tuple(found)
