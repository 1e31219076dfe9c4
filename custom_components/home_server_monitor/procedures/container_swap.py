"""Exchanging a container for another, and taking it back: step by step, journaled.

Containers that live in its network are its guests: they are made anew with it, since theirs is
gone when it goes. They are put aside before it, and follow once it has proved itself.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
import time
from typing import Any

from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.errors import HomeServerError, NotFound, Rejected
from ..systems.neighbours import Answering
from ..systems.system import Workshop
from .container_part import Part, lives_in
from .container_proof import Patience, Unproven, Witness, prove
from .journal import Record

HARMLESS = ("", "snapshot", "pull", "compare")
"""Steps in which nothing is touched."""
UNDOING = ("roll_back", "prove_old")
RECREATE = "recreate"
"""The action that makes a container anew from the image that it has."""
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
        self._main = Part(engine, facts)

    @property
    def step(self) -> str:
        """The step that was about to be taken, or is being taken."""
        return self._record.step

    @property
    def _guests(self) -> list[Part]:
        return [Part(self._engine, facts) for facts in self._facts.get("guests") or ()]

    async def enter(self, step: str, **facts: Any) -> None:
        """Write down the step that comes now."""
        self._close_step()
        if step != self.step:
            self._facts["steps"].append({"step": step, "seconds": 0.0})
        await self._workshop.journal.note(self._record, step, facts)
        self._began = time.monotonic()

    def _close_step(self) -> None:
        if self._began is not None:
            step = self._facts["steps"][-1]
            step["seconds"] = round((step["seconds"] or 0) + time.monotonic() - self._began, 3)
            self._began = None

    # --- forwards ---------------------------------------------------------------------------------

    async def exchange(self, snapshot: Document, guests: Sequence[Document]) -> None:
        """Put the old container aside and let a new one take its place and prove itself.

        Raises ``Unproven`` or a ``HomeServerError``; then ``recover`` must follow.
        """
        guest_facts = [dict(guest) for guest in guests]
        await self.enter("set_aside", snapshot=dict(snapshot), guests=guest_facts)
        for guest in reversed(self._guests):
            await guest.put_aside()
        await self._main.put_aside()
        await self.enter("create")
        new_id = await self._main.create()
        await self.enter("start", new_id=new_id)
        await self._finish(new_id)

    async def _finish(self, new_id: str) -> None:
        await self._main.start(new_id)
        await self.enter("prove")
        health = self._main.was_healthy or not self._facts.get("as_before")
        await self._prove(self._main, new_id, health=health)
        if self._guests:
            await self.enter("guests")
            await self._seat_guests(new_id)
            await self.enter("prove_guests")
            await self._prove_guests()
        await self.enter("remove_old")
        await self._remove_old()

    async def _remove_old(self) -> None:
        for part in (*self._guests, self._main):
            await part.remove_old()

    async def _prove(self, part: Part, container_id: str, *, health: bool) -> None:
        """Let a container prove itself, before the systems too that run in it and were well."""
        await prove(
            self._engine,
            container_id,
            Patience(timeout=self._facts["timeout"], settle=self._facts["settle"]),
            health=health,
            witnesses=[
                Witness(name=one["name"], ask=partial(self._ask, one["id"]))
                for one in part.facts.get("witnesses") or ()
            ],
        )

    async def _ask(self, witness: str) -> None:
        """Ask a system how it is; one that is not loaded now cannot be asked."""
        for neighbour in self._workshop.neighbours():
            if neighbour.id == witness and isinstance(neighbour.client, Answering):
                await neighbour.client.check_health()

    # --- guests -----------------------------------------------------------------------------------

    async def _seat_guests(self, host_id: str) -> None:
        """Let new guests live in the network of this container, and start those that ran."""
        for number, guest in enumerate(self._guests):
            present = await guest.find_new(unnoted=True)
            if present is not None and not lives_in(present, host_id, self._main.name):
                await guest.remove_new(present)
                present = None
            guest_id = present["Id"] if present else await guest.create(host_id)
            await self._note_guest(number, guest_id)
            if present is not None:
                await guest.take_place(present)
            if guest.ran:
                await guest.start(guest_id)

    async def _note_guest(self, number: int, guest_id: str) -> None:
        guests = [dict(guest.facts) for guest in self._guests]
        guests[number]["new_id"] = guest_id
        await self.enter(self.step, guests=guests)

    async def _prove_guests(self) -> None:
        """Let all guests that ran prove themselves at once, as well as they were before."""
        guests = [guest for guest in self._guests if guest.ran]
        which = "old_id" if self.step in UNDOING else "new_id"
        proofs = [
            self._prove(guest, guest.facts[which], health=guest.was_healthy) for guest in guests
        ]
        results = await asyncio.gather(*proofs, return_exceptions=True)
        for guest, result in zip(guests, results, strict=True):
            if isinstance(result, Unproven):
                raise Unproven(f"{guest.name}, which lives in its network: {result}") from result
            if isinstance(result, BaseException):
                raise result

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
        if self.step not in ("set_aside", "create", *UNDOING):
            try:
                if await self._take_up():
                    return await self.end("updated")
            except Unproven as err:
                await self.enter("roll_back", reason=str(err))
        return await self._roll_back()

    async def _take_up(self) -> bool:
        """Go on with the new container; false where there is none."""
        new = await self._main.find_new(unnoted=False)
        if new is None:
            return False
        await self._main.take_place(new)
        if self.step != "remove_old":
            await self._finish(new["Id"])
            return True
        await self._main.start(new["Id"])
        await self._seat_guests(new["Id"])
        await self._remove_old()
        return True

    async def _roll_back(self) -> JsonObjectType:
        if self.step not in UNDOING:
            await self.enter("roll_back", reason="interrupted")
        new = await self._main.find_new(unnoted=self.step == "roll_back")
        old = await self._main.find_old()
        if old is None:
            return await self._without_old(new)
        for guest in reversed(self._guests):
            if seated := await guest.find_new(unnoted=self.step == "roll_back"):
                await guest.remove_new(seated)
        if new is not None:
            await self._main.remove_new(new)
        if await self._main.holder() is not None:
            return await self.end("failed", "another container has taken the name meanwhile")
        await self._main.put_back(old)
        lost = [await self._put_back_guest(guest) for guest in self._guests]
        return await self._prove_old([words for words in lost if words])

    async def _put_back_guest(self, guest: Part) -> str:
        """Put a guest back; return what hinders it."""
        if await guest.holder() is not None:
            return f"another container has taken the name of {guest.name} meanwhile"
        try:
            if (old := await guest.find_old()) is not None:
                await guest.put_back(old)
                return ""
            await guest.make_again()
        except (NotFound, Rejected, Unproven) as err:
            return f"{guest.name} could not be put back: {err}"
        return f"{guest.name} had been removed, so it was made anew"

    async def _prove_old(self, lost: Sequence[str]) -> JsonObjectType:
        await self.enter("prove_old")
        error = "; and ".join((str(self._facts.get("reason") or "interrupted"), *lost))
        if self._main.state.get("Restarting"):
            return await self.end("rolled_back", error)
        health = self._main.was_healthy
        try:
            await self._prove(self._main, self._main.old_id, health=health)
            if not lost:
                await self._prove_guests()
        except Unproven as err:
            error = f"{error}; and of the old container: {err}"
        return await self.end("rolled_back", error)

    async def _without_old(self, new: Document | None) -> JsonObjectType:
        """Somebody removed the old container: what is left of the two must do."""
        if new is not None:
            await self._main.take_place(new)
            await operations.start(self._engine, new["Id"])
            told = await self._reseat(new["Id"], "the old container was removed meanwhile")
            return await self.end("updated", told)
        present = await self._main.holder()
        if present is not None:
            await operations.start(self._engine, present["Id"])
            return await self.end("failed", "another container has taken the name meanwhile")
        try:
            made = await self._main.make_again()
        except (NotFound, Rejected, Unproven) as err:
            return await self.end("failed", f"both containers were removed meanwhile: {err}")
        told = await self._reseat(made, "both containers were removed, so it was made anew")
        return await self.end("rolled_back", told)

    async def _reseat(self, host_id: str, told: str) -> str:
        """Let the guests follow to a container that is not the old one; return what to tell."""
        try:
            await self._seat_guests(host_id)
        except (NotFound, Rejected, Unproven) as err:
            return f"{told}; and a container that lives in its network could not follow: {err}"
        for guest in self._guests:
            await guest.remove_old()
        return told

    # --- the end ----------------------------------------------------------------------------------

    async def end(self, outcome: str, error: str | None = None) -> JsonObjectType:
        """Close the record with its result, tell of it, and drop images that are not kept."""
        self._close_step()
        same_image = self._facts["action"] == RECREATE
        for part in (*self._guests, *((self._main,) if same_image else ())):
            await part.restore_tag()
        result = self._result(outcome, error)
        if outcome == "updated" and not same_image:
            await self._drop_images(result)
        await self._workshop.journal.end(self._record, result)
        if outcome in ("updated", "rolled_back") and not same_image:
            event = "update_succeeded" if outcome == "updated" else "update_rolled_back"
            self._workshop.fire(self._record.path, event, result)
        return result

    def _told(self, outcome: str) -> str:
        return "recreated" if (self._facts["action"], outcome) == (RECREATE, "updated") else outcome

    def _result(self, outcome: str, error: str | None) -> JsonObjectType:
        old, new = self._facts["old_image"], self._facts.get("new_image") or {}
        reference = self._facts["reference"]
        steps: list[JsonValueType] = list(self._facts["steps"])
        return {
            "container": self._facts["container"],
            "action": self._facts["action"],
            "outcome": self._told(outcome),
            "rolled_back": outcome == "rolled_back",
            "error": error,
            "image": reference,
            "recreated_with_it": [guest.name for guest in self._guests],
            "asked": [
                witness["name"]
                for part in (self._main, *self._guests)
                for witness in part.facts.get("witnesses") or ()
            ],
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
        runs = [
            run
            for run in (result, *self._workshop.journal.history(self._record.path))
            if run["action"] != RECREATE
        ]
        earlier = [run.get("old_image_id") for run in runs if run.get("outcome") == "updated"]
        sick = [run.get("new_image_id") for run in runs if run.get("outcome") == "rolled_back"]
        wanted = list(dict.fromkeys(earlier))[: self._facts["keep_images"]]
        for image_id in dict.fromkeys([*earlier, *sick]):
            if image_id and image_id not in (*wanted, result["new_image_id"]):
                with suppress(HomeServerError):
                    await operations.remove_image(self._engine, str(image_id))


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
