"""upsd's commands and answers, as NUT 2.8 gives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import shlex

from ..wire import LOOPBACK
from .ups import Ups, User

VERSION = "Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/"
_UNITS = {
    "battery.charge": "Battery charge (percent of full)",
    "battery.runtime": "Battery runtime (seconds)",
    "input.voltage": "Input voltage (V)",
    "ups.load": "Load on UPS (percent of full)",
    "ups.status": "UPS status",
}


class NutError(Exception):
    """An ERR answer."""


@dataclass(eq=False)
class Session:
    """What one connection has said of itself."""

    username: str | None = None
    password: str | None = None
    logged_in: Ups | None = None
    address: str = LOOPBACK


class Commands:
    """Answers the lines that clients send.

    `upses` and `users` by name; `sessions` are the open connections.
    """

    def __init__(self) -> None:
        """Start without UPSes; the user of the lab is `username` / `password` and may do all."""
        self.upses: dict[str, Ups] = {}
        self.username, self.password = "lab", "lab-password"
        self.users = {self.username: User(self.password, True, True, True, True)}
        self.sessions: set[Session] = set()

    def answer(self, session: Session, line: str) -> str:
        """Return the answer to a line, with its line ends."""
        try:
            words = shlex.split(line)
            return self._handler(words)(session, words[1:])
        except NutError as error:
            return f"ERR {error}\n"
        except ValueError:
            return "ERR INVALID-ARGUMENT\n"

    def _handler(self, words: list[str]) -> Callable[[Session, list[str]], str]:
        name = words[0].lower() if words else ""
        handler: Callable[[Session, list[str]], str] | None = getattr(self, f"_do_{name}", None)
        if handler is None:
            raise NutError("UNKNOWN-COMMAND")
        return handler

    def _ups(self, name: str, *, alive: bool = True) -> Ups:
        ups = self.upses.get(name)
        if ups is None:
            raise NutError("UNKNOWN-UPS")
        if alive and not ups.connected:
            raise NutError("DRIVER-NOT-CONNECTED")
        if alive and ups.stale:
            raise NutError("DATA-STALE")
        return ups

    def _user(self, session: Session) -> User:
        if session.username is None:
            raise NutError("USERNAME-REQUIRED")
        if session.password is None:
            raise NutError("PASSWORD-REQUIRED")
        user = self.users.get(session.username)
        # upsd finds a wrong password only when a right is asked for.
        if user is None or user.password != session.password:
            raise NutError("ACCESS-DENIED")
        return user

    def _do_ver(self, session: Session, words: list[str]) -> str:
        return f"{VERSION}\n"

    def _do_netver(self, session: Session, words: list[str]) -> str:
        return "1.3\n"

    _do_protver = _do_netver

    def _do_help(self, session: Session, words: list[str]) -> str:
        return "Commands: HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS\n"

    def _do_starttls(self, session: Session, words: list[str]) -> str:
        raise NutError("FEATURE-NOT-CONFIGURED")

    def _do_username(self, session: Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.username is not None:
            raise NutError("ALREADY-SET-USERNAME")
        session.username = words[0]
        return "OK\n"

    def _do_password(self, session: Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.password is not None:
            raise NutError("ALREADY-SET-PASSWORD")
        session.password = words[0]
        return "OK\n"

    def _do_login(self, session: Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        if session.logged_in is not None:
            raise NutError("ALREADY-LOGGED-IN")
        user = self._user(session)
        ups = self._ups(words[0], alive=False)
        if not user.monitor:
            raise NutError("ACCESS-DENIED")
        session.logged_in = ups
        return "OK\n"

    def _do_logout(self, session: Session, words: list[str]) -> str:
        return "OK Goodbye\n"

    def _do_list(self, session: Session, words: list[str]) -> str:
        if not words:
            raise NutError("INVALID-ARGUMENT")
        what = words[0].upper()
        if what == "UPS":
            body = [f'UPS {ups.name} "{ups.description}"' for ups in self.upses.values()]
            return _block("UPS", body)
        if what not in ("VAR", "RW", "CMD", "CLIENT", "ENUM", "RANGE"):
            raise NutError("INVALID-ARGUMENT")
        if len(words) < 2:
            raise NutError("INVALID-ARGUMENT")
        # upsd knows its clients without asking the driver.
        ups = self._ups(words[1], alive=what != "CLIENT")
        return _block(" ".join([what, *words[1:]]), self._lines(what, ups, words[2:]))

    def _lines(self, what: str, ups: Ups, rest: list[str]) -> list[str]:
        name = ups.name
        match what:
            case "VAR":
                return [f'VAR {name} {key} "{ups.get(key)}"' for key in sorted(ups.variables)]
            case "RW":
                keys = sorted(ups.writable & ups.variables.keys())
                return [f'RW {name} {key} "{ups.get(key)}"' for key in keys]
            case "CMD":
                return [f"CMD {name} {command}" for command in sorted(ups.commands)]
            case "CLIENT":
                users = [s for s in self.sessions if s.logged_in is ups]
                return [f"CLIENT {name} {session.address}" for session in users]
        # ENUM and RANGE of a variable: the lab's variables are free text.
        if not rest or rest[0] not in ups.variables:
            raise NutError("VAR-NOT-SUPPORTED")
        return []

    def _do_get(self, session: Session, words: list[str]) -> str:
        if len(words) < 2:
            raise NutError("INVALID-ARGUMENT")
        what = words[0].upper()
        ups = self._ups(words[1], alive=what != "UPSDESC")
        if what == "NUMLOGINS":
            count = sum(1 for s in self.sessions if s.logged_in is ups)
            return f"NUMLOGINS {ups.name} {count}\n"
        if what == "UPSDESC":
            return f'UPSDESC {ups.name} "{ups.description}"\n'
        if len(words) < 3:
            raise NutError("INVALID-ARGUMENT")
        name = words[2]
        if what == "CMDDESC":
            text = ups.commands.get(name, "Description unavailable")
            return f'CMDDESC {ups.name} {name} "{text}"\n'
        if what == "DESC":
            return f'DESC {ups.name} {name} "{_UNITS.get(name, "Description unavailable")}"\n'
        value = ups.get(name)
        if value is None:
            raise NutError("VAR-NOT-SUPPORTED")
        if what == "TYPE":
            kind = "RW STRING:32" if name in ups.writable else "NUMBER"
            return f"TYPE {ups.name} {name} {kind}\n"
        if what != "VAR":
            raise NutError("INVALID-ARGUMENT")
        return f'VAR {ups.name} {name} "{value}"\n'

    def _do_set(self, session: Session, words: list[str]) -> str:
        if len(words) != 4 or words[0].upper() != "VAR":
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[1])
        if not user.set:
            raise NutError("ACCESS-DENIED")
        if words[2] not in ups.variables:
            raise NutError("VAR-NOT-SUPPORTED")
        if words[2] not in ups.writable:
            raise NutError("READONLY")
        ups.variables[words[2]] = words[3]
        return "OK\n"

    def _do_instcmd(self, session: Session, words: list[str]) -> str:
        if len(words) not in (2, 3):
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[0])
        if words[1] not in ups.commands:
            raise NutError("CMD-NOT-SUPPORTED")
        if not user.commands:
            raise NutError("ACCESS-DENIED")
        ups.done.append((words[1], words[2] if len(words) > 2 else None))
        self._obey(ups, words[1])
        return "OK\n"

    def _obey(self, ups: Ups, command: str) -> None:
        match command:
            case "beeper.enable":
                ups.variables["ups.beeper.status"] = "enabled"
            case "beeper.disable":
                ups.variables["ups.beeper.status"] = "disabled"
            case "beeper.mute":
                ups.variables["ups.beeper.status"] = "muted"
            case "test.battery.start.quick":
                ups.variables["ups.test.result"] = "Done and passed"
            case "load.off":
                ups.variables["ups.status"] = "OFF"

    def _do_fsd(self, session: Session, words: list[str]) -> str:
        if len(words) != 1:
            raise NutError("INVALID-ARGUMENT")
        user, ups = self._user(session), self._ups(words[0])
        if not user.fsd:
            raise NutError("ACCESS-DENIED")
        ups.forced = True
        return "OK FSD-SET\n"


def _block(title: str, lines: list[str]) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return f"BEGIN LIST {title}\n{body}END LIST {title}\n"
