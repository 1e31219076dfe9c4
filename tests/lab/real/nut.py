"""A real upsd with dummy-ups drivers."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path
import signal
import socket
import subprocess
import time
from types import TracebackType
from typing import Self

from .debian import install, tree
from .process import LOOPBACK, clear, end, free_port, spawn, tail, work_folder

_VARIABLES = {
    "battery.charge": "100",
    "battery.charge.low": "20",
    "battery.runtime": "2340",
    "battery.voltage": "27.3",
    "device.mfr": "Lab",
    "device.model": "Dummy 1500",
    "device.serial": "LAB0001",
    "input.voltage": "231.0",
    "ups.load": "23",
    "ups.mfr": "Lab",
    "ups.model": "Dummy 1500",
    "ups.serial": "LAB0001",
    "ups.status": "OL",
}
_USERS = """[admin]
  password = {password}
  actions = SET FSD
  instcmds = ALL
[monitor]
  password = {password}
  upsmon primary
[nobody]
  password = {password}
"""
# Seconds after which upsd calls a silent driver stale.
MAX_AGE = 5


class RealNut:
    """upsd and one dummy-ups driver for each UPS, on loopback.

    with RealNut() as nut:                       # UPS "ups"; RealNut(["ups", "second"])
        nut.set("ups.status", "OB DISCHRG")      # seen by clients at once
        nut.freeze()                             # ERR DATA-STALE after MAX_AGE seconds; thaw()

    `host`, `port`; users `admin` (may do all), `monitor` (may log in) and `nobody`, all with
    `password`.
    """

    def __init__(self, upses: list[str] | None = None) -> None:
        """Choose the names of the UPSes."""
        self.upses = upses or ["ups"]
        self.host = LOOPBACK
        self.port = 0
        self.username, self.password = "admin", "lab-secret"
        self.folder = Path()
        self._upsd: subprocess.Popen[bytes] | None = None
        self._drivers: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Install if need be, start drivers and upsd, wait until every UPS answers."""
        install()
        self.folder = work_folder("nut")
        self.port = free_port()
        self._write_configuration()
        try:
            for ups in self.upses:
                self.start_driver(ups)
            self.start_upsd()
        except BaseException:
            self.stop()
            raise

    def start_upsd(self) -> None:
        """Start upsd (again) and wait until every UPS answers."""
        self._upsd = self._spawn("upsd", "-F", "-u", "root")
        deadline = time.monotonic() + 20
        while not all(self._known(ups) for ups in self.upses):
            if time.monotonic() > deadline or self._upsd.poll() is not None:
                raise RuntimeError(f"upsd did not start:\n{tail(self.folder, 'log')}")
            time.sleep(0.1)

    def stop_upsd(self) -> None:
        """Stop upsd; its port is closed then."""
        if self._upsd is not None:
            end(self._upsd, seconds=5)
            self._upsd = None

    def restart_upsd(self) -> None:
        """Restart upsd on the same port, which also takes an FSD back."""
        self.stop_upsd()
        self.start_upsd()

    def start_driver(self, ups: str = "ups") -> None:
        """Start a UPS's driver (again)."""
        self._drivers[ups] = self._spawn("dummy-ups", "-F", "-u", "root", "-a", ups)

    def kill_driver(self, ups: str = "ups") -> None:
        """End a driver: ERR DRIVER-NOT-CONNECTED from then on."""
        end(self._drivers.pop(ups), seconds=5)

    def freeze(self, ups: str = "ups") -> None:
        """Stop a driver's clock: ERR DATA-STALE after MAX_AGE seconds."""
        os.kill(self._drivers[ups].pid, signal.SIGSTOP)

    def thaw(self, ups: str = "ups") -> None:
        """Let a frozen driver go on."""
        os.kill(self._drivers[ups].pid, signal.SIGCONT)

    def set(self, variable: str, value: object, *, ups: str = "ups") -> None:
        """Change a variable and wait until upsd tells it."""
        self.set_all({variable: str(value)}, ups=ups)

    def set_all(self, variables: dict[str, str], *, ups: str = "ups") -> None:
        """Change several variables and wait until upsd tells them all."""
        login = [f"USERNAME {self.username}", f"PASSWORD {self.password}"]
        lines = [f'SET VAR {ups} {name} "{value}"' for name, value in variables.items()]
        for line, answer in zip(lines, self.ask(*login, *lines)[2:], strict=True):
            if answer != "OK":
                raise RuntimeError(f"{line}: {answer}")
        deadline = time.monotonic() + 10
        while any(self.get(name, ups=ups) != value for name, value in variables.items()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all of {variables} were taken over")
            time.sleep(0.05)

    def reset(self) -> None:
        """Bring everything back to how it was after `start()`."""
        for ups, driver in list(self._drivers.items()):
            if driver.poll() is None:
                self.thaw(ups)
        for ups in self.upses:
            if ups not in self._drivers:
                self.start_driver(ups)
        if self._upsd is None or self._upsd.poll() is not None:
            self.start_upsd()
        if any("FSD" in self.get("ups.status", ups=ups) for ups in self.upses):
            self.restart_upsd()
        for ups in self.upses:
            self._await(ups)
            changed = {n: v for n, v in _VARIABLES.items() if self.get(n, ups=ups) != v}
            if changed:
                self.set_all(changed, ups=ups)

    def _await(self, ups: str) -> None:
        deadline = time.monotonic() + 15
        while not self._known(ups):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{ups} does not come back: {self.get('ups.status', ups=ups)}")
            time.sleep(0.1)

    def get(self, variable: str, *, ups: str = "ups") -> str:
        """Return a variable's text, or the whole ERR line."""
        answer = self.ask(f"GET VAR {ups} {variable}")[0]
        return answer.split('"')[1] if answer.startswith("VAR") else answer

    def ask(self, *lines: str) -> list[str]:
        """Send single-line commands over one connection and return upsd's answers."""
        with socket.create_connection((self.host, self.port), timeout=5) as sock:
            file = sock.makefile("rw", encoding="utf-8", newline="\n")
            answers = []
            for line in lines:
                file.write(f"{line}\n")
                file.flush()
                answers.append(file.readline().rstrip("\n"))
            return answers

    def stop(self) -> None:
        """Stop everything and delete the folder."""
        self.stop_upsd()
        for driver in self._drivers.values():
            with suppress(ProcessLookupError):
                os.kill(driver.pid, signal.SIGCONT)
            end(driver, seconds=5)
        self._drivers.clear()
        clear(self.folder)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def _known(self, ups: str) -> bool:
        """Tell whether the driver has told upsd its variables: "WAIT" stands there until then."""
        with suppress(OSError):
            status = self.get("ups.status", ups=ups)
            return status != "WAIT" and not status.startswith("ERR")
        return False

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        root = tree("bookworm")
        path = next(
            p for p in (root / "lib/nut" / program, root / "usr/lib/nut" / program) if p.exists()
        )
        libraries = [str(p) for p in (*root.glob("lib/*-linux-*"), *root.glob("usr/lib/*-linux-*"))]
        environment = {
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            "NUT_CONFPATH": str(self.folder),
            "NUT_STATEPATH": str(self.folder),
            "NUT_ALTPIDPATH": str(self.folder),
        }
        return spawn([str(path), *arguments], self.folder, log="log", environment=environment)

    def _write_configuration(self) -> None:
        sections = ["maxretry = 3", "pollinterval = 1"]
        for ups in self.upses:
            file = self.folder / f"{ups}.dev"
            file.write_text("".join(f"{k}: {v}\n" for k, v in _VARIABLES.items()), encoding="utf-8")
            sections += [f"[{ups}]", "driver = dummy-ups", f"port = {file}", "mode = dummy-once"]
            sections += [f'desc = "UPS {ups} of the lab"']
        files = {
            "nut.conf": "MODE=netserver\n",
            "ups.conf": "\n".join(sections) + "\n",
            "upsd.conf": f"LISTEN {LOOPBACK} {self.port}\nMAXAGE {MAX_AGE}\n",
            "upsd.users": _USERS.format(password=self.password),
        }
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")
            (self.folder / name).chmod(0o600)
