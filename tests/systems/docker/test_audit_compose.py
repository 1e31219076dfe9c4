"""The audit of the text of a compose file, as an action."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.lab.docker import SimulatedEngine

OPTIONS = {"include": ["audit"]}
PASSWORD = "b7Xq93LmTz0PvKd5RsYw"


async def _compose(hass: HomeAssistant, text: str) -> dict[str, Any]:
    answer = await hass.services.async_call(
        DOMAIN, "audit_compose", {"text": text}, blocking=True, return_response=True
    )
    assert isinstance(answer, dict)
    return dict(answer)


async def test_audit_compose(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp
) -> None:
    await set_up("docker", url=docker_engine.url, options=OPTIONS)
    text = f"services:\n  web:\n    image: lab/app\n    environment:\n      API_KEY: {PASSWORD}\n"
    answer = await _compose(hass, text)
    rules = {finding["rule"] for finding in answer["services"]["web"]["findings"]}
    assert {"secret_in_environment", "unpinned_image", "no_memory_limit"} <= rules
    assert answer["score"] < 100
    assert PASSWORD not in str(answer)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            "services:\n  web: [", "The text is not valid YAML: line 2, column 9.", id="broken"
        ),
        pytest.param("- one", "The text is not a compose file.", id="list"),
        pytest.param("services: {}", "The compose file has no services.", id="empty"),
        pytest.param(
            "services:\n  web: 7",
            "The service web of the compose file cannot be read.",
            id="odd service",
        ),
        pytest.param(
            "a: 1\n---\nb: 2", "The text holds more than one YAML document.", id="several"
        ),
        pytest.param("x" * 1_000_001, "The text is too long for a compose file.", id="long"),
        pytest.param("[" * 100_000, "The text is nested too deeply for a compose file.", id="deep"),
    ],
)
async def test_audit_of_no_compose_file(
    hass: HomeAssistant, docker_engine: SimulatedEngine, set_up: SetUp, text: str, words: str
) -> None:
    await set_up("docker", url=docker_engine.url, options=OPTIONS)
    with pytest.raises(ServiceValidationError) as caught:
        await _compose(hass, text)
    assert caught.value.translation_domain == DOMAIN
    assert str(caught.value) == words.rstrip(".")
