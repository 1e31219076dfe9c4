"""Every form in which people write an address or a fingerprint."""

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.errors import InvalidAddress
from custom_components.home_server_monitor.systems.truenas.api.address import (
    fingerprint,
    normalise,
    written,
)
from custom_components.home_server_monitor.systems.truenas.api.errors import (
    InvalidFingerprint,
    PlainAddress,
)


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("nas", "https://nas"),
        ("nas.lan:8443", "https://nas.lan:8443"),
        ("  192.168.1.20  ", "https://192.168.1.20"),
        ("[fd00::5]:444", "https://[fd00::5]:444"),
        ("https://nas", "https://nas"),
        ("HTTPS://NAS/", "https://nas"),
        ("https://nas:443/ui/", "https://nas"),
        ("https://nas/ui/sessions/signin?x=1#y", "https://nas"),
        ("wss://nas/api/current", "https://nas"),
        ("wss://nas:8443/websocket", "https://nas:8443"),
        ("https://me:pw@nas/", "https://nas"),
    ],
)
def test_address(address: str, normal: str) -> None:
    assert str(normalise(address)) == normal
    assert str(normalise(normal)) == normal


@pytest.mark.parametrize(
    "address", ["http://nas", "ws://nas/websocket", "http://nas/ui/", "HTTP://nas:443"]
)
def test_plain_address(address: str) -> None:
    with pytest.raises(PlainAddress) as raised:
        normalise(address)
    assert raised.value.key == "plain_address"
    assert raised.value.detail == address


def test_plain_address_keeps_a_password_to_itself() -> None:
    with pytest.raises(PlainAddress) as raised:
        normalise("http://me:secret@nas")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    ["", "  ", "https://", "nas:port", "nas:99999", "ftp://nas", "https://[fd00::5", "://nas"],
)
def test_no_address(address: str) -> None:
    with pytest.raises(InvalidAddress) as raised:
        normalise(address)
    assert raised.value.key == "invalid_address"


@given(st.text(max_size=30))
def test_any_address(text: str) -> None:
    """Whatever is typed is either an address of TLS, or refused in words."""
    try:
        url = normalise(text)
    except InvalidAddress:
        return
    assert url.scheme == "https"
    assert url.host
    assert url.path == "/"
    assert url.user is None


DIGEST = bytes(range(32))


@pytest.mark.parametrize(
    "text",
    [
        DIGEST.hex(),
        DIGEST.hex(":").upper(),
        f" {DIGEST.hex(' ')} ",
        f"SHA256:{DIGEST.hex()}",
        written(DIGEST),
    ],
)
def test_fingerprint(text: str) -> None:
    read = fingerprint(text)
    assert read is not None
    assert read.fingerprint == DIGEST


def test_no_fingerprint() -> None:
    assert fingerprint("  ") is None


@pytest.mark.parametrize("text", ["nas", "00", DIGEST.hex()[2:], DIGEST.hex() + "00", "äöü"])
def test_invalid_fingerprint(text: str) -> None:
    with pytest.raises(InvalidFingerprint):
        fingerprint(text)
