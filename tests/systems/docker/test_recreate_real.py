"""What a real engine makes of the request for a container that it has shown."""

from typing import Any
from urllib.parse import quote

import pytest

from custom_components.home_server_monitor.systems.docker.recreate import recreate
from tests.lab.real import RealEngine
from tests.lab.real.helpers import IMAGE

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("docker")]
SECOND = 10**9
type Document = dict[str, Any]

CASES: dict[str, Document] = {
    "plain": {},
    "host": {"HostConfig": {"NetworkMode": "host", "PidMode": "host", "IpcMode": "host"}},
    "uts": {"HostConfig": {"NetworkMode": "none", "UTSMode": "host"}},
    "privileged": {"HostConfig": {"NetworkMode": "none", "Privileged": True}},
    "unmasked": {"HostConfig": {"NetworkMode": "none", "MaskedPaths": [], "ReadonlyPaths": []}},
    "named": {"Hostname": "nas", "Domainname": "home", "HostConfig": {"NetworkMode": "one"}},
    "overridden": {
        "Entrypoint": ["/bin/env"],
        "Cmd": ["sh", "-c", "sleep 9"],
        "Env": ["LEVEL=mine", "PATH=/bin:/mine"],
        "WorkingDir": "/tmp",
        "User": "1000:1000",
        "StopSignal": "SIGINT",
        "StopTimeout": 0,
        "Tty": True,
        "OpenStdin": True,
        "Healthcheck": {"Test": ["NONE"]},
    },
    "cleared": {"Entrypoint": [""], "Cmd": ["sleep", "9"]},
    "checked": {"Healthcheck": {"Interval": 5 * SECOND, "Retries": 7}},
    "mounted": {
        "Volumes": {"/asked": {}},
        "HostConfig": {
            "NetworkMode": "none",
            "Binds": ["named:/named:ro", "/etc:/host:ro,rslave", "other:/image"],
            "Mounts": [
                {"Type": "volume", "Target": "/mounted"},
                {"Type": "volume", "Source": "third", "Target": "/third", "ReadOnly": True},
                {"Type": "bind", "Source": "/proc", "Target": "/hostproc", "ReadOnly": True},
                {"Type": "tmpfs", "Target": "/fast", "TmpfsOptions": {"SizeBytes": 1 << 20}},
            ],
            "Tmpfs": {"/scratch": "size=64k"},
            "VolumeDriver": "local",
        },
    },
    "limited": {
        "HostConfig": {
            "NetworkMode": "none",
            "CpuShares": 512,
            "CpuPeriod": 100_000,
            "CpuQuota": 50_000,
            "CpusetCpus": "0",
            "Memory": 64 << 20,
            "MemorySwap": 96 << 20,
            "MemoryReservation": 32 << 20,
            "PidsLimit": 64,
            "OomScoreAdj": 100,
            "Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}],
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5},
            "LogConfig": {"Type": "local", "Config": {"max-file": "2"}},
            "Init": True,
            "ShmSize": 1 << 20,
            "GroupAdd": ["44"],
            "ExtraHosts": ["nas:10.0.0.9"],
            "DnsSearch": ["home"],
            "DnsOptions": ["ndots:1"],
            "CapAdd": ["SYS_PTRACE"],
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "DeviceCgroupRules": ["c 13:* rwm"],
            "ReadonlyRootfs": True,
        }
    },
    "connected": {
        "MacAddress": "02:11:22:33:44:55",
        "HostConfig": {
            "NetworkMode": "one",
            "PortBindings": {
                "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}],
                "53/udp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
            },
        },
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "NetworkingConfig": {
            "EndpointsConfig": {
                "one": {
                    "Aliases": ["front"],
                    "Links": ["plain:friend"],
                    "IPAMConfig": {"IPv4Address": "10.252.1.9"},
                    "MacAddress": "02:11:22:33:44:55",
                }
            }
        },
    },
}
CHANGES = 'ENTRYPOINT ["/bin/env", "--"]\nENV LEVEL=image\nVOLUME /image\nEXPOSE 80/tcp\n'
CHANGES += "HEALTHCHECK --interval=3s CMD true\nUSER 0\nWORKDIR /etc"


def _shown(document: Document) -> Document:
    """Return what must be alike; volumes without a name are moved by their name."""
    host = {
        key: value
        for key, value in document["HostConfig"].items()
        if key not in ("Binds", "Mounts", "ContainerIDFile")
    }
    config = dict(document["Config"])
    config["Env"] = sorted(config["Env"] or ())
    if config["Hostname"] == document["Id"][:12]:
        config["Hostname"] = "its own id"
    mounts = sorted(
        (one["Destination"], one["Type"], one["Source"], one["RW"], one["Propagation"])
        for one in document["Mounts"]
    )
    networks = {
        name: (
            end["IPAMConfig"],
            end["Links"],
            end["DriverOpts"],
            [one for one in end["Aliases"] or () if one != document["Id"][:12]],
        )
        for name, end in document["NetworkSettings"]["Networks"].items()
    }
    return {"Config": config, "HostConfig": host, "Mounts": mounts, "Networks": networks}


def _again(engine: RealEngine, name: str, image: Document) -> None:
    before = engine.inspect(name)
    wanted = recreate(before, image)
    query = quote(f"{name}-again")
    made = engine.call("POST", f"/containers/create?name={query}", wanted.body)["Id"]
    for network in wanted.disconnect:
        engine.call("POST", f"/networks/{network}/disconnect", {"Container": made, "Force": True})
    for network, end in wanted.connect.items():
        body = {"Container": made, "EndpointConfig": end}
        engine.call("POST", f"/networks/{network}/connect", body)
    assert _shown(engine.inspect(made)) == _shown(before), name


def _compare_all(engine: RealEngine, changes: str = CHANGES) -> None:
    reference = "lab/rich:1"
    engine.import_image(reference, changes=changes)
    pool = {"Config": [{"Subnet": "10.252.1.0/24"}]}
    engine.call("POST", "/networks/create", {"Name": "one", "IPAM": pool})
    engine.network("two")
    image = engine.call("GET", f"/images/{reference}/json")
    for name, asked in CASES.items():
        body = {"Image": reference, "HostConfig": {"NetworkMode": "none"}, **asked}
        engine.call("POST", f"/containers/create?name={name}", body)
    end = {"Aliases": ["behind"]}
    engine.call("POST", "/networks/two/connect", {"Container": "named", "EndpointConfig": end})
    engine.call("POST", "/networks/two/connect", {"Container": "connected"})
    # One that left the network that it was made for.
    moved = {"Image": IMAGE, "HostConfig": {"NetworkMode": "one"}}
    engine.call("POST", "/containers/create?name=moved", moved)
    engine.call("POST", "/networks/one/disconnect", {"Container": "moved"})
    engine.call("POST", "/networks/two/connect", {"Container": "moved"})
    for name in CASES:
        _again(engine, name, image)
    _again(engine, "moved", engine.call("GET", f"/images/{IMAGE}/json"))


def test_made_again_it_is_the_same(real_docker: RealEngine) -> None:
    """Containers of every kind, on the newest engine."""
    _compare_all(real_docker, f"{CHANGES}\nSTOPSIGNAL SIGTERM")  # the oldest does not take it


def test_made_again_it_is_the_same_on_the_oldest(real_docker_old: RealEngine) -> None:
    """And on the oldest that is supported."""
    _compare_all(real_docker_old)
