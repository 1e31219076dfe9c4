"""Services, and the methods that differ from version to version."""

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
import voluptuous as vol

from tests import harness
from tests.lab.truenas import V24_04, V26, TrueNas

from ..conftest import every_version
from .conftest import Box, OpenBox

SMB, NFS = ("service:cifs",), ("service:nfs",)


@pytest.mark.usefixtures("all_entities_enabled")
@every_version
async def test_which_run(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.changed(
        r"^service\.query$",
        lambda rows: [*rows, None, {"id": 99}, {"service": "odd", "state": "STRANGE"}],
    )
    box = await open_box()
    assert box.value("nas_service_running", SMB) == "on"
    assert box.value("nas_service_running", ("service:ftp",)) == "off"
    assert box.value("nas_service_running", ("service:odd",)) == "unknown"
    assert box.value("nas_services_running") == str(
        sum(one.running for one in nas.host.services.all)
    )
    assert box.state("nas_service_running", SMB).name == "truenas SMB service"


async def test_they_wait_to_be_wanted(box: Box) -> None:
    entity = box.registered("nas_service_running", SMB)
    assert entity is not None
    assert entity.disabled


@every_version
async def test_stopping_and_starting(nas: TrueNas, box: Box) -> None:
    for service, key, operation, runs in (
        ("SMB", "cifs", "stop", False),
        ("cifs", "cifs", "start", True),
        ("ftp", "ftp", "restart", True),
        ("NFS", "nfs", "reload", True),
    ):
        await box.act("control_service", service=service, operation=operation)
        assert nas.host.services[key].running is runs


@pytest.mark.usefixtures("all_entities_enabled")
async def test_the_entity_follows(box: Box) -> None:
    assert box.value("nas_service_running", NFS) == "on"
    await box.act("control_service", service="nfs", operation="stop")
    await box.until("nas_service_running", "off", NFS)


@every_version
@pytest.mark.parametrize(
    ("service", "operation"), [("cifs", "stop"), ("ftp", "start"), ("ftp", "restart")]
)
async def test_one_that_will_not(nas: TrueNas, box: Box, service: str, operation: str) -> None:
    """What the methods return differs; that it did not work is said in every version."""
    nas.host.services[service].stubborn = True
    with pytest.raises(HomeAssistantError):
        await box.act("control_service", service=service, operation=operation)


@pytest.mark.parametrize(
    ("nas", "method"),
    [(V24_04, "service.stop"), (V26, "service.control")],
    indirect=["nas"],
    ids=str,
)
async def test_by_the_method_that_there_is(nas: TrueNas, box: Box, method: str) -> None:
    await box.act("control_service", service="nfs", operation="stop")
    assert nas.calls[method] == 1
    other = {"service.stop", "service.control"} - {method}
    assert nas.calls[other.pop()] <= 1


async def test_one_that_is_not_there(nas: TrueNas, box: Box) -> None:
    with pytest.raises(HomeAssistantError, match="no service gopher"):
        await box.act("control_service", service="gopher", operation="stop")
    assert not nas.calls["service.control"]


async def test_what_cannot_be_done(box: Box) -> None:
    with pytest.raises(vol.Invalid):
        await box.act("control_service", service="ssh", operation="explode")


async def test_control_is_asked_for(nas: TrueNas, open_box: OpenBox) -> None:
    box = await open_box(options={"allow_control": False})
    with pytest.raises(ServiceValidationError):
        await box.act("control_service", service="ssh", operation="stop")
    assert nas.host.services["ssh"].running


async def test_a_reading_key_may_not(nas: TrueNas, open_box: OpenBox) -> None:
    key = nas.keys.add("ha", {"READONLY_ADMIN"})
    box = await open_box(username="ha", api_key=key.text)
    with pytest.raises(HomeAssistantError):
        await box.act("control_service", service="ssh", operation="stop")
    assert nas.host.services["ssh"].running


async def test_a_service_that_is_gone(nas: TrueNas, box: Box) -> None:
    nas.host.services.all.remove(nas.host.services["ftp"])
    await box.refresh("nas_services")
    assert box.registered("nas_service_running", ("service:ftp",)) is None
    assert box.registered("nas_service_running", SMB)


async def test_denied(nas: TrueNas, open_box: OpenBox) -> None:
    nas.faults.denied(r"^service\.query$")
    box = await open_box()
    assert box.registered("nas_service_running", SMB) is None
    assert box.value("nas_load_1") == "0.61"
    assert not harness.coordinator(box.entry, "nas_services").items
