"""What the host's share of an entry costs at rest."""

from homeassistant.helpers import issue_registry as ir
import pytest

from tests.harness import Clock
from tests.lab.truenas import TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox, pass_minutes

OURS = {
    "alert.list",
    "certificate.query",
    "interface.query",
    "reporting.netdata_get_data",
    "service.query",
    "system.info",
    "system.reboot.info",
    "update.check_available",
    "update.status",
}
MINUTES = 10


def _ours(nas: TrueNas) -> int:
    return sum(count for method, count in nas.calls.items() if method in OURS)


def _streams(nas: TrueNas) -> set[str]:
    """Return the subscriptions to what the host tells."""
    return {
        identity
        for session in nas.sessions
        for identity, name in session.subscriptions.items()
        if name.startswith(("alert.list", "reporting.realtime"))
    }


@every_version
async def test_at_rest(nas: TrueNas, box: Box, clock: Clock) -> None:
    await box.settled()
    nas.reset_counts()
    streams = _streams(nas)
    with box.written() as writes:
        await pass_minutes(clock, MINUTES)
    assert _ours(nas) <= 2 * MINUTES
    assert _streams(nas) == streams
    assert len(streams) == 2
    assert not {entity for entity in writes if "load" not in entity}


@pytest.mark.usefixtures("all_entities_enabled")
async def test_with_everything_and_a_ups(nas: TrueNas, open_box: OpenBox, clock: Clock) -> None:
    nas.host.ups.plug_in()
    box = await open_box()
    await box.until("nas_ups_charge", "100.0", ("ups:nas",))
    nas.reset_counts()
    await pass_minutes(clock, MINUTES)
    assert _ours(nas) <= 4 * MINUTES


async def test_a_reading_key_lacks_nothing(nas: TrueNas, open_box: OpenBox) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    nas.host.ups.plug_in()
    box = await open_box(username="ha", api_key=key.text)
    await box.settled()
    await box.until("nas_ups_charge", "100.0", ("ups:nas",))
    assert box.value("nas_cpu") == "7"
    assert box.value("nas_alerts") == "0"
    for issue in ir.async_get(box.hass).issues.values():
        lacking = (issue.translation_placeholders or {}).get("right", "").split(", ")
        assert not OURS & set(lacking)
