"""The machine, and `system.info` of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ...ejson import moment
from ...events import Event
from ...methods import Handler, method
from ...version import V24_10

if TYPE_CHECKING:
    from ...server import TrueNas

GIB = 1 << 30
_BUILT = 1_760_000_000.0


class Machine:
    """A small server at home; `drift` is by how many seconds its two clocks have come apart."""

    def __init__(self, nas: TrueNas) -> None:
        """Have been up for six days."""
        self._nas = nas
        self.hostname = nas.name
        self.manufacturer: str | None = "Gigabyte Technology Co., Ltd."
        self.product: str | None = "B660M DS3H DDR4"
        self.serial: str | None = "Default string"
        self.model = "12th Gen Intel(R) Core(TM) i5-12400"
        self.cores = 12
        self.memory = 64 * GIB
        self.load = [0.61, 0.48, 0.44]
        self.booted = nas.clock.now() - 6 * 86400.0
        self.drift = 0.0
        self.ahead = 0.0

    def render(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        now = self._nas.clock.now() + self.ahead
        up = self._nas.clock.now() - self.booted
        text = self._nas.version.text
        return {
            "version": f"TrueNAS-SCALE-{text}" if self._nas.version.line <= V24_10.line else text,
            "buildtime": moment(_BUILT),
            "hostname": self.hostname,
            "physmem": self.memory,
            "model": self.model,
            "cores": self.cores,
            "physical_cores": self.cores // 2,
            "loadavg": list(self.load),
            "uptime": str(timedelta(seconds=up)),
            "uptime_seconds": up,
            "system_serial": self.serial,
            "system_product": self.product,
            "system_product_version": "Default string",
            "license": None,
            "boottime": moment(now - up + self.drift),
            "datetime": moment(now),
            "timezone": "Europe/Berlin",
            "system_manufacturer": self.manufacturer,
            "ecc_memory": False,
        }


@method("system.info", role="READONLY_ADMIN")
async def info(nas: TrueNas) -> dict[str, Any]:
    """Describe the machine."""
    return nas.host.machine.render()


@method("system.version", role="READONLY_ADMIN")
async def version(nas: TrueNas) -> str:
    """Tell the version with its prefix, which is another from 25.04 on."""
    scale = "SCALE-" if nas.version.line <= V24_10.line else ""
    return f"TrueNAS-{scale}{nas.version.text}"


METHODS: tuple[Handler, ...] = (info, version)

EVENTS: tuple[Event, ...] = ()
