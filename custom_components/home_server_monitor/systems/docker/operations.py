"""The engine calls of procedures that make containers anew. Nothing but ``HomeServerError`` leaves.

Documents are the engine's own JSON: a procedure hands back what it was shown.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..errors import BadAnswer, HomeServerError, NotFound, Rejected
from . import parse
from .client import Engine
from .recreate import Recreation

_AT_ONCE = 8
_MARGIN = 60.0  # seconds that the engine gets beyond the container's own time to stop
_DEFAULT_STOP = 10.0

type Document = Mapping[str, Any]


async def inspect(engine: Engine, container_id: str) -> dict[str, Any]:
    """Return a container's full document. Raises ``NotFound``."""
    return _document(await engine.ask("GET", f"containers/{container_id}/json", seconds=30))


async def find(engine: Engine, name: str) -> dict[str, Any] | None:
    """Return the container of exactly this name or full id; None where there is none."""
    try:
        document = await inspect(engine, name)
    except NotFound:
        return None
    # The engine also takes the beginning of an id for a name.
    exact = document["Id"] == name or name_of(document) == name
    return document if exact else None


async def others(engine: Engine, container_id: str) -> list[dict[str, Any]]:
    """Return the documents of all other containers; those that go meanwhile are left out."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(other: str) -> dict[str, Any] | None:
        async with gate:
            with suppress(NotFound):
                return await inspect(engine, other)
            return None

    ids = [row.id for row in await engine.rows() if row.id != container_id]
    return [document for document in await asyncio.gather(*map(one, ids)) if document]


async def image(engine: Engine, reference: str) -> dict[str, Any]:
    """Return an image's document, by reference or id. Raises ``NotFound``."""
    return _document(await engine.ask("GET", f"images/{reference}/json", seconds=30))


async def pull(
    engine: Engine, reference: str, progress: Callable[[float | None], None], login: str = ""
) -> None:
    """Pull a reference; ``progress`` is told percent. Raises what the stream says went wrong.

    ``login`` is what ``logins.header`` makes.
    """
    repository, tag = split(reference)
    layers: dict[str, tuple[int, int]] = {}
    reached = 0.0
    async for line in engine.pull({"fromImage": repository, "tag": tag}, login):
        if error := line.get("error"):
            raise Rejected(str(error))
        _note_layer(layers, line)
        if total := sum(size for _, size in layers.values()):
            reached = max(reached, 100 * sum(done for done, _ in layers.values()) / total)
            progress(reached)


def _note_layer(layers: dict[str, tuple[int, int]], line: Document) -> None:
    """Count what is downloaded of each layer; unpacking comes after and is not counted."""
    layer, detail = str(line.get("id") or ""), parse.mapping(line.get("progressDetail"))
    total = parse.whole(detail.get("total"))
    if line.get("status") == "Downloading" and total:
        layers[layer] = (min(parse.whole(detail.get("current")) or 0, total), total)
    elif layer in layers and line.get("status") in ("Download complete", "Pull complete"):
        layers[layer] = (layers[layer][1], layers[layer][1])


def split(reference: str) -> tuple[str, str]:
    """Return repository and tag (or digest) of an image reference; the tag may go unsaid."""
    repository, at, digest = reference.partition("@")
    if at:
        return _untagged(repository)[0], digest
    repository, tag = _untagged(repository)
    return repository, tag or "latest"


def _untagged(reference: str) -> tuple[str, str]:
    # A colon before the last slash belongs to the registry's port.
    folder, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{folder}{slash}{name}", tag


async def create(engine: Engine, name: str, recreation: Recreation) -> str:
    """Make a container and connect its networks; return its id."""
    answer = await engine.ask("POST", "containers/create", recreation.body, name=name)
    container_id = str(_document(answer)["Id"])
    for network in recreation.disconnect:
        await _disconnect(engine, network, container_id)
    for network, endpoint in recreation.connect.items():
        await engine.ask(
            "POST",
            f"networks/{network}/connect",
            {"Container": container_id, "EndpointConfig": endpoint},
        )
    return container_id


async def _disconnect(engine: Engine, network: str, container_id: str) -> None:
    try:
        await engine.ask(
            "POST", f"networks/{network}/disconnect", {"Container": container_id, "Force": True}
        )
    except Rejected as err:
        # An engine without a default bridge did not connect it in the first place.
        if "is not connected" not in err.detail:
            raise


async def start(engine: Engine, container_id: str) -> None:
    """Start a container; one that runs already is fine."""
    await engine.ask("POST", f"containers/{container_id}/start")


async def stop(engine: Engine, document: Document) -> None:
    """Stop a container in its own stop time; one that is stopped already is fine."""
    own = parse.whole(parse.mapping(document.get("Config")).get("StopTimeout"))
    seconds = _DEFAULT_STOP if own is None else float(own)
    await engine.ask(
        "POST", f"containers/{document['Id']}/stop", seconds=max(seconds, 0.0) + _MARGIN
    )


async def rename(engine: Engine, container_id: str, name: str) -> None:
    """Give a container another name."""
    await engine.ask("POST", f"containers/{container_id}/rename", name=name)


async def set_restart_policy(engine: Engine, container_id: str, policy: Document) -> None:
    """Say what the engine does when the container ends."""
    await engine.ask("POST", f"containers/{container_id}/update", {"RestartPolicy": dict(policy)})


async def remove(engine: Engine, container_id: str) -> None:
    """Remove a container and none of its volumes; one that is gone is fine."""
    with suppress(NotFound):
        await engine.ask("DELETE", f"containers/{container_id}", force="1", v="0")


async def remove_volume(engine: Engine, name: str) -> None:
    """Remove a volume unless something uses it."""
    with suppress(NotFound, Rejected):
        await engine.ask("DELETE", f"volumes/{name}")


async def tag(engine: Engine, image_id: str, reference: str) -> None:
    """Let a reference mean this image; one by digest always does."""
    if "@" in reference:
        return
    repository, name = split(reference)
    await engine.ask("POST", f"images/{image_id}/tag", repo=repository, tag=name)


async def remove_image(engine: Engine, image_id: str) -> None:
    """Remove an image that has no tag and that nothing uses; anything else is left alone."""
    with suppress(HomeServerError):
        if not (await image(engine, image_id)).get("RepoTags"):
            await engine.ask("DELETE", f"images/{image_id}")


def name_of(document: Document) -> str:
    """Return a container's name."""
    return str(document.get("Name") or "").removeprefix("/")


def _document(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict) or not isinstance(answer.get("Id"), str):
        raise BadAnswer("an object without an id")
    return answer
