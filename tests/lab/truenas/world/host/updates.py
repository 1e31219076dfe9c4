"""Updates: what is offered, how it is installed, and that a restart brings it to life."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...errors import CallError, ValidationError
from ...events import Event
from ...methods import Handler, method
from ...version import V25_04, V25_10, Version

if TYPE_CHECKING:
    from ...jobs import LabJob
    from ...server import TrueNas

_STEPS = ((0, "Downloading"), (25, "Downloading"), (50, "Installing"), (90, "Setting up"))
_SETTINGS = {"autocheck", "profile"}
_ATTRIBUTES = {"dataset_name", "resume", "train", "version", "reboot"}


class Updates:
    """What the update server has for this machine.

    * `pace`: seconds that each step of an installation takes; `reboot_delay`: seconds between its
      end and the restart, where one was asked for.
    * `offline`: it cannot be reached. `warning`: what the installer wants to have accepted first.
    * `installed`: the version that waits for a restart. `settings`: what `update.update` changed.
    """

    def __init__(self, nas: TrueNas) -> None:
        """Be up to date."""
        self._nas = nas
        self.offered: str | None = None
        self.notes = "## Changes\n\n- Fixes a rare hang of the scrub."
        self.offline = False
        self.warning: str | None = None
        self.installed: str | None = None
        self.settings: dict[str, Any] = {"autocheck": True, "profile": "GENERAL"}
        self.checks = 0
        self.pace = 0.05
        self.reboot_delay = 10.0

    def offer(self, version: str) -> None:
        """Publish a newer version."""
        self.offered = version

    @property
    def notes_url(self) -> str:
        """Where the offered version is described."""
        return f"https://www.truenas.com/docs/scale/{self.offered}/"

    def rebooted(self) -> None:
        """Run what was installed."""
        if self.installed is None:
            return
        self._nas.version = Version.of(self.installed)
        self.installed = None
        self.offered = None

    async def install(self, attributes: dict[str, Any], job: LabJob) -> bool:
        """Download and install what is offered, and restart where that was asked for."""
        if unknown := attributes.keys() - _ATTRIBUTES:
            raise ValidationError(f"attrs.{min(unknown)}", "Extra inputs are not permitted")
        if self.offered is None:
            raise CallError("EFAULT", "No update available")
        for percent, words in _STEPS:
            await job.progress(percent, words)
            await asyncio.sleep(self.pace)
        if self.warning and not attributes.get("resume"):
            raise CallError("EAGAIN", self.warning)
        self.installed = self.offered
        if attributes.get("reboot"):
            self._nas.host.power.asked.append(("reboot", "System upgrade"))
            self._nas.spawn(self._restart())
        return True

    async def _restart(self) -> None:
        await asyncio.sleep(self.reboot_delay)
        await self._nas.reboot(down=self._nas.host.power.down)


@method("update.check_available", role="SYSTEM_UPDATE_READ", until=V25_04)
async def check_available(
    nas: TrueNas, _attributes: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the update server."""
    updates = nas.host.updates
    updates.checks += 1
    if updates.installed:
        return {"status": "REBOOT_REQUIRED"}
    if updates.offline:
        raise CallError("ENETUNREACH", "Failed to establish a connection to update.ixsystems.com")
    if updates.offered is None:
        return {"status": "UNAVAILABLE"}
    return {
        "status": "AVAILABLE",
        "changes": [
            {
                "operation": "upgrade",
                "old": {"name": "TrueNAS", "version": nas.version.text},
                "new": {"name": "TrueNAS", "version": updates.offered},
            }
        ],
        "notice": None,
        "notes": None,
        "release_notes_url": updates.notes_url,
        "changelog": updates.notes,
        "version": updates.offered,
        "filename": f"TrueNAS-SCALE-{updates.offered}.update",
        "filesize": 1_700_000_000,
        "checksum": "0" * 64,
    }


@method("update.status", role="SYSTEM_UPDATE_READ", since=V25_10)
async def status(nas: TrueNas) -> dict[str, Any]:
    """Tell how things stand with updates."""
    updates = nas.host.updates
    updates.checks += 1
    if updates.installed:
        reason = "System update was already applied, system reboot is required."
        return _error("EREBOOTREQUIRED", reason)
    if updates.offline:
        return _error("ENETUNREACH", "Failed to establish a connection to update.ixsystems.com")
    new = None
    if updates.offered:
        new = {
            "version": updates.offered,
            "manifest": {"train": "TrueNAS-SCALE-Goldeye", "version": updates.offered},
            "release_notes": updates.notes,
            "release_notes_url": updates.notes_url,
        }
    train = {"train": "TrueNAS-SCALE-Goldeye", "profile": "GENERAL", "matches_profile": True}
    return {
        "code": "NORMAL",
        "error": None,
        "status": {"current_version": train, "new_version": new},
        "update_download_progress": None,
    }


def _error(errname: str, reason: str) -> dict[str, Any]:
    return {
        "code": "ERROR",
        "error": {"errname": errname, "reason": reason},
        "status": None,
        "update_download_progress": None,
    }


@method("update.run", role="SYSTEM_UPDATE_WRITE", since=V25_10, job=True)
async def run(nas: TrueNas, attributes: dict[str, Any] | None = None, *, job: LabJob) -> bool:
    """Install what is newest."""
    return await nas.host.updates.install(attributes or {}, job)


@method("update.update", role="SYSTEM_UPDATE_WRITE", until=V25_04, job=True)
async def update(nas: TrueNas, attributes: dict[str, Any] | None = None, *, job: LabJob) -> bool:
    """Install what is newest."""
    return await nas.host.updates.install(attributes or {}, job)


@method("update.update", role="SYSTEM_UPDATE_WRITE", since=V25_10)
async def change_settings(nas: TrueNas, settings: dict[str, Any]) -> dict[str, Any]:
    """Change when updates are looked for: the same name, and another meaning."""
    if unknown := settings.keys() - _SETTINGS:
        raise ValidationError(f"data.{min(unknown)}", "Extra inputs are not permitted")
    nas.host.updates.settings |= settings
    return {"id": 1, **nas.host.updates.settings}


METHODS: tuple[Handler, ...] = (check_available, status, run, update, change_settings)

EVENTS: tuple[Event, ...] = (Event(name="update.status", role="SYSTEM_UPDATE_READ", since=V25_10),)
