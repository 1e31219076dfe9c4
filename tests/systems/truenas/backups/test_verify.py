"""Verifying backups: what is good, what is not, and what cannot be seen."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.home_server_monitor.procedures import restore_test
from custom_components.home_server_monitor.systems.truenas.scratch import SCRATCH
from tests.harness import until
from tests.lab.truenas import CallError, TrueNas
from tests.lab.truenas.world.backups import HOST
from tests.lab.truenas.world.files import LabFile

from ..conftest import V24_04, every_version
from .conftest import CLOUD, CLOUD_BACKUP, LOCAL, REMOTE, RSYNC, OpenHouse

GIB = 1 << 30


def scratch(nas: TrueNas) -> list[str]:
    """Return the scratch datasets that are there."""
    return [name for name in nas.datasets.all if SCRATCH in name]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon."""
    monkeypatch.setattr(restore_test, "_PAUSES", (0.01, 0.01, 0.01))


def newest(nas: TrueNas, dataset: str) -> Any:
    """Return the newest snapshot of a dataset."""
    return nas.snapshots.of(dataset)[-1]


@every_version
async def test_a_good_replication(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    told = home.told()
    result = await home.act("verify_backup")
    assert result["result"] == "ok", result
    assert result["reasons"] == []
    assert home.checks(result) == {
        "last_run": "ok",
        "newest": "ok",
        "guids": "ok",
        "size": "ok",
    }
    assert result["size"] == 40 * GIB
    await home.becomes("backup_verification", "ok")
    assert told == ["verification_ok"]


@every_version
async def test_a_trial_restore(house: OpenHouse, nas: TrueNas) -> None:
    """A clone is made, its files are compared, and nothing of it is left."""
    home = await house()
    result = await home.act("verify_backup", restore_test=True)
    assert result["result"] == "ok", result
    assert home.checks(result)["restore"] == "ok"
    assert "7 files" in str(result["checks"])
    assert scratch(nas) == []
    assert home.open_records == []


async def test_the_verdict_survives_a_restart(
    house: OpenHouse, nas: TrueNas, hass: HomeAssistant
) -> None:
    home = await house()
    await home.act("verify_backup")
    await hass.config_entries.async_reload(home.entry.entry_id)
    await hass.async_block_till_done()
    assert home.value("backup_verification") == "ok"
    history = await home.act("get_backup_history")
    assert [run["result"] for run in history["runs"]] == ["ok"]


async def test_files_that_differ(house: OpenHouse, nas: TrueNas) -> None:
    """What came out of the restore is not what the source has."""
    home = await house()
    snapshot = newest(nas, "media/documents")
    files = nas.backups.files.tree("tank/documents")
    files["0/0.bin"] = LabFile(5, files["0/0.bin"].changed)
    files["1/1.bin"] = LabFile(files["1/1.bin"].size, files["1/1.bin"].changed + 60)
    del files["index.txt"]
    nas.backups.files.put("media/documents", files, since=snapshot.created)
    result = await home.act("verify_backup", restore_test=True)
    assert result["result"] == "failed"
    assert result["reasons"] == [
        "Of 7 files 1 are missing (index.txt) and 2 differ (0/0.bin, 1/1.bin) in the restored copy."
    ]
    assert scratch(nas) == []


async def test_a_target_that_is_behind(house: OpenHouse, nas: TrueNas) -> None:
    """Three days of snapshots are missing, though the last run is called a success."""
    home = await house()
    for snapshot in nas.snapshots.of("media/documents")[-3:]:
        nas.snapshots.destroy(snapshot.id)
    result = await home.act("verify_backup")
    assert result["result"] == "failed"
    assert home.checks(result)["newest"] == "failed"
    assert "should not be older than" in result["reasons"][0]
    await home.becomes("backup_verification", "failed")


async def test_nothing_newer_where_nothing_changed(house: OpenHouse, nas: TrueNas) -> None:
    """A task that skips empty snapshots may have old ones only."""
    for dataset in ("tank/documents", "media/documents"):
        for snapshot in nas.snapshots.of(dataset)[-3:]:
            nas.snapshots.destroy(snapshot.id)
    home = await house()
    assert (await home.act("verify_backup"))["result"] == "failed"
    nas.snapshots.tasks[1].allow_empty = False
    assert (await home.act("verify_backup"))["result"] == "ok"


async def test_snapshots_that_are_not_the_same(house: OpenHouse, nas: TrueNas) -> None:
    """The names are equal, and the guids are not: somebody made the target anew."""
    home = await house()
    newest(nas, "media/documents").guid = "12345"
    result = await home.act("verify_backup")
    assert result["result"] == "failed"
    assert home.checks(result)["guids"] == "failed"
    assert newest(nas, "media/documents").name in result["reasons"][1]


async def test_nothing_in_common(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    for number, snapshot in enumerate(nas.snapshots.of("media/documents")):
        nas.snapshots.destroy(snapshot.id)
        nas.snapshots.take("media/documents", f"other-{number}")
    result = await home.act("verify_backup")
    assert home.checks(result)["guids"] == "failed"


async def test_a_target_that_is_gone(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    nas.datasets.remove("media/documents")
    result = await home.act("verify_backup")
    assert result["reasons"] == ["media/documents has no snapshot of tank/documents."]


async def test_a_size_that_collapsed(house: OpenHouse, nas: TrueNas) -> None:
    """It is failed until somebody says that it is right so."""
    home = await house()
    for _ in range(3):
        assert (await home.act("verify_backup"))["result"] == "ok"
    newest(nas, "media/documents").referenced = 4 * GIB
    for _ in range(2):
        result = await home.act("verify_backup")
        assert result["result"] == "failed"
        assert result["reasons"] == [
            "The size collapsed. It is 4.00 GiB, and was 40.00 GiB before."
        ]
        assert result["usual_size"] == 40 * GIB
    assert (await home.act("verify_backup", accept_size=True))["result"] == "ok"
    assert (await home.act("verify_backup"))["result"] == "ok"


async def test_the_last_run_failed(house: OpenHouse, nas: TrueNas) -> None:
    """What lies at the target is still as new as it has to be."""
    home = await house()
    nas.jobs.fail("replication", CallError("EFAULT", "no space left"))
    await home.press()
    await home.becomes("backup_result", "failed")
    result = await home.act("verify_backup")
    assert result["result"] == "warning"
    assert "no space left" in result["reasons"][0]


@every_version
async def test_names_on_another_machine(house: OpenHouse, nas: TrueNas, vault: TrueNas) -> None:
    """A machine that is not set up here can only be asked for names, by TrueNAS itself."""
    home = await house()
    result = await home.act("run_backup", REMOTE)
    found = result["verification"]
    assert found["result"] == "ok", found
    assert home.checks(found)["newest"] == "ok"
    assert home.checks(found)["guids"] == "unknown"
    assert f"The other side, {HOST}, is not set up in Home Assistant" in str(found["checks"])


async def test_another_machine_that_cannot_be_reached(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    result = await home.act("verify_backup", REMOTE)
    assert result["result"] == "warning"
    assert result["reasons"] == ["Nothing of what lies at the target could be seen."]


async def test_another_machine_that_has_nothing(
    house: OpenHouse, nas: TrueNas, vault: TrueNas
) -> None:
    home = await house()
    result = await home.act("verify_backup", REMOTE)
    assert result["result"] == "failed"
    assert result["reasons"] == ["vault/photos has no snapshot of tank/photos."]


async def test_a_key_that_may_only_read(house: OpenHouse, nas: TrueNas) -> None:
    """It can see both sides of the NAS itself, and says what it may not do."""
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    home = await house(username="ha", api_key=key.text)
    assert (await home.act("verify_backup"))["result"] == "ok"
    result = await home.act("verify_backup", REMOTE)
    assert "replication.count_eligible_manual_snapshots" in str(result["checks"])
    result = await home.act("verify_backup", restore_test=True)
    assert result["result"] == "warning"
    assert "clone" in result["reasons"][0]
    with pytest.raises(HomeAssistantError, match=r"do not permit this: replication\.run"):
        await home.press()


async def test_a_restore_needs_control(house: OpenHouse, nas: TrueNas) -> None:
    home = await house(options={"allow_control": False})
    assert (await home.act("verify_backup"))["result"] == "ok"
    with pytest.raises(HomeAssistantError, match="control is not allowed"):
        await home.act("verify_backup", restore_test=True)
    assert scratch(nas) == []


# --- Files --------------------------------------------------------------------------------------


@every_version
@pytest.mark.parametrize("path", [CLOUD, CLOUD_BACKUP], ids=str)
async def test_files_in_a_cloud(house: OpenHouse, nas: TrueNas, path: Any) -> None:
    home = await house()
    result = await home.act("verify_backup", path)
    if path == CLOUD_BACKUP and nas.version.line == V24_04.line:
        # That version cannot say what lies there.
        assert result["result"] == "warning"
        return
    assert result["result"] == "ok", result
    assert home.checks(result)["files"] == "ok"
    assert "7 files" in str(result["checks"])


async def test_files_that_a_cloud_lacks(house: OpenHouse, nas: TrueNas) -> None:
    task = nas.backups.cloud_syncs[1]
    del task.cloud["1/1.bin"]
    task.cloud["index.txt"] = LabFile(1, 0)
    nas.backups.files.write("tank/documents", "new.txt", 12)
    home = await house()
    result = await home.act("verify_backup", CLOUD)
    # What is newer than the last run cannot be there yet.
    assert result["reasons"] == [
        "Of 7 files 1 are missing (1/1.bin) and 1 differ (index.txt) at the target."
    ]
    task.more = {"exclude": ["1/"]}
    result = await home.act("verify_backup", CLOUD)
    assert result["reasons"] == ["Of 6 files 1 differ (index.txt) at the target."]


async def test_a_cloud_backup_that_is_old(house: OpenHouse, nas: TrueNas) -> None:
    task = nas.backups.cloud_backups[1]
    task.taken = [(taken - 3 * 86400, tree) for taken, tree in task.taken]
    home = await house()
    result = await home.act("verify_backup", CLOUD_BACKUP)
    assert result["result"] == "failed"
    assert home.checks(result)["newest"] == "failed"
    task.taken = []
    result = await home.act("verify_backup", CLOUD_BACKUP)
    assert "The snapshots in the cloud cannot be seen" in str(result["checks"])


async def test_rsync_to_a_machine_that_cannot_be_seen(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    result = await home.act("verify_backup", RSYNC)
    assert result["result"] == "warning"
    assert HOST in str(result["checks"])


async def test_locked_data(house: OpenHouse, nas: TrueNas) -> None:
    nas.backups.cloud_syncs[1].locked = True
    home = await house()
    result = await home.act("verify_backup", CLOUD)
    assert result["result"] == "warning"
    assert "locked" in str(result["checks"])
    with pytest.raises(HomeAssistantError, match="locked"):
        await home.act("run_backup", CLOUD)


# --- What a trial restore may leave -------------------------------------------------------------


async def test_a_clone_that_cannot_be_removed_at_once(
    house: OpenHouse, nas: TrueNas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told of, and removed as soon as the system lets it."""
    monkeypatch.setattr("custom_components.home_server_monitor.workshop._FIRST_PAUSE", 0.05)
    home = await house()
    fault = nas.faults.error("EBUSY", r"^pool\.dataset\.delete$", reason="dataset is busy")
    result = await home.act("verify_backup", restore_test=True)
    (left,) = scratch(nas)
    assert result["result"] == "warning"
    assert result["reasons"] == [
        f"The scratch dataset {left} is still there, and removed as soon as possible."
    ]
    # Nobody has to wait for it: the task can be verified meanwhile.
    assert (await home.act("verify_backup"))["result"] == "ok"
    fault.remove()
    await until(lambda: not scratch(nas) and not home.open_records, seconds=10)


async def test_a_clone_that_cannot_be_made(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    nas.faults.error("EFAULT", r"snapshot\.clone$", reason="out of space")
    result = await home.act("verify_backup", restore_test=True)
    assert result["reasons"] == ["The trial restore could not be made: out of space"]
    assert home.open_records == []


async def test_a_dataset_that_is_not_ours_is_not_touched(house: OpenHouse, nas: TrueNas) -> None:
    """What only bears the name of a scratch dataset may be somebody's data."""
    home = await house()
    journal = home.entry.runtime_data.workshop.journal
    nas.datasets.add(f"media/{SCRATCH}-1", own=GIB)
    await journal.begin(
        restore_test.PROCEDURE,
        (*LOCAL, "restore_test:scratch"),
        {"scratch": f"media/{SCRATCH}-1", "origin": "media/documents@x", "host": None},
    )
    home.entry.runtime_data.workshop.async_resume()
    await until(lambda: not home.open_records)
    assert scratch(nas) == [f"media/{SCRATCH}-1"]


async def test_snapshots_are_looked_into_sparingly(house: OpenHouse, nas: TrueNas) -> None:
    """TrueNAS takes long to look into thousands of them."""
    for number in range(500):
        nas.snapshots.take("media/movies", f"many-{number}")
    home = await house()
    nas.snapshots.opened = 0
    await home.act("verify_backup")
    assert nas.snapshots.opened <= 20


async def test_of_a_task_that_is_gone(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    del nas.backups.replications[2]
    with pytest.raises(HomeAssistantError, match="does not know"):
        await home.act("verify_backup")
    assert home.open_records == []
