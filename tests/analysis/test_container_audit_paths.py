"""Owners and modes of mount points."""

from __future__ import annotations

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.analysis.container_audit import (
    Finding,
    Owner,
    PathFacts,
    Surroundings,
    judge_path,
    owners,
    runs_as,
    sharers,
)
from custom_components.home_server_monitor.systems.docker.settings import (
    ContainerSettings,
    MountPoint,
)

SONARR = Owner("sonarr", 3007)
TRUENAS = Surroundings(pool_roots=("/mnt/tank",), administrators=frozenset({0, 950}))


def bind(source: str, *, read_only: bool = False) -> MountPoint:
    return MountPoint(kind="bind", source=source, target="/config", read_only=read_only)


def judge(
    source: str,
    mode: int,
    uid: int | None = 3007,
    *,
    read_only: bool = False,
    shared_with: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    facts = PathFacts(
        mount=bind(source, read_only=read_only), mode=mode, uid=uid, shared_with=shared_with
    )
    return judge_path(facts, SONARR, TRUENAS)


def rules(found: tuple[Finding, ...]) -> dict[str, str]:
    return {finding.rule: finding.severity.value for finding in found}


@pytest.mark.parametrize(
    ("mode", "uid", "expected"),
    [
        (0o750, 3007, {}),
        (0o755, 568, {}),
        (0o750, None, {}),
        (0o777, 3007, {"world_writable_path": "high"}),
        (0o40777, 3007, {"world_writable_path": "high"}),
        (0o1777, 3007, {"world_writable_path": "medium"}),
        (0o750, 0, {"administrator_owned_path": "medium"}),
        (0o750, 950, {"administrator_owned_path": "medium"}),
        (
            0o777,
            0,
            {"world_writable_path": "high", "administrator_owned_path": "medium"},
        ),
    ],
)
def test_an_applications_folder(mode: int, uid: int | None, expected: dict[str, str]) -> None:
    assert rules(judge("/mnt/tank/apps/sonarr", mode, uid)) == expected


def test_what_is_only_read_may_be_an_administrators() -> None:
    assert rules(judge("/opt/web", 0o755, 0, read_only=True)) == {}
    assert rules(judge("/opt/web", 0o777, 0, read_only=True)) == {"world_writable_path": "high"}


@pytest.mark.parametrize(
    "source",
    [
        "/", "/etc", "/etc/localtime", "/etc/app", "/var/run/docker.sock", "/run/udev", "/dev/dri", "/proc",
        "/sys/fs/cgroup", "/mnt/tank", "/mnt", "/mnt/tank/", "relative", "",
    ],
)  # fmt: skip
def test_the_hosts_own_is_left_alone(source: str) -> None:
    assert judge(source, 0o777, 0) == ()


def test_the_engines_volumes_are_left_alone() -> None:
    mount = MountPoint(kind="volume", source="pg", target="/var/lib/postgresql/data")
    assert judge_path(PathFacts(mount=mount, mode=0o777, uid=0), SONARR) == ()


def test_commands_for_one() -> None:
    (finding,) = judge("/mnt/tank/apps/my son's", 0o777)
    assert finding.fix.splitlines() == [
        "groupadd --gid 3007 sonarr",
        "useradd --uid 3007 --gid 3007 -M -s /usr/sbin/nologin sonarr",
        """chown -R 3007:3007 '/mnt/tank/apps/my son'"'"'s'""",
        """chmod -R o-rwx '/mnt/tank/apps/my son'"'"'s'""",
        """chmod 750 '/mnt/tank/apps/my son'"'"'s'""",
        "# and in the compose file: user: '3007:3007' (or PUID and PGID)",
    ]
    assert finding.text == (
        "/mnt/tank/apps/my son's on the host can be changed by everybody (mode 777)."
    )
    assert finding.identity == "world_writable_path:/mnt/tank/apps/my son's"


def test_commands_for_several() -> None:
    (finding,) = judge("/mnt/tank/media", 0o777, shared_with=("plex",))
    assert "chmod 2770 /mnt/tank/media" in finding.fix
    assert "group_add: ['3007']" in finding.fix
    assert "750" not in finding.fix


def test_the_owner_is_named() -> None:
    assert "(root)" in judge("/mnt/tank/a", 0o750, 0)[0].text
    assert "(950)" in judge("/mnt/tank/a", 0o750, 950)[0].text


def test_a_user_for_each() -> None:
    containers = [ContainerSettings(name=name) for name in ("sonarr", "Media_App.1", "9lives", "é")]
    given_ids = owners(containers, taken=(3000, 3002))
    assert given_ids == {
        "9lives": Owner("app-9lives", 3001),
        "Media_App.1": Owner("media_app-1", 3003),
        "sonarr": Owner("sonarr", 3004),
        "é": Owner("app", 3005),
    }
    assert owners(reversed(containers), taken=(3002, 3000)) == given_ids


def test_an_own_user_is_kept() -> None:
    containers = [
        ContainerSettings(name="a", user="1005:100"),
        ContainerSettings(name="b", environment={"PUID": "1006"}),
        ContainerSettings(name="c", environment={"PUID": "1000"}),
        ContainerSettings(name="d", user="1000"),
        ContainerSettings(name="e", user="root"),
        ContainerSettings(name="f", user="nobody"),
        ContainerSettings(name="g", image="postgres:16"),
    ]
    assert [runs_as(each) for each in containers] == [1005, 1006, 1000, 1000, 0, None, None]
    assert runs_as(ContainerSettings(name="x")) == 0
    assert runs_as(ContainerSettings(name="x", user=None)) is None
    ids = [owner.id for owner in owners(containers).values()]
    assert ids == [1005, 1006, 3000, 3001, 3002, 3003, 3004]


def test_who_shares_a_folder() -> None:
    plex = ContainerSettings(name="plex", mounts=(bind("/mnt/tank/media/films"), bind("/opt/plex")))
    sonarr = ContainerSettings(name="sonarr", mounts=(bind("/mnt/tank/media"),))
    root = ContainerSettings(name="monitor", mounts=(bind("/"),))
    every = (plex, sonarr, root)
    assert sharers(sonarr.mounts[0], sonarr, every) == ("plex",)
    assert sharers(plex.mounts[0], plex, every) == ("sonarr",)
    assert sharers(plex.mounts[1], plex, every) == ()


@given(st.text(), st.integers(0, 0o177777), st.none() | st.integers(0), st.booleans())
def test_every_path_is_judged(source: str, mode: int, uid: int | None, read_only: bool) -> None:
    found = judge(source, mode, uid, read_only=read_only)
    assert len(found) == len(rules(found))
    assert all(finding.fix and finding.text for finding in found)
