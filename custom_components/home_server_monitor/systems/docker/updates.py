"""The image of a container beside the newest one, and how people are told of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..paths import Path
from .models import Container
from .reference import Reference

SHORT = 12
"""How many digits of a digest people are shown, and accept for an image id."""


class Verdict(StrEnum):
    """What is to be said of a container's image.

    From ``not_checked`` on it is not known whether there is something newer, and why.
    """

    UP_TO_DATE = "up_to_date"
    UPDATE_AVAILABLE = "update_available"
    PINNED = "pinned"
    LOCAL = "local"
    OPTED_OUT = "opted_out"
    NOT_CHECKED = "not_checked"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    NO_PLATFORM = "no_platform"
    BAD_ANSWER = "bad_answer"

    @property
    def is_followed(self) -> bool:
        """Whether there can be an update at all."""
        return self not in (self.PINNED, self.LOCAL, self.OPTED_OUT)


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImage:
    """The image of a container beside the newest of its tag.

    ``*_version`` and ``*_revision`` are what the labels say, ``*_digest`` what a registry calls it;
    ``image_id`` is None until the engine was asked.
    """

    container_id: str
    name: str
    verdict: Verdict = Verdict.NOT_CHECKED
    image_id: str | None = None
    installed_version: str | None = None
    installed_revision: str | None = None
    installed_digest: str | None = None
    latest_version: str | None = None
    latest_revision: str | None = None
    latest_digest: str | None = None
    release_url: str | None = None

    @property
    def has_two_versions(self) -> bool:
        """Whether the labels alone tell the installed image from the newest."""
        return bool(
            self.installed_version
            and self.latest_version
            and self.installed_version != self.latest_version
        )

    @property
    def installed(self) -> str | None:
        """What is installed: its version; where that says no more, with the revision or the digest."""
        if self.image_id is None:
            return None
        if self.installed_version and (self.has_two_versions or not self._is_outdated):
            return self.installed_version
        if self._has_two_revisions:
            return self._at(self.installed_version, self.installed_revision)
        return self._tagged(self.installed_digest or self.image_id)

    @property
    def latest(self) -> str | None:
        """What is newest, in the same form; None where that is not known."""
        if self.verdict is Verdict.UP_TO_DATE:
            return self.installed
        if not self._is_outdated or self.latest_digest is None:
            return None
        if self.has_two_versions:
            return self.latest_version
        if self._has_two_revisions:
            return self._at(self.latest_version, self.latest_revision)
        return self._tagged(self.latest_digest)

    @property
    def _has_two_revisions(self) -> bool:
        """Whether the labels tell what the two were built from, where their versions say nothing."""
        return bool(
            self._is_outdated
            and self.installed_revision
            and self.latest_revision
            and self.installed_revision[:SHORT] != self.latest_revision[:SHORT]
        )

    def _at(self, version: str | None, revision: str | None) -> str:
        reference = Reference.parse(self.name)
        named = version or (reference and reference.tag) or ""
        short = (revision or "")[:SHORT]
        return f"{named} ({short})" if named else short

    @property
    def _is_outdated(self) -> bool:
        return self.verdict is Verdict.UPDATE_AVAILABLE

    def _tagged(self, digest: str) -> str:
        reference = Reference.parse(self.name)
        short = digest.rpartition(":")[2][:SHORT]
        return f"{reference.tag} ({short})" if reference and reference.tag else short


def announced(
    images: Mapping[Path, Any], containers: Mapping[Path, Any], changed: set[Path]
) -> dict[Path, ContainerImage]:
    """Show containers that are new or recreated as not checked until the next round."""
    return {
        path: ContainerImage(container_id=item.id, name=item.image)
        for path in changed
        if isinstance(item := containers[path], Container)
        and (path not in images or images[path].container_id != item.id)
    }


def is_awaited(
    images: Mapping[Path, Any], _containers: Mapping[Path, Any], changed: set[Path]
) -> bool:
    """Whether a container is new or recreated: what it was made from is asked for at once."""
    return any(path in images and images[path].image_id is None for path in changed)
