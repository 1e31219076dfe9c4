"""The contract: what a folder in ``systems/`` declares so that the rest of the house can serve it.

Nothing else is needed for a system to appear in the config flow, on every platform, among the
actions and in the diagnostics. Functions on models are pure; whatever does I/O takes the client.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
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
from .archive import Archive
from .free_action import FreeAction
from .issue import Issue
from .memory import Memory
from .neighbours import Neighbour
from .option import OptionField
from .paths import Path
from .reading import Follow, Group, Happening, Reading, Refresh, Sink, Watch
from .recorded import History

__all__ = [
    "Action",
    "BinarySensor",
    "Button",
    "Call",
    "Client",
    "Description",
    "DeviceDetails",
    "Event",
    "Field",
    "Follow",
    "Group",
    "Happening",
    "Identity",
    "Kind",
    "Reading",
    "Refresh",
    "Resume",
    "Sensor",
    "Sessions",
    "Sink",
    "Switch",
    "System",
    "Update",
    "Watch",
    "Workshop",
]


def _always(_item: Any) -> bool:
    return True


# --- Connecting ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of the connection form.

    ``secret`` values are redacted wherever they could be seen, ``private`` ones in diagnostics;
    ``credential`` fields are the ones that reauthentication asks for again.
    """

    key: str
    selector: Selector[Any] | section
    required: bool = True
    default: Any = None
    secret: bool = False
    private: bool = False
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
    """A button; ``available`` tells whether pressing it makes sense at present.

    It either has a ``press``, or a ``procedure`` where several steps must end well.
    """

    press: Callable[[ClientT, Path, ItemT], Awaitable[None]] | None = None
    procedure: Callable[[Call[ClientT, ItemT]], Awaitable[Any]] | None = None
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
    """An update entity; ``install`` brings the newest version, where control is allowed.

    ``notes`` fetches the release notes (Markdown), when somebody looks at them.
    """

    installed: Callable[[ItemT], str | None]
    latest: Callable[[ItemT], str | None]
    release_url: Callable[[ItemT], str | None] = _no_text
    summary: Callable[[ItemT], str | None] = _no_text
    install: Callable[[Call[ClientT, ItemT]], Awaitable[Any]] | None = None
    notes: Callable[[ClientT, Path, ItemT], Awaitable[str | None]] | None = None
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
    Kinds without hang more entities on the device at the same path; with ``part_of``, on the device
    at the path that it returns, for as long as the item is there. ``placeholders`` fill the names
    of the entities, which tell parts of one device apart. ``issues`` are what a person has to see
    to, for as long as the model says so.
    """

    model: type[ItemT]
    group: str
    device: Callable[[Path, ItemT], DeviceDetails] | None = None
    name: str = ""
    entities: tuple[Description, ...] = ()
    part_of: Callable[[Path, ItemT], Path] | None = None
    placeholders: Callable[[ItemT], Mapping[str, str]] | None = None
    issues: Callable[[Path, ItemT], Iterable[Issue]] | None = None


# --- Acting -------------------------------------------------------------------------------------


class Workshop(Protocol):
    """What a procedure may use besides the client: a journal, and ways to tell how it goes."""

    @property
    def journal(self) -> Journal:
        """Where every step is written down before it is taken."""

    @property
    def memory(self) -> Memory:
        """What is remembered of the entry's items."""

    async def run[T](self, path: Path, procedure: Coroutine[Any, Any, T]) -> T:
        """Run a procedure, the only one on this object; raises ``Busy`` while another does."""

    def hold(self, paths: Iterable[Path]) -> AbstractContextManager[None]:
        """Keep procedures away from more objects; raises ``Busy`` where one is at work."""

    def progress(self, path: Path, percent: float | None) -> None:
        """Tell how far the procedure at ``path`` is."""

    def fire(self, path: Path, event_type: str, attributes: Mapping[str, Any]) -> None:
        """Pass an event to the event entities of this path."""

    def refresh_soon(self, group: str) -> None:
        """Read a group again, because a procedure knows of something new."""

    def neighbours(self) -> Sequence[Neighbour]:
        """Return the other entries that are loaded, of whatever kind."""


@dataclass(frozen=True, kw_only=True)
class Call[ClientT, ItemT]:
    """One action on one item; ``data`` are the fields beside the target.

    ``latest`` gives a group's present data, ``options`` are those of the entry, ``archive`` is what
    is kept of disks.
    """

    client: ClientT
    path: Path
    item: ItemT
    data: Mapping[str, Any]
    workshop: Workshop
    latest: Callable[[str], Mapping[Path, Any]]
    history: History
    archive: Archive
    options: Mapping[str, Any] = field(default_factory=dict)


type Resume[ClientT] = Callable[[ClientT, Record, Workshop], Awaitable[None]]
"""Finishes or undoes an open record; raises ``HomeServerError`` to be asked again later."""


@dataclass(frozen=True, kw_only=True)
class Action[ClientT, ItemT]:
    """An action on items of one kind, chosen by device or entity.

    ``schema`` holds the fields beside the target. ``run`` returns data for the response, or None.
    ``control`` actions are refused while the entry does not allow control, ``admin`` actions to
    everybody but administrators.
    """

    name: str
    model: type[ItemT]
    run: Callable[[Call[ClientT, ItemT]], Awaitable[JsonObjectType | None]]
    schema: Mapping[Any, Any] = field(default_factory=dict)
    control: bool = True
    admin: bool = False
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
        """Keys of the connection and of the options whose values diagnostics do not show."""
        own = frozenset(part.key for part in self.fields if part.secret or part.private)
        return own.union(*(part.hidden for part in self.options))
