"""From an inspect document to a request, and what the engine makes of it, inspected again."""

from copy import deepcopy
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.recreate import Recreation, recreate

OLD, NEW = "a1b2c3d4e5f6" + "0" * 52, "f6e5d4c3b2a1" + "1" * 52
type Document = dict[str, Any]


# --- a small model of what the engine fills in -----------------------------------------------------


def merged(asked: Document, image: Document) -> Document:
    """Return the Config of a container made of an image: what is not asked for is the image's."""
    config = deepcopy(asked)
    for key in ("HostConfig", "NetworkingConfig"):
        config.pop(key, None)
    own = {entry.partition("=")[0] for entry in asked.get("Env") or ()}
    config["Env"] = [
        *(asked.get("Env") or ()),
        *(one for one in image.get("Env") or () if one.partition("=")[0] not in own),
    ]
    for key in ("Labels", "ExposedPorts", "Volumes"):
        config[key] = {**(image.get(key) or {}), **(asked.get(key) or {})}
    if not asked.get("Entrypoint"):
        config["Cmd"] = asked.get("Cmd") or image.get("Cmd")
        config["Entrypoint"] = asked.get("Entrypoint") or image.get("Entrypoint")
    if config["Entrypoint"] == [""]:
        config["Entrypoint"] = None
    for key in ("User", "WorkingDir", "StopSignal"):
        config[key] = asked.get(key) or image.get(key) or ""
    check = {**(image.get("Healthcheck") or {}), **(asked.get("Healthcheck") or {})}
    config["Healthcheck"] = check or None
    return config


def made(
    asked: Document, image: Document, container_id: str, connect: Document | None = None
) -> Document:
    """Return the inspect document of a container that was made by a request."""
    config = merged(asked, image["Config"])
    config["Hostname"] = asked.get("Hostname") or container_id[:12]
    host = deepcopy(asked.get("HostConfig") or {})
    if host.get("Links"):
        # As the engine shows them.
        host["Links"] = [
            f"/{link.split(':')[0]}:/app/{link.split(':')[1]}" for link in host["Links"]
        ]
    networks = {**asked["NetworkingConfig"]["EndpointsConfig"], **(connect or {})}
    if chosen := networks.get(host.get("NetworkMode"), {}).get("MacAddress"):
        config["MacAddress"] = chosen
    shown = {
        name: {
            "IPAMConfig": end.get("IPAMConfig"),
            "Links": end.get("Links"),
            "DriverOpts": end.get("DriverOpts"),
            "GwPriority": end.get("GwPriority") or 0,
            "MacAddress": end.get("MacAddress") or "02:42:0a:00:00:02",
            "IPAddress": "10.0.0.2",
            "Aliases": [*(end.get("Aliases") or ()), container_id[:12]],
            "EndpointID": container_id[::-1],
        }
        for name, end in networks.items()
    }
    return {
        "Id": container_id,
        "Name": "/app",
        "Image": image["Id"],
        "Config": config,
        "HostConfig": host,
        "Mounts": _mounts(config, host, container_id),
        "NetworkSettings": {"Networks": shown},
    }


def _mounts(config: Document, host: Document, container_id: str) -> list[Document]:
    found: dict[str, Document] = {}
    for bind in host.get("Binds") or ():
        source, target, *_ = bind.split(":")
        found[target] = _mount("bind" if source.startswith("/") else "volume", source, target)
    for mount in host.get("Mounts") or ():
        made_up = f"{container_id}{mount['Target']}".replace("/", "-")
        source = mount.get("Source") or (made_up if mount["Type"] == "volume" else "")
        found[mount["Target"]] = _mount(mount["Type"], source, mount["Target"])
    for target in config["Volumes"]:
        name = f"{container_id}{target}".replace("/", "-")
        found.setdefault(target, _mount("volume", name, target))
    return list(found.values())


def _mount(kind: str, source: str, target: str) -> Document:
    name = {"Name": source} if kind == "volume" else {}
    return {"Type": kind, "Source": source, "Destination": target, **name}


# --- generated containers ---------------------------------------------------------------------------

words = st.sampled_from(["a", "b", "c", "d"])
texts = st.sampled_from(["", "one", "two", "three"])
argv = st.one_of(st.none(), st.lists(words, min_size=1, max_size=3))
variables = st.dictionaries(words, texts, max_size=4).map(
    lambda found: [f"{key}={value}" for key, value in found.items()]
)
paths = st.sampled_from(["/data", "/config", "/cache"])
checks = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"Test": st.sampled_from([["CMD", "one"], ["CMD", "two"], ["NONE"]])},
        optional={"Interval": st.sampled_from([1, 2]), "Retries": st.sampled_from([1, 2])},
    ),
)
ports = st.sampled_from(["80/tcp", "81/tcp", "82/udp"])


def _empties[T](strategy: st.SearchStrategy[T]) -> st.SearchStrategy[dict[T, dict[str, str]]]:
    return st.dictionaries(strategy, st.just({}), max_size=2)


shared: dict[str, st.SearchStrategy[Any]] = {
    "Env": variables,
    "Cmd": argv,
    "Entrypoint": argv,
    "User": texts,
    "WorkingDir": texts,
    "StopSignal": texts,
    "Labels": st.dictionaries(words, texts, max_size=3),
    "ExposedPorts": _empties(ports),
    "Volumes": _empties(paths),
    "Healthcheck": checks,
}
images = st.builds(
    lambda config, number: {"Id": f"sha256:{number}", "Config": config},
    st.fixed_dictionaries(shared),
    st.integers(1, 9),
)
endpoints = st.fixed_dictionaries(
    {},
    optional={
        "Aliases": st.lists(words, min_size=1, max_size=2, unique=True),
        "IPAMConfig": st.just({"IPv4Address": "10.0.0.2", "IPv6Address": "fd00::2"}),
        "Links": st.just(["db:database"]),
        "DriverOpts": st.just({"key": "value"}),
        "MacAddress": st.just("02:11:22:33:44:55"),
        "GwPriority": st.just(5),
    },
)
hosts = st.fixed_dictionaries(
    {
        "NetworkMode": st.just("first"),
        "Binds": st.one_of(
            st.none(),
            st.lists(st.sampled_from(["named:/data:ro", "/host:/config"]), unique=True, min_size=1),
        ),
        "Links": st.one_of(st.none(), st.just(["db:database"])),
        "PortBindings": st.dictionaries(ports, st.just([{"HostPort": "1"}]), max_size=2),
        "CapAdd": st.one_of(st.none(), st.just(["NET_ADMIN"])),
        "Devices": st.one_of(st.none(), st.just([{"PathOnHost": "/dev/dri"}])),
        "Memory": st.integers(0, 9),
        "Runtime": st.sampled_from(["runc", "nvidia"]),
        "Sysctls": st.one_of(st.none(), st.just({"a": "b"})),
        "RestartPolicy": st.just({"Name": "always", "MaximumRetryCount": 0}),
    },
    optional={
        "Mounts": st.sampled_from(
            [
                [{"Type": "volume", "Target": "/cache"}],
                [{"Type": "volume", "Source": "kept", "Target": "/cache", "ReadOnly": True}],
                [{"Type": "tmpfs", "Target": "/tmp"}],
            ]
        ),
    },
)


@st.composite
def requests(draw: st.DrawFn) -> Document:
    """Return what a user may have asked the engine for."""
    asked: Document = draw(st.fixed_dictionaries({}, optional=shared))
    host: Document = draw(hosts)
    # A published port is exposed by whoever publishes it, as every client does.
    exposed = {**asked.get("ExposedPorts", {}), **{port: {} for port in host["PortBindings"]}}
    return {
        **asked,
        "ExposedPorts": exposed,
        "Hostname": draw(texts),
        "Image": "registry/app:1",
        "Tty": draw(st.booleans()),
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {"first": draw(endpoints)}},
    }


def _same(one: Document, other: Document) -> None:
    """Compare two inspect documents in all that must be equal."""
    for key in one["Config"].keys() | other["Config"].keys():
        if key == "Hostname":
            continue
        left, right = one["Config"].get(key), other["Config"].get(key)
        if key == "Env":
            left, right = sorted(left), sorted(right)
        assert (left or None) == (right or None), key
    for key in one["HostConfig"].keys() | other["HostConfig"].keys():
        if key not in ("Binds", "Mounts"):
            assert one["HostConfig"].get(key) == other["HostConfig"].get(key), key
    assert _by_target(one) == _by_target(other)
    assert _networks(one) == _networks(other)


def _by_target(document: Document) -> Document:
    return {mount["Destination"]: (mount["Type"], mount["Source"]) for mount in document["Mounts"]}


def _networks(document: Document) -> Document:
    return {
        name: {
            **{key: value for key, value in end.items() if key != "EndpointID"},
            "Aliases": [one for one in end["Aliases"] if one != document["Id"][:12]],
        }
        for name, end in document["NetworkSettings"]["Networks"].items()
    }


def _again(document: Document, recreation: Recreation, image: Document) -> Document:
    again = made(recreation.body, image, NEW, recreation.connect)
    if document["Config"]["Hostname"] == OLD[:12]:
        assert again["Config"]["Hostname"] == NEW[:12]
    else:
        assert again["Config"]["Hostname"] == document["Config"]["Hostname"]
    return again


@settings(max_examples=300, deadline=None)
@given(asked=requests(), image=images, more=st.one_of(st.just({}), st.just({"second": {}})))
def test_made_of_the_same_image_it_is_the_same(
    asked: Document, image: Document, more: Document
) -> None:
    """Whatever was asked for, and whatever the image says."""
    document = made(asked, image, OLD, more)
    before = deepcopy(document)
    _same(document, _again(document, recreate(document, image), image))
    assert document == before


@settings(max_examples=300, deadline=None)
@given(asked=requests(), old=images, new=images)
def test_what_was_asked_for_stays_and_the_rest_is_the_new_images(
    asked: Document, old: Document, new: Document
) -> None:
    """As if the user had asked for the same with the new image, where the two can be told apart.

    What was asked for and equal to the old image's default counts as the image's.
    """
    document = made(asked, old, OLD)
    again = made(recreate(document, old, new).body, new, NEW)
    asked_env = [one for one in asked.get("Env", ()) if one not in old["Config"]["Env"]]
    assert set(asked_env) <= set(again["Config"]["Env"])
    own = {one.partition("=")[0] for one in asked_env}
    for entry in new["Config"]["Env"]:
        assert entry.partition("=")[0] in own or entry in again["Config"]["Env"]
    for key, value in asked.get("Labels", {}).items():
        if old["Config"]["Labels"].get(key) != value:
            assert again["Config"]["Labels"][key] == value
    for key, value in new["Config"]["Labels"].items():
        if key not in asked.get("Labels", {}):
            assert again["Config"]["Labels"][key] == value
    for key in ("User", "WorkingDir", "StopSignal"):
        chosen = asked.get(key)
        kept = chosen if chosen and chosen != old["Config"][key] else new["Config"][key]
        assert again["Config"][key] == kept
    for port in asked["HostConfig"]["PortBindings"]:
        assert port in again["Config"]["ExposedPorts"]
    # Every volume moves along, one without a name by the name that the engine gave it.
    moved = _by_target(again)
    for target, mount in _by_target(document).items():
        assert moved[target] == mount


IMAGE: Document = {
    "Id": "sha256:1",
    "Config": {"Entrypoint": ["/init"], "Cmd": ["serve"], "Env": ["PATH=/bin"]},
}
UPDATED: Document = {
    "Id": "sha256:2",
    "Config": {"Entrypoint": ["/start"], "Cmd": ["run"], "Env": ["PATH=/usr/bin"]},
}


@pytest.mark.parametrize(
    ("asked", "becomes"),
    [
        ({}, (["/start"], ["run"])),
        ({"Cmd": ["mine"]}, (["/start"], ["mine"])),
        ({"Entrypoint": ["/mine"]}, (["/mine"], None)),
        ({"Entrypoint": ["/mine"], "Cmd": ["serve"]}, (["/mine"], ["serve"])),
        ({"Entrypoint": [""], "Cmd": ["mine"]}, (None, ["mine"])),
        ({"Entrypoint": ["/init"], "Cmd": None}, (["/init"], None)),
    ],
)
def test_entrypoint_and_command(asked: Document, becomes: tuple[Any, Any]) -> None:
    """One that was overridden keeps the image's other one out, as the engine has it."""
    request = {**asked, "NetworkingConfig": {"EndpointsConfig": {}}}
    document = made(request, IMAGE, OLD)
    config = made(recreate(document, IMAGE, UPDATED).body, UPDATED, NEW)["Config"]
    assert (config["Entrypoint"] or None, config["Cmd"] or None) == becomes


def _document(host: Document, networks: Document, **config: Any) -> Document:
    return {
        "Id": OLD,
        "Image": "sha256:1",
        "Config": {"Hostname": OLD[:12], **config},
        "HostConfig": host,
        "NetworkSettings": {"Networks": networks},
    }


def test_generated_addresses_are_left_out() -> None:
    """Those that come from the IP address; one that was chosen stays."""
    end = {"IPAddress": "10.136.0.2", "MacAddress": "02:42:0a:88:00:02"}
    chosen = {"IPAddress": "10.136.0.2", "MacAddress": "02:11:22:33:44:55"}
    document = _document(
        {"NetworkMode": "first"}, {"first": chosen, "second": end, "third": chosen}
    )
    found = recreate(document, IMAGE)
    assert found.body["NetworkingConfig"] == {"EndpointsConfig": {"first": {}}}
    assert found.connect == {"second": {}, "third": {"MacAddress": "02:11:22:33:44:55"}}


@pytest.mark.parametrize("mode", ["host", "none", "container:abc"])
def test_modes_without_networks(mode: str) -> None:
    """Nothing is connected, and a host name is given only where the engine takes one."""
    document = _document({"NetworkMode": mode}, {mode: {"IPAddress": ""}}, Hostname="nas")
    found = recreate(document, IMAGE)
    assert (found.connect, found.disconnect) == ({}, ())
    assert ("Hostname" in found.body) is not mode.startswith("container:")


def test_a_network_that_was_left_is_left_again() -> None:
    """The engine connects what the mode names; by name, by id, or by default."""
    left = recreate(_document({"NetworkMode": "first"}, {"second": {}}), IMAGE)
    assert (left.connect, left.disconnect) == ({"second": {}}, ("first",))
    by_id = recreate(_document({"NetworkMode": "77"}, {"first": {"NetworkID": "77"}}), IMAGE)
    assert (by_id.connect, by_id.disconnect) == ({}, ())
    default = recreate(_document({"NetworkMode": "default"}, {"bridge": {}}), IMAGE)
    assert (default.connect, default.disconnect) == ({}, ())


def test_compose_is_told_of_the_image() -> None:
    """Compose makes a container anew where this label is not the image that it wants."""
    labels = {"com.docker.compose.image": "sha256:1", "com.docker.compose.project": "media"}
    found = recreate(_document({}, {}, Labels=labels), IMAGE, UPDATED)
    assert found.body["Labels"] == {**labels, "com.docker.compose.image": "sha256:2"}


def test_links_are_given_as_they_were_asked_for() -> None:
    """The engine shows the container's own name in them."""
    host = {"NetworkMode": "bridge", "Links": ["/db:/app/database"]}
    assert recreate(_document(host, {"bridge": {}}), IMAGE).body["HostConfig"]["Links"] == [
        "db:database"
    ]
