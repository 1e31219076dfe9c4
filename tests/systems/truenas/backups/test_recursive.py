"""Replications of whole trees of datasets."""

import pytest

from custom_components.home_server_monitor.systems.truenas.backups import pairs
from custom_components.home_server_monitor.systems.truenas.scratch import SCRATCH
from tests.harness import coordinator
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.backup_tasks import LabReplication

from ..conftest import every_version
from .conftest import House, OpenHouse

TREE = ("replication:3",)


@pytest.fixture
async def tree(house: OpenHouse, nas: TrueNas) -> House:
    """Give a replication of all of tank but the photos."""
    nas.datasets.add("media/tank")
    nas.backups.replications[3] = LabReplication(
        number=3,
        name="all of tank",
        sources=["tank"],
        target="media/tank",
        recursive=True,
        exclude=["tank/photos"],
        tasks=[nas.snapshots.tasks[1]],
    )
    home = await house()
    result = await home.act("run_backup", TREE)
    assert result["outcome"] == "succeeded", result
    return home


@every_version
async def test_all_of_it_is_looked_at(tree: House, nas: TrueNas) -> None:
    assert "media/tank/photos" not in nas.datasets
    result = await tree.act("verify_backup", TREE, restore_test=True)
    assert result["result"] == "ok", result
    told = str(result["checks"])
    assert all(f"tank/{name} and media/tank/{name}" in told for name in ("backups", "documents"))
    assert "photos" not in told


async def test_one_that_is_missing(tree: House, nas: TrueNas) -> None:
    nas.datasets.remove("media/tank/documents")
    result = await tree.act("verify_backup", TREE)
    assert result["reasons"][0] == "media/tank/documents has no snapshot of tank/documents."


async def test_volumes_have_no_files(tree: House, nas: TrueNas) -> None:
    """They are compared by snapshots; there is nothing in them that a trial could look at."""
    for dataset in nas.datasets.below("media/tank"):
        if dataset.id != "media/tank":
            dataset.volsize = 1 << 30
    result = await tree.act("verify_backup", TREE, restore_test=True)
    assert tree.checks(result)["guids"] == "ok"
    assert [name for name in nas.datasets.all if SCRATCH in name] == []


async def test_what_is_locked_is_not_restored(tree: House, nas: TrueNas) -> None:
    for dataset in nas.datasets.below("media/tank"):
        dataset.encrypted = dataset.locked = True
    result = await tree.act("verify_backup", TREE, restore_test=True)
    (reason,) = result["reasons"]
    assert "There is no snapshot with files that could be restored here." in reason


async def test_there_is_an_end(tree: House, nas: TrueNas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "_PAIRS", 1)
    result = await tree.act("verify_backup", TREE)
    assert "2 more datasets were not looked at." in str(result["checks"])


async def test_scratch_datasets_are_not_shown(tree: House, nas: TrueNas) -> None:
    """They are there for moments only."""
    nas.datasets.add(f"media/{SCRATCH}-1")
    nas.datasets.add("media/new")
    datasets = coordinator(tree.entry, "datasets")
    await datasets.async_refresh()
    shown = {"/".join(path) for path in datasets.items}
    assert any("dataset:new" in path for path in shown)
    assert not any(SCRATCH in path for path in shown)
