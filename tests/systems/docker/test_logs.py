"""Logs as they come over the wire, and the lines that are made of them; no Home Assistant."""

import struct
from time import perf_counter

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.logs import Line, decode, search
from tests.systems.docker.documents import unhurried

_TIME = "2026-11-20T18:02:11.123456789Z"


def _frame(data: bytes, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def _told(body: bytes, *, framed: bool = True) -> list[tuple[str, str | None, str]]:
    return [(line.stream, line.time, line.text) for line in decode(body, framed=framed)]


def test_both_streams() -> None:
    body = _frame(f"{_TIME} out\n".encode()) + _frame(f"{_TIME} err\n".encode(), 2)
    assert _told(body) == [("stdout", _TIME, "out"), ("stderr", _TIME, "err")]


def test_podmans_whole_seconds() -> None:
    body = _frame(b"2026-11-20T18:02:11+01:00 out\n")
    assert _told(body) == [("stdout", "2026-11-20T18:02:11+01:00", "out")]


def test_line_without_a_time() -> None:
    assert _told(_frame(b"2026 was a year\n")) == [("stdout", None, "2026 was a year")]


def test_line_over_several_frames() -> None:
    """A long line comes in pieces of 16 KiB, each with the line's time (as Docker 28 does)."""
    pieces = ("x" * 16_384, "y" * 16_384, "z\n")
    body = b"".join(_frame(f"{_TIME} {piece}".encode()) for piece in pieces)
    assert _told(body) == [("stdout", _TIME, "".join(pieces).rstrip("\n"))]


def test_long_line_of_a_terminal() -> None:
    body = f"{_TIME} {'x' * 16_384}{_TIME} yy\r\n".encode()
    assert _told(body, framed=False) == [("stdout", _TIME, "x" * 16_384 + "yy")]


def test_other_stream_in_the_middle_of_a_line() -> None:
    body = _frame(b"half ") + _frame(b"warning\n", 2) + _frame(b"whole\n")
    assert _told(body) == [("stderr", None, "warning"), ("stdout", None, "half whole")]


def test_letter_over_two_frames() -> None:
    letter = "ü".encode()
    assert _told(_frame(letter[:1]) + _frame(letter[1:] + b"\n")) == [("stdout", None, "ü")]


@pytest.mark.parametrize("kept", range(1, 8))
def test_body_that_breaks_off_in_a_header(kept: int) -> None:
    body = _frame(b"one\n") + _frame(b"two\n")[:kept]
    assert _told(body) == [("stdout", None, "one")]


def test_body_that_breaks_off_in_a_frame() -> None:
    body = _frame(b"one\n") + _frame(b"two\n")[:-2]
    assert _told(body) == [("stdout", None, "one"), ("stdout", None, "tw")]


def test_terminal() -> None:
    body = f"{_TIME} one\r\n{_TIME} two\r\n".encode()
    assert _told(body, framed=False) == [("stdout", _TIME, "one"), ("stdout", _TIME, "two")]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b[31mred\x1b[0m\n", "red"),
        (b"\x1b[1;32;40mgreen\x1b[m\n", "green"),
        (b"\x1b[2K\x1b[?25lhidden cursor\n", "hidden cursor"),
        (b"windows\r\n", "windows"),
        (b"10%\r20%\r\n", "10%\r20%"),
        (b"a form\x0cfeed\n", "a form\x0cfeed"),
        ("a line\u2028separator\n".encode(), "a line\u2028separator"),
        (b"latin \xe9\n", "latin \ufffd"),
        (b"\n", ""),
        (b"no end", "no end"),
    ],
)
def test_text(raw: bytes, text: str) -> None:
    assert _told(_frame(raw)) == [("stdout", None, text)]


def test_several_lines_in_one_frame() -> None:
    assert [text for *_, text in _told(_frame(b"one\ntwo\n\nfour\n"))] == ["one", "two", "", "four"]


@pytest.mark.parametrize("framed", [True, False])
def test_empty_body(*, framed: bool) -> None:
    assert decode(b"", framed=framed) == []


def test_header_that_promises_more_than_there_is() -> None:
    body = struct.pack(">BxxxL", 1, 0xFFFFFFFF) + b"short\n"
    assert _told(body) == [("stdout", None, "short")]


def test_unknown_stream_counts_as_stdout() -> None:
    assert _told(_frame(b"engine\n", 3)) == [("stdout", None, "engine")]


def test_huge_logs_take_no_quadratic_time() -> None:
    """Eight megabytes without a line's end, in frames of 1 KiB, then in one frame."""
    began = perf_counter()
    (line,) = decode(_frame(b"x" * 1024) * 8192, framed=True)
    assert len(line.text) == 8 << 20
    (line,) = decode(_frame(b"x" * (8 << 20)), framed=True)
    assert len(line.text) == 8 << 20
    assert perf_counter() - began < 20, "some 0.1 s; copying at every frame would take minutes"


def test_search() -> None:
    lines = [Line("stdout", None, "Error: NO"), Line("stderr", None, "fine")]
    assert search(lines, "error") == lines[:1]
    assert search(lines, "STRASSE") == []
    assert search([Line("stdout", None, "Straße")], "STRASSE")
    assert search(lines, None) == lines
    assert search(lines, "") == lines


# Whatever a program writes but colours, ends of lines and what looks like the time itself.
_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\x1b"), max_size=40
)
_LINES = st.lists(st.tuples(st.sampled_from([1, 2]), _TEXT), max_size=8)


@unhurried
@given(_LINES, st.booleans(), st.data())
def test_round_trip(lines: list[tuple[int, str]], timed: bool, data: st.DataObject) -> None:
    """What was written comes back, however it is cut into frames."""
    body = b""
    for stream, text in lines:
        whole = f"{text}\n".encode()
        cut = data.draw(st.integers(0, len(whole) - 1))
        pieces = [whole[:cut], whole[cut:]] if cut else [whole]
        prefix = f"{_TIME} ".encode() if timed else b""
        body += b"".join(_frame(prefix + piece, stream) for piece in pieces)
    names = {1: "stdout", 2: "stderr"}
    time = _TIME if timed else None
    found = [line for line in _told(body) if timed or line[1] is None]
    assert found == [(names[stream], time, text) for stream, text in lines]


@unhurried
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes(body: bytes, framed: bool) -> None:
    for line in decode(body, framed=framed):
        assert "\n" not in line.text
