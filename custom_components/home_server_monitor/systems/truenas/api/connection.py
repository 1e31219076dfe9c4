"""The one connection to a TrueNAS, which comes back by itself whenever it is needed."""

import asyncio
from dataclasses import dataclass

from aiohttp import ClientError, ClientWSTimeout

from ...errors import (
    CannotConnect,
    HomeServerError,
    InvalidAuth,
    MissingRight,
    NotFound,
    Rejected,
    UnsupportedVersion,
    WrongServer,
)
from .address import Door
from .errors import MissingMethod, NotReady, PlainProxy
from .failures import connection_error
from .login import ApiKey, Way, log_in, ways
from .pause import Pause
from .probe import Found, probe, refuse_plain_proxy
from .version import OLDEST, Version
from .wire import Wire, hang_up

_HEARTBEAT = 25.0
_HANDSHAKE = 10.0
_LOGIN = 30.0
_LIMITS = ClientWSTimeout(ws_close=2.0)


@dataclass(frozen=True, kw_only=True)
class About:
    """Who answers; texts are empty where the key may not ask for them."""

    version: Version
    host_id: str
    hostname: str


class Connection:
    """Opens the wire when it is asked for and closed, one attempt at a time and never too often.

    ``about`` is of the newest connection.
    """

    def __init__(self, door: Door, key: ApiKey) -> None:
        """Prepare; nothing is opened yet."""
        self.about = About(version=Version(0, 0), host_id="", hostname="")
        self._door = door
        self._key = key
        self._wire: Wire | None = None
        self._way: Way | None = None
        self._lock = asyncio.Lock()
        self._pause = Pause()
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether the connection stands at present."""
        return self._wire is not None and self._wire.is_open

    @property
    def protocol(self) -> str:
        """The protocol of the connection that stands, empty without one."""
        return self._wire.codec.name if self._wire else ""

    async def wire(self) -> Wire:
        """Return the open wire; raises why there is none."""
        if self._wire is not None and self._wire.is_open:
            return self._wire
        async with self._lock:
            if self._wire is not None and self._wire.is_open:
                return self._wire
            self._pause.check(_now())
            try:
                self._wire = await self._open()
            except HomeServerError as err:
                self._pause.failed(err, _now())
                raise
            self._pause.connected(_now())
            return self._wire

    def expire(self, wire: Wire) -> None:
        """Take note that the session of this wire is over: the next call logs in anew."""
        if wire is self._wire:
            self._wire = None
        wire.retire()

    async def close(self) -> None:
        """Hang up for good."""
        self._closed = True
        if self._wire is not None:
            await self._wire.close()

    async def _open(self) -> Wire:
        if self._closed:
            raise CannotConnect("the client was closed")
        found = await probe(self._door)
        wire = await self._logged_in(found)
        try:
            about = await _introduce(wire, found)
            self._check(about)
            if self._closed:
                raise CannotConnect("the client was closed")
            self.about = about
        except BaseException:
            await wire.close()
            raise
        return wire

    async def _logged_in(self, found: Found) -> Wire:
        """Return a wire that is logged in; each way that fails gets a fresh one after it."""
        untried = ways(found, self._key)
        if self._way in untried:
            # A server that took the key without being told it has no reason to be told it now.
            untried = [self._way]
        rejection: HomeServerError = InvalidAuth()
        for way in untried:
            if way.reveals and found.newest is not None:
                await refuse_plain_proxy(self._door)
            wire = await self._dial(found)
            try:
                async with asyncio.timeout(_LOGIN):
                    await wire.greet()
                    await log_in(way, wire, self._key)
            except InvalidAuth as err:
                await wire.close()
                rejection = err
                continue
            except BaseException as err:
                await wire.close()
                if isinstance(err, TimeoutError):
                    raise connection_error(err) from err
                raise
            self._way = way
            return wire
        self._way = None
        raise rejection

    async def _dial(self, found: Found) -> Wire:
        url = self._door.url.with_scheme("wss").with_path(found.codec.path)
        try:
            async with asyncio.timeout(_HANDSHAKE):
                socket = await self._door.session.ws_connect(
                    url,
                    ssl=self._door.ssl,
                    heartbeat=_HEARTBEAT,
                    max_msg_size=0,
                    timeout=_LIMITS,
                )
        except (ClientError, TimeoutError, OSError, ValueError) as err:
            raise connection_error(err) from err
        if socket.get_extra_info("ssl_object") is None:
            # It was redirected, and what came of it is no place for a key.
            await hang_up(socket)
            raise PlainProxy(str(self._door.url))
        return Wire(socket, found.codec, self._lost)

    def _lost(self, wire: Wire, error: HomeServerError) -> None:
        if wire is self._wire:
            self._pause.lost(error, _now())

    def _check(self, about: About) -> None:
        """Make sure that it is a TrueNAS that is new enough, and the same one as before."""
        if about.version < OLDEST:
            raise UnsupportedVersion(about.version.text or "an unknown one")
        known = self.about.host_id
        if known and about.host_id and about.host_id != known:
            raise WrongServer(f"another TrueNAS answers there: {about.hostname}")


async def _introduce(wire: Wire, found: Found) -> About:
    """Ask who answers; raises ``NotReady`` while it starts or shuts down."""
    state = await _told(wire, "system.state")
    if state in ("BOOTING", "SHUTTING_DOWN"):
        raise NotReady(str(state))
    info = await _told(wire, "system.info")
    told = info if isinstance(info, dict) else {}
    return About(
        version=_version(told.get("version"), found),
        host_id=str(await _told(wire, "system.host_id") or ""),
        hostname=str(told.get("hostname") or ""),
    )


def _version(told: object, found: Found) -> Version:
    """Return the version that the system tells, else the newest one of its API.

    A key of 24.x that may not even ask for it works nevertheless.
    """
    return Version.parse(str(told or "")) or found.newest or OLDEST


async def _told(wire: Wire, method: str) -> object:
    try:
        answer: object = await wire.ask(method)
    except MissingRight, MissingMethod, NotFound, Rejected:
        return None
    return answer


def _now() -> float:
    return asyncio.get_running_loop().time()
