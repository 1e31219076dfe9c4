"""SCRAM by itself, against the simulated server's half."""

from base64 import b64encode

import pytest

from custom_components.home_server_monitor.systems.truenas.api.scram import Scram
from tests.lab.truenas import Key
from tests.lab.truenas.scram import Exchange

KEY = Key(7, "ha", set(), text="7-abc-def")


def _scram(key: str = "abc-def") -> Scram:
    return Scram(username="ha", key_id="7", key=key)


def test_both_prove_themselves() -> None:
    scram = _scram()
    exchange = Exchange([KEY], scram.first())
    server_first = exchange.first()
    assert server_first is not None
    server_final = exchange.final(scram.final(server_first))
    assert server_final is not None
    assert scram.is_proved_by(server_final)


def test_another_key() -> None:
    scram = _scram("wrong")
    exchange = Exchange([KEY], scram.first())
    assert exchange.final(scram.final(exchange.first() or "")) is None


def test_a_server_that_does_not_know_the_key() -> None:
    scram = _scram()
    assert not scram.is_proved_by(f"v={b64encode(b'').decode()}")
    exchange = Exchange([KEY], scram.first())
    scram.final(exchange.first() or "")
    for nonsense in ("", "v=", "v=!", f"v={b64encode(bytes(64)).decode()}", "e=other-error"):
        assert not scram.is_proved_by(nonsense)


def test_a_published_exchange() -> None:
    """Computed with the vendor's own library from the same nonces, salt and key."""
    scram = Scram(username="user", key_id="10", key="abcdef0123456789", _nonce=bytes(range(32)))
    assert scram.first() == "n,,n=user:10,r=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    nonce = b64encode(bytes(range(64))).decode()
    salt = b64encode(b"0123456789abcdef").decode()
    final = scram.final(f"r={nonce},s={salt},i=50000")
    proof = (
        "mMPDkkfUJidVKeo9F8DiqIh5B5pNSjefY1J2vO9X3I2svKcokUQDyT2V8TNPxi7TTqvc1/kPKxa2YFzSMIZwtA=="
    )
    assert final == f"c=biws,r={nonce},p={proof}"
    signature = (
        "VU1J5wtlH2o9VYojDq9QP5DzmTdsJO4PcReGIUVugfXSXux2AXV3zRWE94to7UZ+ETFKjk/oAErYh6IWtyegDA=="
    )
    assert scram.is_proved_by(f"v={signature}")


@pytest.mark.parametrize(
    "server_first",
    [
        "",
        "r=,s=,i=",
        "r=x,s=y,i=50000",
        "e=unknown-user",
        "r=QUFB,s=QUFB,i=50000",
        "r={own},s=QUFB,i=50000",
        "r={longer},s=QUFB,i=1",
        "r={longer},s=QUFB,i=500000000",
        "r={longer},s=QUFB,i=many",
        "r={longer},s=*,i=50000",
    ],
)
def test_an_answer_that_is_none(server_first: str) -> None:
    scram = Scram(username="ha", key_id="7", key="abc", _nonce=bytes(32))
    own, longer = (b64encode(bytes(size)).decode() for size in (32, 64))
    scram.first()
    with pytest.raises(ValueError, match=r".+"):
        scram.final(server_first.format(own=own, longer=longer))


def test_nothing_shows_itself() -> None:
    scram = _scram()
    scram.first()
    assert "abc-def" not in repr(scram)
