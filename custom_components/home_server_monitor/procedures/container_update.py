"""Updating a container so that nothing is lost: the new one proves itself, or the old one returns.

Steps, each in the journal before it is taken: ``snapshot``, ``pull``, ``compare``, ``set_aside``,
``create``, ``start``, ``prove``, ``remove_old``; or after a failure ``roll_back``, ``prove_old``.
Until ``set_aside`` nothing is touched.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.util.json import JsonObjectType

from ..systems.docker import operations
from ..systems.docker.client import Engine
from ..systems.docker.groups import Engines
from ..systems.docker.logins import header
from ..systems.errors import Busy, HomeServerError, NotFound, Refused, Rejected
from ..systems.system import Call
from .container_checks import check_image
from .container_exchange import (
    Ground,
    begin,
    carry_out,
    container_id,
    engine_at,
    essence,
    guest_paths,
    survey,
)
from .container_swap import Swap

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


async def _update(call: Call[Engines, Any]) -> JsonObjectType:
    async def fetch(
        engine: Engine, reference: str, progress: Callable[[float | None], None]
    ) -> dict[str, Any]:
        login = header(call.options, reference)
        await operations.pull(engine, reference, progress, login)
        return await operations.image(engine, reference)

    return await _run(call, "update", fetch)


async def _rollback(call: Call[Engines, Any]) -> JsonObjectType:
    engine = engine_at(call.client, call.path)
    present = (await operations.inspect(engine, container_id(call)))["Image"]
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
    ground = await survey(call, updates=True)
    if action == "update":
        check_image(ground.reference, ground.image)
    with call.workshop.hold(guest_paths(call, ground)):
        record = await begin(call, action, ground)
        swap = Swap(ground.engine, record, call.workshop)
        try:
            found = await _prepare(swap, call, fetch, ground)
        except HomeServerError as err:
            await swap.end("failed", str(err))
            raise
        if found is None:
            return await swap.end("up_to_date")
        return await carry_out(swap, found)


async def _prepare(
    swap: Swap, call: Call[Engines, Any], fetch: Fetch, ground: Ground
) -> Ground | None:
    """Fetch the image; return what to exchange, None where nothing is newer."""
    await swap.enter("snapshot", snapshot=dict(ground.container))
    call.workshop.progress(call.path, None)
    await swap.enter("pull")
    image = essence(
        await fetch(
            ground.engine,
            ground.reference,
            lambda percent: call.workshop.progress(call.path, percent),
        )
    )
    call.workshop.progress(call.path, None)
    await swap.enter("compare", new_image=image)
    if image["Id"] == ground.container["Image"]:
        return None
    # A pull takes long: what was true before it may not be so now.
    now = await survey(call, updates=True)
    if now.ids != ground.ids:
        raise Busy
    if (image["Os"], image["Architecture"]) != (now.image["Os"], now.image["Architecture"]):
        raise Refused("platform", platform=f"{image['Os']}/{image['Architecture']}")
    return now
