"""What is shown of backup tasks, in all versions and with what goes wrong."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest

from tests.harness import device, state, until
from tests.lab.truenas import CallError, TrueNas
from tests.lab.truenas.world.backup_rows import SECRET
from tests.lab.truenas.world.backup_tasks import HOURLY_AT, LabReplication

from ..conftest import V24_04, V25_10, every_version
from .conftest import ALL, CLOUD, CLOUD_BACKUP, LOCAL, REMOTE, RSYNC, OpenHouse

ENABLED = {
    *("backup_result", "backup_last_success", "backup_overdue", "backup_verification"),
    *("backup_event", "backup_run"),
}
LISTS = ("replication.query", "cloudsync.query", "rsynctask.query", "cloud_backup.query")
HOUR = timedelta(hours=1)


def ago(text: str) -> timedelta:
    """Return how long ago a timestamp is."""
    return datetime.now(UTC) - datetime.fromisoformat(text)


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_what_is_shown(house: OpenHouse) -> None:
    home = await house()
    for path in ALL:
        assert home.value("backup_result", path) == "success", path
        assert home.value("backup_overdue", path) == "off", path
        assert home.value("backup_verification", path) == "never", path
        assert home.value("backup_verified", path) == "unknown", path
        assert home.value("backup_running", path) == "off", path
        assert home.value("backup_progress", path) == "unknown", path
        assert home.value("backup_enabled", path) == "on", path
        assert home.value("backup_error", path) == "unknown", path
        since = ago(home.value("backup_last_success", path))
        assert timedelta(0) < since < timedelta(hours=26), path
        assert ago(home.value("backup_next_run", path)) < timedelta(0)
        assert float(home.value("backup_age", path)) == pytest.approx(since / HOUR, abs=0.1), path
    assert float(home.value("backup_duration", CLOUD)) == 5
    # The state of a replication does not tell how long it took.
    assert home.value("backup_duration", LOCAL) == "unknown"


async def test_devices(house: OpenHouse, hass: HomeAssistant) -> None:
    home = await house()
    told = {}
    for path in ALL:
        found = device(hass, home.entry, path)
        assert isinstance(found, dr.DeviceEntry)
        told[path] = (found.name, found.model)
    assert told == {
        REMOTE: ("photos to the other house", "Replication task"),
        LOCAL: ("documents to media", "Replication task"),
        CLOUD: ("documents to S3", "Cloud sync task"),
        RSYNC: ("films to the other house", "Rsync task"),
        CLOUD_BACKUP: ("documents to Storj", "Cloud backup task"),
    }


async def test_what_is_enabled(house: OpenHouse) -> None:
    home = await house()
    assert home.enabled() == dict.fromkeys(ALL, ENABLED)


async def test_without_control_nothing_runs(house: OpenHouse) -> None:
    home = await house(options={"allow_control": False})
    assert home.enabled() == dict.fromkeys(ALL, ENABLED - {"backup_run"})


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_secrets_are_kept_nowhere(house: OpenHouse, hass: HomeAssistant) -> None:
    home = await house()
    await home.act("verify_backup", CLOUD)
    assert SECRET not in repr(home.entry.runtime_data.coordinators["backups"].items)
    assert SECRET not in repr([one.as_dict() for one in hass.states.async_all()])


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_run_is_followed(house: OpenHouse, nas: TrueNas) -> None:
    """The button starts a job and waits for nothing; events tell how it goes."""
    home = await house()
    with nas.jobs.hold(r"^cloudsync\.sync$"):
        await home.press(CLOUD)
        await home.becomes("backup_running", "on", CLOUD)
        assert home.value("backup_result", CLOUD) == "success"
        before = home.value("backup_last_success", CLOUD)
        (job,) = nas.jobs.named("cloudsync.sync")
        await job.progress(37.4, "Transferring")
        await home.becomes("backup_progress", "37.0", CLOUD)
    await home.becomes("backup_running", "off", CLOUD)
    assert home.value("backup_progress", CLOUD) == "unknown"
    assert home.value("backup_last_success", CLOUD) > before


@every_version
@pytest.mark.usefixtures("all_entities_enabled")
async def test_a_run_that_fails(house: OpenHouse, nas: TrueNas) -> None:
    """What is known of the last success stays, though TrueNAS tells of the failure alone."""
    home = await house()
    before = {path: home.value("backup_last_success", path) for path in (CLOUD, LOCAL)}
    told = home.told(CLOUD)
    nas.jobs.fail(r"\.(sync|run)$", CallError("EFAULT", "disk is full"))
    for path in (CLOUD, LOCAL):
        await home.press(path)
        await home.becomes("backup_result", "failed", path)
        assert home.value("backup_last_success", path) == before[path]
        assert "disk is full" in home.value("backup_error", path)
    assert told == ["run_failed"]


async def test_a_replication_that_breaks_off(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    nas.backups.replications[2].fault = "connection reset"
    await home.press()
    await home.becomes("backup_result", "failed")


async def test_a_run_that_is_aborted(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    with nas.jobs.hold("sync"):
        await home.press(CLOUD)
        await until(lambda: nas.jobs.find(lambda job: job.state == "RUNNING"))
        nas.jobs.abort(nas.jobs.named("cloudsync.sync")[0])
        await home.becomes("backup_result", "aborted", CLOUD)


@every_version
async def test_after_a_restart_of_the_nas(house: OpenHouse, nas: TrueNas) -> None:
    """Jobs are forgotten, and what the database has of them has no number."""
    home = await house()
    await home.press(CLOUD)
    await until(lambda: ago(home.value("backup_last_success", CLOUD)) < timedelta(minutes=1))
    shown = {path: home.value("backup_last_success", path) for path in ALL}
    await nas.reboot()
    await until(lambda: nas.connected > 1, seconds=20)
    await home.poll()
    assert {path: home.value("backup_last_success", path) for path in ALL} == shown
    assert all(home.value("backup_result", path) == "success" for path in ALL)


async def test_a_run_that_a_restart_cut_off(house: OpenHouse, nas: TrueNas) -> None:
    task = nas.backups.cloud_syncs[1]
    assert task.last is not None
    task.last |= {"state": "RUNNING", "time_finished": None}
    home = await house()
    assert home.value("backup_result", CLOUD) == "aborted"


async def test_a_state_that_was_lost(house: OpenHouse, nas: TrueNas) -> None:
    """After a crash a replication may be PENDING again; what was seen before is remembered."""
    home = await house()
    before = home.value("backup_last_success")
    nas.backups.replications[2].state = {"state": "PENDING"}
    await home.poll()
    assert home.value("backup_last_success") == before
    assert home.value("backup_result") == "success"


async def test_a_success_before_a_failure_that_nobody_saw(house: OpenHouse, nas: TrueNas) -> None:
    """TrueNAS's list of jobs has it, though the task tells of the failure alone."""
    method = nas.methods["cloudsync.sync"]
    await nas.jobs.start(method, [1, {}], None).ended.wait()
    nas.jobs.fail("sync")
    await nas.jobs.start(method, [1, {}], None).ended.wait()
    home = await house()
    assert home.value("backup_result", CLOUD) == "failed"
    assert ago(home.value("backup_last_success", CLOUD)) < timedelta(minutes=1)


async def test_a_task_that_is_overdue(house: OpenHouse, nas: TrueNas) -> None:
    for path, tasks in ((CLOUD, nas.backups.cloud_syncs), (LOCAL, nas.backups.replications)):
        nas.backups.ran(tasks[int(path[0][-1])], 60)
    home = await house()
    assert home.value("backup_overdue", CLOUD) == "on"
    assert home.value("backup_overdue", LOCAL) == "on"
    assert home.value("backup_overdue", RSYNC) == "off"
    await home.press(CLOUD)
    await home.becomes("backup_overdue", "off", CLOUD)


async def test_nothing_is_expected_of_a_disabled_task(house: OpenHouse, nas: TrueNas) -> None:
    task = nas.backups.cloud_syncs[1]
    nas.backups.ran(task, 60)
    task.enabled = False
    home = await house()
    assert home.value("backup_overdue", CLOUD) == "off"
    assert home.value("backup_run", CLOUD) == "unavailable"


async def test_by_hand_only(house: OpenHouse, nas: TrueNas) -> None:
    """A task without a schedule promises nothing."""
    nas.backups.replications[2].auto = False
    home = await house()
    assert home.value("backup_overdue") == "missing"


async def test_on_hold(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    nas.backups.tell_state(nas.backups.replications[2], "HOLD", reason="Pool media is offline.")
    await home.becomes("backup_result", "on_hold")
    nas.backups.tell_state(nas.backups.replications[2], "SOMETHING NEW")
    await home.becomes("backup_result", "other")


async def test_a_task_comes_and_goes(house: OpenHouse, nas: TrueNas) -> None:
    home = await house()
    nas.backups.replications[3] = LabReplication(
        number=3, name="new", sources=["tank/photos"], target="media/photos", schedule=HOURLY_AT
    )
    nas.emit("replication.query", "added", 3, {})
    await until(lambda: home.has_device(("replication:3",)))
    assert home.value("backup_result", ("replication:3",)) == "never"
    del nas.backups.replications[3]
    nas.emit("replication.query", "removed", 3)
    await until(lambda: not home.has_device(("replication:3",)))
    assert home.value("backup_result", ("replication:3",)) == "missing"
    memory = home.entry.runtime_data.workshop.memory
    assert ("replication:3",) not in memory.paths()


async def test_one_malformed_task_costs_only_itself(house: OpenHouse, nas: TrueNas) -> None:
    nas.faults.changed(
        r"^cloudsync\.query$",
        lambda rows: [{**rows[0], "id": "?"}, "?", {**rows[0], "id": 2, "schedule": {"hour": "x"}}],
    )
    home = await house()
    assert home.value("backup_result", CLOUD) == "missing"
    assert home.value("backup_result", ("cloudsync:2",)) == "success"
    assert home.value("backup_result", RSYNC) == "success"


async def test_a_list_that_cannot_be_read(house: OpenHouse, nas: TrueNas) -> None:
    """Its tasks keep what is known of them for a while, and are not removed."""
    home = await house()
    nas.faults.error("EFAULT", r"^rsynctask\.query$")
    await home.poll()
    assert home.has_device(RSYNC)
    assert home.value("backup_result", CLOUD) == "success"


async def test_a_right_that_is_missing(house: OpenHouse, nas: TrueNas, hass: HomeAssistant) -> None:
    """It costs that kind of tasks, and is not asked for again and again."""
    nas.faults.denied(r"^rsynctask\.query$")
    home = await house()
    assert home.value("backup_result", RSYNC) == "missing"
    assert home.value("backup_result", CLOUD) == "success"
    await home.poll()
    await home.poll()
    assert nas.calls["rsynctask.query"] == 1


async def test_a_right_that_was_lost(house: OpenHouse, nas: TrueNas) -> None:
    """What was there before is not taken for gone."""
    home = await house()
    nas.faults.denied(r"^rsynctask\.query$")
    await home.poll()
    assert home.has_device(RSYNC)


async def test_a_method_that_is_missing(house: OpenHouse, nas: TrueNas) -> None:
    nas.faults.missing(r"^cloud_backup\.query$")
    home = await house()
    assert not home.has_device(CLOUD_BACKUP)
    assert home.has_device(CLOUD)


@every_version
async def test_a_key_that_may_only_read(house: OpenHouse, nas: TrueNas) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    home = await house(username="ha", api_key=key.text)
    for path in ALL:
        assert home.value("backup_result", path) == "success", path


async def test_a_connection_lost_in_the_middle(house: OpenHouse, nas: TrueNas) -> None:
    """What ended meanwhile is read when the connection is back."""
    home = await house()
    with nas.jobs.hold("sync"):
        await home.press(CLOUD)
        await until(lambda: nas.jobs.named("cloudsync.sync"))
        await nas.refuse()
    await nas.jobs.named("cloudsync.sync")[0].ended.wait()
    await nas.accept()
    await until(
        lambda: ago(home.value("backup_last_success", CLOUD)) < timedelta(minutes=1), seconds=30
    )


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_what_it_costs(house: OpenHouse, nas: TrueNas) -> None:
    """Four calls in five minutes, however many tasks there are."""
    for number in range(3, 60):
        nas.backups.replications[number] = LabReplication(
            number=number, name=str(number), sources=["tank/photos"], target=f"media/{number}"
        )
    home = await house()
    nas.reset_counts()
    await home.poll()
    assert {name: nas.calls[name] for name in LISTS} == dict.fromkeys(LISTS, 1)
    assert home.entry.runtime_data.coordinators["backups"].interval == timedelta(minutes=5)


async def test_what_is_not_wanted_is_not_asked_for(house: OpenHouse, nas: TrueNas) -> None:
    await house(options={"include": []})
    assert not any(nas.calls[name] for name in LISTS)


async def test_running_is_written_in_whole_percent(house: OpenHouse, nas: TrueNas) -> None:
    """A job tells of itself many times a second."""
    home = await house()
    with nas.jobs.hold("sync"):
        await home.press(CLOUD)
        await until(lambda: nas.jobs.named("cloudsync.sync"))
        (job,) = nas.jobs.named("cloudsync.sync")
        items = home.entry.runtime_data.coordinators["backups"]
        for part in range(40, 44):
            await job.progress(part / 4, "…")
        await until(lambda: items.items[CLOUD].run.percent == 10.0)
        assert state(home.hass, home.entry, CLOUD, "backup_result") is not None
