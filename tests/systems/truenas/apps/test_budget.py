"""What 30 apps cost the server at rest."""

import pytest

from custom_components.home_server_monitor.const import CONF_INCLUDE
from tests.harness import Clock
from tests.lab.truenas import TrueNas
from tests.lab.truenas.world.apps import Release
from tests.systems.truenas.conftest import AddNas, every_version

from .conftest import OpenShelf

_OURS = ("app.", "chart.", "docker.", "kubernetes.", "vm.", "virt.", "container.")
_OURS_ONLY = {CONF_INCLUDE: ["apps", "app_usage", "vms", "instances"]}
_MINUTES = 20


@every_version
async def test_calls_at_rest(clock: Clock, open_shelf: OpenShelf, nas: TrueNas) -> None:
    """Apps and machines together ask for less than one answer a minute."""
    for number in range(24):
        releases = [Release("1.0.0", "1.0")] + [Release("1.0.1", "1.1")] * (number % 3 == 0)
        nas.apps.add(f"app{number}", *releases)
    await open_shelf(options=_OURS_ONLY)
    nas.reset_counts()
    for _ in range(_MINUTES * 6):
        await clock.forward(10)
    asked = {
        name: count
        for name, count in nas.calls.items()
        if name.startswith(_OURS) and "statistics" not in name
    }
    assert asked
    assert sum(asked.values()) <= _MINUTES, asked


@every_version
@pytest.mark.parametrize("status", ["UNCONFIGURED"])
async def test_without_apps_next_to_nothing_is_asked(
    clock: Clock, nas: TrueNas, add_nas: AddNas, status: str
) -> None:
    """Nor are absent methods asked for again."""
    nas.apps.status = status
    nas.machines.vms.clear()
    nas.machines.instances.clear()
    nas.machines.incus = "NO_POOL"
    await add_nas(nas, options=_OURS_ONLY)
    nas.reset_counts()
    for _ in range(_MINUTES * 6):
        await clock.forward(10)
    asked = {name: count for name, count in nas.calls.items() if name.startswith(_OURS)}
    assert sum(asked.values()) <= _MINUTES, asked
    absent = "app.query" if nas.version.line == (24, 4) else "chart.release.query"
    assert not nas.calls[absent]
