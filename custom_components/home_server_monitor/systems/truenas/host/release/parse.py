"""From ``update.status`` or ``update.check_available``, and ``system.reboot.info``, to the model."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...api.models import Ask
from ..wire import part, rows, short_version, text
from .models import Release

# Whoever has the first has no use for the second, which asks the update server itself.
ASKS = (Ask("update.status"), Ask("update.check_available", {}))

_WAITS = "REBOOT_REQUIRED"
_WAITS_ERROR = "EREBOOTREQUIRED"


def release(
    answer: object, *, installed: str | None, before: Release | None, now: datetime
) -> Release:
    """Read the answer to either of ``ASKS``, None for none; ``before`` is what was known."""
    told: Mapping[str, Any] = answer if isinstance(answer, Mapping) else {}
    news = part(told, "status", "new_version") if "code" in told else told
    waits = told.get("status") == _WAITS or part(told, "error", "errname") == _WAITS_ERROR
    known = before if before and waits and before.installed == installed else None
    return Release(
        installed=installed,
        latest=known.latest if known else _latest(told, installed),
        notes=known.notes
        if known
        else text(
            part(
                news,
                "release_notes",
            )
            or part(news, "changelog")
        ),
        notes_url=known.notes_url if known else text(part(news, "release_notes_url")),
        waits=waits,
        reasons=before.reasons if before else None,
        checked=now,
    )


def _latest(told: Mapping[str, Any], installed: str | None) -> str | None:
    if "code" in told:
        status = told.get("status")
        if told["code"] != "NORMAL" or not isinstance(status, Mapping):
            return None
        return short_version(part(status, "new_version", "version")) or installed
    if told.get("status") == "AVAILABLE":
        return short_version(told.get("version"))
    return installed if told.get("status") == "UNAVAILABLE" else None


def reasons(answer: object) -> tuple[str, ...] | None:
    """Return why the NAS wants to be restarted; None where it cannot be asked."""
    if not isinstance(answer, Mapping):
        return None
    given = rows(answer.get("reboot_required_reasons"))
    return tuple(text(row.get("reason")) or str(row.get("code")) for row in given)
