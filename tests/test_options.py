"""The options that a system declares: shown, checked, stored, and secrets never shown again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
)
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.home_server_monitor.const import DOMAIN
from custom_components.home_server_monitor.systems import SYSTEMS
from custom_components.home_server_monitor.systems.option import (
    InvalidOption,
    Latest,
    OptionField,
)
from tests.conftest import SetUp
from tests.harness import suggested
from tests.lab.docker import SimulatedEngine


def _whole(value: Any) -> int:
    if not str(value).isdigit():
        raise InvalidOption("unknown", detail=str(value))
    return int(value)


def _choice(latest: Latest, value: Any) -> SelectSelector:
    present = [item.name for item in latest("containers").values() if hasattr(item, "image")]
    return SelectSelector(
        SelectSelectorConfig(options=sorted({*present, *(value or ())}), multiple=True)
    )


_LOGINS = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        fields={
            name: ObjectSelectorField(selector={"text": {}})
            for name in ("server", "user", "password")
        },
    )
)
FIELDS = (
    OptionField(key="days", selector=TextSelector(), default="7", check=_whole),
    OptionField(key="left_alone", selector=_choice),
    OptionField(key="hours", selector=TextSelector(), default="1", required=True),
    OptionField(key="pin", selector=TextSelector(), secret=True, section="doors"),
    OptionField(
        key="logins",
        selector=_LOGINS,
        section="doors",
        secret_parts=("password",),
        known_by="server",
    ),
    OptionField(key="floor", selector=TextSelector(), section="doors", check=_whole),
)
LOGIN = {"server": "ghcr.io", "user": "me", "password": "letmein-1"}
GENERAL = {"allow_control": True, "scan_interval": 60, "include": []}


@pytest.fixture
async def entry(
    docker_engine: SimulatedEngine, set_up: SetUp, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    monkeypatch.setitem(SYSTEMS, "docker", replace(SYSTEMS["docker"], options=FIELDS))
    docker_engine.add("web")
    return await set_up("docker", url=docker_engine.url)


async def _form(hass: HomeAssistant, entry: MockConfigEntry) -> ConfigFlowResult:
    return await hass.config_entries.options.async_init(entry.entry_id)


async def _submit(
    hass: HomeAssistant, form: ConfigFlowResult, doors: Mapping[str, Any], **data: Any
) -> ConfigFlowResult:
    typed = {**GENERAL, "hours": "2", "doors": dict(doors), **data}
    result = await hass.config_entries.options.async_configure(form["flow_id"], typed)
    await hass.async_block_till_done()
    return result


def _in_section(form: ConfigFlowResult) -> dict[str, Any]:
    schema = form["data_schema"]
    assert schema is not None
    inner = next(content for key, content in schema.schema.items() if key == "doors").schema
    return {str(key): key.description["suggested_value"] for key in inner.schema}


async def test_shown_and_stored(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    form = await _form(hass, entry)
    assert suggested(form)["days"] == "7"
    assert suggested(form)["hours"] == "1"
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["left_alone"].config["options"] == ["web"]
    result = await _submit(
        hass, form, {"pin": "1234", "logins": [LOGIN]}, days="30", left_alone=["web"]
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {
        **GENERAL,
        "days": 30,
        "left_alone": ["web"],
        "hours": "2",
        "pin": "1234",
        "logins": [LOGIN],
    }


async def test_secrets_are_not_shown_and_stay(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await _submit(hass, await _form(hass, entry), {"pin": "pin-1234", "logins": [LOGIN]})
    form = await _form(hass, entry)
    shown = {"server": "ghcr.io", "user": "me"}
    assert _in_section(form) == {"pin": None, "logins": [shown], "floor": None}
    other = {"server": "quay.io", "user": "you", "password": "letmein-2"}
    renamed = {**shown, "user": "you"}
    await _submit(hass, form, {"logins": [other, renamed]})
    assert entry.options["pin"] == "pin-1234"
    assert entry.options["logins"] == [other, {**LOGIN, "user": "you"}]
    dump = str(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert "quay.io" in dump
    for secret in ("pin-1234", "letmein"):
        assert secret not in dump
    # A row that was taken out takes its secret along.
    await _submit(hass, await _form(hass, entry), {"logins": [shown | {"server": "docker.io"}]})
    assert entry.options["logins"] == [{"server": "docker.io", "user": "me"}]
    await _submit(hass, await _form(hass, entry), {"logins": []})
    assert "logins" not in entry.options


async def test_what_cannot_be_kept_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    before = dict(entry.options)
    form = await _submit(hass, await _form(hass, entry), {"pin": "1234"}, days="many")
    assert form["errors"] == {"days": "unknown"}
    assert form["description_placeholders"] == {"detail": "many"}
    assert suggested(form)["days"] == "many"
    assert _in_section(form)["pin"] is None
    form = await _submit(hass, form, {"floor": "attic"}, days="1")
    assert form["errors"] == {"base": "unknown"}
    assert dict(entry.options) == before
    result = await _submit(hass, form, {"floor": "3"}, days="1")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert dict(entry.options) == {**GENERAL, "hours": "2", "days": 1, "floor": 3}


async def test_an_entry_that_is_not_loaded_has_options_too(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    form = await _form(hass, entry)
    schema = form["data_schema"]
    assert schema is not None
    assert schema.schema["left_alone"].config["options"] == []
    assert (await _submit(hass, form, {}))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("system", list(SYSTEMS))
async def test_every_option_has_words(hass: HomeAssistant, system: str) -> None:
    words = await async_get_translations(hass, "en", "options", {DOMAIN})
    for part in SYSTEMS[system].options:
        inside = f"sections.{part.section}." if part.section else ""
        for kind in ("data", "data_description"):
            assert f"component.{DOMAIN}.options.step.init.{inside}{kind}.{part.key}" in words
        if part.section:
            assert f"component.{DOMAIN}.options.step.init.{inside}name" in words
