"""Quotas: which row of the table, what labels change, and what is said of a container."""

from datetime import UTC, datetime, timedelta
import math

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.analysis.quotas import (
    GIB,
    OTHERS,
    SMALLEST_MEMORY,
    TABLE,
    Check,
    ChosenQuota,
    Peak,
    Quota,
    Verdict,
    chosen,
    compliance,
    cores,
    higher,
    in_words,
    kind_of,
    size,
)

MIB = 1 << 20
NOW = datetime(2026, 11, 21, tzinfo=UTC)
DIGEST = "sha256:" + "ab" * 32


def test_the_table() -> None:
    assert TABLE["plex"] == Quota(cpus=4, memory=8 * GIB)
    assert TABLE["sonarr"] == TABLE["radarr"] == Quota(cpus=1, memory=2 * GIB)
    assert TABLE["prowlarr"] == Quota(cpus=0.5, memory=GIB)
    downloader = Quota(cpus=2, memory=GIB, io_read=500_000_000, io_write=500_000_000)
    assert TABLE["transmission"] == TABLE["qbittorrent"] == downloader
    assert TABLE[OTHERS] == Quota(cpus=1, memory=2 * GIB)


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        ("plexinc/pms-docker", "plex"),
        ("plexinc/pms-docker:plexpass", "plex"),
        ("lscr.io/linuxserver/plex:latest", "plex"),
        ("docker.io/linuxserver/sonarr:4.0.9", "sonarr"),
        (f"ghcr.io/hotio/radarr@{DIGEST}", "radarr"),
        (f"registry.local:5000/radarr:5@{DIGEST}", "radarr"),
        ("binhex/arch-prowlarr", "prowlarr"),
        ("haugene/transmission-openvpn", "transmission"),
        ("linuxserver/transmission", "transmission"),
        ("qbittorrentofficial/qbittorrent-nox:5", "qbittorrent"),
        ("binhex/arch-qbittorrentvpn", "qbittorrent"),
        ("SONARR", "sonarr"),
        # Named after one of them, but something else.
        ("kometateam/plex-meta-manager", OTHERS),
        ("onedr0p/sonarr-exporter", OTHERS),
        ("plex/postgres", OTHERS),
        ("postgres:16-alpine", OTHERS),
        ("docker:dind", OTHERS),
        ("registry.local:5000/tools", OTHERS),
        (DIGEST, OTHERS),
        ("other", OTHERS),
        ("", OTHERS),
    ],
)
def test_kinds(image: str, kind: str) -> None:
    assert kind_of(image) == kind


@given(st.text())
def test_any_image(image: str) -> None:
    assert kind_of(image) in TABLE


def label(**values: str) -> dict[str, str]:
    """Return quota labels."""
    return {f"home_server_monitor.quota.{name}": value for name, value in values.items()}


def test_labels_change_single_limits() -> None:
    found = chosen("linuxserver/sonarr", label(cpus="1.5", memory="3g", pids="200"))
    assert found.kind == "sonarr"
    assert found.quota == Quota(cpus=1.5, memory=3 * GIB, pids=200)
    assert found.given == {"cpus", "memory", "pids"}
    assert found.complaints == ()


def test_labels_take_limits_away() -> None:
    found = chosen("linuxserver/transmission", label(cpus="none", io_write="0", memory="Unlimited"))
    assert found.quota == Quota(io_read=500_000_000)
    assert found.given == {"cpus", "io_write", "memory"}


def test_labels_that_say_nothing_are_told_and_ignored() -> None:
    labels = {**label(cpus="many", memory="1k", speed="9", pids="-5"), "other": "1"}
    found = chosen("app", labels)
    assert found.quota == TABLE[OTHERS]
    assert found.given == frozenset()
    assert len(found.complaints) == 4
    assert all(text.startswith("home_server_monitor.quota.") for text in found.complaints)


def test_options_beat_labels() -> None:
    labels = label(cpus="1.5", memory="3g")
    found = chosen("linuxserver/sonarr", labels, {"memory": "4g", "pids": "none", "io_read": "x"})
    assert found.quota == Quota(cpus=1.5, memory=4 * GIB)
    assert found.given == {"cpus", "memory", "pids"}
    assert found.complaints == ("Option io_read: 'x' is not a size such as 512m or 2g",)


@given(
    st.dictionaries(
        st.sampled_from(["cpus", "memory", "memory_swap", "pids", "io_read", "x"]), st.text()
    )
)
def test_any_labels(values: dict[str, str]) -> None:
    quota = chosen("app", label(**values)).quota
    assert quota.memory is None or quota.memory >= SMALLEST_MEMORY
    assert quota.cpus is None or 0 < quota.cpus < math.inf


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("512m", 512 * MIB),
        ("2g", 2 * GIB),
        ("2G", 2 * GIB),
        ("1.5 GiB", 3 * GIB // 2),
        ("64kb", 65536),
        ("1073741824", GIB),
        ("1t", 1024 * GIB),
        ("0", 0),
    ],
)
def test_sizes(text: str, number: int) -> None:
    assert size(text) == number


@pytest.mark.parametrize("text", ["", "g", "-1g", "1e9", "2 gigs", "9" * 400, "99999999t"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|large"):
        size(text)


@given(st.integers(0, 1 << 50))
def test_bytes_are_themselves(number: int) -> None:
    assert size(str(number)) == number


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "one", ""])
def test_no_cores(text: str) -> None:
    with pytest.raises(ValueError, match=r"CPUs|could not convert"):
        cores(text)


# --- The verdict ------------------------------------------------------------------------------


def memory_check(
    *,
    limit: int | None = None,
    quota: int | None = 2 * GIB,
    usage: int | None = None,
    peak: int | None = None,
    is_given: bool = False,
) -> Check:
    """Judge a container by its memory alone."""
    found = compliance(
        ChosenQuota(
            kind=OTHERS,
            quota=Quota(memory=quota),
            given=frozenset({"memory"} if is_given else ()),
        ),
        cpu_limit=None,
        memory_limit=limit,
        cpus=None,
        memory=usage,
        peak=Peak(since=NOW, memory=peak),
    )
    return found.checks[1]


@pytest.mark.parametrize(
    ("limit", "usage", "peak", "verdict", "words"),
    [
        (GIB, 100 * MIB, 200 * MIB, Verdict.UNDER, "100 MiB of 1 GiB"),
        (GIB, 950 * MIB, 950 * MIB, Verdict.NEAR, "almost all"),
        (GIB, 100 * MIB, 1000 * MIB, Verdict.NEAR, "1000 MiB at its peak"),
        (GIB, 1025 * MIB, None, Verdict.OVER, "1 GiB of 1 GiB"),
        (None, 3 * GIB, None, Verdict.OVER, "no limit keeps it"),
        (None, GIB, None, Verdict.NONE, "No limit is set"),
        (GIB, None, None, Verdict.UNKNOWN, "not known"),
        (None, None, None, Verdict.UNKNOWN, "not known"),
    ],
)
def test_verdicts(
    limit: int | None, usage: int | None, peak: int | None, verdict: Verdict, words: str
) -> None:
    check = memory_check(limit=limit, usage=usage, peak=peak)
    assert check.verdict is verdict
    assert words in check.reason
    assert (check.limit, check.usage, check.peak) == (limit, usage, peak)


def test_a_limit_beats_the_table_and_a_label_both() -> None:
    assert memory_check(limit=8 * GIB, usage=4 * GIB).verdict is Verdict.UNDER
    assert memory_check(limit=8 * GIB, usage=4 * GIB, is_given=True).verdict is Verdict.OVER


def test_no_quota_at_all() -> None:
    check = memory_check(quota=None, usage=50 * GIB, is_given=True)
    assert check.verdict is Verdict.NONE
    assert check.reason == "It has no quota."


def test_throttled_cpus_are_near_and_not_over() -> None:
    def judge(cpus: float) -> Verdict:
        return (
            compliance(
                chosen("app", {}), cpu_limit=1, memory_limit=None, cpus=cpus, memory=None, peak=None
            )
            .checks[0]
            .verdict
        )

    assert judge(1.02) is Verdict.NEAR
    assert judge(1.2) is Verdict.OVER
    assert judge(0.5) is Verdict.UNDER


def test_the_gravest_decides() -> None:
    found = compliance(
        chosen("app", {}),
        cpu_limit=1,
        memory_limit=None,
        cpus=0.1,
        memory=3 * GIB,
        peak=None,
    )
    assert [check.verdict for check in found.checks] == [Verdict.UNDER, Verdict.OVER]
    assert found.verdict is Verdict.OVER


_AMOUNT = st.one_of(st.none(), st.integers(1, 1 << 40))


@given(_AMOUNT, _AMOUNT, _AMOUNT, _AMOUNT, st.booleans())
def test_over_means_more_than_is_allowed(
    limit: int | None, quota: int | None, usage: int | None, peak: int | None, is_given: bool
) -> None:
    check = memory_check(limit=limit, quota=quota, usage=usage, peak=peak, is_given=is_given)
    target = quota if is_given or limit is None else limit
    over = target is not None and usage is not None and usage > target
    assert (check.verdict is Verdict.OVER) == over
    assert check.reason


def test_peaks() -> None:
    assert higher(None, None, None, NOW) is None
    first = higher(None, None, 100, NOW)
    assert first == Peak(since=NOW, memory=100)
    later = NOW + timedelta(hours=1)
    second = higher(first, 0.5, 50, later)
    assert second == Peak(since=NOW, cpus=0.5, memory=100)
    assert higher(second, None, None, later) is second


@pytest.mark.parametrize(
    ("resource", "amount", "words"),
    [
        ("cpus", 1.0, "1 CPUs"),
        ("cpus", 0.25, "0.25 CPUs"),
        ("memory", 512 * MIB, "512 MiB"),
        ("memory", 1.5 * GIB, "1.5 GiB"),
        ("memory_swap", 10 * GIB, "10 GiB"),
        ("pids", 64, "64 processes"),
    ],
)
def test_words(resource: str, amount: float, words: str) -> None:
    assert in_words(resource, amount) == words
