"""How a TrueNAS is reached, and who it is."""

from collections.abc import Mapping
from typing import Any

from ..system import Identity, Sessions
from .api.address import Door, fingerprint, normalise
from .api.login import ApiKey
from .client import TrueNas


async def connect(data: Mapping[str, Any], sessions: Sessions) -> TrueNas:
    """Connect to the TrueNAS at ``url`` with ``api_key`` and log in.

    ``username``, ``verify_ssl`` and ``fingerprint`` are optional. Raises a ``HomeServerError`` that says what is
    wrong with the address, the encryption, the key, or what answers there.
    """
    door = Door(
        url=normalise(data["url"]),
        session=sessions.get(bool(data.get("verify_ssl", True))),
        fingerprint=fingerprint(data.get("fingerprint") or ""),
    )
    key = ApiKey(key=data["api_key"].strip(), username=(data.get("username") or "").strip())
    nas = TrueNas(door, key)
    try:
        await nas.prove()
    except BaseException:
        await nas.close()
        raise
    return nas


async def identify(client: TrueNas) -> Identity:
    """Return the system's own id; its address where the key may not ask for it."""
    address = client.url.removeprefix("https://")
    return Identity(
        unique_id=client.host_id or address,
        title=client.hostname or address,
        stable=bool(client.host_id),
        alias=address,
    )
