"""How long the certificates last: read a few times a day."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ....paths import ROOT, child
from ....system import Follow, Group, Kind, Reading, Refresh
from ...client import TrueNas
from ..system.group import SYSTEM
from ..wire import rows, text
from . import entities
from .models import Certificate

CERTIFICATES = "nas_certificates"
CERTIFICATE = "certificate"

# The whole answer holds the private keys.
_FIELDS = ["name", "until", "cert_type_CSR"]
_WHEN = "%a %b %d %H:%M:%S %Y"


async def _fetch(refresh: Refresh[TrueNas]) -> Reading:
    answer = await refresh.client.call("certificate.query", [], {"select": _FIELDS})
    found = [one for row in rows(answer) if (one := _certificate(row, refresh.now))]
    return Reading(items={child(ROOT, CERTIFICATE, one.name): one for one in found})


def _certificate(row: Mapping[str, Any], now: datetime) -> Certificate | None:
    """Read one; None for a request that nobody signed yet, and for what cannot be read."""
    name, expires = text(row.get("name")), _expires(text(row.get("until")))
    if name is None or expires is None or row.get("cert_type_CSR") is True:
        return None
    return Certificate(name=name, expires=expires, days_left=(expires - now).days)


def _expires(words: str | None) -> datetime | None:
    try:
        return datetime.strptime(words or "", _WHEN).replace(tzinfo=UTC)
    except ValueError:
        return None


def _placeholders(item: Certificate) -> dict[str, str]:
    return {"certificate": item.name}


GROUP: Group[TrueNas] = Group(
    key=CERTIFICATES,
    interval=timedelta(hours=6),
    fetch=_fetch,
    follow=Follow(group=SYSTEM),
    optional=True,
    deferred=True,
)
KINDS = (
    Kind(
        model=Certificate,
        group=CERTIFICATES,
        # An id changes when a certificate is renewed; its name stays.
        name=CERTIFICATE,
        entities=entities.CERTIFICATE,
        part_of=lambda *_: ROOT,
        placeholders=_placeholders,
    ),
)
