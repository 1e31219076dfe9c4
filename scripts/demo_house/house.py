"""Brings the demo up in order and keeps it up."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
import json
from pathlib import Path
import secrets
import shutil
import tempfile

import aiohttp

from . import config_folder, dashboard, systems
from .errors import DemoError
from .home_assistant import Account, HomeAssistant
from .options import ANY_ADDRESS, KEPT, Options
from .processes import Child, running, while_alive
from .systems import House
from .words import Demo, tell

_PROJECT = Path(__file__).resolve().parent.parent.parent
_START_SECONDS = 120.0
# What Home Assistant ends with when somebody chose "Restart" in its page.
_RESTART = 100


async def run(options: Options) -> None:
    """Start everything, tell the person, and go on until cancelled.

    Raises ``DemoError`` when a part cannot be started or ends by itself.
    """
    with _folder(keep=options.keep) as folder:
        config_folder.make(folder / "config", _PROJECT, host=options.host, port=options.port)
        async with _lab(options, folder) as lab:
            async with _home_assistant(folder) as home:
                bring_up = _bring_up(options, lab)
                tell(await while_alive(bring_up, lab, home, seconds=_START_SECONDS), options)
                await _until_restart(home, lab)
            while True:
                async with _home_assistant(folder) as home:
                    await _until_restart(home, lab)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Give an empty folder, gone afterwards unless it is to be kept."""
    if not keep:
        with tempfile.TemporaryDirectory(prefix="home-server-monitor-demo-") as name:
            yield Path(name)
        return
    folder = _PROJECT / KEPT
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder


def _lab(options: Options, folder: Path) -> AbstractAsyncContextManager[Child]:
    arguments = () if options.docker is None else ("--docker-url", options.docker)
    return running("The lab", "tests.lab", *arguments, log=folder / "lab.log", piped=True)


def _home_assistant(folder: Path) -> AbstractAsyncContextManager[Child]:
    # Everything it needs is in the lock; without this it would look for packages on the network.
    arguments = ("--config", str(folder / "config"), "--skip-pip", "--log-no-color")
    log = folder / "home-assistant.log"
    return running("Home Assistant", "homeassistant", *arguments, log=log)


async def _until_restart(home: Child, lab: Child) -> None:
    """Return when Home Assistant wants to be started again."""
    if await while_alive(home.ended(), lab) != _RESTART:
        raise home.death()


async def _bring_up(options: Options, lab: Child) -> Demo:
    """Make the owner and add the systems; return what the person needs to know."""
    url = _url(options.host, options.port)
    account = Account("demo", secrets.token_urlsafe(8))
    async with aiohttp.ClientSession() as session:
        home = HomeAssistant(session, url)
        house, _ = await asyncio.gather(_house(lab), home.answers())
        token = await home.onboard(account)
        await home.started()
        unknown: tuple[str, ...] = ()
        if not options.empty:
            unknown = await systems.add_all(home, house)
        titles = await systems.loaded(home)
        if titles:
            await dashboard.make(home)
    return Demo(url, token, account, tuple(titles), house, unknown)


async def _house(lab: Child) -> House:
    """Read how each system is reached from the lab's one line."""
    if lab.process.stdout is None:
        raise DemoError("The lab's output cannot be read.")
    line = await lab.process.stdout.readline()
    if not line:
        # It is ending: whoever watches it says so, with its log.
        await lab.ended()
        raise lab.death()
    house: House = json.loads(line)
    return house


def _url(host: str, port: int) -> str:
    host = ANY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
