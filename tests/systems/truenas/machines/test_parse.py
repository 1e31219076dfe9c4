"""From the server's JSON to machines, without a server."""

from typing import Any

import pytest

from custom_components.home_server_monitor.systems.truenas.machines import parse
from custom_components.home_server_monitor.systems.truenas.machines.models import MachineState


def vm(**fields: Any) -> Any:
    """Parse one virtual machine."""
    return parse.virtual_machine({"id": 1, "name": "a", "status": {"state": "RUNNING"}, **fields})


class TestVirtualMachine:
    """Rows of ``vm.query``."""

    def test_memory_is_told_in_mebibytes(self) -> None:
        """And the processors as sockets, cores and threads."""
        machine = vm(memory=4096, vcpus=2, cores=3, threads=2)
        assert machine.memory == 4 * 1024**3
        assert machine.cpus == 12

    def test_what_is_missing_is_not_known(self) -> None:
        """Only its number is needed."""
        machine = parse.virtual_machine({"id": 7})
        assert machine is not None
        assert (machine.name, machine.memory, machine.cpus) == ("VM 7", None, None)
        assert machine.state is MachineState.OTHER
        assert parse.virtual_machine({"name": "a", "id": None}) is None

    @pytest.mark.parametrize(
        ("word", "state"),
        [
            ("RUNNING", "running"),
            ("STOPPED", "stopped"),
            ("SUSPENDED", "suspended"),
            ("CRASHED", "crashed"),
            ("UPDATING CONFIGURATION", "other"),
            (None, "other"),
        ],
    )
    def test_states(self, word: str | None, state: str) -> None:
        """An unknown word is a state as well."""
        assert vm(status={"state": word}).state == state


@pytest.mark.parametrize(
    ("limit", "count"),
    [("4", 4), (2, 2), ("0-3", 4), ("0-1,6", 3), ("1,3", 2), ("", None), (None, None), ("x", None)],
)
def test_processors_of_incus(limit: object, count: int | None) -> None:
    """A number, or the processors themselves."""
    instance = parse.instance({"id": "a", "status": "FROZEN", "cpu": limit})
    assert instance is not None
    assert instance.cpus == count
    assert instance.state is MachineState.SUSPENDED


def test_a_container_of_26() -> None:
    """It tells no memory, and processors only where it is bound to some."""
    row = {"id": 3, "name": "debian", "cpuset": "0-1", "status": {"state": "STOPPED"}}
    container = parse.instance(row)
    assert container is not None
    assert (container.cpus, container.memory) == (2, None)
    assert container.state is MachineState.STOPPED
    assert parse.instance({"name": "debian", "status": {}}) is None
