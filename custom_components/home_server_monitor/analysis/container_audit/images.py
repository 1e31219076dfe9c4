"""What an image is for, told by its name. Sets hold names (``traefik``) or owner and name."""

from __future__ import annotations

from dataclasses import dataclass
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

# Compose puts a value here; which one is not known, and nothing is assumed of it.
INTERPOLATION = re.compile(r"\$\{[^}]*\}|\$[A-Za-z_][A-Za-z0-9_]*")
UNKNOWN = "\ufffd"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IDENTIFIER = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_EXACT_VERSION = re.compile(r"\d+\.\d+")
_MOVING = _names(
    "latest stable release nightly develop development dev main master edge testing beta alpha "
    "unstable rolling canary preview next current lts"
)
_DOWNLOADER = re.compile(
    r"(?:^|[-_.])(qbittorrent|transmission|deluge|rtorrent|rutorrent|sabnzbd|nzbget)\d?"
    r"(?:[-_]?(?:nox|web|openvpn|wireguard|vpn|rutorrent|ng|alpine))*"
)

DOCKER_MANAGERS = _names(
    "portainer portainer-ce portainer-ee portainer/agent dockge watchtower docker-autoheal autoheal "
    "yacht arcane komodo-periphery dockhand ouroboros"
)
SOCKET_PROXIES = frozenset({"docker-socket-proxy", "socket-proxy"})
HOST_MONITORS = _names("node-exporter node_exporter netdata cadvisor glances beszel-agent telegraf")
DISK_MONITORS = _names("scrutiny smartctl-exporter smartctl_exporter beszel-agent")
PROCESS_MONITORS = HOST_MONITORS | {"process-exporter"}
DISCOVERERS = HOST_MONITORS | _names(
    "home-assistant homeassistant plex pms-docker python-matter-server matter-server "
    "openthread-border-router esphome homebridge scrypted avahi tailscale zerotier netbird"
)
HOME_ASSISTANT = frozenset({"home-assistant", "homeassistant"})
TUNNELS = _names(
    "gluetun wireguard wg-easy openvpn openvpn-client openvpn-as tailscale zerotier netbird "
    "nordvpn nordlynx protonvpn mullvad surfshark docker-wireguard-pia"
)
VPN_CLIENTS = _names(
    "gluetun wireguard openvpn openvpn-client nordvpn nordlynx protonvpn mullvad surfshark "
    "docker-wireguard-pia"
)
VPN_SERVERS = _names("wireguard wg-easy openvpn openvpn-as tailscale netbird")
REVERSE_PROXIES = _names(
    "traefik nginx-proxy-manager nginx-proxy caddy swag haproxy letsencrypt zoraxy npmplus pangolin"
)
NAME_SERVERS = _names("pihole adguardhome unbound dns-server bind9 coredns blocky dnsmasq")
MEDIA_SERVERS = _names("plex pms-docker jellyfin emby embyserver")
DATA_STORES = _names(
    "postgres postgresql postgis timescaledb pgvector pgvecto-rs mariadb mysql redis valkey keydb "
    "mongo mongodb influxdb elasticsearch opensearch memcached couchdb clickhouse-server rabbitmq "
    "cassandra neo4j"
)

# These start as root and change to a user of their own before they serve anybody.
DROPS_ROOT = DATA_STORES | _names("pihole pms-docker nextcloud paperless-ngx eclipse-mosquitto")
DROPPING_OWNERS = frozenset({"linuxserver", "hotio", "jlesage"})

# Images that bring a user or a health check of their own, which a compose file does not show.
BRINGS_USER = _names(
    "grafana prometheus loki alertmanager node-exporter elasticsearch keycloak jellyseerr seerr "
    "nginx-unprivileged n8n opensearch"
)
BRINGS_HEALTHCHECK = _names(
    "gluetun pihole pms-docker vaultwarden/server uptime-kuma immich-server dockge tautulli "
    "immich-machine-learning transmission-openvpn autoheal docker-autoheal paperless-ngx homepage "
    "wg-easy jellyfin/jellyfin immich-app/postgres"
)


@dataclass(frozen=True, slots=True)
class ImageName:
    """A reference taken apart, in small letters. What is not there is empty."""

    owner: str
    name: str
    tag: str
    digest: str

    def is_one_of(self, names: AbstractSet[str]) -> bool:
        """Whether the image is among these."""
        return self.name in names or f"{self.owner}/{self.name}" in names

    @property
    def is_unpinned(self) -> bool:
        """Whether the same reference is meant to be another image tomorrow."""
        if self.digest or not self.name or UNKNOWN in self.name + self.tag:
            return False
        words = re.split(r"[-_.]", self.tag)
        return not self.tag or (
            not _MOVING.isdisjoint(words) and not _EXACT_VERSION.search(self.tag)
        )

    @property
    def downloader(self) -> str:
        """Return which download client is in the image, empty where there is none."""
        match = _DOWNLOADER.search(self.name)
        return match[1] if match is not None and match.end() == len(self.name) else ""


def image_name(reference: str) -> ImageName:
    """Take ``registry:5000/owner/name:tag@digest`` apart; nothing raises."""
    text = INTERPOLATION.sub(UNKNOWN, reference.strip()).lower()
    if _IDENTIFIER.fullmatch(text):
        return ImageName("", "", "", text)
    path, _, digest = text.partition("@")
    *owners, last = path.split("/")
    name, _, tag = last.partition(":")
    return ImageName(owners[-1] if owners else "", name, tag, digest)
