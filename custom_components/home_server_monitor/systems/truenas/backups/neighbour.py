"""Finding the other machine of a backup among the systems that Home Assistant knows."""

from ipaddress import ip_address

from yarl import URL

from ...errors import HomeServerError
from ...system import Workshop
from ..client import TrueNas
from ..wire import mapping, sequence


async def find_nas(workshop: Workshop, nas: TrueNas, host: str) -> TrueNas | None:
    """Return the TrueNAS that a task of ``nas`` calls ``host``; None where none is loaded.

    It is known by the host of its address, by the addresses that it has, or by its name, with or without
    a domain. A name that several have, such as the one that all are given at first, tells nothing.
    """
    clients = [neighbour.client for neighbour in workshop.neighbours()]
    known = [client for client in clients if isinstance(client, TrueNas)]
    for one in known:
        if (URL(one.url).host or "").lower() == host.lower():
            return one
    if _is_address(host):
        for one in known:
            if host in await _addresses(one):
                return one
        return None
    wanted = _short(host)
    named = [one for one in known if wanted in (_short(one.hostname), _short_host(one))]
    return named[0] if len(named) == 1 and wanted != _short(nas.hostname) else None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _short(name: str) -> str:
    return name.lower().partition(".")[0]


def _short_host(nas: TrueNas) -> str:
    host = URL(nas.url).host or ""
    return "" if _is_address(host) else _short(host)


async def _addresses(nas: TrueNas) -> list[str]:
    try:
        rows = await nas.call("interface.ip_in_use")
    except HomeServerError:
        return []
    return [str(mapping(row).get("address")) for row in sequence(rows)]
