"""Updating a container so that nothing is lost: the new one proves itself, or the old one returns.

Steps, each in the journal before it is taken: ``snapshot``, ``pull``, ``compare``, ``set_aside``,
``create``, ``start``, ``prove``, ``remove_old``; or after a failure ``roll_back``, ``prove_old``.
Until ``set_aside`` nothing is touched.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.util.json import JsonObjectType

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.docker.groups import Engines
from ..systems.docker.logins import header
from ..systems.docker.models import Container
from ..systems.docker.options import is_left_alone
from ..systems.docker.parse import SET_ASIDE
from ..systems.errors import BadAnswer, CannotConnect, HomeServerError, NotFound, Refused, Rejected
from ..systems.paths import ROOT, Path, covers
from ..systems.system import Call, Workshop
from .container_checks import Surroundings, check, check_image, own_traces
from .container_proof import Unproven
from .container_swap import Swap
from .journal import Record

PROCEDURE = "container_update"
TIMEOUT = 60.0
SETTLE = 10.0
KEEP_IMAGES = 1
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

type Document = Mapping[str, Any]
type Fetch = Callable[[Engine, str, Callable[[float | None], None]], Awaitable[dict[str, Any]]]


async def update(call: Call[Engines, Any]) -> JsonObjectType:
    """Bring the container at ``call.path`` to the newest image of its tag, or leave it as it was.

    ``call.data``: ``timeout`` and ``settle`` in seconds, ``force``, ``keep_images``; all may be
    left out. Returns ``{"container", "action", "outcome", "rolled_back", "error", "image",
    "old_version", "new_version", "old_digest", "new_digest", "old_image_id", "new_image_id",
    "started", "ended", "steps": [{"step", "seconds"}, …]}``; ``outcome`` is ``updated``,
    ``up_to_date``, ``rolled_back`` or ``failed``. Raises ``Refused`` or what the pull failed of:
    then nothing was touched.
    """
    return await call.workshop.run(call.path, _update(call))


async def install(call: Call[Engines, Any]) -> None:
    """Update as ``update`` does, and raise ``Rejected`` where it had to be rolled back."""
    result = await update(call)
    if result["outcome"] not in ("updated", "up_to_date"):
        raise Rejected(str(result["error"]))


async def rollback(call: Call[Engines, Any]) -> JsonObjectType:
    """Go back to the image before the last update; like ``update`` otherwise."""
    return await call.workshop.run(call.path, _rollback(call))


async def history(call: Call[Engines, Any]) -> JsonObjectType:
    """Return ``{"updates": […]}``: the results of earlier runs, the newest first."""
    return {"updates": list(call.workshop.journal.history(call.path))}


async def resume(client: Engines, record: Record, workshop: Workshop) -> None:
    """Finish or undo what an earlier run left open."""
    await Swap(_engine(client, record.path), record, workshop).recover()


def _engine(client: Engines, path: Path) -> Engine:
    for host, engine in client.engines.items():
        if covers(host, path):
            return engine
    raise CannotConnect("the environment is down")


def _container_id(call: Call[Engines, Any]) -> str:
    container = call.latest("containers").get(call.path)
    if not isinstance(container, Container):
        raise NotFound(call.path[-1])
    return container.id


async def _update(call: Call[Engines, Any]) -> JsonObjectType:
    async def fetch(
        engine: Engine, reference: str, progress: Callable[[float | None], None]
    ) -> dict[str, Any]:
        login = header(call.options, reference)
        await operations.pull(engine, reference, progress, login)
        return await operations.image(engine, reference)

    return await _run(call, "update", fetch)


async def _rollback(call: Call[Engines, Any]) -> JsonObjectType:
    engine = _engine(call.client, call.path)
    present = (await operations.inspect(engine, _container_id(call)))["Image"]
    before = next(
        (
            run
            for run in call.workshop.journal.history(call.path)
            if (run["action"], run["outcome"], run["new_image_id"])
            == ("update", "updated", present)
        ),
        None,
    )
    if before is None:
        raise Refused("no_earlier_version")
    wanted, origin = str(before["old_image_id"]), before["old_digest"]

    async def fetch(
        engine: Engine, reference: str, progress: Callable[[float | None], None]
    ) -> dict[str, Any]:
        try:
            image = await operations.image(engine, wanted)
        except NotFound:
            if not origin:
                raise
            login = header(call.options, str(origin))
            await operations.pull(engine, str(origin), progress, login)
            image = await operations.image(engine, str(origin))
        # The container is to be called by its tag again, which must mean this image.
        await operations.tag(engine, image["Id"], reference)
        return image

    return await _run(call, "rollback", fetch)


async def _run(call: Call[Engines, Any], action: str, fetch: Fetch) -> JsonObjectType:
    engine = _engine(call.client, call.path)
    if engine.is_podman:
        raise Refused("podman")
    container, image = await _look(engine, _container_id(call), call)
    reference = _reference(container)
    if action == "update":
        check_image(reference, image)
    record = await call.workshop.journal.begin(
        PROCEDURE,
        call.path,
        {
            "action": action,
            "container": operations.name_of(container),
            "old_id": container["Id"],
            "reference": reference,
            "old_image": image,
            "tag_before": await _image_id(engine, reference),
            "timeout": float(call.data.get("timeout", TIMEOUT)),
            "settle": float(call.data.get("settle", SETTLE)),
            "keep_images": int(call.data.get("keep_images", KEEP_IMAGES)),
            "steps": [],
        },
    )
    swap = Swap(engine, record, call.workshop)
    try:
        snapshot = await _prepare(engine, swap, call, fetch, container)
    except HomeServerError as err:
        await swap.end("failed", str(err))
        raise
    if snapshot is None:
        return await swap.end("up_to_date")
    try:
        await swap.exchange(snapshot)
        return await swap.end("updated")
    except (Unproven, HomeServerError) as err:
        # The new one has proved itself by then.
        proven = swap.step == "remove_old"
        return await _recover(swap, "" if proven else str(err))


async def _look(
    engine: Engine, container_id: str, call: Call[Engines, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the container and its image as they are now. Raises ``Refused``."""
    container = await operations.inspect(engine, container_id)
    others = await operations.others(engine, container["Id"])
    around = Surroundings(
        others=others,
        traces=await own_traces(),
        behind_portainer=engine.path != ROOT,
        left_alone=is_left_alone(call.options, call.path),
    )
    check(container, around, aside=SET_ASIDE, force=bool(call.data.get("force")))
    try:
        image = await operations.image(engine, container["Image"])
    except NotFound:
        raise Refused("image_gone") from None
    return container, _essence(image)


def _essence(image: Document) -> dict[str, Any]:
    keys = ("Id", "RepoDigests", "Os", "Architecture", "Config")
    return {key: image.get(key) for key in keys}


def _reference(container: Document) -> str:
    return str(parse.mapping(container.get("Config")).get("Image") or "")


async def _image_id(engine: Engine, reference: str) -> str | None:
    try:
        return str((await operations.image(engine, reference))["Id"])
    except NotFound, Rejected, BadAnswer:
        return None


async def _prepare(
    engine: Engine, swap: Swap, call: Call[Engines, Any], fetch: Fetch, container: Document
) -> dict[str, Any] | None:
    """Fetch the image; return the snapshot to exchange by, None where nothing is newer."""
    await swap.enter("snapshot", snapshot=dict(container))
    call.workshop.progress(call.path, None)
    await swap.enter("pull")
    image = _essence(
        await fetch(
            engine,
            _reference(container),
            lambda percent: call.workshop.progress(call.path, percent),
        )
    )
    call.workshop.progress(call.path, None)
    await swap.enter("compare", new_image=image)
    if image["Id"] == container["Image"]:
        return None
    # A pull takes long: what was true before it may not be so now.
    now, old = await _look(engine, container["Id"], call)
    if (image["Os"], image["Architecture"]) != (old["Os"], old["Architecture"]):
        raise Refused("platform", platform=f"{image['Os']}/{image['Architecture']}")
    return now


async def _recover(swap: Swap, reason: str) -> JsonObjectType:
    """Undo now, patiently; what cannot be undone now is taken up again by the workshop."""
    for pause in _PAUSES:
        try:
            return await swap.recover(reason)
        except HomeServerError:
            await asyncio.sleep(pause)
    return await swap.recover(reason)
