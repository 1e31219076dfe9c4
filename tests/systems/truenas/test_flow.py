"""Adding a TrueNAS, and changing how it is reached, as a person does it."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.conftest import SetUp
from tests.flows import choose, no_debug, reauth, reconfigure, submit
from tests.harness import error_in_words, suggested, until
from tests.lab.truenas import V24_04, V26, TrueNas

from .conftest import AddNas, every_version

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")


def _typed(nas: TrueNas, **changed: object) -> dict[str, object]:
    return {
        "url": nas.url,
        "username": nas.username,
        "api_key": nas.api_key,
        "verify_ssl": False,
        "allow_control": False,
        **changed,
    }


def _state(entry: MockConfigEntry) -> ConfigEntryState:
    """Return the state, which a comparison before does not bind."""
    state: ConfigEntryState = entry.state
    return state


@every_version
async def test_add(hass: HomeAssistant, nas: TrueNas) -> None:
    result = await submit(hass, await choose(hass, "truenas"), **_typed(nas))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "truenas"
    assert entry.unique_id == nas.host_id
    assert entry.state is ConfigEntryState.LOADED
    # One connection for the entry; the one of the flow is closed.
    await until(lambda: len(nas.sessions) == 1)
    await hass.config_entries.async_unload(entry.entry_id)
    await until(lambda: not nas.sessions)


async def test_add_twice(hass: HomeAssistant, nas: TrueNas, add_nas: AddNas) -> None:
    entry = await add_nas(nas)
    hass.config_entries.async_update_entry(entry, unique_id=nas.host_id)
    # By another address it is still the same one.
    url = f"{nas.url}/ui/"
    result = await submit(hass, await choose(hass, "truenas"), **_typed(nas, url=url))
    assert result["reason"] == "already_configured"


async def test_the_form(hass: HomeAssistant, nas: TrueNas) -> None:
    """Mistakes are told in words, one after the other, and what was typed stays."""
    no_debug()
    form = await choose(hass, "truenas")
    assert suggested(form)["verify_ssl"] is True
    plain = await nas.open_plain()
    mistakes: list[tuple[dict[str, object], str]] = [
        ({"url": "nas lan"}, "This is not an address"),
        ({"url": plain}, "revokes a key for good"),
        ({"fingerprint": "abc"}, "64 hexadecimal digits"),
        ({"fingerprint": "00" * 32}, "the server's certificate is another one"),
        ({"verify_ssl": True}, "self-signed certificate"),
        ({"api_key": "1-wrong"}, "The credentials were rejected."),
    ]
    for changed, words in mistakes:
        form = await submit(hass, form, **_typed(nas, **changed))
        assert form["type"] is FlowResultType.FORM
        said = await error_in_words(hass, form)
        assert words in said or ("certificate" in words and "certificate" in said)
        shown = suggested(form)
        assert shown["url"] == changed.get("url", nas.url)
        assert shown["api_key"] is None
    assert nas.admin.revoked is None
    result = await submit(hass, form, **_typed(nas))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize("nas", [V24_04], indirect=True, ids=str)
async def test_old_versions_need_no_user_name(hass: HomeAssistant, nas: TrueNas) -> None:
    typed = _typed(nas)
    del typed["username"]
    result = await submit(hass, await choose(hass, "truenas"), **typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize("nas", [V26], indirect=True, ids=str)
async def test_an_expired_key_is_asked_for_again(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
) -> None:
    entry = await add_nas(nas)
    hass.config_entries.async_update_entry(entry, unique_id=nas.host_id)
    nas.keys.expire(nas.admin)
    await hass.config_entries.async_reload(entry.entry_id)
    assert _state(entry) is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "key_expired"
    form = await reauth(hass)
    assert set(suggested(form)) == {"username", "api_key"}
    form = await submit(hass, form, username="root", api_key=nas.api_key)
    assert "expired or was revoked" in await error_in_words(hass, form)
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    result = await submit(hass, form, username="ha", api_key=key.text)
    assert result["reason"] == "reauth_successful"
    assert _state(entry) is ConfigEntryState.LOADED


async def test_pin_the_certificate_later(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
) -> None:
    """The refusal names the fingerprint, which may be copied into the field."""
    no_debug()
    entry = await add_nas(nas)
    hass.config_entries.async_update_entry(entry, unique_id=nas.host_id)
    form = await reconfigure(hass, entry)
    unsafe = {"url": nas.url, "username": nas.username, "verify_ssl": True}
    form = await submit(hass, form, **unsafe)
    fingerprint = (await error_in_words(hass, form)).rpartition(" ")[2]
    result = await submit(hass, form, **unsafe, fingerprint=fingerprint)
    assert result["reason"] == "reconfigure_successful"
    assert _state(entry) is ConfigEntryState.LOADED
    assert entry.data["api_key"] == nas.api_key
    assert entry.data["fingerprint"] == fingerprint


async def test_another_system_is_not_taken_for_it(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
) -> None:
    entry = await add_nas(nas)
    hass.config_entries.async_update_entry(entry, unique_id="a" * 64)
    form = await reconfigure(hass, entry)
    result = await submit(hass, form, url=nas.url, username=nas.username, verify_ssl=False)
    assert result["reason"] == "wrong_system"


async def test_a_better_key_tells_who_it_is(
    hass: HomeAssistant, nas: TrueNas, set_up: SetUp
) -> None:
    """An entry that was known by its address grows up."""
    entry = await set_up("truenas", **_typed(nas), unique_id=f"127.0.0.1:{nas.port}")
    form = await reconfigure(hass, entry)
    result = await submit(hass, form, url=nas.url, username=nas.username, verify_ssl=False)
    assert result["reason"] == "reconfigure_successful"
    assert entry.unique_id == nas.host_id
    await hass.config_entries.async_unload(entry.entry_id)


async def test_it_is_set_up_again_after_a_reboot(
    hass: HomeAssistant, nas: TrueNas, add_nas: AddNas
) -> None:
    await nas.go_down()
    entry = await add_nas(nas)
    assert _state(entry) is ConfigEntryState.SETUP_RETRY
    await nas.come_up(ready=False)
    await hass.config_entries.async_reload(entry.entry_id)
    assert _state(entry) is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "not_ready"
    nas.be_ready()
    await hass.config_entries.async_reload(entry.entry_id)
    assert _state(entry) is ConfigEntryState.LOADED
