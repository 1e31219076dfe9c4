"""Which of the systems that are set up is the other machine of a backup."""

from typing import Any, cast, override

import pytest

from custom_components.home_server_monitor.systems.errors import CannotConnect
from custom_components.home_server_monitor.systems.neighbours import Neighbour
from custom_components.home_server_monitor.systems.system import Workshop
from custom_components.home_server_monitor.systems.truenas.backups.neighbour import find_nas
from custom_components.home_server_monitor.systems.truenas.client import TrueNas


class Named(TrueNas):
    """A system that tells its name and its addresses, and nothing else."""

    def __init__(self, url: str, hostname: str, *addresses: str) -> None:
        """Take what it tells."""
        self.url = url
        self._hostname = hostname
        self._addresses = addresses

    @property
    @override
    def hostname(self) -> str:
        return self._hostname

    @override
    async def call(self, method: str, *params: Any) -> Any:
        if not self._addresses:
            raise CannotConnect
        return [{"type": "INET", "address": one} for one in self._addresses]


class House:
    """A workshop that knows others."""

    def __init__(self, *others: object) -> None:
        """Take them."""
        self._others = others

    def neighbours(self) -> list[Neighbour]:
        """Return them."""
        return [Neighbour(id="", name="", client=one) for one in self._others]


OWN = Named("https://10.0.0.1", "truenas")
BY_NAME = Named("https://backup.lan", "vault")
BY_ADDRESS = Named("https://10.0.0.7", "attic", "10.0.0.7", "192.168.1.7")
SAME_NAME = Named("https://10.0.0.8", "truenas")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("backup.lan", BY_NAME),
        ("BACKUP.LAN", BY_NAME),
        ("backup", BY_NAME),
        ("vault.home.arpa", BY_NAME),
        ("10.0.0.7", BY_ADDRESS),
        ("192.168.1.7", BY_ADDRESS),
        ("attic", BY_ADDRESS),
        ("10.0.0.99", None),
        ("cellar", None),
        # What the system itself is called as well says nothing.
        ("truenas.lan", None),
    ],
)
async def test_who_it_is(host: str, expected: TrueNas | None) -> None:
    workshop = cast("Workshop", House(object(), BY_NAME, BY_ADDRESS, SAME_NAME))
    assert await find_nas(workshop, OWN, host) is expected


async def test_a_name_that_two_have() -> None:
    workshop = cast("Workshop", House(BY_NAME, Named("https://10.0.0.9", "vault")))
    assert await find_nas(workshop, OWN, "vault") is None
