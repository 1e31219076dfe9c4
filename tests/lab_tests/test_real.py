"""The real daemons do what their helpers promise, and leave nothing behind."""

from __future__ import annotations

from collections.abc import Generator
import http.client
from pathlib import Path

import pytest

from tests.lab.real import RealEngine, RealRegistry
from tests.lab.real.engine import EngineRefused
from tests.lab.real.process import PREFIX

pytestmark = pytest.mark.real


def unhealthy(state: dict[str, dict[str, str]]) -> bool:
    return state["Health"]["Status"] == "unhealthy"


@pytest.fixture(params=["real_docker", "real_docker_old"])
def engine(request: pytest.FixtureRequest) -> RealEngine:
    found: RealEngine = request.getfixturevalue(request.param)
    return found


def test_household(engine: RealEngine) -> None:
    ids = engine.household()
    listed = {entry["Id"]: entry for entry in engine.containers()}
    assert set(ids.values()) == set(listed)
    port = listed[ids["web"]]["Ports"][0]
    assert (port["IP"], port["PrivatePort"]) == ("127.0.0.1", 80)
    assert engine.wait_for("done", lambda state: state["Status"] == "exited")["ExitCode"] == 7
    assert engine.inspect("site-db-1")["HostConfig"]["Memory"] == 1 << 26
    assert engine.stats("site-db-1")["memory_stats"]["limit"] == 1 << 26
    assert engine.inspect("term")["Config"]["Tty"]
    engine.wait_for("loop", lambda state: state["Restarting"])
    engine.wait_for("site-db-1", lambda state: state["Health"]["Status"] == "healthy")
    engine.set_healthy("site-db-1", False)
    engine.wait_for("site-db-1", unhealthy)
    engine.remove("plain")
    with pytest.raises(EngineRefused, match="404"):
        engine.inspect("plain")
    with pytest.raises(TimeoutError, match="still"):
        engine.wait_for("chatty", lambda state: state["Dead"], seconds=0.1)


def test_containers_outlive_the_daemon(engine: RealEngine) -> None:
    engine.run("one")
    before = engine.state("one")["Pid"]
    port = engine.port
    with engine.down(), pytest.raises(OSError, match=r"refused|No such file"):
        engine.containers()
    assert (engine.state("one")["Pid"], engine.port) == (before, port)
    engine.kill_daemon()
    engine.start_daemon()
    assert engine.state("one")["Pid"] == before


def ping(connection: http.client.HTTPConnection) -> tuple[int, bytes]:
    try:
        connection.request("GET", "/_ping")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def tls_engine(real_docker: RealEngine) -> Generator[RealEngine]:
    # After `real_docker`, so that there are two daemons side by side.
    with RealEngine(tls=True) as engine:
        yield engine


def test_tls_beside_another_engine(real_docker: RealEngine, tls_engine: RealEngine) -> None:
    real_docker.network("front")
    tls_engine.network("front")
    real_docker.run("one", network="front")
    tls_engine.run("two", network="front")
    assert [entry["Names"] for entry in tls_engine.containers()] == [["/two"]]
    certificates = tls_engine.certificates
    assert certificates is not None
    connection = http.client.HTTPSConnection(
        "127.0.0.1", tls_engine.port, context=certificates.client_context()
    )
    assert ping(connection) == (200, b"OK")
    stranger = certificates.client_context(with_certificate=False)
    with pytest.raises(OSError, match=r"alert|EOF|reset"):
        ping(http.client.HTTPSConnection("127.0.0.1", tls_engine.port, context=stranger))
    plain = http.client.HTTPConnection("127.0.0.1", tls_engine.port)
    refusal = b"Client sent an HTTP request to an HTTPS server.\n"
    assert ping(plain) == (400, refusal)


def test_registry(real_docker: RealEngine, real_registry: RealRegistry) -> None:
    ref = real_registry.push(real_docker, "lab/busybox:1.0", "app:latest")
    assert ref == f"{real_registry.host}/app:latest"
    remote = real_docker.call("GET", f"/distribution/{ref}/json")["Descriptor"]["digest"]
    local = real_docker.call("GET", f"/images/{ref}/json")["RepoDigests"]
    assert any(entry.endswith(remote) for entry in local)
    real_docker.import_image("lab/busybox:2.0", labels={"new": "yes"})
    real_registry.push(real_docker, "lab/busybox:2.0", "app:latest")
    assert real_docker.call("GET", f"/distribution/{ref}/json")["Descriptor"]["digest"] != remote


def test_nothing_stays(real_docker: RealEngine) -> None:
    with RealEngine() as engine:
        engine.network("front")
        engine.run("one", network="front")
        engine.run("loop", "exit 1", restart="always")
        folder, group = engine.folder, (engine.folder / "group").read_text(encoding="utf-8")
        assert folder.name.startswith(PREFIX)
        # Even when the daemon has crashed before.
        engine.kill_daemon()
    assert not folder.exists()
    assert str(folder) not in Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert not list(Path("/sys/fs/cgroup").glob(f"**/{group}"))
