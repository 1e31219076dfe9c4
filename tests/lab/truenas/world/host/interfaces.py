"""Network interfaces: what they are, and what flows through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...events import Event
from ...methods import Handler, method
from ...query import query
from ...version import V26

if TYPE_CHECKING:
    from ...server import TrueNas
    from ...version import Version


@dataclass(eq=False)
class LabInterface:
    """One interface: `kind` as "PHYSICAL", `speed` Mbit/s, rates bytes per second."""

    name: str
    kind: str = "PHYSICAL"
    up: bool = True
    speed: int = 1000
    received: int = 131_000
    sent: int = 1_940_000
    address: str | None = None

    def rate(self) -> dict[str, Any]:
        """Return it as realtime reporting shows it."""
        if self.up:
            return {
                "link_state": "LINK_STATE_UP",
                "speed": self.speed,
                "received_bytes_rate": self.received,
                "sent_bytes_rate": self.sent,
            }
        return {
            "link_state": "LINK_STATE_DOWN",
            "speed": 0,
            "received_bytes": 0,
            "sent_bytes": 0,
            "received_bytes_rate": 0,
            "sent_bytes_rate": 0,
        }

    def render(self, version: Version) -> dict[str, Any]:
        """Return it as the API shows it."""
        mac = f"d8:5e:d3:00:00:{len(self.name):02x}"
        address = [{"type": "INET", "address": self.address, "netmask": 24}] if self.address else []
        bridge = {"bridge_members": ["eno1"], "enable_learning": True, "stp": True}
        fec = {"fec_mode": None} if version.line >= V26.line else {}
        return {
            "id": self.name,
            "name": self.name,
            "fake": False,
            "type": self.kind,
            "state": {
                "name": self.name,
                "orig_name": self.name,
                "description": "",
                "mtu": 1500,
                "cloned": self.kind != "PHYSICAL",
                "flags": ["UP", "BROADCAST", "RUNNING", "MULTICAST", "LOWER_UP"],
                "nd6_flags": [],
                "capabilities": [],
                "link_state": f"LINK_STATE_{'UP' if self.up else 'DOWN'}",
                "media_type": "",
                "media_subtype": "",
                "active_media_type": "Ethernet",
                "active_media_subtype": f"{self.speed}Mb/s Twisted Pair" if self.up else "",
                "supported_media": [],
                "media_options": None,
                "link_address": mac,
                "permanent_link_address": mac,
                "hardware_link_address": mac,
                "aliases": address,
                "vrrp_config": [],
                "rx_queues": 4,
                "tx_queues": 4,
                **fec,
            },
            "aliases": address,
            "ipv4_dhcp": not address,
            "ipv6_auto": False,
            "description": "",
            "mtu": None,
            **(bridge if self.kind == "BRIDGE" else {}),
        }


class Interfaces:
    """All interfaces."""

    def __init__(self) -> None:
        """Have none yet."""
        self.all: list[LabInterface] = []

    def furnish(self) -> None:
        """Add a port with a cable, one without, and a bridge."""
        self.all += [
            LabInterface("eno1", address="192.168.1.20"),
            LabInterface("enp3s0", up=False, speed=2500),
            LabInterface("br0", kind="BRIDGE", received=90_000, sent=40_000),
        ]

    def __getitem__(self, name: str) -> LabInterface:
        """Return an interface by its name."""
        return next(one for one in self.all if one.name == name)

    def rates(self) -> dict[str, Any]:
        """Return what realtime reporting shows."""
        return {one.name: one.rate() for one in self.all}


@method("interface.query", role="NETWORK_INTERFACE_READ")
async def interface_query(
    nas: TrueNas, filters: list[Any] | None = None, options: dict[str, Any] | None = None
) -> Any:
    """List them."""
    return query([one.render(nas.version) for one in nas.host.interfaces.all], filters, options)


METHODS: tuple[Handler, ...] = (interface_query,)

EVENTS: tuple[Event, ...] = (Event(name="interface.query", role="NETWORK_INTERFACE_READ"),)
