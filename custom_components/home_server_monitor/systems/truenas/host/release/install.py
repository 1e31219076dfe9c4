"""Installing a newer version: a job that takes its time."""

from collections.abc import Callable
from contextlib import suppress

from ....errors import NotFound, Refused
from ....system import Call
from ...api.errors import MissingMethod
from ...client import TrueNas
from .models import Release


async def install(call: Call[TrueNas, Release]) -> None:
    """Install what is newest; it takes effect with the next restart."""
    await call.workshop.run(call.path, _install(call, reboot=False))


async def update(call: Call[TrueNas, Release]) -> None:
    """Install what is newest, and restart at once where that is wanted.

    Raises ``Refused`` where there is nothing newer, or where it waits for a restart already.
    """
    if call.item.waits:
        raise Refused("restart_due")
    if not call.item.is_available:
        raise Refused("nothing_newer")
    restart = bool(call.data["reboot"])
    await call.workshop.run(
        call.path, _install_and_restart(call) if restart else _install(call, reboot=False)
    )


async def _install(call: Call[TrueNas, Release], *, reboot: bool) -> None:
    """Let the job run to its end; raises ``Rejected`` with the job's own reason.

    ``update.update`` installs where there is no ``update.run``, and means settings where there is
    one, so it is tried only after that. Its settings would not take ``reboot`` either.
    """
    options = {"reboot": reboot}
    progress = _progress(call)
    try:
        await call.client.job("update.run", options, progress=progress)
    except MissingMethod:
        await call.client.job("update.update", options, progress=progress)


async def _install_and_restart(call: Call[TrueNas, Release]) -> None:
    """Install; that the NAS does not know the job any more says that it has restarted since."""
    with suppress(NotFound):
        await _install(call, reboot=True)


def _progress(call: Call[TrueNas, Release]) -> Callable[[float | None, str], None]:
    def tell(percent: float | None, _words: str) -> None:
        call.workshop.progress(call.path, percent)

    tell(None, "")
    return tell


async def notes(_client: TrueNas, _path: object, release: Release) -> str | None:
    """Return the notes that came with the newest version."""
    return release.notes
