"""The settings of an engine's containers, inspected once for each container.

They are kept here and not among a group's models: an environment may hold passwords, and models are
shown in diagnostics.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

from ..errors import CannotConnect, HomeServerError, InvalidAuth, MissingRight, NotFound
from .settings import ContainerSettings, container_settings

_AT_ONCE = 8

type Inspect = Callable[[str], Coroutine[Any, Any, object]]


class Inspected:
    """What is known of the settings of one engine's containers, by id."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, ContainerSettings] = {}
        self._lock = asyncio.Lock()

    async def read(
        self, inspect: Inspect, ids: Collection[str], changed: Iterable[str]
    ) -> dict[str, ContainerSettings | HomeServerError]:
        """Return the settings of all these containers, or why one cannot be read.

        Inspected are those that are not known and those that ``changed``. What went meanwhile is
        left out; the others are forgotten. Raises what is the engine's own trouble.
        """
        # Whoever asks at the same time finds what the first one read.
        async with self._lock:
            self._known = {key: self._known[key] for key in ids if key in self._known}
            due = [key for key in ids if key not in self._known or key in set(changed)]
            gate = asyncio.Semaphore(_AT_ONCE)
            results = await asyncio.gather(*(_one(gate, inspect, key) for key in due))
            found = dict(zip(due, results, strict=True))
            self._known |= {
                key: one for key, one in found.items() if isinstance(one, ContainerSettings)
            }
            read = {**self._known, **found}
            return {key: one for key, one in read.items() if not isinstance(one, NotFound)}


async def _one(
    gate: asyncio.Semaphore, inspect: Inspect, container_id: str
) -> ContainerSettings | HomeServerError:
    async with gate:
        try:
            return container_settings(await inspect(container_id))
        except InvalidAuth, CannotConnect, MissingRight:
            raise
        except HomeServerError as err:
            return err
