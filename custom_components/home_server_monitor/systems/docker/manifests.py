"""What registries keep for an image: indexes by platform, manifests, configurations. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Any, Self
from urllib.parse import urlsplit

from ..errors import BadAnswer, Rejected
from .parse import mapping

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPT = ", ".join((*INDEXES, *_MANIFESTS))

VERSION = "org.opencontainers.image.version"
REVISION = "org.opencontainers.image.revision"
_SOURCE = "org.opencontainers.image.source"
_URL = "org.opencontainers.image.url"
_DOCUMENTATION = "org.opencontainers.image.documentation"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")

# What an engine or a registry leaves out means the same as what another writes.
_USUAL_VARIANTS = {"arm64": "v8", "arm": "v7", "amd64": "v1"}


class NoPlatform(Rejected):
    """The image is not offered for this machine any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What an image was made for, in Go's words: ``linux``, ``arm``, ``v7``."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any], *, capital: bool = False) -> Self:
        """Read it from a registry's document, or with ``capital`` keys from the engine's."""
        names = ("Os", "Architecture", "Variant") if capital else ("os", "architecture", "variant")
        os, architecture, variant = (str(document.get(name) or "") for name in names)
        usual = _USUAL_VARIANTS.get(architecture, "")
        return cls(os=os, architecture=architecture, variant=variant or usual)


@dataclass(frozen=True, kw_only=True)
class Newest:
    """What is behind a digest for one platform: digests of its parts, and its labels."""

    digest: str
    manifest: str
    config: str
    labels: Mapping[str, str]


def digest_of(text: object) -> str:
    """Return a digest that is one. Raises ``BadAnswer`` for anything else in its place."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise BadAnswer("no digest")
    return text


def choose(index: Mapping[str, Any], platform: Platform) -> str:
    """Return the digest of the manifest for a platform.

    Without one for the very variant, the newest older one is what an engine takes.
    """
    entries = index.get("manifests")
    offered: dict[str, object] = {}
    for entry in entries if isinstance(entries, list) else ():
        own = Platform.of(mapping(mapping(entry).get("platform")))
        if (own.os, own.architecture) == (platform.os, platform.architecture):
            offered.setdefault(own.variant, mapping(entry).get("digest"))
    fitting = [variant for variant in offered if variant <= platform.variant]
    if not fitting:
        raise NoPlatform(f"{platform.os}/{platform.architecture}/{platform.variant}")
    return digest_of(offered[max(fitting)])


def config_of(manifest: Mapping[str, Any]) -> str:
    """Return the digest of a manifest's configuration, which is the image's id for most engines."""
    return digest_of(mapping(manifest.get("config")).get("digest"))


def is_index(document: Mapping[str, Any]) -> bool:
    """Whether a document lists manifests by platform, and is none itself."""
    return document.get("mediaType") in INDEXES or (
        "manifests" in document and "config" not in document
    )


def labels_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels in an image's configuration."""
    labels = mapping(mapping(config.get("config")).get("Labels"))
    return {key: value for key, value in labels.items() if isinstance(value, str)}


def release_url(labels: Mapping[str, Any]) -> str | None:
    """Return where a release is described: GitHub's page of releases, else what the labels name."""
    source, url, documentation = (
        _web_address(labels.get(name)) for name in (_SOURCE, _URL, _DOCUMENTATION)
    )
    return _releases(source) or _releases(url) or url or source or documentation


def _web_address(value: object) -> str | None:
    """Accept nothing but web pages: labels are whatever somebody wrote into an image."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.hostname else None


def _releases(address: str | None) -> str | None:
    parts = urlsplit(address or "")
    names = parts.path.strip("/").removesuffix(".git").split("/")
    if parts.hostname not in ("github.com", "www.github.com") or len(names) < 2:
        return None
    return f"https://github.com/{names[0]}/{names[1].removesuffix('.git')}/releases"
