"""Snapshots are removed as wanted, and no other: neither held nor needed nor young ones."""

from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest
import voluptuous as vol

from tests.harness import until
from tests.lab.truenas import V24_04, V25_10, V26, TrueNas

from ..conftest import OpenStorage, every_version
from ..storage import MEDIA_PATH, Storage, dataset

TV = dataset(MEDIA_PATH, "tv")


@pytest.fixture
async def storage(open_storage: OpenStorage, nas: TrueNas) -> Storage:
    """Give an entry with hourly snapshots of media/tv over four days, and one below it."""
    nas.datasets.add("media/tv/kids")
    for hours in range(96, -1, -1):
        nas.snapshots.take("media/tv", f"auto-{hours:02}", hours_ago=hours + 0.01, used=10)
    nas.snapshots.take("media/tv/kids", "auto-90", hours_ago=90)
    nas.snapshots.take("media/tv", "mine")
    opened = await open_storage()
    await until(lambda: opened.items("snapshots"))
    return opened


def replicate(nas: TrueNas, last: str | None, **how: Any) -> None:
    """Let a replication send media, up to this snapshot."""
    known = {
        "id": 1,
        "name": "offsite",
        "direction": "PUSH",
        "transport": "SSH",
        "source_datasets": ["media"],
        "target_dataset": "backup/media",
        "recursive": True,
        "enabled": True,
        "state": {"state": "FINISHED", "last_snapshot": last and f"media/tv@{last}"},
    }
    nas.faults.changed(r"^replication\.query$", lambda _rows: [{**known, **how}])


def names(nas: TrueNas, name: str = "media/tv") -> list[str]:
    return [one.name for one in nas.snapshots.of(name)]


def reasons(result: dict[str, Any]) -> dict[str, str]:
    return {one["name"].rpartition("@")[2]: one["reason"] for one in result["kept"]}


# --- By pattern and age -------------------------------------------------------------------------


@every_version
async def test_delete_by_pattern_and_age(storage: Storage, nas: TrueNas) -> None:
    result = await storage.act("delete_snapshots", TV, pattern="auto-*", older_than={"hours": 48})
    assert len(result["deleted"]) == 49
    assert result["space"] == 490
    assert result["failed"] == []
    assert names(nas) == [*(f"auto-{hours:02}" for hours in range(47, -1, -1)), "mine"]
    assert names(nas, "media/tv/kids") == ["auto-90"], "only the dataset itself"
    assert set(reasons(result).values()) == {"younger than wanted"}


@every_version
async def test_a_dry_run_only_tells(storage: Storage, nas: TrueNas) -> None:
    before = set(nas.snapshots.all)
    wanted: dict[str, Any] = {"pattern": "auto-9*", "older_than": {"hours": 1}}
    planned = await storage.act("delete_snapshots", TV, **wanted, dry_run=True)
    assert planned["dry_run"] is True
    assert set(nas.snapshots.all) == before
    assert not any(nas.calls[name] for name in nas.methods if name.endswith("snapshot.delete"))
    done = await storage.act("delete_snapshots", TV, **wanted)
    assert done["dry_run"] is False
    assert done["deleted"] == planned["deleted"]
    assert before - set(nas.snapshots.all) == set(planned["deleted"])


@every_version
async def test_with_all_below(storage: Storage, nas: TrueNas) -> None:
    result = await storage.act(
        "delete_snapshots", TV, pattern="auto-90", older_than={"hours": 1}, recursive=True
    )
    assert sorted(result["deleted"]) == ["media/tv/kids@auto-90", "media/tv@auto-90"]


@every_version
async def test_held_ones_are_kept(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots["media/tv@auto-90"].holds.add("truenas")
    result = await storage.act("delete_snapshots", TV, pattern="auto-9*", older_than={"hours": 1})
    assert reasons(result) == {"auto-90": "held"}
    assert "auto-90" in names(nas)
    assert "auto-91" not in names(nas)


async def test_one_that_is_cloned_is_told(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots["media/tv@auto-90"].clones.append("media/clone")
    result = await storage.act("delete_snapshots", TV, pattern="auto-9*", older_than={"hours": 1})
    (failed,) = result["failed"]
    assert failed["name"] == "media/tv@auto-90"
    assert "clone" in failed["reason"]
    assert len(result["deleted"]) == 7 - 1
    assert result["space"] == 60


async def test_one_that_somebody_else_removes_is_no_failure(storage: Storage, nas: TrueNas) -> None:
    def vanish(answer: Any) -> Any:
        nas.snapshots.all.pop("media/tv@auto-92", None)
        return answer

    nas.faults.changed(r"snapshot\.delete$", vanish)
    result = await storage.act("delete_snapshots", TV, pattern="auto-9*", older_than={"hours": 1})
    assert result["failed"] == []
    assert "auto-92" not in names(nas)


@pytest.mark.parametrize("nas", [V24_04, V26], indirect=True, ids=str)
async def test_where_a_replication_goes_on_from(storage: Storage, nas: TrueNas) -> None:
    replicate(nas, "auto-95", enabled=False)
    result = await storage.act("delete_snapshots", TV, pattern="auto-9*", older_than={"hours": 1})
    assert reasons(result) == {"auto-95": "replication offsite goes on from it"}
    assert "auto-95" in names(nas)


@pytest.mark.parametrize(
    "data",
    [
        {"pattern": "auto-*"},
        {"older_than": {"days": 1}},
        {"pattern": "", "older_than": {"days": 1}},
        {"pattern": "*", "older_than": {"days": -1}},
    ],
)
async def test_both_have_to_be_said(storage: Storage, nas: TrueNas, data: dict[str, Any]) -> None:
    before = set(nas.snapshots.all)
    with pytest.raises(vol.Invalid):
        await storage.act("delete_snapshots", TV, **data)
    assert set(nas.snapshots.all) == before


async def test_without_the_right_to_see_replications_nothing_is_deleted(
    storage: Storage, nas: TrueNas
) -> None:
    before = set(nas.snapshots.all)
    nas.faults.denied(r"^replication\.query$")
    for action, data in (
        ("delete_snapshots", {"pattern": "*", "older_than": {"hours": 1}}),
        ("apply_retention", {"hourly": 1}),
    ):
        with pytest.raises(HomeAssistantError, match=r"replication\.query"):
            await storage.act(action, TV, **data)
    assert set(nas.snapshots.all) == before


async def test_the_connection_breaks_in_the_middle(storage: Storage, nas: TrueNas) -> None:
    nas.faults.denied(r"snapshot\.delete$")
    with pytest.raises(HomeAssistantError, match=r"snapshot\.delete"):
        await storage.act("delete_snapshots", TV, pattern="auto-9*", older_than={"hours": 1})
    assert len(names(nas)) == 98


# --- By policy ----------------------------------------------------------------------------------


@every_version
async def test_retention(storage: Storage, nas: TrueNas) -> None:
    result = await storage.act("apply_retention", TV, hourly=3, daily=2)
    kept = [name for name in names(nas) if name != "mine"]
    assert kept[-3:] == ["auto-02", "auto-01", "auto-00"]
    assert 3 <= len(kept) <= 5
    assert "mine" in names(nas), "it does not fit the pattern"
    assert "hourly" in reasons(result)["auto-01"]
    assert reasons(result)["auto-00"] == "newest, hourly, daily"
    assert len(result["deleted"]) + len(kept) == 97
    again = await storage.act("apply_retention", TV, hourly=3, daily=2)
    assert again["deleted"] == []


@every_version
async def test_retention_previewed(storage: Storage, nas: TrueNas) -> None:
    before = set(nas.snapshots.all)
    planned = await storage.act("apply_retention", TV, daily=2, recursive=True, dry_run=True)
    assert set(nas.snapshots.all) == before
    done = await storage.act("apply_retention", TV, daily=2, recursive=True)
    assert done["deleted"] == planned["deleted"]
    assert names(nas, "media/tv/kids") == ["auto-90"], "the newest of each dataset stays"


async def test_retention_keeps_held_ones(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots["media/tv@auto-50"].holds.add("truenas")
    result = await storage.act("apply_retention", TV, hourly=1)
    assert names(nas) == ["auto-50", "auto-00", "mine"]
    assert reasons(result) == {"auto-50": "held", "auto-00": "newest, hourly"}


@pytest.mark.parametrize("nas", [V24_04, V25_10], indirect=True, ids=str)
async def test_retention_keeps_what_replication_needs(storage: Storage, nas: TrueNas) -> None:
    replicate(nas, "auto-05")
    result = await storage.act("apply_retention", TV, hourly=1)
    assert names(nas) == [*(f"auto-{hours:02}" for hours in range(5, -1, -1)), "mine"]
    assert reasons(result)["auto-05"] == "replication offsite goes on from it"
    assert reasons(result)["auto-03"] == "replication offsite has not brought it over yet"


async def test_retention_keeps_all_while_nothing_was_replicated(
    storage: Storage, nas: TrueNas
) -> None:
    replicate(nas, None)
    result = await storage.act("apply_retention", TV, hourly=1)
    assert result["deleted"] == []


async def test_replications_of_others_do_not_matter(storage: Storage, nas: TrueNas) -> None:
    replicate(nas, None, source_datasets=["tank"])
    assert (await storage.act("apply_retention", TV, hourly=1))["deleted"]


async def test_the_copy_of_a_replication_keeps_its_base(storage: Storage, nas: TrueNas) -> None:
    replicate(nas, "auto-20", direction="PULL", target_dataset="media")
    result = await storage.act("apply_retention", TV, hourly=1)
    assert reasons(result) == {
        "auto-20": "replication offsite goes on from it",
        "auto-00": "newest, hourly",
    }


async def test_retention_has_to_keep_something(storage: Storage, nas: TrueNas) -> None:
    before = set(nas.snapshots.all)
    with pytest.raises(HomeAssistantError, match="how many hours"):
        await storage.act("apply_retention", TV)
    assert set(nas.snapshots.all) == before
