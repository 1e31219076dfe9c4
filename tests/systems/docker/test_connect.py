"""Every form in which people write an address; no Home Assistant."""

from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.home_server_monitor.systems.docker import portainer
from custom_components.home_server_monitor.systems.docker.connect import normalise
from custom_components.home_server_monitor.systems.errors import InvalidAddress
from tests.systems.docker.documents import unhurried


@pytest.mark.parametrize(
    ("address", "plain", "encrypted"),
    [
        ("nas", "http://nas:2375", "https://nas:2376"),
        ("nas.lan:4243", "http://nas.lan:4243", "https://nas.lan:4243"),
        ("  nas  ", "http://nas:2375", "https://nas:2376"),
        ("192.168.1.5", "http://192.168.1.5:2375", "https://192.168.1.5:2376"),
        ("192.168.1.5:2375", "http://192.168.1.5:2375", "https://192.168.1.5:2375"),
        ("[fd00::5]", "http://[fd00::5]:2375", "https://[fd00::5]:2376"),
        ("[fd00::5]:2377", "http://[fd00::5]:2377", "https://[fd00::5]:2377"),
        ("tcp://nas", "http://nas:2375", "https://nas:2376"),
        ("tcp://nas:2376", "http://nas:2376", "https://nas:2376"),
        ("TCP://NAS:2375/", "http://nas:2375", "https://nas:2375"),
        ("http://nas:2375/", "http://nas:2375", "https://nas:2375"),
        # The scheme's own port needs no saying: nothing else is meant by its absence any more.
        ("http://nas:80", "http://nas", "https://nas:80"),
        ("https://nas:443", "https://nas", "https://nas"),
        ("https://nas", "https://nas:2376", "https://nas:2376"),
        ("https://nas:8443", "https://nas:8443", "https://nas:8443"),
        ("https://nas:8443/docker/", "https://nas:8443/docker", "https://nas:8443/docker"),
        ("http://me:pw@nas:1", "http://me:pw@nas:1", "https://me:pw@nas:1"),
        ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock", None),
        ("unix:///run/docker.sock/", "unix:///run/docker.sock", None),
        (" unix:///run/user/1000/podman/podman.sock ", None, None),
    ],
)
def test_engine_address(address: str, plain: str | None, encrypted: str | None) -> None:
    plain = plain or address.strip()
    assert normalise(address, encrypted=False) == plain
    assert normalise(address, encrypted=True) == (encrypted or plain)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "   ",
        "tcp://",
        "http://",
        "unix://",
        "unix://var/run/docker.sock",
        "/var/run/docker.sock",
        "ssh://root@nas",
        "npipe:////./pipe/docker_engine",
        "ftp://nas",
        "nas:port",
        "nas:99999",
        "http://[fd00::5",
    ],
)
def test_no_engine_address(address: str) -> None:
    with pytest.raises(InvalidAddress) as raised:
        normalise(address, encrypted=False)
    assert raised.value.key == "invalid_address"


@unhurried
@given(st.text(max_size=30), st.booleans())
def test_any_engine_address(text: str, encrypted: bool) -> None:
    """Whatever is typed is either an address that aiohttp takes, or refused in words."""
    try:
        once = normalise(text, encrypted=encrypted)
    except InvalidAddress:
        return
    if not once.startswith("unix:///"):
        url = URL(once)
        assert url.scheme in ("http", "https")
        assert url.host
        assert url.port


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("nas:9000", "http://nas:9000"),
        ("http://nas:9000/", "http://nas:9000"),
        ("https://nas:9443/#!/1/docker/containers", "https://nas:9443"),
        ("https://nas:9443/?state=x", "https://nas:9443"),
        ("https://home.example/portainer/", "https://home.example/portainer"),
        (" https://home.example ", "https://home.example"),
        ("[fd00::5]:9000", "http://[fd00::5]:9000"),
        ("A.𞋬", "http://a.xn--u24h"),
    ],
)
def test_portainer_address(address: str, normal: str) -> None:
    assert portainer.normalise(address) == normal


@pytest.mark.parametrize("address", ["", "http://", "ftp://nas", "nas:port", "http://[fd00::5"])
def test_no_portainer_address(address: str) -> None:
    with pytest.raises(InvalidAddress):
        portainer.normalise(address)


@unhurried
@given(st.text(max_size=30))
def test_any_portainer_address(text: str) -> None:
    try:
        once = portainer.normalise(text)
    except InvalidAddress:
        return
    assert once.startswith(("http://", "https://"))
    assert portainer.normalise(once) == once
