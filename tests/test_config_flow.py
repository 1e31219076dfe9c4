"""The config flow against servers on loopback: every way in."""

import asyncio
from collections.abc import Generator
from pathlib import Path as FilePath
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from tests.flows import choose, no_debug, reconfigure, submit, typed
from tests.harness import (
    Clock,
    error_in_words,
    suggested,
    until,
)
from tests.lab.docker import SimulatedEngine
from tests.lab.portainer import Portainer
from tests.lab.real import RealEngine, unavailable
from tests.lab.server import HttpServer
from tests.lab.tls import make_certificates

pytestmark = pytest.mark.usefixtures("enable_custom_integrations")

# --- The ways in --------------------------------------------------------------------------------


async def test_docker(hass: HomeAssistant, docker_engine: SimulatedEngine) -> None:
    form = await choose(hass, "docker")
    assert suggested(form) == {
        "url": None,
        "verify_ssl": True,
        "certificates": None,
        "allow_control": False,
    }
    result = await submit(hass, form, url=f"tcp://127.0.0.1:{docker_engine.port}")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == docker_engine.host_name
    assert entry.unique_id is not None
    assert entry.unique_id.startswith("6a214ac9-c6ec-4d84-901d-")
    assert dict(entry.data) == {
        "system": "docker",
        "url": f"tcp://127.0.0.1:{docker_engine.port}",
        "verify_ssl": True,
    }
    assert dict(entry.options) == {"allow_control": False}
    assert entry.state is ConfigEntryState.LOADED


async def test_portainer(hass: HomeAssistant, portainer: Portainer) -> None:
    form = await choose(hass, "portainer")
    assert suggested(form) == {
        "url": None,
        "token": None,
        "verify_ssl": True,
        "allow_control": False,
    }
    result = await submit(
        hass, form, url=f"{portainer.url}/#!/home", token=portainer.api_key, allow_control=True
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.title == "Portainer 127.0.0.1"
    assert entry.unique_id == portainer.instance_id
    assert entry.data["token"] == portainer.api_key
    assert dict(entry.options) == {"allow_control": True}
    assert entry.state is ConfigEntryState.LOADED


async def test_unix_socket(hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None) -> None:
    socket = tmp_path / "docker.sock"
    async with SimulatedEngine(unix_path=socket):
        form = await choose(hass, "docker")
        result = await submit(hass, form, url=f"unix://{socket}")
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(result["result"].entry_id)


async def test_client_certificates(
    hass: HomeAssistant, tmp_path: FilePath, socket_enabled: None
) -> None:
    no_debug()
    files = make_certificates(tmp_path)
    authority = files.ca.read_text()
    certificates = {
        "ca_certificate": authority,
        "client_certificate": files.client_certificate.read_text(),
        "client_key": files.client_key.read_text(),
    }
    async with SimulatedEngine(tls=files.server_context()) as engine:
        form = await choose(hass, "docker")
        for wrong in (
            {},
            {"ca_certificate": authority},
            certificates | {"client_key": "no PEM"},
            certificates | {"ca_certificate": "no PEM"},
        ):
            form = await submit(hass, form, url=engine.url, certificates=wrong)
            assert form["type"] is FlowResultType.FORM
            assert form["errors"] == {"base": "tls_failed"}, wrong
            assert suggested(form)["certificates"] is None
        # Docker's own way to write an encrypted address.
        url = f"tcp://127.0.0.1:{engine.port}"
        result = await submit(hass, form, url=url, certificates=certificates)
        assert result["type"] is FlowResultType.CREATE_ENTRY
        entry = result["result"]
        assert entry.state is ConfigEntryState.LOADED

        # Changing the connection later keeps what the form does not show, also where the page
        # sends the closed section along.
        sections: tuple[dict[str, Any], ...] = ({}, {"certificates": {}})
        for section in sections:
            form = await reconfigure(hass, entry)
            result = await submit(hass, form, url=engine.url, **section)
            assert result["reason"] == "reconfigure_successful", section
            assert entry.data["certificates"] == certificates
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def encrypted_docker(socket_enabled: None) -> Generator[RealEngine]:
    """Give a real engine that asks for client certificates."""
    if reason := unavailable():
        pytest.skip(reason)
    with RealEngine(tls=True) as engine:
        yield engine


@pytest.mark.real
async def test_client_certificates_of_a_real_engine(
    encrypted_docker: RealEngine, hass: HomeAssistant
) -> None:
    files = encrypted_docker.certificates
    assert files is not None
    certificates = {
        "ca_certificate": files.ca.read_text(),
        "client_certificate": files.client_certificate.read_text(),
        "client_key": files.client_key.read_text(),
    }
    form = await choose(hass, "docker")
    plain = encrypted_docker.url.replace("https:", "http:")
    for url, section in (
        (encrypted_docker.url, {}),
        (encrypted_docker.url, {"ca_certificate": certificates["ca_certificate"]}),
        (plain, {}),
    ):
        form = await submit(hass, form, url=url, certificates=section)
        assert form["errors"] == {"base": "tls_failed"}, url
        assert not (await error_in_words(hass, form)).endswith(": ")
    result = await submit(hass, form, url=encrypted_docker.tcp_url, certificates=certificates)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize("system", ["docker", "portainer"])
@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "unix:///no-such-file", "unix://relative", "http://", "http://a:b"]
)
async def test_address_of_a_wrong_form(
    hass: HomeAssistant, socket_enabled: None, system: str, url: str
) -> None:
    form = await submit(hass, await choose(hass, system), **typed(system, url))
    # Only an engine has sockets, and the one here is of the right form but not there.
    absent = system == "docker" and url == "unix:///no-such-file"
    assert form["errors"] == {"base": "connection_refused" if absent else "invalid_address"}
    assert url in await error_in_words(hass, form) or absent
    assert suggested(form)["url"] == url


@pytest.mark.parametrize("system", ["docker", "portainer"])
async def test_timeout(
    hass: HomeAssistant,
    portainer: Portainer,
    docker_engine: SimulatedEngine,
    clock: Clock,
    system: str,
) -> None:
    server: HttpServer = portainer if system == "portainer" else docker_engine
    form = await choose(hass, system)
    fault = server.faults.hang()
    waiting = asyncio.create_task(submit(hass, form, **typed(system, server.url)))
    await until(lambda: fault.hits)
    await clock.forward(11)
    form = await waiting
    assert form["errors"] == {"base": "timeout"}
    assert await error_in_words(hass, form) == "There was no answer in time."


@pytest.mark.parametrize("system", ["docker", "portainer"])
async def test_the_same_system_twice(
    hass: HomeAssistant, portainer: Portainer, docker_engine: SimulatedEngine, system: str
) -> None:
    server: HttpServer = portainer if system == "portainer" else docker_engine
    said = typed(system, server.url)
    if system == "portainer":
        said["token"] = portainer.api_key
    first = await submit(hass, await choose(hass, system), **said)
    assert first["type"] is FlowResultType.CREATE_ENTRY
    # Another way to write the same address.
    said["url"] = f" {server.url}/ "
    second = await submit(hass, await choose(hass, system), **said)
    assert second["type"] is FlowResultType.ABORT
    assert second["reason"] == "already_configured"
