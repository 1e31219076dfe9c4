"""From TrueNAS's datasets to models: tolerant of what is null or odd."""

from typing import Any

import pytest

from custom_components.home_server_monitor.systems.truenas.datasets import parse
from custom_components.home_server_monitor.systems.truenas.datasets.models import (
    Dataset,
    Encryption,
    PoolSpace,
)


def size(number: int | None, raw: str | None = None) -> dict[str, Any]:
    raw = str(number) if raw is None else raw
    return {"parsed": number, "rawvalue": raw, "value": "1G", "source": "LOCAL"}


def parsed(**fields: Any) -> Dataset:
    found = parse.dataset({"id": "tank/photos", "pool": "tank", "type": "FILESYSTEM", **fields})
    assert found is not None
    return found


def test_sizes() -> None:
    found = parsed(used=size(100), available=size(50), usedbydataset=size(70))
    assert (found.used, found.available, found.own) == (100, 50, 70)
    assert found.name == "photos"


def test_only_the_raw_value_is_a_number() -> None:
    assert parsed(used={"parsed": "100", "rawvalue": "100"}).used == 100
    assert parsed(used={"parsed": None, "rawvalue": "x"}).used is None
    assert parsed(used=None).used is None
    assert parsed(used=100).used is None


@pytest.mark.parametrize("unset", [size(None, "0"), size(0), size(None, "none"), None, {}])
def test_no_quota(unset: object) -> None:
    found = parsed(used=size(100), quota=unset, refquota=unset)
    assert not found.has_quota
    assert found.quota_used is None


def test_the_fuller_quota_counts() -> None:
    found = parsed(used=size(80), usedbydataset=size(45), quota=size(100), refquota=size(50))
    assert found.quota_used == 90
    assert parsed(used=size(80), quota=size(100)).quota_used == 80


def test_a_volume_has_no_quota() -> None:
    found = parsed(type="VOLUME", used=size(80), quota=size(100), volsize=size(100))
    assert found.is_volume
    assert not found.has_quota


@pytest.mark.parametrize(
    ("value", "ratio"),
    [
        ({"parsed": "1.25", "rawvalue": "1.25", "value": "1.25x"}, 1.25),
        ({"parsed": 1.25}, 1.25),
        ({"value": "1.25x"}, 1.25),
        ({"parsed": "much"}, None),
        (None, None),
    ],
)
def test_compression(value: object, ratio: float | None) -> None:
    assert parsed(compressratio=value).ratio == ratio


@pytest.mark.parametrize(
    ("fields", "encryption"),
    [
        ({"encrypted": False}, Encryption.NONE),
        ({}, Encryption.NONE),
        ({"encrypted": True, "locked": False, "key_loaded": True}, Encryption.UNLOCKED),
        ({"encrypted": True, "locked": True, "key_loaded": False}, Encryption.LOCKED),
        ({"encrypted": True, "key_loaded": False}, Encryption.LOCKED),
    ],
)
def test_encryption(fields: dict[str, Any], encryption: Encryption) -> None:
    assert parsed(**fields).encryption is encryption


def test_a_dataset_without_a_name_is_none() -> None:
    assert parse.dataset({"pool": "tank"}) is None


def test_the_pool_is_known_by_the_name_too() -> None:
    assert parsed(pool=None).pool == "tank"


def test_space_of_a_pool() -> None:
    space = PoolSpace(used=30, available=70)
    assert (space.size, space.used_percent) == (100, 30)
    assert PoolSpace(used=30).used_percent is None
    assert PoolSpace(used=0, available=0).used_percent is None
