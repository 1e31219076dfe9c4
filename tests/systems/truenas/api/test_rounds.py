"""Capability is found by asking: ``first`` and ``Round``."""

import asyncio

import pytest

from custom_components.home_server_monitor.systems.errors import CannotConnect, MissingRight
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    InvalidParams,
    MissingMethod,
)
from custom_components.home_server_monitor.systems.truenas.client import Ask, TrueNas as Client
from tests.harness import until
from tests.lab.truenas import V24_10, V25_10, TrueNas, ValidationError
from tests.systems.truenas.conftest import every_version

from .conftest import Reach, Time, offer

both_protocols = pytest.mark.parametrize("nas", [V24_10, V25_10], indirect=True, ids=str)
NEW, OLD, PING = "lab.new", "lab.old", "core.ping"


@every_version
async def test_the_first_that_the_server_has_is_remembered(nas: TrueNas, reach: Reach) -> None:
    offer(nas, OLD, lambda _nas, number: number)
    client = await reach(nas)
    for number in range(3):
        assert await client.first(Ask(NEW), Ask(OLD, number), Ask(PING)) == number
    assert (nas.calls[NEW], nas.calls[OLD], nas.calls[PING]) == (1, 3, 0)


@both_protocols
async def test_none_of_them(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    for _ in range(3):
        with pytest.raises(MissingMethod) as raised:
            await client.first(Ask(NEW), Ask(OLD))
        assert raised.value.detail == NEW
    assert (nas.calls[NEW], nas.calls[OLD]) == (1, 1)


@both_protocols
async def test_a_method_that_changed_its_parameters(nas: TrueNas, reach: Reach) -> None:
    """As ``disk.temperatures`` did."""

    def temperatures(_nas: TrueNas, names: list[str], thresholds: object = False) -> list[str]:
        if not isinstance(thresholds, bool):
            raise ValidationError("include_thresholds", "Input should be a valid boolean")
        return names

    offer(nas, OLD, temperatures)
    client = await reach(nas)
    old_form, new_form = Ask(OLD, ["sda"], {"powermode": "STANDBY"}), Ask(OLD, ["sda"], False)
    for _ in range(2):
        assert await client.first(old_form, new_form) == ["sda"]
    assert nas.calls[OLD] == 3
    with pytest.raises(InvalidParams):
        await client.first(Ask(PING, 1), Ask(OLD, []))


@both_protocols
async def test_after_a_new_connection_everything_is_asked_anew(
    nas: TrueNas, reach: Reach, time: Time
) -> None:
    """It may have been updated meanwhile."""
    client = await reach(nas)
    assert await client.round().ask(NEW) is None
    offer(nas, NEW, lambda _nas: "new")
    assert await client.round().ask(NEW) is None
    await time.forward(100)
    await _reconnect(nas, client)
    assert await client.round().ask(NEW) == "new"


async def _reconnect(nas: TrueNas, client: Client) -> None:
    nas.cut()
    await until(lambda: not client.is_connected)


@every_version
async def test_parts_that_are_not_to_be_had(nas: TrueNas, reach: Reach) -> None:
    nas.faults.denied("^lab.old$")
    offer(nas, OLD, lambda _nas: "old")
    client = await reach(nas)
    for _ in range(3):
        part = client.round()
        assert await part.ask(PING) == "pong"
        assert await part.ask(NEW) is None
        assert await part.ask(OLD) is None
        assert await part.ask_first(Ask(NEW), Ask(OLD)) is None
        assert [(type(error), error.detail) for error in part.lacking] == [(MissingRight, OLD)]
    # Once for each way of asking.
    assert nas.calls[OLD] == 2
    assert nas.calls[NEW] == 2


@both_protocols
async def test_a_right_is_asked_for_again_after_a_while(
    nas: TrueNas, reach: Reach, time: Time
) -> None:
    denied = nas.faults.denied("^core.ping$")
    client = await reach(nas)
    assert await client.round().ask(PING) is None
    denied.remove()
    await asyncio.sleep(0)
    nas.idle_timeout = None
    for _ in range(34):
        await time.forward(26)
    part = client.round()
    assert await part.ask(PING) is None
    assert len(part.lacking) == 1
    await time.forward(26)
    part = client.round()
    assert await part.ask(PING) == "pong"
    assert part.lacking == ()
    assert nas.connected == 1


@both_protocols
async def test_other_errors_are_told(nas: TrueNas, reach: Reach) -> None:
    client = await reach(nas)
    assert await client.round().ask(NEW) is None
    with pytest.raises(InvalidParams):
        await client.round().ask(PING, 1, 2)
    await nas.refuse()
    await until(lambda: not client.is_connected)
    for method in (NEW, PING):
        with pytest.raises(CannotConnect):
            await client.round().ask(method)
    await nas.accept()
