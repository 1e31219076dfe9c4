"""Running a backup with all that belongs to it, and what is told when it fails."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.home_server_monitor.const import CONF_SYSTEM, DOMAIN
from custom_components.home_server_monitor.systems.truenas.scratch import SCRATCH
from tests.harness import until
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.files import LabFile

from ..conftest import every_version
from .conftest import CLOUD, CLOUD_BACKUP, REMOTE, RSYNC, House, OpenHouse

STEPS = ["snapshot", "transfer", "watch", "verify"]


def steps(result: dict[str, Any]) -> list[str]:
    """Return the steps that were taken."""
    return [one["step"] for one in result["steps"]]


@pytest.fixture
async def neighbour(
    hass: HomeAssistant, vault: TrueNas, house: OpenHouse
) -> AsyncGenerator[MockConfigEntry]:
    """Set up the other machine in Home Assistant too."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="vault",
        unique_id="vault",
        data={
            CONF_SYSTEM: "truenas",
            "url": vault.url,
            "username": vault.username,
            "api_key": vault.api_key,
            "verify_ssl": False,
        },
        options={"include": []},
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@every_version
async def test_it_succeeds(house: OpenHouse, nas: TrueNas) -> None:
    """The new snapshot is there with its guid, and with its files."""
    home = await house()
    told = home.told()
    result = await home.act("run_backup", restore_test=True)
    assert result["outcome"] == "succeeded", result
    assert steps(result) == STEPS
    assert result["failed_step"] is None
    assert result["error"] is None
    (name,) = result["snapshots"]
    copied = nas.snapshots[name.replace("tank/", "media/")]
    assert copied.guid == nas.snapshots[name].guid
    assert result["verification"]["result"] == "ok"
    assert any(copied.name in sentence for sentence in result["safe"])
    assert result["not_safe"] == []
    await until(lambda: len(told) == 3)
    assert sorted(told) == ["backup_succeeded", "run_succeeded", "verification_ok"]
    await home.becomes("backup_verification", "ok")
    assert home.open_records == []
    history = await home.act("get_backup_history")
    assert [run["action"] for run in history["runs"]] == ["run_backup"]


@every_version
async def test_to_a_machine_that_is_set_up_too(
    house: OpenHouse, nas: TrueNas, vault: TrueNas, neighbour: MockConfigEntry
) -> None:
    """Guids and files of both sides are seen, and the scratch dataset is made over there."""
    home = await house()
    result = await home.act("run_backup", REMOTE, restore_test=True)
    assert result["outcome"] == "succeeded", result
    found = home.checks(result["verification"])
    assert found == {
        "last_run": "ok",
        "newest": "ok",
        "guids": "ok",
        "size": "ok",
        "restore": "ok",
    }
    assert [name for name in vault.datasets.all if SCRATCH in name] == []
    assert vault.calls["filesystem.listdir"] > 0


async def test_a_machine_with_other_snapshots(
    house: OpenHouse, nas: TrueNas, vault: TrueNas, neighbour: MockConfigEntry
) -> None:
    home = await house()
    assert (await home.act("run_backup", REMOTE))["outcome"] == "succeeded"
    vault.snapshots.of("vault/photos")[-1].guid = "1"
    result = await home.act("verify_backup", REMOTE)
    assert home.checks(result)["guids"] == "failed"


async def test_films_by_rsync(
    house: OpenHouse, nas: TrueNas, vault: TrueNas, neighbour: MockConfigEntry
) -> None:
    home = await house()
    result = await home.act("run_backup", RSYNC)
    assert result["outcome"] == "succeeded", result
    assert home.checks(result["verification"])["files"] == "ok"
    (name,) = result["snapshots"]
    assert name.startswith("media/movies@home-server-monitor-")
    assert name in nas.snapshots
    vault.backups.files.write("vault/movies", "index.txt", 1)
    result = await home.act("verify_backup", RSYNC)
    assert result["reasons"] == ["Of 5 files 1 differ (index.txt) at the target."]


@pytest.mark.parametrize("path", [CLOUD, CLOUD_BACKUP], ids=str)
async def test_to_a_cloud(house: OpenHouse, nas: TrueNas, path: Any) -> None:
    home = await house()
    nas.backups.files.write("tank/documents", "new.txt", 12, changed=1.0)
    result = await home.act("run_backup", path)
    assert result["outcome"] == "succeeded", result
    assert "8 files" in str(result["safe"])


async def test_fetching_from_another_machine(
    house: OpenHouse, nas: TrueNas, vault: TrueNas
) -> None:
    """Only the other machine can take a snapshot of what is fetched; ours is told why not."""
    task = nas.backups.replications[1]
    task.direction, task.tasks, task.schemas = "PULL", [], ["auto-%Y-%m-%d_%H-%M"]
    task.schedule = {"minute": "0", "hour": "3", "dom": "*", "month": "*", "dow": "*"}
    task.sources, task.target = ["vault/movies"], "media/films"
    vault.snapshots.take("vault/movies", "auto-2026-11-24_00-00", hours_ago=30)
    vault.snapshots.take("vault/movies", "auto-2026-11-25_00-00", hours_ago=6)
    home = await house()
    result = await home.act("run_backup", REMOTE)
    assert result["outcome"] == "succeeded", result
    assert result["snapshots"] == []
    assert "can take snapshots" in result["note"]
    assert nas.snapshots.of("media/films")


async def test_fetching_from_a_machine_that_is_set_up_too(
    house: OpenHouse, nas: TrueNas, vault: TrueNas, neighbour: MockConfigEntry
) -> None:
    task = nas.backups.replications[1]
    task.direction, task.tasks, task.schemas = "PULL", [], ["auto-%Y-%m-%d_%H-%M"]
    task.sources, task.target = ["vault/movies"], "media/films"
    vault.backups.files.put("vault/movies", {"film.mkv": LabFile(10**9, 1.0)})
    home = await house()
    result = await home.act("run_backup", REMOTE, restore_test=True)
    assert result["outcome"] == "succeeded", result
    (name,) = result["snapshots"]
    assert name in vault.snapshots
    assert home.checks(result["verification"])["restore"] == "ok"


# --- Failures -----------------------------------------------------------------------------------


@every_version
async def test_the_snapshot_fails(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    told = home.told()
    nas.faults.error("EFAULT", r"snapshot\.create$", reason="out of space")
    result = await home.act("run_backup")
    assert (result["outcome"], result["failed_step"]) == ("failed", "snapshot")
    assert result["error"] == "out of space"
    assert result["safe"][0] == "Nothing was sent: at the other side all is as it was before."
    assert result["not_safe"] == ["What changed since the last success is not backed up."]
    assert nas.calls["replication.run"] == 0
    assert told == ["backup_failed"]
    assert home.open_records == []


@every_version
async def test_the_transfer_fails(house: OpenHouse, nas: TrueNas) -> None:
    """What the other side has is named, and what it lacks."""
    home = await house()
    before = nas.snapshots.of("media/documents")[-1].name
    nas.backups.replications[2].fault = "connection reset"
    result = await home.act("run_backup")
    assert (result["outcome"], result["failed_step"]) == ("failed", "watch")
    assert "connection reset" in result["error"]
    assert any(before in sentence and "whole" in sentence for sentence in result["safe"])
    (name,) = result["snapshots"]
    assert f"{name} is not there." in result["not_safe"]
    assert home.open_records == []
    await home.becomes("backup_result", "failed")


async def test_the_other_machine_is_away(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    result = await home.act("run_backup", REMOTE)
    assert result["outcome"] == "failed"
    assert "Unable to connect" in result["error"]
    assert (
        result["safe"][0] == "What was there before is not touched by a transfer that breaks off."
    )


async def test_rsync_fails(
    house: OpenHouse, nas: TrueNas, vault: TrueNas, neighbour: MockConfigEntry
) -> None:
    """Of single files nobody knows which are new."""
    nas.backups.rsyncs[1].deletes = True
    nas.backups.rsyncs[1].fault = "broken pipe"
    home = await house()
    result = await home.act("run_backup", RSYNC)
    assert result["outcome"] == "failed"
    assert "do not belong together" in result["not_safe"][0]
    assert "may be removed there already" in result["not_safe"][1]


@every_version
async def test_the_transfer_is_aborted(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    with nas.jobs.hold("sync"):
        running = asyncio.create_task(home.act("run_backup", CLOUD))
        await until(lambda: nas.jobs.find(lambda job: job.state == "RUNNING"))
        nas.jobs.abort(nas.jobs.named("cloudsync.sync")[0])
        result = await running
    assert (result["outcome"], result["failed_step"]) == ("failed", "watch")
    assert "aborted" in result["error"]


async def test_the_verification_fails(house: OpenHouse, nas: TrueNas) -> None:
    """TrueNAS calls it a success, and it is none."""
    home = await house()
    told = home.told()
    nas.faults.changed(
        r"snapshot\.query$",
        lambda rows: [row for row in rows if not str(row.get("name")).startswith("media/")],
    )
    result = await home.act("run_backup")
    assert (result["outcome"], result["failed_step"]) == ("failed", "verify")
    assert result["verification"]["result"] == "failed"
    assert result["not_safe"] == ["media/documents has no snapshot of tank/documents."]
    assert [one for one in told if not one.startswith("run")] == [
        "verification_failed",
        "backup_failed",
    ]


async def test_a_right_that_is_missing(house: OpenHouse, nas: TrueNas) -> None:
    """It is told which; REPLICATION_TASK_WRITE is what replication.run needs."""
    key = nas.keys.add("ha", {"READONLY_ADMIN", "SNAPSHOT_WRITE"})
    home = await house(username="ha", api_key=key.text)
    result = await home.act("run_backup")
    assert (result["outcome"], result["failed_step"]) == ("failed", "transfer")
    assert result["error"] == "replication.run"
    assert result["safe"][0].startswith("Nothing was sent")


async def test_what_is_not_begun(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    with nas.jobs.hold("replication"):
        await home.press()
        with pytest.raises(HomeAssistantError, match="Another operation"):
            await home.act("run_backup")
    nas.backups.replications[2].enabled = False
    with pytest.raises(HomeAssistantError, match="is disabled"):
        await home.act("run_backup")
    assert nas.calls["pool.snapshot.create"] == 0
    assert home.open_records == []


async def test_not_without_control(house: OpenHouse, nas: TrueNas) -> None:
    home = await house(options={"allow_control": False})
    with pytest.raises(HomeAssistantError, match="not allowed"):
        await home.act("run_backup")


async def test_a_snapshot_of_this_very_minute(house: OpenHouse, nas: TrueNas) -> None:
    """Its name is taken already, and it is as good."""
    home = await house()
    first = await home.act("run_backup")
    second = await home.act("run_backup")
    assert second["outcome"] == "succeeded"
    assert first["snapshots"][0].partition("@")[0] == second["snapshots"][0].partition("@")[0]


async def test_names_by_an_expression(house: OpenHouse, nas: TrueNas) -> None:
    task = nas.backups.replications[2]
    task.tasks, task.name_regex = [], r"(auto|manual)-.*"
    task.schedule = {"minute": "0", "hour": "3", "dom": "*", "month": "*", "dow": "*"}
    home = await house()
    result = await home.act("run_backup")
    assert result["outcome"] == "succeeded"
    assert "@auto-" in result["snapshots"][0]
    task.name_regex = r"weekly-\d+"
    result = await home.act("run_backup")
    assert result["snapshots"] == []
    assert result["note"] == "No name is known that the task would send."


# --- Outages ------------------------------------------------------------------------------------


async def _running(home: House, nas: TrueNas) -> asyncio.Task[dict[str, Any]]:
    running = asyncio.create_task(home.act("run_backup"))
    await until(lambda: nas.jobs.named("replication.run"))
    return running


async def test_the_connection_is_lost_in_the_middle(house: OpenHouse, nas: TrueNas) -> None:
    """The job goes on there, and its end is found."""
    home = await house()
    with nas.jobs.hold("replication"):
        running = await _running(home, nas)
        await nas.refuse()
    await nas.jobs.named("replication.run")[0].ended.wait()
    await nas.accept()
    result = await running
    assert result["outcome"] == "succeeded", result


@every_version
async def test_the_nas_restarts_in_the_middle(house: OpenHouse, nas: TrueNas) -> None:
    """It forgets its jobs: the task itself tells that nothing ended."""
    home = await house()
    with nas.jobs.hold("replication"):
        running = await _running(home, nas)
        await nas.reboot()
        result = await running
    assert (result["outcome"], result["failed_step"]) == ("failed", "watch")
    assert "restarted" in result["error"]
    assert result["safe"]
    assert home.value("backup_event") != "unknown"
