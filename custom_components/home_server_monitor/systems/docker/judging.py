"""What a measurement means: the peak so far, whether the quota is kept, whether traffic is too much."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ...analysis import bandwidth, quotas
from .models import Container, ContainerUsage, HostUsage
from .stats import IDLE


def idle(before: object) -> ContainerUsage:
    """Return the usage of a container that does not run: all that stays is its peak."""
    return replace(IDLE, peak=before.peak) if isinstance(before, ContainerUsage) else IDLE


def judged(
    usage: ContainerUsage,
    container: Container,
    before: object,
    now: datetime,
    own: Mapping[str, str] | None = None,
) -> ContainerUsage:
    """Add to a measurement what it means after those before; ``own`` is the quota in the options."""
    old = before if isinstance(before, ContainerUsage) else IDLE
    measured = replace(
        usage,
        container_id=container.id,
        peak=quotas.higher(old.peak, cpus(usage), usage.memory, now),
    )
    kept = compliance(container, measured, own).verdict
    return replace(
        measured,
        over_quota=None if kept is quotas.Verdict.UNKNOWN else kept is quotas.Verdict.OVER,
        alarm=_alarm(container, old, measured, now),
    )


def cpus(usage: ContainerUsage) -> float | None:
    """Return how many cores a container keeps busy."""
    return None if usage.cpu_cores is None else usage.cpu_cores / 100


def compliance(
    container: Container, usage: object, own: Mapping[str, str] | None = None
) -> quotas.Compliance:
    """Judge how a container keeps to its quota."""
    known = usage if isinstance(usage, ContainerUsage) else IDLE
    return quotas.compliance(
        quotas.chosen(container.image, container.labels, own),
        cpu_limit=container.limits.cpus,
        memory_limit=container.limits.memory,
        cpus=cpus(known),
        memory=known.memory,
        peak=known.peak,
    )


def _alarm(
    container: Container, old: ContainerUsage, usage: ContainerUsage, now: datetime
) -> bandwidth.Alarm | None:
    rate = bandwidth.busier(usage.network_receive_rate, usage.network_send_rate)
    if old.alarm is None and rate is None:
        return None
    threshold = bandwidth.container_threshold(container.labels.get(bandwidth.CONTAINER_LABEL))
    return bandwidth.step(old.alarm or bandwidth.Alarm(), rate, now, threshold)


def judged_host(
    usage: HostUsage, before: object, link_speed: float | None, now: datetime
) -> HostUsage:
    """Add to a host's totals whether its traffic is too much."""
    old = before.alarm if isinstance(before, HostUsage) else None
    rate = bandwidth.busier(usage.network_receive_rate, usage.network_send_rate)
    if old is None and rate is None:
        return usage
    threshold = bandwidth.host_threshold(link_speed)
    return replace(usage, alarm=bandwidth.step(old or bandwidth.Alarm(), rate, now, threshold))
