"""A container is well when the system in it says so itself: here upsd, as a NUT entry knows it."""

import base64
from collections.abc import AsyncGenerator
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.home_server_monitor.const import DOMAIN
from tests.conftest import SetUp
from tests.lab.real.helpers import STAY
from tests.lab.real.process import LOOPBACK, free_port

from .conftest import Home, Shop, ask

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]

_SERVE = """\
while read -r line; do
  case "$line" in
    VER) echo "upsd VERSION" ;;
    "LIST UPS") ANSWER ;;
    "LIST VAR ups") printf 'BEGIN LIST VAR ups\\nVAR ups ups.status "OL"\\nEND LIST VAR ups\\n' ;;
    *) echo "ERR UNKNOWN-COMMAND" ;;
  esac
done
"""
_LIST = r"""printf 'BEGIN LIST UPS\nUPS ups "lab"\nEND LIST UPS\n'"""


def _image(answer: str, version: str = "1") -> str:
    """Serve like upsd; ``answer`` is a shell command."""
    script = _SERVE.replace("VERSION", version).replace("ANSWER", answer)
    written = f"echo {base64.b64encode(script.encode()).decode()} | base64 -d > /serve"
    return f'CMD ["sh", "-c", "{written}; nc -ll -p 3493 -e sh /serve & {STAY}"]'


WELL = _image(_LIST)
SICK = _image("echo ERR DATA-STALE")
FRAIL = _image(f"if test -e /broken; then echo ERR DATA-STALE; else {_LIST}; fi")
# Well at first, and no more when it is asked for the third time.
SOON_SICK = _image(f"echo >> /asked; if test $(wc -l < /asked) -lt 3; then {_LIST}; else echo; fi")


@pytest.fixture
async def port(hass: HomeAssistant) -> AsyncGenerator[int]:
    """Give a free port, and let go of the entries before the servers go."""
    yield free_port()
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


def _run(shop: Shop, port: int) -> None:
    shop.engine.network("media")
    bindings = {"3493/tcp": [{"HostIp": LOOPBACK, "HostPort": str(port)}]}
    host = {"NetworkMode": "media", "PortBindings": bindings}
    shop.run("app", HostConfig=host, ExposedPorts={"3493/tcp": {}}, StopTimeout=2)


async def _update(home: Home, **more: Any) -> dict[str, Any]:
    return await home.update("app", **{"timeout": 4, "settle": 1, **more})


@pytest.mark.parametrize(
    ("newer", "outcome", "words"),
    [
        (_image(_LIST, "2"), "updated", None),
        (SICK, "rolled_back", "in time it did not become well: nut does not answer"),
        (SOON_SICK, "rolled_back", "after all was well"),
    ],
    ids=["well", "sick", "soon sick"],
)
async def test_the_system_in_it_is_asked(
    shop: Shop, home: Home, set_up: SetUp, port: int, newer: str, outcome: str, words: str | None
) -> None:
    """Docker sees nothing wrong with any of them."""
    await ask(shop.publish, WELL)
    await ask(_run, shop, port)
    entry = await set_up("nut", host=LOOPBACK, port=port)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    await ask(shop.publish, newer)
    result = await _update(home, settle=3 if newer == SOON_SICK else 1)
    assert (result["outcome"], result["asked"]) == (outcome, ["nut"])
    assert words is None or words in result["error"]
    assert "old container" not in str(result["error"])
    shown = await ask(shop.engine.inspect, "app")
    assert shown["Image"] == shop.images[outcome == "updated"]


async def test_one_that_was_not_well_before_is_not_asked(
    shop: Shop, home: Home, set_up: SetUp, port: int
) -> None:
    """What the update did not break, it is not blamed for."""
    await ask(shop.publish, FRAIL)
    await ask(_run, shop, port)
    entry = await set_up("nut", host=LOOPBACK, port=port)
    assert entry.state is ConfigEntryState.LOADED, entry.reason
    broken = {"Cmd": ["touch", "/broken"]}
    made = await ask(shop.engine.call, "POST", "/containers/app/exec", broken)
    await ask(shop.engine.request, "POST", f"/exec/{made['Id']}/start", {"Detach": False})
    await ask(shop.publish, SICK)
    result = await _update(home)
    assert (result["outcome"], result["asked"]) == ("updated", [])
