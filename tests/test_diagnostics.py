"""Diagnostics: nothing that lets anybody in leaves Home Assistant, nor does it stand anywhere else."""

from dataclasses import dataclass, replace
import json
import logging
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import device_registry as dr, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import SYSTEMS
from tests.conftest import SetUp
from tests.harness import coordinator
from tests.lab.docker import SimulatedEngine
from tests.lab.nut import NutServer
from tests.lab.portainer import Portainer

CANARY = "canary"


def _fields(system: str) -> list[str]:
    """Return every field of a system's form, those in sections as section.field."""
    names = []
    for field in SYSTEMS[system].fields:
        if isinstance(field.selector, section):
            parts = field.selector.schema.schema
            names += [f"{field.key}.{part}" for part in parts]
        else:
            names.append(field.key)
    return names


@dataclass
class _House:
    """What of Home Assistant people, logs and recorders get to see."""

    hass: HomeAssistant
    caplog: pytest.LogCaptureFixture

    def seen(self) -> str:
        records = [
            f"{record.getMessage()} {record.exc_info}"
            for record in self.caplog.records
            # The harness' own account of its client that asks for the dump.
            if not record.name.startswith("asyncio")
        ]
        states = [
            json.dumps(state.as_dict(), default=str) for state in self.hass.states.async_all()
        ]
        devices = [
            repr(device)
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            for device in dr.async_entries_for_config_entry(dr.async_get(self.hass), entry.entry_id)
        ]
        issues = [repr(issue) for issue in ir.async_get(self.hass).issues.values()]
        reasons = [str(e.reason) for e in self.hass.config_entries.async_entries(DOMAIN)]
        return "\n".join([self.caplog.text, *records, *states, *devices, *issues, *reasons])


@pytest.fixture
def house(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> _House:
    caplog.set_level(logging.DEBUG)
    return _House(hass, caplog)


@pytest.mark.parametrize("system", list(SYSTEMS))
async def test_canary_in_every_field(
    hass: HomeAssistant,
    house: _House,
    hass_client: ClientSessionGenerator,
    enable_custom_integrations: None,
    system: str,
) -> None:
    """Whatever field a secret was typed into by mistake: it is nowhere to be seen."""
    data: dict[str, Any] = {}
    for name in _fields(system):
        outer, _, inner = name.partition(".")
        value: Any = f"{CANARY}-{name}"
        if name in ("verify_ssl", "port"):
            value = 1
        elif name == "host":
            # No secret: the log says which one does not answer.
            value = "127.0.0.1"
        elif name == "url":
            value = f"http://{CANARY}:{CANARY}%2Fword@127.0.0.1:1"
        if inner:
            data.setdefault(outer, {})[inner] = value
        else:
            data[outer] = value
    entry = MockConfigEntry(
        domain=DOMAIN, title=system, unique_id=f"{CANARY}-id", data={"system": system, **data}
    )
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is not ConfigEntryState.LOADED
    dump = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert CANARY not in dump
    assert entry.state.value in dump
    assert CANARY not in house.seen()


@pytest.mark.parametrize("fault", ["", "server_error", "garbage", "unauthorized", "reset"])
async def test_portainer(
    hass: HomeAssistant,
    house: _House,
    hass_client: ClientSessionGenerator,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
    fault: str,
) -> None:
    """A token that works, in an address with a password that does no harm."""
    token = portainer.api_key = f"ptr_{CANARY}"
    docker_engine.add("web", logs=["hello"])
    url = portainer.url.replace("//", f"//{CANARY}:{CANARY}-word@")
    entry = await set_up("portainer", url=f"{url}/", token=token)
    assert entry.state is ConfigEntryState.LOADED
    if fault:
        getattr(portainer.faults, fault)()
        for part in entry.runtime_data.coordinators.values():
            await part.async_refresh()
        await hass.async_block_till_done()
    dump = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert CANARY not in json.dumps(dump)
    assert CANARY not in house.seen()
    # It still says what there is.
    groups = dump["groups"]
    assert isinstance(groups, dict)
    assert set(groups) == set(entry.runtime_data.coordinators)
    assert '"name": "web"' in json.dumps(groups["containers"])


async def test_error_that_repeats_the_secret(
    hass: HomeAssistant,
    house: _House,
    hass_client: ClientSessionGenerator,
    portainer: Portainer,
    set_up: SetUp,
) -> None:
    """A server that gives the token back in its message does not get it into the dump."""
    token = portainer.api_key = f"ptr_{CANARY}"
    entry = await set_up("portainer", url=portainer.url, token=token)
    body = json.dumps({"message": f"the key {token} is too old"}).encode()
    portainer.faults.status(500, r"containers/json", body=body)
    await coordinator(entry, "containers").async_refresh()
    dump = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert "the key **REDACTED** is too old" in dump
    assert CANARY not in dump


async def test_nut(
    hass: HomeAssistant,
    house: _House,
    hass_client: ClientSessionGenerator,
    nut_server: NutServer,
    set_up: SetUp,
) -> None:
    allowed = nut_server.users[nut_server.username]
    nut_server.users[f"{CANARY}-user"] = replace(allowed, password=f"{CANARY}-word")
    entry = await set_up(
        "nut",
        host="127.0.0.1",
        port=nut_server.port,
        username=f"{CANARY}-user",
        password=f"{CANARY}-word",
    )
    assert entry.state is ConfigEntryState.LOADED
    dump = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert CANARY not in dump
    assert CANARY not in house.seen()


async def test_after_unloading(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    docker_engine: SimulatedEngine,
    set_up: SetUp,
) -> None:
    entry = await set_up("docker", url=docker_engine.url)
    await hass.config_entries.async_unload(entry.entry_id)
    dump = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert dump["state"] == "not_loaded"
    assert dump["groups"] == {}


@pytest.mark.parametrize("system", ["docker", "portainer"])
async def test_address_that_is_none(
    hass: HomeAssistant,
    house: _House,
    hass_client: ClientSessionGenerator,
    set_up: SetUp,
    system: str,
) -> None:
    """The message repeats the address, but not who is let in by it."""
    more = {"token": CANARY} if system == "portainer" else {}
    entry = await set_up(system, url=f"ftp://{CANARY}:{CANARY}@nas.example/", **more)
    assert entry.reason is not None
    assert "nas.example" in entry.reason
    dump = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert CANARY not in dump
    assert CANARY not in house.seen()
