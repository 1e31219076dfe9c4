"""One container of an exchange: the old one, and the one that takes its place.

The old container keeps its id throughout: it is stopped and renamed, never made anew, so that
going back is a rename and a start. Every operation may be repeated, and looks at what the engine
has rather than at what should be there: somebody may have lent a hand meanwhile.
"""

from collections.abc import Mapping
from contextlib import suppress
import re
from typing import Any

from ..systems.docker import operations, parse
from ..systems.docker.client import Engine
from ..systems.docker.parse import SET_ASIDE
from ..systems.docker.recreate import recreate
from ..systems.errors import BadAnswer, NotFound, Rejected
from .container_proof import Unproven

_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_NO_RESTART = {"Name": "no", "MaximumRetryCount": 0}
_CONTAINER_MODE = "container:"

type Document = Mapping[str, Any]


class Part:
    """One container; all that is known of it stands in ``facts``, which the journal keeps.

    ``container`` (its name), ``old_id``, ``reference``, ``old_image``, ``snapshot`` (its full
    inspect document); ``new_image`` where it is made of another one, ``host_config`` where some
    of its settings change, ``tag_before`` (what its reference meant), ``new_id`` once it is known.
    """

    def __init__(self, engine: Engine, facts: dict[str, Any]) -> None:
        """Take up what the journal knows."""
        self._engine = engine
        self.facts = facts

    @property
    def name(self) -> str:
        """The name that one of the two has to run under."""
        return str(self.facts["container"])

    @property
    def old_id(self) -> str:
        """The id of the old container."""
        return str(self.facts["old_id"])

    @property
    def image(self) -> dict[str, Any]:
        """The image that the new container is made of."""
        found: dict[str, Any] = self.facts.get("new_image") or self.facts["old_image"]
        return found

    @property
    def state(self) -> Document:
        """The state that the old container was in before anything was touched."""
        return parse.mapping(self.facts["snapshot"].get("State"))

    @property
    def ran(self) -> bool:
        """Whether it is to run in the end."""
        return bool(self.state.get("Running") or self.state.get("Restarting"))

    @property
    def was_healthy(self) -> bool:
        """Whether its health check had passed."""
        return parse.mapping(self.state.get("Health")).get("Status") == "healthy"

    async def find_old(self) -> dict[str, Any] | None:
        """Return the old container, whatever it is called."""
        return await operations.find(self._engine, self.old_id)

    async def find_new(self, *, unnoted: bool) -> dict[str, Any] | None:
        """Return the new container.

        ``unnoted`` tells that one may have been made without the answer ever being seen.
        """
        if new_id := self.facts.get("new_id"):
            found = await operations.find(self._engine, new_id)
            if found is not None:
                return found
        found = await self.holder()
        if found is None or new_id or not unnoted:
            return None
        # One that somebody else put there has been started.
        is_ours = (
            parse.mapping(found.get("State")).get("Status") == "created"
            and found.get("Image") == self.image["Id"]
        )
        return found if is_ours else None

    async def holder(self) -> dict[str, Any] | None:
        """Return the container that has the name, where it is not the old one."""
        found = await operations.find(self._engine, self.name)
        return None if found is None or found["Id"] == self.old_id else found

    # --- forwards ---------------------------------------------------------------------------------

    async def put_aside(self) -> None:
        """Stop the old container, and let nobody take it for the right one."""
        snapshot = self.facts["snapshot"]
        await operations.stop(self._engine, snapshot)
        await operations.rename(self._engine, self.old_id, self.name + SET_ASIDE)
        await operations.set_restart_policy(self._engine, self.old_id, _NO_RESTART)
        # An engine that was restarted before the last call has started it again.
        await operations.stop(self._engine, snapshot)

    async def create(self, network_of: str | None = None) -> str:
        """Make the new container and return its id.

        One that lives in another's network is to live in that of the container ``network_of``.
        Raises ``Unproven`` where it is of another image than it should be.
        """
        recreation = recreate(self.facts["snapshot"], self.facts["old_image"], self.image)
        host = {**recreation.body["HostConfig"], **(self.facts.get("host_config") or {})}
        if network_of and str(host.get("NetworkMode") or "").startswith(_CONTAINER_MODE):
            host["NetworkMode"] = _CONTAINER_MODE + network_of
        recreation.body["HostConfig"] = host
        await self._let_reference_mean(self.image["Id"])
        new_id = await operations.create(self._engine, self.name, recreation)
        if (await operations.inspect(self._engine, new_id))["Image"] != self.image["Id"]:
            raise Unproven("somebody else moved the tag meanwhile")
        return new_id

    async def _let_reference_mean(self, image_id: str) -> None:
        if await image_behind(self._engine, self.facts["reference"]) != image_id:
            await operations.tag(self._engine, image_id, self.facts["reference"])

    async def start(self, container_id: str) -> None:
        """Start the new container. Raises ``Unproven`` where it cannot be."""
        try:
            await operations.start(self._engine, container_id)
        except (NotFound, Rejected) as err:
            raise Unproven(err.detail) from err

    async def take_place(self, container: Document) -> None:
        """See to it that a container has the right name."""
        if operations.name_of(container) != self.name:
            await operations.rename(self._engine, container["Id"], self.name)

    async def remove_old(self) -> None:
        """Remove the old container and none of its volumes."""
        await operations.remove(self._engine, self.old_id)

    # --- backwards --------------------------------------------------------------------------------

    async def remove_new(self, new: Document) -> None:
        """Remove the new container, and the volumes without a name that came with it."""
        with suppress(NotFound):
            await operations.stop(self._engine, new)
        await operations.remove(self._engine, new["Id"])
        kept = _volumes(self.facts["snapshot"])
        for volume in _volumes(new) - kept:
            if _ANONYMOUS.fullmatch(volume):
                await operations.remove_volume(self._engine, volume)

    async def put_back(self, old: Document) -> None:
        """Give the old container its name and restart policy again, and start it if it ran."""
        policy = self.facts["snapshot"]["HostConfig"].get("RestartPolicy") or _NO_RESTART
        await self.take_place(old)
        # Engines before 25 show an empty name, and take only "no".
        await operations.set_restart_policy(
            self._engine, old["Id"], {**policy, "Name": policy.get("Name") or "no"}
        )
        await self.restore_tag()
        if self.ran:
            await operations.start(self._engine, old["Id"])

    async def restore_tag(self) -> None:
        """Let the reference mean what it meant, for whoever makes the container anew by it."""
        before = self.facts.get("tag_before")
        with suppress(NotFound, Rejected):
            if before and await image_behind(self._engine, self.facts["reference"]) != before:
                await operations.tag(self._engine, before, self.facts["reference"])

    async def make_again(self, network_of: str | None = None) -> str:
        """Make the old container once more, since somebody removed it. Raises ``Unproven``."""
        facts = {**self.facts, "new_image": None, "host_config": None}
        again = Part(self._engine, facts)
        made = await again.create(network_of)
        if self.ran:
            await again.start(made)
        return made


def _volumes(container: Document) -> set[str]:
    mounts = container.get("Mounts") or ()
    return {str(mount.get("Name")) for mount in mounts if mount.get("Type") == "volume"}


async def image_behind(engine: Engine, reference: str) -> str | None:
    """Return the id of the image that a reference means on the engine, None for none."""
    try:
        return str((await operations.image(engine, reference))["Id"])
    except NotFound, Rejected, BadAnswer:
        return None


def lives_in(container: Document, host_id: str, host_name: str) -> bool:
    """Whether a container lives in the network of another one."""
    mode = str(parse.mapping(container.get("HostConfig")).get("NetworkMode") or "")
    reference = mode.removeprefix(_CONTAINER_MODE)
    return mode != reference and (reference == host_name or host_id.startswith(reference))
