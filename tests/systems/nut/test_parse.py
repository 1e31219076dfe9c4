"""What a UPS's variables mean; no server and no Home Assistant."""

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.nut import parse
from custom_components.home_server_monitor.systems.nut.models import Flag, Ups, UpsStatus


def _ups(**variables: str) -> Ups:
    return parse.ups("ups", "", {name.replace("_", "."): text for name, text in variables.items()})


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("OL", "online"),
        ("OL CHRG", "charging"),
        ("CHRG OL", "charging"),
        ("OL DISCHRG", "discharging"),
        ("OB DISCHRG", "on_battery"),
        ("OB", "on_battery"),
        ("OB DISCHRG LB", "low_battery"),
        ("ol chrg", "charging"),
        ("OL CHRG LB", "charging"),
        ("LB", "low_battery"),
        ("FSD OL", "forced_shutdown"),
        ("FSD OB LB", "forced_shutdown"),
        ("OL CAL DISCHRG", "calibrating"),
        ("OB CAL LB", "calibrating"),
        ("OFF", "off"),
        ("OL OFF", "off"),
        ("OL BYPASS", "bypass"),
        ("OL OVER", "overloaded"),
        ("OL BOOST", "boosting"),
        ("OL TRIM CHRG", "trimming"),
        ("OL RB", "online"),
        ("ALARM OL RB", "online"),
        ("OB LB OVERHEAT", "low_battery"),
        ("OL ECO", "online"),
        ("SOMETHING-NEW", "other"),
        ("", None),
    ],
)
def test_status(text: str, status: str | None) -> None:
    assert _ups(ups_status=text).status == status


def test_no_status_at_all() -> None:
    ups = _ups(battery_charge="50")
    assert ups.status is None
    assert ups.on_battery is None
    assert ups.has(Flag.LOW_BATTERY) is None


@pytest.mark.parametrize(
    ("text", "on_battery"),
    [
        ("OL", False),
        ("OB", True),
        ("OB OL", True),
        ("FSD OL", False),
        ("OFF", None),
        ("SOMETHING-NEW", None),
    ],
)
def test_on_battery(text: str, *, on_battery: bool | None) -> None:
    assert _ups(ups_status=text).on_battery is on_battery


def test_unknown_words_stay_readable() -> None:
    ups = _ups(ups_status=" OB LB OVERHEAT ")
    assert ups.status_text == "OB LB OVERHEAT"
    assert ups.flags == {Flag.ON_BATTERY, Flag.LOW_BATTERY}
    assert ups.has(Flag.LOW_BATTERY) is True
    assert ups.has(Flag.REPLACE_BATTERY) is False


_WORDS = st.lists(st.sampled_from([*Flag, "OVERHEAT", "ECO", "TEST"]), min_size=1)


@given(_WORDS)
def test_every_status_has_a_word(words: list[str]) -> None:
    ups = _ups(ups_status=" ".join(words))
    assert ups.status in UpsStatus
    assert (ups.status == "other") <= ups.flags.isdisjoint(
        {Flag.ON_LINE, Flag.ON_BATTERY, Flag.LOW_BATTERY, Flag.FORCED_SHUTDOWN}
    )


@given(_WORDS)
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    there = _ups(ups_status=" ".join(words))
    back = _ups(ups_status=" ".join(reversed(words)))
    assert there.status == back.status


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100", 100),
        ("100.0", 100),
        ("27.3", 27.3),
        ("0", 0),
        ("0023", 23),
        ("-1", None),
        ("NA", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        ("1,5", None),
    ],
)
def test_numbers(text: str, number: float | None) -> None:
    ups = _ups(battery_charge=text)
    assert ups.charge == number
    assert ("charge" in ups.reported) is (number is not None)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    names = ("ups.status", "battery.charge", "ups.temperature", "device.serial", "ups.alarm")
    assert parse.ups(text, text, dict.fromkeys(names, text)).name == text


def test_temperatures_may_be_below_zero() -> None:
    assert _ups(ups_temperature="-3.5").temperature == -3.5


def test_the_second_name_of_a_value() -> None:
    ups = _ups(ups_realpower="NA", output_realpower="120", ups_mfr="APC", device_mfr=" ")
    assert ups.real_power == 120
    assert ups.manufacturer == "APC"


@pytest.mark.parametrize("text", ["Blank", "000000000", "0", "", " ", "unknown", "N/A"])
def test_a_serial_number_that_is_none(text: str) -> None:
    assert _ups(device_serial=text).serial is None
    assert _ups(device_serial=text, ups_serial="4B1").serial == "4B1"


def test_no_description() -> None:
    assert parse.ups("ups", "Description unavailable", {}).description is None
    assert parse.ups("ups", "Server rack", {}).description == "Server rack"


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("plain", "plain"),
        (r"say \"hello\" now", 'say "hello" now'),
        (r"C:\\ups", r"C:\ups"),
        ('19\\" rack \\"A\\', '19" rack "A"'),
    ],
)
def test_escapes(wire: str, text: str) -> None:
    assert parse.plain(wire) == text


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("Network UPS Tools upsd 2.8.0 - http://www.networkupstools.org/", "2.8.0"),
        ("Network UPS Tools upsd 2.8.2.1-355 - https://www.networkupstools.org/", "2.8.2.1-355"),
        ("Network UPS Tools upsd 2.7.4-1+b1", "2.7.4-1+b1"),
        ("something else", None),
    ],
)
def test_version(answer: str, version: str | None) -> None:
    assert parse.version(answer) == version
