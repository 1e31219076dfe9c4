"""From the server's JSON to models of apps: Docker apps, and the charts of 24.04."""

from collections.abc import Iterable, Mapping
import re
from typing import Any
from urllib.parse import urlsplit

from ...paths import ROOT, Path, child
from ..wire import each, mapping, number, sequence, text, whole
from .models import App, AppState, AppUsage, Sample, Versions

APP = "app"
"""The kind of an app's path."""

_MEBIBYTE = 1024**2  # what charts count their memory in; apps use bytes
_SHORTEST = 1.0  # seconds between two samples that make a rate

_CHART_STATES = {"ACTIVE": AppState.RUNNING}
_STATES = {state.value: state for state in AppState}
_ANY_ADDRESS = re.compile(r"^(https?://)(0\.0\.0\.0|\[::\])(?=[:/]|$)")


def apps(answer: object, host: str) -> list[App]:
    """Parse ``app.query`` or ``chart.release.query``; ``host`` is where people reach the server.

    Raises ``BadAnswer`` where it is no list.
    """
    return each(answer, lambda row: app(row, host))


def app(row: Mapping[str, Any], host: str) -> App | None:
    """Parse one app or chart, None where it has no name."""
    name = text(row.get("name")) or text(row.get("id"))
    if name is None:
        return None
    return _chart(name, row, host) if "chart_metadata" in row else _docker(name, row, host)


def _docker(name: str, row: Mapping[str, Any], host: str) -> App:
    latest = text(row.get("latest_version"))
    of_app = text(row.get("latest_app_version"))
    return App(
        name=name,
        state=_state(row.get("state")),
        custom=row.get("custom_app") is True,
        version=text(row.get("version")),
        human_version=text(row.get("human_version")),
        latest_version=latest,
        latest_human_version=f"{of_app}_{latest}" if of_app and latest else None,
        upgrade_available=row.get("upgrade_available") is True,
        image_updates_available=row.get("image_updates_available") is True,
        portal=_portal(mapping(row.get("portals")), host),
        containers=whole(mapping(row.get("active_workloads")).get("containers")),
    )


def _chart(name: str, row: Mapping[str, Any], host: str) -> App:
    metadata = mapping(row.get("chart_metadata"))
    return App(
        name=name,
        state=_state(row.get("status")),
        chart=True,
        version=text(metadata.get("version")),
        human_version=text(row.get("human_version")),
        latest_version=text(metadata.get("latest_chart_version")),
        latest_human_version=text(row.get("human_latest_version")),
        upgrade_available=row.get("update_available") is True,
        image_updates_available=row.get("container_images_update_available") is True,
        portal=_portal(mapping(row.get("portals")), host),
        containers=whole(mapping(row.get("pod_status")).get("available")),
    )


def _state(word: object) -> AppState:
    known = str(word)
    return _CHART_STATES.get(known) or _STATES.get(known.lower(), AppState.OTHER)


def _portal(portals: Mapping[str, Any], host: str) -> str | None:
    """Return the address of the app's own page, of several the one named so.

    Apps that listen everywhere are told as ``0.0.0.0``; charts give a list for each name.
    """
    named = sorted(portals.items(), key=lambda item: item[0].lower().replace("_", " ") != "web ui")
    for address in (one for _, value in named for one in _listed(value)):
        shown = _ANY_ADDRESS.sub(lambda found: f"{found[1]}{host}", address)
        if _is_address(shown):
            return shown
    return None


def _listed(value: object) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return (one for one in values if isinstance(one, str))


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def app_path(name: str) -> Path:
    """Return where the app of this name stands."""
    return child(ROOT, APP, name)


def usages(fields: object, before: Mapping[Path, AppUsage], at: float) -> dict[Path, AppUsage]:
    """Parse one message of ``app.stats`` or ``chart.release.statistics``.

    ``before`` is what was known of each app, ``at`` the event loop's clock. Who is not known is
    left out, as is what follows its forerunner too closely for a rate.
    """
    found = {}
    for row in map(mapping, sequence(fields)):
        path = app_path(text(row.get("app_name")) or text(row.get("id")) or "")
        known = before.get(path)
        if known is not None and not _is_too_early(known, at):
            found[path] = _chart_usage(row, at) if known.chart else _docker_usage(row, known, at)
    return found


def _is_too_early(known: AppUsage, at: float) -> bool:
    """Whether no rate can be made of a counter; charts tell none."""
    return not known.chart and known.sample is not None and at - known.sample.at < _SHORTEST


def _docker_usage(row: Mapping[str, Any], before: AppUsage, at: float) -> AppUsage:
    """Rates of the network come ready made, those of block devices from counters."""
    blocks = mapping(row.get("blkio"))
    sample = Sample(
        at=at, read=whole(blocks.get("read")) or 0, written=whole(blocks.get("write")) or 0
    )
    networks = [mapping(one) for one in sequence(row.get("networks"))]
    cpu, memory = number(row.get("cpu_usage")), whole(row.get("memory"))
    if not networks and not cpu and not memory:
        return idle(sample)
    return AppUsage(
        chart=False,
        sample=sample,
        cpu=cpu,
        memory=memory,
        network_receive_rate=_summed(networks, "rx_bytes"),
        network_send_rate=_summed(networks, "tx_bytes"),
        block_read_rate=_rate(before.sample, sample, "read"),
        block_write_rate=_rate(before.sample, sample, "written"),
    )


def idle(sample: Sample | None = None, *, chart: bool = False) -> AppUsage:
    """Return the usage of an app that does not run: the server tells zeros and no network."""
    return AppUsage(
        chart=chart,
        sample=sample,
        cpu=0.0,
        memory=0,
        network_receive_rate=0.0,
        network_send_rate=0.0,
        block_read_rate=None if chart else 0.0,
        block_write_rate=None if chart else 0.0,
    )


def _chart_usage(row: Mapping[str, Any], at: float) -> AppUsage:
    stats = mapping(row.get("stats"))
    network = mapping(stats.get("network"))
    memory = number(stats.get("memory"))
    return AppUsage(
        chart=True,
        sample=Sample(at=at, read=0, written=0),
        cpu=number(stats.get("cpu")),
        memory=None if memory is None else int(memory * _MEBIBYTE),
        network_receive_rate=number(network.get("incoming")),
        network_send_rate=number(network.get("outgoing")),
    )


def _summed(networks: list[Mapping[str, Any]], key: str) -> float | None:
    """Add up all interfaces; one whose counter began anew is told as less than nothing."""
    told = [rate for one in networks if (rate := number(one.get(key))) is not None]
    return sum(max(rate, 0.0) for rate in told) if told else None


def _rate(before: Sample | None, now: Sample, name: str) -> float | None:
    """Return bytes per second; None for the first sample, and where the counter began anew."""
    if before is None or now.at <= before.at:
        return None
    grown: int = getattr(now, name) - getattr(before, name)
    return grown / (now.at - before.at) if grown >= 0 else None


def back_versions(answer: object) -> Versions:
    """Parse ``app.rollback_versions``, whose newest stands last."""
    return Versions(back=tuple((one, one) for one in reversed(_listed_texts(answer))))


def _listed_texts(answer: object) -> list[str]:
    return [one for one in sequence(answer) if isinstance(one, str)]


def chart_history(answer: object) -> Versions:
    """Parse the history of one chart, from ``chart.release.query`` with ``extra.history``."""
    row = mapping(next(iter(sequence(answer)), None))
    installed = mapping(row.get("chart_metadata")).get("version")
    history = mapping(row.get("history"))
    back = [
        (version, text(mapping(entry).get("human_version")) or version)
        for version, entry in history.items()
        if version != installed
    ]
    return Versions(back=tuple(sorted(back, key=_order, reverse=True)))


def _order(version: tuple[str, str]) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version[0]))


def forward_versions(summary: object) -> tuple[tuple[str, str], ...]:
    """Parse what ``….upgrade_summary`` offers, the newest first."""
    offered = [
        mapping(one) for one in sequence(mapping(summary).get("available_versions_for_upgrade"))
    ]
    named = [
        (version, text(one.get("human_version")) or version)
        for one in offered
        if (version := text(one.get("version")))
    ]
    return tuple(sorted(named, key=_order, reverse=True))
