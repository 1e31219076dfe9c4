"""What every exchange of a container begins and ends with: looking, writing down, recovering.

Also the exchange that changes settings alone, for what an engine takes only at creation.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeassistant.util.json import JsonObjectType

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.docker.groups import Engines
from ..systems.docker.models import Container
from ..systems.docker.options import is_left_alone
from ..systems.docker.parse import SET_ASIDE
from ..systems.docker.residents import residents
from ..systems.errors import CannotConnect, HomeServerError, NotFound, Refused
from ..systems.neighbours import Answering
from ..systems.paths import ROOT, Path, covers
from ..systems.system import Call, Workshop
from .container_checks import Surroundings, check, own_traces
from .container_part import image_behind
from .container_proof import Unproven, Witness
from .container_swap import RECREATE, Swap
from .journal import Record

PROCEDURE = "container_update"
TIMEOUT = 60.0
SETTLE = 10.0
KEEP_IMAGES = 1
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

type Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What an exchange begins from: a container and its image, and what is known of its guests.

    ``witnesses`` are the systems that run in the container and are well, ``{"id", "name"}``.
    """

    engine: Engine
    container: Document
    image: Document
    guests: tuple[Document, ...] = ()
    witnesses: tuple[dict[str, str], ...] = ()

    @property
    def reference(self) -> str:
        """What the container calls its image."""
        return _reference(self.container)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all that would be touched."""
        return (self.container["Id"], *(guest["old_id"] for guest in self.guests))


def engine_at(client: Engines, path: Path) -> Engine:
    """Return the engine of a container; raises ``CannotConnect`` while there is none."""
    for host, engine in client.engines.items():
        if covers(host, path):
            return engine
    raise CannotConnect("the environment is down")


def container_id(call: Call[Engines, Any]) -> str:
    """Return the id that the container at ``call.path`` has now."""
    container = call.latest("containers").get(call.path)
    if not isinstance(container, Container):
        raise NotFound(call.path[-1])
    return container.id


async def survey(call: Call[Engines, Any], *, updates: bool) -> Ground:
    """Return the container and its guests as they are now. Raises ``Refused``."""
    engine = engine_at(call.client, call.path)
    if engine.is_podman:
        raise Refused("podman")
    container = await operations.inspect(engine, container_id(call))
    others = await operations.others(engine, container["Id"])
    around = Surroundings(
        others=others,
        traces=await own_traces(),
        behind_portainer=engine.path != ROOT,
        updates=updates,
        left_alone=is_left_alone(call.options, call.path),
    )
    force = bool(call.data.get("force"))
    guests = check(container, around, aside=SET_ASIDE, force=force)
    every = (container, *others)

    async def witnesses(document: Document) -> tuple[dict[str, str], ...]:
        return await _witnesses(engine, document, every, call.workshop)

    return Ground(
        engine=engine,
        container=container,
        image=await _image_of(engine, container),
        guests=tuple(
            [{**await _guest(engine, one), "witnesses": await witnesses(one)} for one in guests]
        ),
        witnesses=await witnesses(container),
    )


async def _witnesses(
    engine: Engine, document: Document, every: Sequence[Document], workshop: Workshop
) -> tuple[dict[str, str], ...]:
    """Return the systems in a container that can tell how they are, and are well now."""
    others = [other for other in every if other["Id"] != document["Id"]]
    found = []
    for one in await residents(engine, document, others, workshop.neighbours()):
        if isinstance(one.client, Answering):
            witness = Witness(name=one.name, ask=one.client.check_health)
            if not await witness.complaint():
                found.append({"id": one.id, "name": one.name})
    return tuple(found)


async def _image_of(engine: Engine, container: Document) -> dict[str, Any]:
    try:
        return essence(await operations.image(engine, container["Image"]))
    except NotFound:
        raise Refused("image_gone", name=operations.name_of(container)) from None


async def _guest(engine: Engine, guest: Document) -> dict[str, Any]:
    """Return what ``Part`` has to know of a guest."""
    reference = _reference(guest)
    return {
        "container": operations.name_of(guest),
        "old_id": guest["Id"],
        "reference": reference,
        "old_image": await _image_of(engine, guest),
        "tag_before": await image_behind(engine, reference),
        "snapshot": dict(guest),
    }


def essence(image: Document) -> dict[str, Any]:
    """Return what has to be known of an image."""
    keys = ("Id", "RepoDigests", "Os", "Architecture", "Config")
    return {key: image.get(key) for key in keys}


def _reference(container: Document) -> str:
    return str(parse.mapping(container.get("Config")).get("Image") or "")


def guest_paths(call: Call[Engines, Any], ground: Ground) -> Iterator[Path]:
    """Yield where the guests stand, so that nothing else is done to them meanwhile."""
    for path, item in call.latest("containers").items():
        if isinstance(item, Container) and item.id in ground.ids and path != call.path:
            yield path


async def begin(call: Call[Engines, Any], action: str, ground: Ground, **facts: Any) -> Record:
    """Open the record of an exchange."""
    reference = ground.reference
    return await call.workshop.journal.begin(
        PROCEDURE,
        call.path,
        {
            "action": action,
            "container": operations.name_of(ground.container),
            "old_id": ground.container["Id"],
            "reference": reference,
            "old_image": dict(ground.image),
            "tag_before": await image_behind(ground.engine, reference),
            "timeout": float(call.data.get("timeout", TIMEOUT)),
            "settle": float(call.data.get("settle", SETTLE)),
            "keep_images": int(call.data.get("keep_images", KEEP_IMAGES)),
            "held": [list(path) for path in guest_paths(call, ground)],
            "witnesses": [{**witness} for witness in ground.witnesses],
            "steps": [],
            **facts,
        },
    )


async def carry_out(swap: Swap, ground: Ground) -> JsonObjectType:
    """Exchange the container and its guests, or leave them as they were; return the result."""
    try:
        await swap.exchange(ground.container, ground.guests)
        return await swap.end("updated")
    except (Unproven, HomeServerError) as err:
        # The new one has proved itself by then.
        proven = swap.step == "remove_old"
        return await _recover(swap, "" if proven else str(err))


async def _recover(swap: Swap, reason: str) -> JsonObjectType:
    """Undo now, patiently; what cannot be undone now is taken up again by the workshop."""
    for pause in _PAUSES:
        try:
            return await swap.recover(reason)
        except HomeServerError:
            await asyncio.sleep(pause)
    return await swap.recover(reason)


async def resume(client: Engines, record: Record, workshop: Workshop) -> None:
    """Finish or undo what an earlier run left open."""
    held: Any = record.facts.get("held") or ()
    with workshop.hold([tuple(path) for path in held]):
        await Swap(engine_at(client, record.path), record, workshop).recover()


async def remake(call: Call[Engines, Any], host_config: Mapping[str, Any]) -> JsonObjectType:
    """Make the container at ``call.path`` anew from the image that it has, with other settings.

    ``host_config`` are the engine's own fields. Returns what an update returns; ``action`` is
    ``recreate``. To be called inside of ``workshop.run``. Raises ``Refused``: then nothing was
    touched.
    """
    ground = await survey(call, updates=False)
    with call.workshop.hold(guest_paths(call, ground)):
        changes = {"host_config": dict(host_config), "new_image": dict(ground.image)}
        record = await begin(call, RECREATE, ground, as_before=True, **changes)
        swap = Swap(ground.engine, record, call.workshop)
        await swap.enter("snapshot", snapshot=dict(ground.container))
        call.workshop.progress(call.path, None)
        return await carry_out(swap, ground)
