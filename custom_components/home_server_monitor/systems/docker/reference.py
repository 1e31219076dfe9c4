"""Names of images: ``[registry[:port]/]repository[:tag][@digest]``, as Docker reads them."""

from dataclasses import dataclass
from ipaddress import ip_address
import re
from typing import Self

DOCKER_HUB = "docker.io"
HUB_NAMES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})
_LONGEST_NAME = 255

_HOST = re.compile(
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*"
    r"|\[[a-fA-F0-9:]+\])(?::[0-9]{1,5})?"
)
_REPOSITORY = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}")
_IMAGE_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A name in full: Docker Hub and its ``library`` are filled in; ``tag`` is "" beside a digest."""

    host: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the reference, or None for what is none: an image id, or no valid name."""
        if _IMAGE_ID.fullmatch(text):
            return None
        rest, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            return None
        head, slash, tail = rest.rpartition("/")
        last, colon, tag = tail.partition(":")
        if colon and not _TAG.fullmatch(tag):
            return None
        host, repository = _split(f"{head}{slash}{last}")
        if not _HOST.fullmatch(host) or not _REPOSITORY.fullmatch(repository):
            return None
        if len(host) + len(repository) > _LONGEST_NAME:
            return None
        return cls(
            host=host,
            repository=repository,
            tag=tag or ("" if digest else "latest"),
            digest=digest,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether the registry runs on the machine of whoever asks."""
        name = self.host_name
        try:
            return ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    @property
    def host_name(self) -> str:
        """The registry's name or address without its port."""
        if self.host.startswith("["):
            return self.host[1:].partition("]")[0]
        return self.host.partition(":")[0]

    @property
    def address(self) -> str:
        """Host and port where the registry itself answers."""
        return "registry-1.docker.io" if self.host == DOCKER_HUB else self.host

    def names_same(self, other: Reference | None) -> bool:
        """Whether both mean the same repository, whatever the tag or digest."""
        return other is not None and (self.host, self.repository) == (other.host, other.repository)

    def __str__(self) -> str:
        """Return the name in full."""
        tag, digest = self.tag and f":{self.tag}", self.digest and f"@{self.digest}"
        return f"{self.host}/{self.repository}{tag}{digest}"


def _split(name: str) -> tuple[str, str]:
    """Tell the registry from the repository: it has a dot or a port, or is ``localhost``."""
    first, slash, rest = name.partition("/")
    is_host = "." in first or ":" in first or first == "localhost" or first != first.lower()
    host, repository = (first, rest) if slash and is_host else (DOCKER_HUB, name)
    if host not in HUB_NAMES:
        return host, repository
    return DOCKER_HUB, repository if "/" in repository else f"library/{repository}"
