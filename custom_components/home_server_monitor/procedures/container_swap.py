"""Exchanging a container for one of another image, and taking it back: step by step, journaled.

The old container keeps its id throughout: it is stopped and renamed, never made anew, so that
going back is a rename and a start. Every operation may be repeated, and looks at what the engine
has rather than at what should be there: somebody may have lent a hand meanwhile.
"""

from collections.abc import Mapping
from contextlib import suppress
import re
import time
from typing import Any

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.docker.parse import SET_ASIDE
from ..systems.docker.recreate import recreate
from ..systems.errors import HomeServerError, NotFound, Rejected
from ..systems.system import Workshop
from .container_proof import Patience, Unproven, prove
from .journal import Record

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_NO_RESTART = {"Name": "no", "MaximumRetryCount": 0}
HARMLESS = ("", "snapshot", "pull", "compare")
"""Steps in which nothing is touched."""
UNDOING = ("roll_back", "prove_old")
_VERSION = "org.opencontainers.image.version"

type Document = Mapping[str, Any]


class Swap:
    """One exchange; all that it knows stands in the facts of its record."""

    def __init__(self, engine: Engine, record: Record, workshop: Workshop) -> None:
        """Take up a record, new or found open."""
        self._engine = engine
        self._record = record
        self._workshop = workshop
        self._began: float | None = None
        facts: dict[str, Any] = record.facts
        self._facts = facts

    @property
    def step(self) -> str:
        """The step that was about to be taken, or is being taken."""
        return self._record.step

    async def enter(self, step: str, **facts: Any) -> None:
        """Write down the step that comes now."""
        self._close_step()
        if step != self.step:
            self._facts["steps"].append({"step": step, "seconds": None})
        await self._workshop.journal.note(self._record, step, facts)
        self._began = time.monotonic()

    def _close_step(self) -> None:
        if self._began is not None:
            self._facts["steps"][-1]["seconds"] = round(time.monotonic() - self._began, 3)
            self._began = None

    # --- forwards ---------------------------------------------------------------------------------

    async def exchange(self, snapshot: Document) -> None:
        """Put the old container aside and let a new one take its place and prove itself.

        Raises ``Unproven`` or a ``HomeServerError``; then ``recover`` must follow.
        """
        name, old_id = self._facts["container"], self._facts["old_id"]
        await self.enter("set_aside", snapshot=dict(snapshot))
        await operations.stop(self._engine, snapshot)
        await operations.rename(self._engine, old_id, name + SET_ASIDE)
        await operations.set_restart_policy(self._engine, old_id, _NO_RESTART)
        # An engine that was restarted before the last call has started it again.
        await operations.stop(self._engine, snapshot)
        await self.enter("create")
        new_id = await operations.create(
            self._engine,
            name,
            recreate(snapshot, self._facts["old_image"], self._facts["new_image"]),
        )
        if (await operations.inspect(self._engine, new_id))["Image"] != self.new_image_id:
            raise Unproven("somebody else moved the tag meanwhile")
        await self.enter("start", new_id=new_id)
        await self._finish(new_id)

    async def _finish(self, new_id: str) -> None:
        await self._start(new_id)
        await self.enter("prove")
        await prove(self._engine, new_id, self._patience)
        await self.enter("remove_old")
        await operations.remove(self._engine, self._facts["old_id"])

    @property
    def _patience(self) -> Patience:
        return Patience(timeout=self._facts["timeout"], settle=self._facts["settle"])

    @property
    def new_image_id(self) -> str:
        """The id of the image that the new container is made of."""
        return str(self._facts["new_image"]["Id"])

    # --- after a failure or an interruption -------------------------------------------------------

    async def recover(self, reason: str = "") -> JsonObjectType:
        """Finish or undo, from whatever there is, and close the record.

        ``reason`` tells why the new container is not wanted; without one, a new container that
        proves itself stays. Raises ``HomeServerError`` while the engine does not let it be done.
        """
        if reason and self.step not in UNDOING:
            await self.enter("roll_back", reason=reason)
        if self.step in HARMLESS:
            return await self.end("interrupted", "interrupted before anything was changed")
        if self.step in ("start", "prove", "remove_old"):
            try:
                if await self._take_up():
                    return await self.end("updated")
            except Unproven as err:
                await self.enter("roll_back", reason=str(err))
        return await self._roll_back()

    async def _take_up(self) -> bool:
        """Go on with the new container; false where there is none."""
        new = await self._find_new()
        if new is None:
            return False
        await self._take_place(new)
        if self.step == "remove_old":
            await self._start(new["Id"])
            await operations.remove(self._engine, self._facts["old_id"])
        else:
            await self._finish(new["Id"])
        return True

    async def _start(self, container_id: str) -> None:
        try:
            await operations.start(self._engine, container_id)
        except (NotFound, Rejected) as err:
            raise Unproven(err.detail) from err

    async def _take_place(self, container: Document) -> None:
        """See to it that a container has the right name."""
        if operations.name_of(container) != self._facts["container"]:
            await operations.rename(self._engine, container["Id"], self._facts["container"])

    async def _find_new(self) -> dict[str, Any] | None:
        """Return the new container, even where the engine's answer to making it was never seen."""
        if new_id := self._facts.get("new_id"):
            found = await operations.find(self._engine, new_id)
            if found is not None:
                return found
        found = await operations.find(self._engine, self._facts["container"])
        if found is None or found["Id"] == self._facts["old_id"]:
            return None
        # One that somebody else put there has been started.
        made_by_us = (
            self.step in ("create", "roll_back")
            and not new_id
            and parse.mapping(found.get("State")).get("Status") == "created"
            and found.get("Image") == self.new_image_id
        )
        return found if made_by_us else None

    async def _roll_back(self) -> JsonObjectType:
        if self.step not in UNDOING:
            await self.enter("roll_back", reason="interrupted")
        new = await self._find_new()
        old = await operations.find(self._engine, self._facts["old_id"])
        if old is None:
            return await self._without_old(new)
        if new is not None:
            await self._remove_new(new)
        present = await operations.find(self._engine, self._facts["container"])
        if present is not None and present["Id"] != old["Id"]:
            return await self.end("failed", "another container has taken the name meanwhile")
        await self._put_back(old)
        return await self._prove_old()

    async def _remove_new(self, new: Document) -> None:
        with suppress(NotFound):
            await operations.stop(self._engine, new)
        await operations.remove(self._engine, new["Id"])
        kept = _volumes(self._facts["snapshot"])
        for volume in _volumes(new) - kept:
            if _ANONYMOUS.fullmatch(volume):
                await operations.remove_volume(self._engine, volume)

    async def _put_back(self, old: Document) -> None:
        policy = self._facts["snapshot"]["HostConfig"].get("RestartPolicy") or _NO_RESTART
        await self._take_place(old)
        # Engines before 25 show an empty name, and take only "no".
        await operations.set_restart_policy(
            self._engine, old["Id"], {**policy, "Name": policy.get("Name") or "no"}
        )
        with suppress(NotFound, Rejected):
            # So that whoever makes it anew by its tag gets what ran.
            if before := self._facts.get("tag_before"):
                await operations.tag(self._engine, before, self._facts["reference"])
        await operations.start(self._engine, old["Id"])

    async def _prove_old(self) -> JsonObjectType:
        await self.enter("prove_old")
        state = self._facts["snapshot"]["State"]
        error = str(self._facts.get("reason") or "interrupted")
        if state.get("Restarting"):
            return await self.end("rolled_back", error)
        was_healthy = parse.mapping(state.get("Health")).get("Status") == "healthy"
        try:
            await prove(self._engine, self._facts["old_id"], self._patience, health=was_healthy)
        except Unproven as err:
            error = f"{error}; and of the old container: {err}"
        return await self.end("rolled_back", error)

    async def _without_old(self, new: Document | None) -> JsonObjectType:
        """Somebody removed the old container: what is left of the two must do."""
        name = self._facts["container"]
        if new is not None:
            await self._take_place(new)
            await operations.start(self._engine, new["Id"])
            return await self.end("updated", "the old container was removed meanwhile")
        present = await operations.find(self._engine, name)
        if present is not None:
            await operations.start(self._engine, present["Id"])
            return await self.end("failed", "another container has taken the name meanwhile")
        image = self._facts["old_image"]
        try:
            await operations.tag(self._engine, image["Id"], self._facts["reference"])
            made = recreate(self._facts["snapshot"], image)
            await self._start(await operations.create(self._engine, name, made))
        except (NotFound, Rejected, Unproven) as err:
            return await self.end("failed", f"both containers were removed meanwhile: {err}")
        return await self.end("rolled_back", "both containers were removed, so it was made anew")

    # --- the end ----------------------------------------------------------------------------------

    async def end(self, outcome: str, error: str | None = None) -> JsonObjectType:
        """Close the record with its result, tell of it, and drop images that are not kept."""
        self._close_step()
        result = self._result(outcome, error)
        if outcome == "updated":
            await self._drop_images(result)
        await self._workshop.journal.end(self._record, result)
        if outcome in ("updated", "rolled_back"):
            event = "update_succeeded" if outcome == "updated" else "update_rolled_back"
            self._workshop.fire(self._record.path, event, result)
        return result

    def _result(self, outcome: str, error: str | None) -> JsonObjectType:
        old, new = self._facts["old_image"], self._facts.get("new_image") or {}
        reference = self._facts["reference"]
        steps: list[JsonValueType] = list(self._facts["steps"])
        return {
            "container": self._facts["container"],
            "action": self._facts["action"],
            "outcome": outcome,
            "rolled_back": outcome == "rolled_back",
            "error": error,
            "image": reference,
            "old_version": version(old, reference),
            "new_version": version(new, reference) if new else None,
            "old_digest": digest(old, reference),
            "new_digest": digest(new, reference),
            "old_image_id": old["Id"],
            "new_image_id": new.get("Id"),
            "started": self._record.started.isoformat(),
            "ended": dt_util.utcnow().isoformat(),
            "steps": steps,
        }

    async def _drop_images(self, result: JsonObjectType) -> None:
        """Remove earlier images of this container, except those kept and what others use."""
        runs = [result, *self._workshop.journal.history(self._record.path)]
        earlier = [run.get("old_image_id") for run in runs if run.get("outcome") == "updated"]
        sick = [run.get("new_image_id") for run in runs if run.get("outcome") == "rolled_back"]
        wanted = list(dict.fromkeys(earlier))[: self._facts["keep_images"]]
        for image_id in dict.fromkeys([*earlier, *sick]):
            if image_id and image_id not in (*wanted, result["new_image_id"]):
                with suppress(HomeServerError):
                    await operations.remove_image(self._engine, str(image_id))


def _volumes(container: Document) -> set[str]:
    mounts = container.get("Mounts") or ()
    return {str(mount.get("Name")) for mount in mounts if mount.get("Type") == "volume"}


def version(image: Document, reference: str) -> str:
    """Return the version that an image's label tells, else the tag."""
    labels = parse.mapping(parse.mapping(image.get("Config")).get("Labels"))
    return str(labels.get(_VERSION) or operations.split(reference)[1])


def digest(image: Document, reference: str) -> str | None:
    """Return ``repository@sha256:…`` by which a registry knows the image, None for a local one."""
    repository = operations.split(reference)[0]
    digests = [str(one) for one in image.get("RepoDigests") or ()]
    own = [one for one in digests if one.partition("@")[0].endswith(repository)]
    return next(iter([*own, *digests]), None)
