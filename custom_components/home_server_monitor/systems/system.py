"""The contract: what a folder in ``systems/`` declares so that the rest of the house can serve it.

Nothing else is needed for a system to appear in the config flow, on every platform, among the
actions and in the diagnostics. Functions on models are pure; whatever does I/O takes the client.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from aiohttp import ClientSession
from homeassistant.components.binary_sensor import BinarySensorEntityDescription
from homeassistant.components.button import ButtonEntityDescription
from homeassistant.components.event import EventEntityDescription
from homeassistant.components.sensor import SensorEntityDescription
from homeassistant.components.switch import SwitchEntityDescription
from homeassistant.components.update import UpdateEntityDescription
from homeassistant.core import SupportsResponse
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import Selector
from homeassistant.helpers.typing import StateType
from homeassistant.util.json import JsonObjectType

from ..procedures.journal import Journal, Record
from .errors import HomeServerError
from .free_action import FreeAction
from .issue import Issue
from .option import OptionField
from .paths import Path
from .recorded import History


def _always(_item: Any) -> bool:
    return True


def _never(_own: object, _other: object, _changed: object) -> bool:
    return False


def _nothing(_own: object, _other: object, _changed: object) -> dict[Path, Any]:
    return {}


# --- Connecting ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the connection form.

    ``secret`` values are redacted wherever they could be seen; ``credential`` fields are the
    ones that reauthentication asks for again.
    """

    key: str
    selector: Selector[Any] | section
    required: bool = True
    default: Any = None
    secret: bool = False
    credential: bool = False


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """The shared aiohttp sessions that clients use; they never close them."""

    verified: ClientSession
    unverified: ClientSession

    def get(self, verify_ssl: bool) -> ClientSession:
        """Return the session that does or does not check certificates."""
        return self.verified if verify_ssl else self.unverified


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who a connected system is: an id that no other has, and a name for people.

    ``stable`` is false where the system has no id of its own and its address stands in for one;
    then the address may change when the entry is reconfigured. ``alias`` is the address that may
    have stood in before the system's own id could be asked for.
    """

    unique_id: str
    title: str
    stable: bool = True
    alias: str = ""


class Client(Protocol):
    """What every client offers to the frame."""

    async def close(self) -> None:
        """Release what the client itself opened; never the shared session."""


# --- Reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one refresh of a group found.

    ``items`` are models by path. ``failed`` names scopes that could not be read, with the reason:
    they and everything below keep their last data for a grace period and are never pruned.
    Whatever is in neither is gone. ``again`` asks for an early next refresh.
    """

    items: Mapping[Path, Any]
    failed: Mapping[Path, HomeServerError] = field(default_factory=dict)
    again: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Refresh[ClientT]:
    """What a fetch may use: the client, the time, and what is known already.

    ``previous`` is this group's last data, ``latest`` gives another group's. ``wanted`` are the
    paths for which an entity is enabled, or None before there are entities. ``early`` says that
    the interval is not over yet: what was read lately need not be read again.
    """

    client: ClientT
    now: datetime
    previous: Mapping[Path, Any]
    latest: Callable[[str], Mapping[Path, Any]]
    wanted: Collection[Path] | None
    early: bool = False


class Sink(Protocol):
    """Where a watch delivers what the system pushes."""

    @property
    def items(self) -> Mapping[Path, Any]:
        """The group's present data."""

    def push(self, items: Mapping[Path, Any]) -> None:
        """Put these models in place of the old ones; others stay."""

    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""

    def refresh_soon(self, delay: float = 0.0) -> None:
        """Read the group again after so many seconds; several wishes become one."""

    def connected(self) -> None:
        """Say that the stream stands: what happened before is read again."""


@dataclass(frozen=True, kw_only=True)
class Watch[ClientT]:
    """A stream that the system pushes changes through.

    ``scopes`` names the paths that have a stream of their own, from the group's present data;
    ``run`` follows one until it breaks, and is started again with growing pauses.
    """

    scopes: Callable[[Mapping[Path, Any]], Iterable[Path]]
    run: Callable[[ClientT, Path, Sink], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Follow:
    """How a group keeps step with another that knows sooner: what is stale there is stale here.

    ``adjust`` gets this group's items, the other's, and the paths that changed there; what it
    returns is pushed. ``hurry`` gets the same, and says whether to read before the interval is
    over.
    """

    group: str
    adjust: Callable[[Mapping[Path, Any], Mapping[Path, Any], set[Path]], Mapping[Path, Any]] = (
        _nothing
    )
    hurry: Callable[[Mapping[Path, Any], Mapping[Path, Any], set[Path]], bool] = _never


@dataclass(frozen=True, kw_only=True)
class Group[ClientT]:
    """Models that are read together because they cost the same: one coordinator.

    The first group of a system is its heart: without it the entry does not load. An ``optional``
    group can be left out in the options. A ``deferred`` one starts after Home Assistant has
    started. ``paced`` groups follow the polling interval that the user chose.
    """

    key: str
    interval: timedelta
    fetch: Callable[[Refresh[ClientT]], Awaitable[Reading]]
    watch: Watch[ClientT] | None = None
    follow: Follow | None = None
    grace: timedelta = timedelta(seconds=30)
    timeout: float = 30.0
    optional: bool = False
    deferred: bool = False
    paced: bool = False


# --- Showing ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Sensor[ItemT](SensorEntityDescription):
    """A sensor: ``value`` of the model; it exists where ``exists`` says so."""

    value: Callable[[ItemT], StateType | datetime]
    exists: Callable[[ItemT], bool] = _always
    control: bool = False


@dataclass(frozen=True, kw_only=True)
class BinarySensor[ItemT](BinarySensorEntityDescription):
    """A binary sensor: ``value`` of the model, None when it is not known."""

    value: Callable[[ItemT], bool | None]
    exists: Callable[[ItemT], bool] = _always
    control: bool = False


@dataclass(frozen=True, kw_only=True)
class Switch[ClientT, ItemT](SwitchEntityDescription):
    """A switch; acts through the client, so it exists only when control is allowed."""

    value: Callable[[ItemT], bool | None]
    turn_on: Callable[[ClientT, Path, ItemT], Awaitable[None]]
    turn_off: Callable[[ClientT, Path, ItemT], Awaitable[None]]
    exists: Callable[[ItemT], bool] = _always
    control: bool = True


@dataclass(frozen=True, kw_only=True)
class Button[ClientT, ItemT](ButtonEntityDescription):
    """A button; ``available`` tells whether pressing it makes sense at present."""

    press: Callable[[ClientT, Path, ItemT], Awaitable[None]]
    available: Callable[[ItemT], bool] = _always
    exists: Callable[[ItemT], bool] = _always
    control: bool = True


@dataclass(frozen=True, kw_only=True)
class Event[ItemT](EventEntityDescription):
    """An event entity for what a watch fires at the item's path."""

    exists: Callable[[ItemT], bool] = _always
    control: bool = False


def _no_text(_item: Any) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Update[ClientT, ItemT](UpdateEntityDescription):
    """An update entity; ``install`` brings the newest version, where control is allowed."""

    installed: Callable[[ItemT], str | None]
    latest: Callable[[ItemT], str | None]
    release_url: Callable[[ItemT], str | None] = _no_text
    summary: Callable[[ItemT], str | None] = _no_text
    install: Callable[[Call[ClientT, ItemT]], Awaitable[Any]] | None = None
    exists: Callable[[ItemT], bool] = _always
    control: bool = False


type Description = (
    Sensor[Any]
    | BinarySensor[Any]
    | Switch[Any, Any]
    | Button[Any, Any]
    | Event[Any]
    | Update[Any, Any]
)


@dataclass(frozen=True, kw_only=True)
class DeviceDetails:
    """How an item stands in the device registry.

    ``parent`` is None for the system itself. ``physical`` marks a thing one can touch.
    """

    name: str
    parent: Path | None
    physical: bool = False
    manufacturer: str | None = None
    model: str | None = None
    sw_version: str | None = None
    serial_number: str | None = None
    configuration_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kind[ItemT]:
    """One kind of item: recognised by its model, shown by its entities.

    The kind with ``device`` owns the device at its path: when the item is gone the device goes.
    Kinds without hang more entities on the device at the same path. ``issues`` are what a person
    has to see to, for as long as the model says so.
    """

    model: type[ItemT]
    group: str
    device: Callable[[Path, ItemT], DeviceDetails] | None = None
    name: str = ""
    entities: tuple[Description, ...] = ()
    issues: Callable[[Path, ItemT], Iterable[Issue]] | None = None


# --- Acting -------------------------------------------------------------------------------------


class Workshop(Protocol):
    """What a procedure may use besides the client: a journal, and ways to tell how it goes."""

    @property
    def journal(self) -> Journal:
        """Where every step is written down before it is taken."""

    async def run[T](self, path: Path, procedure: Coroutine[Any, Any, T]) -> T:
        """Run a procedure, the only one on this object; raises ``Busy`` while another does."""

    def progress(self, path: Path, percent: float | None) -> None:
        """Tell how far the procedure at ``path`` is."""

    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""


@dataclass(frozen=True, kw_only=True)
class Call[ClientT, ItemT]:
    """One action on one item; ``data`` are the fields beside the target.

    ``latest`` gives a group's present data.
    """

    client: ClientT
    path: Path
    item: ItemT
    data: Mapping[str, Any]
    workshop: Workshop
    latest: Callable[[str], Mapping[Path, Any]]
    history: History


type Resume[ClientT] = Callable[[ClientT, Record, Workshop], Awaitable[None]]
"""Finishes or undoes an open record; raises ``HomeServerError`` to be asked again later."""


@dataclass(frozen=True, kw_only=True)
class Action[ClientT, ItemT]:
    """An action on items of one kind, chosen by device or entity.

    ``schema`` holds the fields beside the target. ``run`` returns data for the response, or None.
    ``control`` actions are refused while the entry does not allow control.
    """

    name: str
    model: type[ItemT]
    run: Callable[[Call[ClientT, ItemT]], Awaitable[JsonObjectType | None]]
    schema: Mapping[Any, Any] = field(default_factory=dict)
    control: bool = True
    response: SupportsResponse = SupportsResponse.OPTIONAL


@dataclass(frozen=True, kw_only=True)
class System[ClientT: Client]:
    """One system that can be monitored.

    ``connect`` returns a client that has proved itself or raises a ``HomeServerError``;
    ``identify`` says who answered. ``procedures`` names, for each procedure that it runs, who
    takes up an open record after a restart. ``announced_as`` are the zeroconf service types by which it
    makes itself known with ``host`` and ``port``; they stand in the manifest too.
    """

    key: str
    name: str
    fields: tuple[Field, ...]
    connect: Callable[[Mapping[str, Any], Sessions], Awaitable[ClientT]]
    identify: Callable[[ClientT], Awaitable[Identity]]
    groups: tuple[Group[Any], ...]
    kinds: tuple[Kind[Any], ...]
    actions: tuple[Action[Any, Any], ...] = ()
    free_actions: tuple[FreeAction, ...] = ()
    procedures: Mapping[str, Resume[Any]] = field(default_factory=dict)
    announced_as: tuple[str, ...] = ()
    options: tuple[OptionField, ...] = ()

    @property
    def secrets(self) -> frozenset[str]:
        """Keys of the connection and of the options whose values nobody may see."""
        own = frozenset(part.key for part in self.fields if part.secret)
        return own.union(*(part.hidden for part in self.options))
