"""Finding the other machine of a backup among the systems that Home Assistant knows."""

from ipaddress import ip_address

from yarl import URL

from ...errors import HomeServerError
from ...system import Workshop
from ..client import TrueNas
from ..wire import mapping, sequence


async def find_nas(workshop: Workshop, host: str) -> TrueNas | None:
    """Return the TrueNAS that a task calls ``host``; None where it is not set up, or not loaded.

    A name may come with its domain or without.
    """
    clients = [neighbour.client for neighbour in workshop.neighbours()]
    known = [client for client in clients if isinstance(client, TrueNas)]
    wanted = _short(host)
    for nas in known:
        if wanted in (_short(URL(nas.url).host or ""), _short(nas.hostname)):
            return nas
    for nas in known:
        if host in await _addresses(nas):
            return nas
    return None


def _short(name: str) -> str:
    name = name.strip("[]").lower()
    try:
        return str(ip_address(name))
    except ValueError:
        return name.partition(".")[0]


async def _addresses(nas: TrueNas) -> list[str]:
    try:
        rows = await nas.call("interface.ip_in_use")
    except HomeServerError:
        return []
    return [str(mapping(row).get("address")) for row in sequence(rows)]
