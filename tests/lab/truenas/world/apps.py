"""The world of apps: Docker apps, and on 24.04 the charts that came before them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..events import Event, Told, event_source
from ..version import V24_04, V24_10
from . import app_charts, app_docker
from .part import Part

if TYPE_CHECKING:
    from ..server import TrueNas

MEBIBYTE = 1024**2
NOT_FOUND = "Apps are not available"


@dataclass
class Release:
    """A version of an app: the catalogue's, the app's own, and what is new in it."""

    version: str
    app_version: str
    changelog: str = ""

    @property
    def human(self) -> str:
        """How people see it."""
        return f"{self.app_version}_{self.version}"


@dataclass
class LabApp:
    """One app.

    * `state`: RUNNING, STOPPED, DEPLOYING, STOPPING or CRASHED; a chart shows fewer.
    * `catalogue`: the releases that there are, the oldest first; `installed` is one of them.
    * `kept`: what the app's volumes held at each version that it was upgraded from.
    * `outdated`: images of which the registry has newer ones. `made`: how often it was deployed.
    * `cpu` percent of all cores, `memory` bytes, `rates` bytes per second of each interface,
      `read` and `written` bytes since its containers were made.
    """

    name: str
    installed: Release
    catalogue: list[Release]
    port: int
    path: str = ""
    custom: bool = False
    state: str = "RUNNING"
    outdated: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    data: str = "new"
    made: int = 1
    cpu: float = 1.0
    memory: int = 256 * MEBIBYTE
    rates: dict[str, tuple[int, int]] = field(default_factory=lambda: {"eth0": (1000, 500)})
    read: int = 10 * MEBIBYTE
    written: int = 5 * MEBIBYTE

    @property
    def image(self) -> str:
        """The image that it runs."""
        return f"lscr.io/linuxserver/{self.name}:latest"

    @property
    def newest(self) -> Release:
        """The last of the catalogue."""
        return self.catalogue[-1]

    @property
    def upgradable(self) -> bool:
        """Whether the catalogue has a newer release."""
        return not self.custom and self.newest.version != self.installed.version

    @property
    def runs(self) -> bool:
        """Whether it has containers."""
        return self.state in ("RUNNING", "DEPLOYING", "CRASHED")


class Apps(Part):
    """The apps of a server.

    nas.apps["sonarr"].cpu = 50; nas.apps.tick()     # the next message of statistics, now
    nas.apps.crash("sonarr"); nas.apps.add("jellyfin"); nas.apps.remove("plex")
    nas.apps.offer("radarr", "2.0.0", "6.0.0", "What is new")
    nas.apps.status = "UNCONFIGURED"                 # no pool was chosen; or "INITIALIZING", "FAILED"
    nas.apps.silent = True                           # statistics stay away, their source stands
    """

    def __init__(self, nas: TrueNas) -> None:
        """Start with none, ready for some."""
        super().__init__(nas)
        self.status = "RUNNING"
        self.all: dict[str, LabApp] = {}
        self.silent = False
        self._ticked = asyncio.Event()

    def __getitem__(self, name: str) -> LabApp:
        """Return the app of this name."""
        return self.all[name]

    @property
    def shown(self) -> list[LabApp]:
        """What the server lists: nothing while the service behind it does not run."""
        return list(self.all.values()) if self.status == "RUNNING" else []

    @property
    def charts(self) -> bool:
        """Whether this version runs charts."""
        return self.nas.version.line <= V24_04.line

    def add(self, name: str, *releases: Release, port: int = 30000, **details: Any) -> LabApp:
        """Install an app in the first of these releases, and say so."""
        known = list(releases) or [Release("1.0.0", "1.0")]
        app = LabApp(name, known[0], known, port, **details)
        self.all[name] = app
        self.tell(app, "added")
        return app

    def remove(self, name: str) -> None:
        """Delete an app, and say so."""
        del self.all[name]
        self.nas.emit(self._event, "removed", name)

    def crash(self, name: str) -> None:
        """Let an app's container exit with an error."""
        self.become(self[name], "CRASHED")

    def offer(self, name: str, version: str, app_version: str, changelog: str = "") -> None:
        """Add a release to the catalogue; nobody is told."""
        self[name].catalogue.append(Release(version, app_version, changelog))

    def become(self, app: LabApp, state: str) -> None:
        """Change an app's state, and say so."""
        app.state = state
        self.tell(app)

    def deploy(self, app: LabApp) -> None:
        """Make an app's containers anew; their counters begin anew as well."""
        app.made += 1
        app.read = app.written = 0
        self.become(app, "DEPLOYING")
        self.become(app, "RUNNING")

    def tell(self, app: LabApp, kind: str = "changed") -> None:
        """Say what an app is now. Nobody asked, so that portals name no address of the server."""
        render = app_charts.announced if self.charts else app_docker.render
        self.nas.emit(self._event, kind, app.name, render(self.nas, app))

    @property
    def _event(self) -> str:
        return "chart.release.query" if self.charts else "app.query"

    def tick(self) -> None:
        """Let the sources of statistics send their next message now."""
        self._ticked.set()
        self._ticked = asyncio.Event()

    async def next_message(self, seconds: float) -> None:
        """Wait for the time of the next message."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ticked.wait(), seconds)
            if not self.silent:
                return


@event_source("app.stats", role="APPS_READ", since=V24_10)
async def app_stats(nas: TrueNas, argument: Any) -> AsyncGenerator[Told]:
    """Tell what the apps use; the first message comes when the interval is over."""
    while True:
        if nas.apps.status != "RUNNING":
            raise app_docker.not_available()
        await nas.apps.next_message((argument or {}).get("interval", 2))
        yield "added", [_stats(app) for app in nas.apps.shown]


def _stats(app: LabApp) -> dict[str, Any]:
    networks = app.rates.items() if app.runs else ()
    return {
        "app_name": app.name,
        "cpu_usage": int(app.cpu) if app.runs else 0,
        "memory": app.memory if app.runs else 0,
        "networks": [
            {"interface_name": name, "rx_bytes": received, "tx_bytes": sent}
            for name, (received, sent) in networks
        ],
        "blkio": {
            "read": app.read if app.runs else 0,
            "write": app.written if app.runs else 0,
        },
    }


@event_source("chart.release.statistics", role="APPS_READ", until=V24_04)
async def chart_statistics(nas: TrueNas, argument: Any) -> AsyncGenerator[Told]:
    """Tell what the charts use, at once and then at intervals; each is a listing for the server."""
    while True:
        nas.calls["chart.release.query (statistics)"] += 1
        yield "added", [app_charts.statistics(app) for app in nas.apps.shown]
        await nas.apps.next_message((argument or {}).get("interval", 2))


def _releases(*versions: str) -> Iterable[Release]:
    """Read "1.0.1 4.0.15 What is new": version, the app's own, changelog."""
    for words in versions:
        version, app_version, *news = words.split(" ", 2)
        yield Release(version, app_version, *news)


def furnish(nas: TrueNas) -> None:
    """Add the typical box: one app with an update, one custom with newer images, one stopped."""
    apps = nas.apps
    apps.add("plex", *_releases("1.1.19 1.43.0.10389"), port=32400, path="/web", rates={})
    apps.add(
        "sonarr",
        *_releases("1.2.30 4.0.14.2939", "1.2.31 4.0.15.2941 ### Fixed\n- Imports of specials"),
        port=30113,
    )
    apps.add("radarr", *_releases("1.2.27 5.26.2.10099"), port=30025)
    apps.add("prowlarr", *_releases("1.3.20 2.0.5.5160"), port=30050)
    apps.add("transmission", *_releases("1.0.0 1.0.0"), port=9091, custom=True)
    apps.add("nextcloud", *_releases("2.0.33 31.0.9"), port=30027, state="STOPPED")
    apps["transmission"].outdated.add(apps["transmission"].image)
    apps["sonarr"].kept = {"1.2.29": "old"}
    apps["plex"].cpu = 12.0
    apps["plex"].memory = 812 * MEBIBYTE


METHODS = (*app_docker.METHODS, *app_charts.METHODS)

EVENTS = (
    Event(name="app.query", role="APPS_READ", since=V24_10),
    Event(name="chart.release.query", role="APPS_READ", until=V24_04),
    app_stats,
    chart_statistics,
)
