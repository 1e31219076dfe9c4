"""Talks to a smartctl_exporter. Nothing but ``HomeServerError`` leaves here."""

import asyncio
from collections.abc import Mapping

from aiohttp import ClientSession
from yarl import URL

from ..errors import BadAnswer, NotFound, WrongServer
from ..smart import fetching
from ..smart.models import SmartReport
from . import parse

DEFAULT_PORT = 9633
_METRICS = "/metrics"


class ExporterClient:
    """One smartctl_exporter."""

    def __init__(self, url: str, session: ClientSession) -> None:
        """Prepare; nothing is sent yet. Raises ``InvalidAddress``."""
        typed = fetching.address(url, DEFAULT_PORT)
        self.url: URL = typed if typed.path.rstrip("/") else typed.with_path(_METRICS)
        self._session = session

    async def prove(self) -> None:
        """Make sure that an exporter answers; raises ``WrongServer`` for anything else."""
        try:
            await self.devices()
        except (BadAnswer, NotFound) as err:
            raise WrongServer(str(self.url.host)) from err

    async def devices(self) -> Mapping[str, SmartReport]:
        """Return the reports by the disks' names; a disk that sleeps has none."""
        body = await fetching.get(self._session, self.url)
        try:
            # Some hundred disks take a while.
            found = await asyncio.to_thread(parse.devices, body.decode(errors="replace"))
        except (ValueError, LookupError, TypeError) as err:
            raise BadAnswer("no metrics") from err
        if found is None:
            raise BadAnswer("no metrics of smartctl_exporter")
        return found

    async def close(self) -> None:
        """Do nothing: the session is Home Assistant's."""
