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
        {"NetworkMode": f"container:{OWN}"},
        {"NetworkMode": "container:app"},
        {"PidMode": f"container:{OWN[:12]}"},
        {"IpcMode": "container:app"},
        {"Links": ["/app:/other/alias"]},
    ],
)
def test_what_others_live_in_is_refused(host: Document) -> None:
    assert _check(container(), container("other", OTHER, **host), force=True) == "shared"


def test_the_name_for_the_old_one_must_be_free() -> None:
    assert _check(container(), container("app-hsm-old", OTHER), force=True) == "name_taken"


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


def test_a_label_opts_out() -> None:
    document = container()
    document["Config"]["Labels"] = {"home_server_monitor.update": "False"}
    assert _check(document) == "opted_out"
    assert _check(document, force=True) == ""


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
