"""Rules about secrets that stand where everybody can read them. Only names are told, no values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .fixes import joined, name_of, quoted, service_lines
from .report import Finding, Severity
from .secrets import Verdict, judge, judge_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...systems.docker.settings.models import ContainerSettings
    from .surroundings import Surroundings

_NAME = re.compile(r"[A-Za-z_][\w.-]{0,127}")


def check(settings: ContainerSettings, _surroundings: Surroundings) -> Iterator[Finding]:
    """Yield where secrets stand in the open."""
    verdicts = {
        name: judge(name, value, templated=settings.templated)
        for name, value in settings.environment.items()
    }
    secrets = _told(verdicts, Verdict.SECRET)
    if secrets:
        yield Finding(
            "secret_in_environment",
            Severity.HIGH,
            secrets,
            {"names": joined(secrets)},
            _secret_lines(settings, secrets),
        )
    defaults = _told(verdicts, Verdict.DEFAULT_PASSWORD)
    if defaults:
        yield Finding(
            "default_password",
            Severity.HIGH,
            defaults,
            {"names": joined(defaults)},
            _secret_lines(settings, defaults),
        )
    options = judge_options(settings.command, templated=settings.templated)
    if options:
        yield Finding(
            "secret_in_command",
            Severity.HIGH,
            options,
            {"names": joined(options)},
            _secret_lines(settings, tuple(option.strip("-") for option in options)),
        )


def _told(verdicts: dict[str, Verdict], wanted: Verdict) -> tuple[str, ...]:
    found = (name for name, verdict in verdicts.items() if verdict is wanted)
    # What is no proper name may be a secret that somebody put on the wrong side of the equals sign.
    return tuple(sorted({name if _NAME.fullmatch(name) else "?" for name in found}))


def _file_variable(settings: ContainerSettings, name: str) -> str:
    """Return the variable that names a file instead, as most images and linuxserver's have it."""
    return f"FILE__{name}" if "linuxserver/" in settings.image else f"{name}_FILE"


def _secret_lines(settings: ContainerSettings, names: tuple[str, ...]) -> str:
    kept = [(name, re.sub(r"\W+", "_", name).strip("_").lower() or "secret") for name in names]
    return service_lines(
        settings,
        "environment:  # instead of the plain values, if the image knows these",
        *(
            f"  {name_of(_file_variable(settings, name))}: {quoted(f'/run/secrets/{secret}')}"
            for name, secret in kept
        ),
        "secrets:",
        *(f"  - {name_of(secret)}" for _, secret in kept),
        end=(
            "secrets:",
            *(
                line
                for _, secret in kept
                for line in (
                    f"  {name_of(secret)}:",
                    f"    file: {quoted(f'./secrets/{secret}')}  # chmod 600",
                )
            ),
        ),
    )
