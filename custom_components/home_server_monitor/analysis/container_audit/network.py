"""Rules about who can reach a container, and by which way it leaves the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...systems.docker.settings.models import PublishedPort
from . import images
from .fixes import joined, listed, service_lines
from .images import image_name
from .report import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...systems.docker.settings.models import ContainerSettings
    from .surroundings import Surroundings

_ALL_ADDRESSES = frozenset({"", "0.0.0.0", "::", "*"})  # noqa: S104 - to be recognised only
_TORRENT_PORTS = frozenset({6881, 6882, 51413, 50000, 58846, 58946})

# Ports (inside) that are published to the house on purpose: that is what the image is for.
_MEANT = (
    (images.REVERSE_PROXIES, frozenset({80, 443})),
    (images.NAME_SERVERS, frozenset({53, 67, 547, 853})),
    (images.VPN_SERVERS, frozenset({51820, 1194, 943, 41641})),
    (images.MEDIA_SERVERS, frozenset({32400, 8096, 8920, 1900, 7359, 32410, 32412, 32413, 32414})),
)
# Of these, what is meant for the world as well.
_MEANT_FOR_ALL = frozenset({80, 443, 51820, 1194, 943, 41641, 32400})

_ENGINE_PORTS = frozenset({2375, 2376})
_YES = frozenset({"1", "true", "yes", "on"})


def check(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    """Yield who can reach it and should not, and what leaves past the VPN."""
    outside = _outside(settings, surroundings)
    yield from _reached_from_outside(settings, outside)
    everywhere = [
        port
        for port in settings.ports
        if port.address in _ALL_ADDRESSES and port not in outside and not _is_meant(settings, port)
    ]
    yield from _published(settings, everywhere)
    yield from _download_client(settings, surroundings)


def _is_meant(settings: ContainerSettings, port: PublishedPort) -> bool:
    image = image_name(settings.image)
    torrent = bool(image.downloader) or image.is_one_of(images.VPN_CLIENTS)
    if torrent and port.target in _TORRENT_PORTS:
        return True
    return any(image.is_one_of(names) and port.target in targets for names, targets in _MEANT)


def _shown(port: PublishedPort) -> str:
    outer = "?" if port.port is None else str(port.port)
    if port.port is not None and port.span > 1:
        outer = f"{port.port}-{port.port + port.span - 1}"
    return f"{outer}/{port.protocol}"


def _published(settings: ContainerSettings, everywhere: list[PublishedPort]) -> Iterator[Finding]:
    image = image_name(settings.image)
    engine = [
        port
        for port in everywhere
        if image.is_one_of(images.SOCKET_PROXIES) or port.target in _ENGINE_PORTS
    ]
    others = [port for port in everywhere if port not in engine]
    for rule, severity, ports in (
        ("docker_api_published", Severity.CRITICAL, engine),
        (
            "published_everywhere",
            Severity.MEDIUM if image.is_one_of(images.DATA_STORES) else Severity.LOW,
            others,
        ),
    ):
        if ports:
            shown = tuple(dict.fromkeys(_shown(port) for port in ports))
            fix = service_lines(settings, *listed("ports", map(_on_loopback, ports)))
            yield Finding(rule, severity, shown, {"ports": joined(shown)}, fix)


def _on_loopback(port: PublishedPort) -> str:
    end = "" if port.protocol == "tcp" else f"/{port.protocol}"
    if port.target is None:
        return f"127.0.0.1:8080:8080{end}"
    outer, inner = _range(port.port, port.span), _range(port.target, port.span)
    return f"127.0.0.1:{outer}:{inner}{end}"


def _range(first: int | None, span: int) -> str:
    if first is None:
        return ""
    return str(first) if span == 1 else f"{first}-{first + span - 1}"


def _outside(settings: ContainerSettings, surroundings: Surroundings) -> list[PublishedPort]:
    """Return the ports that are reached from outside; on the host's network those it listens on."""
    return [
        port
        for port in (*settings.ports, *_on_host_network(settings))
        if port.port is not None
        and port.address not in ("127.0.0.1", "::1")
        and any(
            port.port <= number < port.port + port.span and protocol == port.protocol
            for number, protocol in surroundings.outside_ports
        )
    ]


def _on_host_network(settings: ContainerSettings) -> Iterator[PublishedPort]:
    if settings.network_mode != "host":
        return
    for number, protocol in settings.exposed:
        yield PublishedPort(address="", port=number, target=number, protocol=protocol)


def _reached_from_outside(
    settings: ContainerSettings, outside: list[PublishedPort]
) -> Iterator[Finding]:
    if not outside:
        return
    image = image_name(settings.image)
    expected = all(
        _is_meant(settings, port) and (port.target in _MEANT_FOR_ALL | _TORRENT_PORTS)
        for port in outside
    )
    rules_the_host = image.is_one_of(
        images.DOCKER_MANAGERS | images.SOCKET_PROXIES | images.DATA_STORES
    )
    severity = Severity.CRITICAL if rules_the_host else Severity.HIGH
    shown = tuple(dict.fromkeys(_shown(port) for port in outside))
    yield Finding(
        "reached_from_outside",
        Severity.LOW if expected else severity,
        shown,
        {"ports": joined(shown)},
        service_lines(
            settings,
            "# take the forwarding out of the router, and let a VPN or a proxy with a login lead in:",
            *listed("ports", map(_on_loopback, outside)),
        ),
        expected=expected,
    )


def _download_client(settings: ContainerSettings, surroundings: Surroundings) -> Iterator[Finding]:
    client = image_name(settings.image).downloader
    if not client or _has_own_vpn(settings):
        return
    others = [each for each in surroundings.neighbours if each.name != settings.name]
    vpns = [each for each in others if is_vpn(each)]
    if not vpns or _goes_through_vpn(settings, others):
        return
    vpn = vpns[0]
    # News servers are spoken to over TLS; a swarm shows every peer's address to all.
    usenet = client in ("sabnzbd", "nzbget")
    yield Finding(
        "download_client_outside_vpn",
        Severity.MEDIUM if usenet else Severity.HIGH,
        (),
        {"vpn": vpn.name},
        _vpn_lines(settings, vpn),
    )


def _vpn_lines(settings: ContainerSettings, vpn: ContainerSettings) -> str:
    same_file = settings.labels.get("com.docker.compose.project") == vpn.labels.get(
        "com.docker.compose.project"
    )
    mode = f"service:{vpn.service}" if same_file else f"container:{vpn.name}"
    return service_lines(
        settings,
        f'network_mode: "{mode}"',
        f"# and its ports move to {vpn.name}; networks and ports leave this service",
    )


def is_vpn(settings: ContainerSettings) -> bool:
    """Whether it is a VPN that others go out through, and not one that lets people in."""
    image = image_name(settings.image)
    if not image.is_one_of(images.VPN_CLIENTS) or image.owner == "kylemanna":
        return False
    return not (image.name == "wireguard" and settings.environment.get("PEERS"))


def _has_own_vpn(settings: ContainerSettings) -> bool:
    switch = settings.environment.get("VPN_ENABLED")
    if switch is not None:
        return switch.strip().lower() in _YES
    return "vpn" in image_name(settings.image).name


def _goes_through_vpn(settings: ContainerSettings, others: list[ContainerSettings]) -> bool:
    """Whether its network is a VPN's, perhaps by way of others; True where that cannot be told."""
    seen: set[str] = set()
    while True:
        kind, _, wanted = settings.network_mode.partition(":")
        if kind not in ("container", "service"):
            return bool(seen) and is_vpn(settings)
        if wanted in seen:
            return True
        seen.add(wanted)
        found = [each for each in others if _is_called(each, kind, wanted)]
        if not found:
            return True
        settings = found[0]


def _is_called(settings: ContainerSettings, kind: str, wanted: str) -> bool:
    if kind == "service":
        return settings.service == wanted
    return settings.name == wanted or (len(wanted) >= 12 and settings.id.startswith(wanted))
