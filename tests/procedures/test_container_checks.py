"""What is refused, and what lets it pass."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.home_server_monitor.procedures.container_checks import (
    Surroundings,
    check,
    check_image,
    traces,
)
from custom_components.home_server_monitor.systems.docker.parse import SET_ASIDE
from custom_components.home_server_monitor.systems.errors import Refused

OWN = "0123456789ab" + "c" * 52
OTHER = "fedcba987654" + "3" * 52
type Document = dict[str, Any]


def container(
    name: str = "app", identity: str = OWN, image: str = "app:1", **host: Any
) -> Document:
    return {
        "Id": identity,
        "Name": f"/{name}",
        "State": {"Running": True},
        "Config": {"Image": image, "Labels": {}},
        "HostConfig": {"NetworkMode": "bridge", **host},
    }


def _check(
    document: Document, *others: Document, found: str = "nas\n", force: bool = False, **more: bool
) -> str:
    """Return the reason of the refusal; empty where there is none."""
    around = Surroundings(others=others, traces=found, **more)
    try:
        check(document, around, aside=SET_ASIDE, force=force)
    except Refused as err:
        return err.key.removeprefix("refused_")
    return ""


def guests_of(document: Document, *others: Document) -> list[str]:
    """Return the names of those that would be made anew too."""
    around = Surroundings(others=others, traces="nas\n")
    found = check(document, around, aside=SET_ASIDE, force=False)
    return [guest["Name"].removeprefix("/") for guest in found]


def guest(name: str = "guest", identity: str = OTHER, **more: Any) -> Document:
    return container(name, identity, NetworkMode=f"container:{OWN}", **more)


def test_an_ordinary_container_passes() -> None:
    assert _check(container()) == ""
    assert _check(container(), container("other", OTHER)) == ""
    assert _check(container(), container("other", OTHER, NetworkMode="container:third")) == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: one["HostConfig"].update(AutoRemove=True), "auto_remove"),
        (lambda one: one["HostConfig"].update(NetworkMode="container:vpn"), "shares_network"),
        (lambda one: one["Config"]["Labels"].update({"com.docker.swarm.task.id": "1"}), "swarm"),
        (lambda one: one["State"].update(Running=False), "not_running"),
        (lambda one: one["State"].update(Paused=True), "not_running"),
        (lambda one: one.update(Name="/app-hsm-old"), "set_aside"),
    ],
)
@pytest.mark.parametrize("force", [False, True])
def test_no_force_helps(change: Callable[[Document], None], reason: str, force: bool) -> None:
    document = container()
    change(document)
    assert _check(document, force=force) == reason


@pytest.mark.parametrize(
    "host",
    [
        {"PidMode": f"container:{OWN[:12]}"},
        {"IpcMode": "container:app"},
        {"Links": ["/app:/other/alias"]},
    ],
)
def test_what_others_live_in_is_refused(host: Document) -> None:
    assert _check(container(), container("other", OTHER, **host), force=True) == "shared"
    both = {"NetworkMode": "container:app", **host}
    assert _check(container(), container("other", OTHER, **both), force=True) == "shared"


@pytest.mark.parametrize("reference", [OWN, OWN[:12], "app"])
def test_who_lives_in_the_network_is_made_anew_too(reference: str) -> None:
    others = [
        container(name, name * 60, NetworkMode=f"container:{reference}") for name in ("b", "a")
    ]
    assert guests_of(container(), *others, container("c", "c" * 60)) == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: one["HostConfig"].update(AutoRemove=True), "guest"),
        (lambda one: one["Config"]["Labels"].update({"com.docker.swarm.task.id": "1"}), "guest"),
        (lambda one: one.update(Name="/guest-hsm-old"), "guest"),
        (lambda one: one["State"].update(Paused=True), "guest_paused"),
        (lambda one: one["State"].update(Running=False), ""),
        (lambda one: one["Config"]["Labels"].update({"home_server_monitor.update": "false"}), ""),
    ],
)
def test_guests_that_cannot_come_along(change: Callable[[Document], None], reason: str) -> None:
    document = guest()
    change(document)
    assert _check(container(), document, force=True) == reason


def test_guests_that_hold_the_branch() -> None:
    assert _check(container(), guest(), found=f"{OTHER[:12]}\n", force=True) == (
        "guest_home_assistant"
    )
    portainer = guest(image="portainer/portainer-ce")
    assert _check(container(), portainer) == "guest_portainer"
    assert _check(container(), portainer, force=True) == ""
    assert _check(container(), portainer, force=True, behind_portainer=True) == "guest_portainer"
    proxy = guest(image="tecnativa/docker-socket-proxy")
    assert _check(container(), proxy) == "guest_socket_proxy"
    assert _check(container(), proxy, force=True) == ""


@pytest.mark.parametrize("key", ["NetworkMode", "PidMode"])
def test_guests_of_guests(key: str) -> None:
    third = container("third", "e" * 64, **{key: f"container:{OTHER}"})
    assert _check(container(), guest(), third) == "shared"
    assert _check(container(PidMode="container:guest"), guest()) == "shared"


def test_a_guest_needs_its_host() -> None:
    host = container("vpn", OTHER)
    document = container(NetworkMode=f"container:{OTHER}")
    assert _check(document, host) == ""
    host["State"]["Running"] = False
    assert _check(document, host) == "shares_network"


def test_the_name_for_the_old_one_must_be_free() -> None:
    assert _check(container(), container("app-hsm-old", OTHER), force=True) == "name_taken"
    taken = container("guest-hsm-old", "e" * 64)
    assert _check(container(), guest(), taken, force=True) == "name_taken"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("portainer/portainer-ce:lts", "portainer"),
        ("docker.io/portainer/agent:2.33", "portainer"),
        ("ghcr.io/tecnativa/docker-socket-proxy:edge", "socket_proxy"),
        ("lscr.io/linuxserver/socket-proxy", "socket_proxy"),
        ("wollomatic/socket-proxy:1", "socket_proxy"),
    ],
)
def test_the_branch_one_sits_on_needs_force(image: str, reason: str) -> None:
    document = container(image=image)
    assert _check(document) == reason
    assert _check(document, force=True) == ""


def test_portainer_is_never_updated_through_itself() -> None:
    document = container(image="portainer/portainer-ee")
    assert _check(document, force=True, behind_portainer=True) == "portainer_itself"
    assert _check(container(), behind_portainer=True) == ""


def test_a_label_or_an_option_opts_out() -> None:
    """Of updates, and not of being made anew from the same image."""
    document = container()
    document["Config"]["Labels"] = {"home_server_monitor.update": "False"}
    assert _check(document) == "opted_out"
    assert _check(document, force=True) == ""
    assert _check(container(), left_alone=True) == "left_alone"
    assert _check(container(), left_alone=True, force=True) == ""
    assert _check(document, left_alone=True, updates=False) == ""


MOUNTS = """\
100 90 0:50 / / rw - overlay overlay rw,lowerdir=/x
101 100 8:1 /var/lib/docker/containers/{0}/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw
102 100 8:1 /var/lib/docker/containers/{0}/hostname /etc/hostname rw - ext4 /dev/sda1 rw
"""
ON_THE_HOST = "200 90 0:60 / /var/lib/docker/containers/{0}/mounts/shm rw - tmpfs shm rw\n"


@pytest.mark.parametrize(
    "found",
    [
        traces("nas", "", MOUNTS.format(OWN)),
        traces("nas", f"12:pids:/docker/{OWN}\n", ""),
        traces(OWN[:12], "0::/\n", ""),
    ],
)
def test_the_container_of_home_assistant_is_never_updated(found: str) -> None:
    assert _check(container(), found=found, force=True) == "home_assistant"
    assert _check(container(identity=OTHER), found=found) == ""


def test_mounts_of_other_containers_are_no_trace() -> None:
    """Home Assistant on the host sees those of all containers."""
    assert _check(container(), found=traces("nas", "0::/\n", ON_THE_HOST.format(OWN))) == ""


@pytest.mark.parametrize(
    ("reference", "digests", "reason"),
    [
        ("app:1", ["app@sha256:1"], ""),
        ("app@sha256:1", ["app@sha256:1"], "pinned"),
        ("sha256:123", ["app@sha256:1"], "pinned"),
        ("app:1", [], "built_locally"),
        ("app:1", None, "built_locally"),
    ],
)
def test_images_without_anything_newer(reference: str, digests: Any, reason: str) -> None:
    if not reason:
        check_image(reference, {"RepoDigests": digests})
        return
    with pytest.raises(Refused) as refused:
        check_image(reference, {"RepoDigests": digests})
    assert refused.value.key == f"refused_{reason}"
    assert refused.value.placeholders == {"image": reference}
