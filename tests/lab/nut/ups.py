"""The UPSes and users of a simulated upsd."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .server import NutServer

_VARIABLES = {
    "battery.charge": "100",
    "battery.charge.low": "20",
    "battery.runtime": "2340",
    "battery.runtime.low": "300",
    "battery.type": "PbAc",
    "battery.voltage": "27.3",
    "battery.voltage.nominal": "24.0",
    "device.mfr": "APC",
    "device.model": "Back-UPS RS 1500G",
    "device.serial": "4B1234P56789",
    "device.type": "ups",
    "driver.name": "usbhid-ups",
    "driver.parameter.pollinterval": "2",
    "driver.version": "2.8.0",
    "input.transfer.high": "280",
    "input.transfer.low": "180",
    "input.voltage": "231.0",
    "input.voltage.nominal": "230",
    "ups.beeper.status": "enabled",
    "ups.delay.shutdown": "20",
    "ups.firmware": "865.L5 .I",
    "ups.load": "23",
    "ups.mfr": "APC",
    "ups.model": "Back-UPS RS 1500G",
    "ups.realpower.nominal": "865",
    "ups.serial": "4B1234P56789",
    "ups.status": "OL",
    "ups.test.result": "No test initiated",
}
_COMMANDS = {
    "beeper.disable": "Disable the UPS beeper",
    "beeper.enable": "Enable the UPS beeper",
    "beeper.mute": "Temporarily mute the UPS beeper",
    "load.off": "Turn off the load immediately",
    "shutdown.return": "Turn off the load and return when power is back",
    "test.battery.start.quick": "Start a quick battery test",
    "test.battery.stop": "Stop the battery test",
}
_WRITABLE = ("battery.charge.low", "battery.runtime.low", "ups.delay.shutdown")


@dataclass
class User:
    """A user of upsd: what it may do."""

    password: str
    set: bool = False
    fsd: bool = False
    commands: bool = False
    monitor: bool = False


@dataclass(eq=False)
class Ups:
    """A UPS.

    * `variables`: NUT's names and texts. Change them directly or with `set()`.
    * `stale`: the driver answers no more (ERR DATA-STALE); `connected` False: the driver is gone
      (ERR DRIVER-NOT-CONNECTED).
    * `commands`: instant command -> description; `writable`: names that SET VAR may change.
    * `done`: the instant commands that were given, in order, as (command, argument or None).
    * `forced`: FSD was set; "FSD" then stands first in ups.status until `forced` is taken back.
    """

    name: str
    description: str = "Description unavailable"
    variables: dict[str, str] = field(default_factory=lambda: dict(_VARIABLES))
    commands: dict[str, str] = field(default_factory=lambda: dict(_COMMANDS))
    writable: set[str] = field(default_factory=lambda: set(_WRITABLE))
    stale: bool = False
    connected: bool = True
    forced: bool = False
    done: list[tuple[str, str | None]] = field(default_factory=list)

    def set(self, **variables: object) -> None:
        """Change variables; an underscore stands for a dot: `ups.set(ups_status="OB DISCHRG")`."""
        for name, value in variables.items():
            self.variables[name.replace("_", ".")] = str(value)

    def get(self, name: str) -> str | None:
        """Return a variable as upsd tells it."""
        value = self.variables.get(name)
        if name == "ups.status" and value is not None and self.forced:
            return f"FSD {value}"
        return value

    def power_failure(self, *, charge: int = 95, runtime: int = 2100) -> None:
        """Go on battery: charge in percent, runtime in seconds."""
        self.variables |= {
            "ups.status": "OB DISCHRG",
            "input.voltage": "0.0",
            "battery.charge": str(charge),
            "battery.runtime": str(runtime),
        }

    def low_battery(self, *, charge: int = 15, runtime: int = 240) -> None:
        """Come near the end."""
        self.power_failure(charge=charge, runtime=runtime)
        self.variables["ups.status"] = "OB DISCHRG LB"

    def power_back(self, *, charge: int = 60) -> None:
        """Go back to the mains, charging."""
        self.variables |= {
            "ups.status": "OL CHRG",
            "input.voltage": "231.0",
            "battery.charge": str(charge),
        }


def furnish(server: NutServer) -> None:
    """Add the demo's UPSes and users."""
    server.add("ups", description="Server rack")
    network = server.add("network", description="Router and switch")
    network.variables |= {
        "device.mfr": "EATON",
        "device.model": "3S 700",
        "device.serial": "Blank",
        "ups.mfr": "EATON",
        "ups.model": "3S 700",
        "ups.serial": "Blank",
        "ups.load": "9",
        "battery.runtime": "4120",
    }
