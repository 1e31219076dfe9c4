"""What can be done with snapshots: taken, listed and rolled back to."""

from datetime import datetime
from typing import Any

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from tests.harness import until
from tests.lab.truenas import V25_10, V26, TrueNas
from tests.lab.truenas.world.timetable import ZONE

from ..conftest import OpenStorage, every_version
from ..storage import TANK_PATH, Storage, dataset

PHOTOS = dataset(TANK_PATH, "photos")


@pytest.fixture
async def storage(open_storage: OpenStorage, nas: TrueNas) -> Storage:
    """Give an entry whose snapshots have been read."""
    opened = await open_storage()
    await until(lambda: opened.items("snapshots"))
    return opened


def names(nas: TrueNas, name: str) -> list[str]:
    return [one.name for one in nas.snapshots.of(name)]


# --- Creating -----------------------------------------------------------------------------------


@every_version
async def test_create(storage: Storage, nas: TrueNas) -> None:
    result = await storage.act("create_snapshot", PHOTOS, name="before upgrade")
    assert result["snapshot"] == "tank/photos@before upgrade"
    assert names(nas, "tank/photos")[-1] == "before upgrade"
    assert "before upgrade" not in names(nas, "tank")


@every_version
async def test_create_with_all_below(storage: Storage, nas: TrueNas) -> None:
    await storage.act("create_snapshot", TANK_PATH, name="all", recursive=True)
    for name in ("tank", "tank/photos", "tank/documents"):
        assert names(nas, name)[-1] == "all"
    taken = {nas.snapshots[f"{name}@all"].txg for name in ("tank", "tank/photos")}
    assert len(taken) == 1, "at the same moment"


async def test_a_name_by_the_clock_of_the_nas(storage: Storage, nas: TrueNas) -> None:
    result = await storage.act("create_snapshot", PHOTOS)
    name = result["snapshot"].removeprefix("tank/photos@")
    told = datetime.strptime(name, "manual-%Y-%m-%d_%H-%M-%S").replace(tzinfo=ZONE)
    assert abs(told.timestamp() - nas.clock.now()) < 60
    assert names(nas, "tank/photos")[-1] == name


async def test_the_newest_is_shown_soon(storage: Storage, nas: TrueNas) -> None:
    before = storage.value(PHOTOS, "snapshot_newest")
    await storage.act("create_snapshot", PHOTOS)
    await until(lambda: storage.value(PHOTOS, "snapshot_newest") != before)


async def test_create_what_there_is_already(storage: Storage, nas: TrueNas) -> None:
    await storage.act("create_snapshot", PHOTOS, name="twice")
    with pytest.raises(HomeAssistantError, match="already exists"):
        await storage.act("create_snapshot", PHOTOS, name="twice")


@pytest.mark.parametrize("name", ["", "a@b", "a/b", " x", "x" * 201, "ü"])
async def test_names_that_cannot_be(storage: Storage, nas: TrueNas, name: str) -> None:
    before = len(nas.snapshots.all)
    with pytest.raises(vol.Invalid):
        await storage.act("create_snapshot", PHOTOS, name=name)
    assert len(nas.snapshots.all) == before


async def test_not_without_control(open_storage: OpenStorage, nas: TrueNas) -> None:
    storage = await open_storage(options={"allow_control": False})
    await until(lambda: storage.items("snapshots"))
    for action, data in (
        ("create_snapshot", {}),
        ("delete_snapshots", {"pattern": "*", "older_than": {"days": 0}}),
        ("apply_retention", {"daily": 1}),
        ("rollback_snapshot", {"snapshot": "x", "confirm": True}),
    ):
        with pytest.raises(ServiceValidationError, match="Control"):
            await storage.act(action, PHOTOS, **data)
    assert (await storage.act("list_snapshots", PHOTOS))["total"] > 0


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("delete_snapshots", {"pattern": "*", "older_than": {"days": 0}}),
        ("apply_retention", {"daily": 1}),
        ("rollback_snapshot", {"snapshot": "x", "confirm": True}),
    ],
)
async def test_only_for_administrators(
    storage: Storage,
    nas: TrueNas,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, Any],
) -> None:
    device = storage.device(PHOTOS)
    assert device is not None
    before = set(nas.snapshots.all)
    with pytest.raises(Unauthorized):
        await storage.hass.services.async_call(
            "home_server_monitor",
            action,
            {"device_id": device.id, **data},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    assert set(nas.snapshots.all) == before


# --- Listing ------------------------------------------------------------------------------------


@every_version
async def test_list(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots.take("tank/photos", "kept", used=7).holds.add("truenas")
    result = await storage.act("list_snapshots", PHOTOS, limit=3)
    assert result["dataset"] == "tank/photos"
    assert result["total"] == len(nas.snapshots.of("tank/photos"))
    first, second, third = result["snapshots"]
    assert first["name"] == "tank/photos@kept"
    assert first["used"] == 7
    assert first["referenced"] == nas.datasets["tank/photos"].own
    assert [first["held"], second["held"], third["held"]] == [True, False, False]
    times = [datetime.fromisoformat(one["created"]) for one in result["snapshots"]]
    assert times == sorted(times, reverse=True)


@every_version
async def test_list_what_fits_with_all_below(storage: Storage, nas: TrueNas) -> None:
    for name in ("tank", "tank/photos", "media/tv"):
        nas.snapshots.take(name, f"mine-{name.replace('/', '-')}")
    result = await storage.act("list_snapshots", TANK_PATH, pattern="mine-*", recursive=True)
    assert {one["name"] for one in result["snapshots"]} == {
        *("tank@mine-tank", "tank/photos@mine-tank-photos"),
    }
    alone = await storage.act("list_snapshots", TANK_PATH, pattern="mine-*")
    assert [one["name"] for one in alone["snapshots"]] == ["tank@mine-tank"]
    nothing = await storage.act("list_snapshots", TANK_PATH, pattern="nothing-*")
    assert (nothing["total"], nothing["snapshots"]) == (0, [])


@pytest.mark.parametrize("nas", [V25_10, V26], indirect=True, ids=str)
async def test_a_long_list_is_asked_for_in_parts(storage: Storage, nas: TrueNas) -> None:
    for number in range(400):
        nas.snapshots.take("media/tv", f"old-{number:03}", hours_ago=500 - number)
    path = next(
        path for path, one in storage.items("datasets").items() if path[1:] == ("dataset:tv",)
    )
    result = await storage.act("list_snapshots", path, limit=400)
    assert len(result["snapshots"]) == 400
    assert result["snapshots"][0]["name"] == "media/tv@old-399"


# --- Rolling back -------------------------------------------------------------------------------


@every_version
async def test_roll_back_to_the_newest(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots.take("tank/photos", "good")
    before = nas.datasets["tank/photos"].own
    nas.datasets["tank/photos"].own = 5
    result = await storage.act("rollback_snapshot", PHOTOS, snapshot="good", confirm=True)
    assert result["snapshot"] == "tank/photos@good"
    assert result["destroyed"] == []
    assert nas.datasets["tank/photos"].own == before


async def test_not_without_confirmation(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots.take("tank/photos", "good")
    nas.datasets["tank/photos"].own = 5
    with pytest.raises(HomeAssistantError, match="not confirmed"):
        await storage.act("rollback_snapshot", PHOTOS, snapshot="good", force=True)
    assert nas.datasets["tank/photos"].own == 5


@every_version
async def test_newer_ones_stand_in_the_way(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots.take("tank/photos", "good")
    for number in range(7):
        nas.snapshots.take("tank/photos", f"later-{number}")
    nas.datasets["tank/photos"].own = 5
    with pytest.raises(HomeAssistantError, match=r"later-6, .*later-2 \(\+2\)"):
        await storage.act("rollback_snapshot", PHOTOS, snapshot="good", confirm=True)
    assert nas.datasets["tank/photos"].own == 5
    assert len(nas.snapshots.of("tank/photos")) > 7

    result = await storage.act(
        "rollback_snapshot", PHOTOS, snapshot="tank/photos@good", confirm=True, force=True
    )
    assert len(result["destroyed"]) == 7
    assert names(nas, "tank/photos")[-1] == "good"


@every_version
async def test_held_newer_ones_cannot_be_forced(storage: Storage, nas: TrueNas) -> None:
    nas.snapshots.take("tank/photos", "good")
    nas.snapshots.take("tank/photos", "later")
    nas.snapshots.take("tank/photos", "held").holds.add("truenas")
    with pytest.raises(HomeAssistantError, match="held"):
        await storage.act("rollback_snapshot", PHOTOS, snapshot="good", confirm=True, force=True)
    assert "later" in names(nas, "tank/photos"), "nothing was touched"


async def test_roll_back_to_what_is_not_there(storage: Storage, nas: TrueNas) -> None:
    with pytest.raises(HomeAssistantError, match="tank/photos@gone"):
        await storage.act("rollback_snapshot", PHOTOS, snapshot="gone", confirm=True)
