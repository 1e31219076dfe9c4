"""What an engine knows of its images and registries, from its JSON to models."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from ..errors import BadAnswer
from .client import Engine
from .manifests import VERSION, Platform, digest_of
from .parse import mapping
from .reference import Reference

_LIST_SECONDS = 60.0
_REGISTRY_SECONDS = 30.0
OPT_OUT = "home_server_monitor.update"
_NO = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalImage:
    """An image on an engine; ``digests`` are what registries call it: ``repository@sha256:…``."""

    id: str
    digests: tuple[str, ...] = ()
    version: str | None = None
    labels: Mapping[str, Any] = field(default_factory=dict)

    def digest_in(self, reference: Reference) -> str | None:
        """Return the digest by which it came from the reference's repository, if it did."""
        for text in reversed(self.digests):
            name = Reference.parse(text)
            if name and reference.names_same(name):
                return name.digest
        return None

    def is_known_as(self, digest: str) -> bool:
        """Whether some registry has this very image under the digest."""
        return any(text.endswith(f"@{digest}") for text in self.digests)


@dataclass(frozen=True, kw_only=True, slots=True)
class Installed:
    """The image that a container was made from, and whether its label wants no updates."""

    image: LocalImage
    opted_out: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageParts:
    """An image's platform, and every digest by which this one build of it is known."""

    platform: Platform
    digests: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Insecure:
    """The registries that the engine reaches without (checked) encryption."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def includes(self, reference: Reference) -> bool:
        """Whether the engine itself would talk to this registry so."""
        if reference.host in self.hosts:
            return True
        try:
            address = ip_address(reference.host_name)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


def installed(containers: object, images: object) -> dict[str, Installed]:
    """Combine ``/containers/json`` and ``/images/json``: what each container id was made from."""
    if not isinstance(containers, list) or not isinstance(images, list):
        raise BadAnswer("the list of containers or images is not a list")
    by_id = {image.id: image for image in map(_image, images) if image}
    found = {}
    for row in containers:
        container_id, image_id = mapping(row).get("Id"), mapping(row).get("ImageID")
        if not isinstance(container_id, str) or not isinstance(image_id, str):
            continue
        # An image that was removed by force while its container lives on is not in the list.
        found[container_id] = Installed(
            image=by_id.get(_long(image_id)) or LocalImage(id=_long(image_id)),
            opted_out=_opted_out(mapping(row.get("Labels"))),
        )
    return found


def _image(row: object) -> LocalImage | None:
    document = mapping(row)
    image_id, digests = document.get("Id"), document.get("RepoDigests")
    if not isinstance(image_id, str):
        return None
    labels = mapping(document.get("Labels"))
    version = labels.get(VERSION)
    return LocalImage(
        id=_long(image_id),
        digests=tuple(str(one) for one in digests) if isinstance(digests, list) else (),
        version=version if isinstance(version, str) and version else None,
        labels=labels,
    )


def _long(image_id: str) -> str:
    """Podman leaves out the algorithm."""
    return image_id if ":" in image_id else f"sha256:{image_id}"


def _opted_out(labels: Mapping[str, Any]) -> bool:
    return str(labels.get(OPT_OUT, "")).strip().lower() in _NO


def image_parts(document: object) -> ImageParts:
    """Parse ``/images/{id}/json``; with ``manifests=1`` newer engines tell the parts of an index."""
    data = mapping(document)
    parts = data.get("Manifests")
    rows = [data, *(mapping(part) for part in (parts if isinstance(parts, list) else ()))]
    digests = {
        mapping(row.get("Descriptor")).get("digest")
        for row in rows
        if row is data or row.get("Available")
    }
    image_id, names = data.get("Id"), data.get("RepoDigests")
    if isinstance(image_id, str):
        digests.add(_long(image_id))
    digests |= {str(name).rpartition("@")[2] for name in (names if isinstance(names, list) else ())}
    return ImageParts(
        platform=Platform.of(data, capital=True),
        digests=frozenset(one for one in digests if isinstance(one, str)),
    )


def insecure_registries(info: object) -> Insecure:
    """Parse what ``/info`` says of registries."""
    settings = mapping(mapping(info).get("RegistryConfig"))
    blocks = settings.get("InsecureRegistryCIDRs")
    networks = []
    for block in blocks if isinstance(blocks, list) else ():
        try:
            networks.append(ip_network(str(block), strict=False))
        except ValueError:
            continue
    return Insecure(
        hosts=frozenset(
            name
            for name, index in mapping(settings.get("IndexConfigs")).items()
            if mapping(index).get("Secure") is False
        ),
        networks=tuple(networks),
    )


def distribution_digest(document: object) -> str:
    """Parse ``/distribution/{name}/json``: the digest that the engine found in the registry."""
    return digest_of(mapping(mapping(document).get("Descriptor")).get("digest"))


async def read_installed(engine: Engine) -> dict[str, Installed]:
    """Return the image of each container, by container id."""
    containers, images = await asyncio.gather(
        engine.get("CONTAINERS", "containers/json", all="1"),
        engine.get("IMAGES", "images/json", seconds=_LIST_SECONDS),
    )
    return installed(containers, images)


async def read_parts(engine: Engine, image_id: str) -> ImageParts:
    """Return an image's platform and all of its digests."""
    return image_parts(await engine.get("IMAGES", f"images/{image_id}/json", manifests="1"))


async def read_distribution(engine: Engine, name: str, login: str) -> str:
    """Return the digest behind a name with its tag, which the engine asks the registry for.

    ``login`` is what ``logins.header`` makes.
    """
    return distribution_digest(await engine.distribution(name, login, _REGISTRY_SECONDS))


async def read_insecure(engine: Engine) -> Insecure:
    """Return the registries that the engine talks to without checked encryption."""
    return insecure_registries(await engine.get("INFO", "info"))
