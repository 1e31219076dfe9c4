"""The audit of what containers mount: whose it is, told by the engine or by the machine itself."""

import asyncio
import os
from pathlib import Path as FilePath

from homeassistant.core import HomeAssistant
import pytest

from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine
from tests.lab.docker.model import Mount
from tests.lab.real import RealEngine
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.files import Folder

from .conftest import OpenDoor
from .test_audit import SOCKET, TOOL, ask_audit, audited, safe

pytestmark = pytest.mark.usefixtures("all_entities_enabled")


def _folder(parent: FilePath, name: str, mode: int, owner: int) -> FilePath:
    folder = parent / name
    folder.mkdir()
    # What follows the first entry of the archive is never read.
    (folder / "much").write_bytes(b"x" * 10_000_000)
    folder.chmod(mode)
    os.chown(folder, owner, owner)
    return folder


async def test_files_that_the_engine_does_not_tell_of(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    safe(docker_engine, "tool").mounts.append(SOCKET)
    entry = await audited(hass, set_up, docker_engine)
    result = await ask_audit(hass, entry, *TOOL, files=True)
    assert result["score"] == 60
    assert result["files"] == []
    assert result["files_unread"] == ["/var/run/docker.sock"]


@pytest.mark.parametrize("hostname", ["truenas", "TrueNAS.local", "nas", ""])
async def test_files_of_a_nas_that_runs_the_engine(
    hass: HomeAssistant,
    docker_engine: SimulatedEngine,
    nas: TrueNas,
    set_up: SetUp,
    hostname: str,
) -> None:
    """It tells of its own folders, where it is known by the name of the engine's machine."""
    docker_engine.host_name = "truenas"
    nas.host.machine.hostname = hostname
    nas.backups.files.folders = {
        "/mnt/apps/open": Folder(0o777, 568, 568),
        "/mnt/apps/roots": Folder(0o755, 0, 0),
        "/mnt/apps/fine": Folder(0o750, 3000, 3000),
    }
    tool = safe(docker_engine, "tool")
    for name in ("open", "roots", "fine", "unknown"):
        tool.mounts.append(Mount("bind", f"/mnt/apps/{name}", f"/{name}"))
    connection = {"username": nas.username, "api_key": nas.api_key, "verify_ssl": False}
    machine = await set_up("truenas", url=nas.url, **connection)
    entry = await audited(hass, set_up, docker_engine)
    result = await ask_audit(hass, entry, *TOOL, files=True)
    found = {(one["rule"], *one["subjects"]) for one in result["files"]}
    known = hostname.lower().startswith("truenas")
    assert found == (
        {
            ("world_writable_path", "/mnt/apps/open"),
            ("administrator_owned_path", "/mnt/apps/roots"),
        }
        if known
        else set()
    )
    assert ("/unknown" in result["files_unread"], "/fine" in result["files_unread"]) == (
        True,
        not known,
    )
    await hass.config_entries.async_unload(machine.entry_id)


@pytest.mark.real
@pytest.mark.xdist_group("docker")
async def test_files_of_a_real_engine(
    hass: HomeAssistant, door: OpenDoor, real_docker: RealEngine, tmp_path: FilePath
) -> None:
    mounts = {
        "/open": _folder(tmp_path, "open", 0o777, 3000),
        "/shared": _folder(tmp_path, "shared", 0o1777, 3000),
        "/roots": _folder(tmp_path, "roots", 0o755, 0),
        "/fine": _folder(tmp_path, "fine", 0o750, 3000),
    }
    binds = [f"{source}:{target}" for target, source in mounts.items()]
    host = {"NetworkMode": "none", "Binds": binds}
    await asyncio.to_thread(real_docker.run, "tool", more={"HostConfig": host})
    house = await door()
    path = house.container("tool")
    result = await ask_audit(hass, house.entry, *path, files=True)
    assert result["files_unread"] == []
    found = {(one["rule"], one["severity"], *one["subjects"]) for one in result["files"]}
    assert found == {
        ("world_writable_path", "high", str(mounts["/open"])),
        ("world_writable_path", "medium", str(mounts["/shared"])),
        ("administrator_owned_path", "medium", str(mounts["/roots"])),
    }
    assert all("chown" in one["fix"] or "chmod" in one["fix"] for one in result["files"])
    assert "files" not in await ask_audit(hass, house.entry, *path)
