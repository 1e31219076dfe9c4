"""Talks to Scrutiny. Nothing but ``HomeServerError`` leaves here."""

import json
from typing import Any

from aiohttp import ClientSession
from yarl import URL

from ..errors import BadAnswer, NotFound, WrongServer
from ..smart import fetching
from . import parse
from .models import Listed, Result

DEFAULT_PORT = 8080


class ScrutinyClient:
    """One Scrutiny, by its web interface."""

    def __init__(self, url: str, session: ClientSession) -> None:
        """Prepare; nothing is sent yet. Raises ``InvalidAddress``."""
        self.url: URL = fetching.address(url, DEFAULT_PORT)
        self._session = session

    async def prove(self) -> None:
        """Make sure that Scrutiny answers; raises ``WrongServer`` for anything else."""
        try:
            await self.summary()
        except (BadAnswer, NotFound) as err:
            raise WrongServer(str(self.url.host)) from err

    async def summary(self) -> list[Listed]:
        """Return the disks; raises ``BadAnswer`` for what is no summary."""
        disks = parse.summary(await self._get("api", "summary"))
        if disks is None:
            raise BadAnswer("no summary")
        return disks

    async def results(self, disk: Listed) -> list[Result]:
        """Return all that was collected of a disk, the newest first."""
        found = parse.results(await self._get("api", "device", disk.key, "details"), disk)
        if found is None:
            raise BadAnswer("no results")
        return found

    async def _get(self, *path: str) -> Any:
        body = await fetching.get(self._session, self.url.joinpath(*path))
        try:
            return json.loads(body)
        except ValueError as err:
            raise BadAnswer("no JSON") from err

    async def close(self) -> None:
        """Do nothing: the session is Home Assistant's."""
