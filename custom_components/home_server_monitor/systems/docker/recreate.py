"""From an inspected container to the request that makes it anew from another image.

Pure functions on the engine's own documents. What the user set stays; what came from the old
image comes from the new one; what the engine made up for the old container is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_COMPOSE_IMAGE = "com.docker.compose.image"
_SHORT_ID = 12

# Set by the user or empty; an image has no say in them.
_OWN = (
    *("Domainname", "AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin"),
    *("StdinOnce", "NetworkDisabled", "StopTimeout", "Image"),
)
# One value: the image's, unless the user gave another.
_SINGLE = ("User", "WorkingDir", "StopSignal", "Shell")
_HEALTH = ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries")
# Of a network: what was asked for, not what the engine assigned.
_ENDPOINT = ("IPAMConfig", "Links", "DriverOpts", "GwPriority")

type Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Recreation:
    """What to send: ``body`` to ``/containers/create``, then one call for each network.

    ``connect`` is network name → ``EndpointConfig``; ``disconnect`` names networks that the
    engine connects by itself although the old container was not connected any more.
    """

    body: dict[str, Any]
    connect: dict[str, dict[str, Any]]
    disconnect: tuple[str, ...] = ()


def recreate(
    container: Document, old_image: Document, new_image: Document | None = None
) -> Recreation:
    """Return the request for a container like ``container`` (its full inspect document).

    The images are inspect documents; without a new one it is made of the old one again.
    """
    image = old_image if new_image is None else new_image
    primary, networks = _networks(container)
    host = _host_config(container)
    body = {
        **_config(container, _mapping(old_image.get("Config"))),
        "HostConfig": host,
        "NetworkingConfig": {
            "EndpointsConfig": {name: networks[name] for name in primary if name in networks}
        },
    }
    labels = body["Labels"]
    if labels.get(_COMPOSE_IMAGE) == old_image.get("Id"):
        # Compose tells by this label whether the container is of the image that it wants.
        labels[_COMPOSE_IMAGE] = image.get("Id")
    return Recreation(
        body=body,
        connect={name: end for name, end in networks.items() if name not in primary},
        disconnect=tuple(name for name in primary if name not in networks),
    )


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _words(value: object) -> list[str]:
    return [str(word) for word in value] if isinstance(value, Sequence) else []


# --- Config: what the image and the user share -----------------------------------------------------


def _config(container: Document, image: Document) -> dict[str, Any]:
    config = _mapping(container.get("Config"))
    host = _mapping(container.get("HostConfig"))
    body = {key: config[key] for key in _OWN if config.get(key) is not None}
    body |= {
        key: config[key] for key in _SINGLE if config.get(key) and config[key] != image.get(key)
    }
    body |= _command(config, image)
    inherited = set(_words(image.get("Env")))
    body["Env"] = [entry for entry in _words(config.get("Env")) if entry not in inherited]
    body["Labels"] = {
        key: value
        for key, value in _mapping(config.get("Labels")).items()
        if _mapping(image.get("Labels")).get(key) != value
    }
    # A published port must be exposed, and the new image may not do it.
    published = _mapping(host.get("PortBindings"))
    body["ExposedPorts"] = {
        port: {}
        for port in _mapping(config.get("ExposedPorts"))
        if port in published or port not in _mapping(image.get("ExposedPorts"))
    }
    body["Volumes"] = {
        target: {}
        for target in _mapping(config.get("Volumes"))
        if target not in _mapping(image.get("Volumes"))
    }
    if health := _health(_mapping(config.get("Healthcheck")), _mapping(image.get("Healthcheck"))):
        body["Healthcheck"] = health
    if hostname := _hostname(container):
        body["Hostname"] = hostname
    if mac := config.get("MacAddress"):
        # The only place where engines before API 1.44 take it.
        body["MacAddress"] = mac
    return body


def _command(config: Document, image: Document) -> dict[str, Any]:
    """Return what the user gave of entrypoint and command.

    An entrypoint of one's own keeps the engine from taking the image's command; so an entrypoint
    beside an empty command, where the image has one, was given too.
    """
    entrypoint, command = _words(config.get("Entrypoint")), _words(config.get("Cmd"))
    of_image = _words(image.get("Entrypoint")), _words(image.get("Cmd"))
    if (entrypoint, command) == of_image:
        return {}
    if entrypoint == of_image[0] and command:
        return {"Cmd": command}
    # One empty word is how an image's entrypoint is cleared.
    return {"Entrypoint": entrypoint or [""], "Cmd": command}


def _health(own: Document, image: Document) -> dict[str, Any]:
    """Return the parts of a health check that differ: the engine fills in the others one by one."""
    return {key: own[key] for key in _HEALTH if own.get(key) and own[key] != image.get(key)}


def _hostname(container: Document) -> str:
    config, host = _mapping(container.get("Config")), _mapping(container.get("HostConfig"))
    shares = str(host.get("NetworkMode") or "").startswith("container:")
    hostname = str(config.get("Hostname") or "")
    if shares or host.get("UTSMode") == "host" or hostname == _short_id(container):
        return ""
    return hostname


def _short_id(container: Document) -> str:
    return str(container.get("Id") or "")[:_SHORT_ID]


# --- HostConfig: all of it, with the volumes that have no name of their own ------------------------


def _host_config(container: Document) -> dict[str, Any]:
    host = _mapping(container.get("HostConfig"))
    host["Links"] = [_link(link) for link in _words(host.get("Links"))] or None
    # Where the client wrote the id to: nothing that the engine wants back.
    host.pop("ContainerIDFile", None)
    volumes = _volumes(container)
    mounts = [_named(mount, volumes) for mount in host.get("Mounts") or ()]
    if mounts:
        host["Mounts"] = mounts
    # A bind without a colon is a volume without a name, as a path in Config.Volumes is.
    binds = [bind for bind in _words(host.get("Binds")) if ":" in bind]
    taken = {_target(bind) for bind in binds} | {mount.get("Target") for mount in mounts}
    binds += [f"{name}:{target}" for target, name in volumes.items() if target not in taken]
    host["Binds"] = binds or None
    return host


def _link(link: str) -> str:
    """Turn ``/target:/own-name/alias``, as it is shown, into ``target:alias``, as it is given."""
    target, _, alias = link.partition(":")
    return f"{target.removeprefix('/')}:{alias.rpartition('/')[2] or target.removeprefix('/')}"


def _target(bind: str) -> str:
    return bind.split(":")[1]


def _volumes(container: Document) -> dict[str, str]:
    """Return path → name of the volumes that are mounted."""
    return {
        str(mount["Destination"]): str(mount["Name"])
        for mount in container.get("Mounts") or ()
        if mount.get("Type") == "volume" and mount.get("Name") and mount.get("Destination")
    }


def _named(mount: Document, volumes: Document) -> dict[str, Any]:
    if mount.get("Type") != "volume" or mount.get("Source"):
        return dict(mount)
    name = volumes.get(str(mount.get("Target")))
    return {**mount, "Source": name} if name else dict(mount)


# --- Networks -------------------------------------------------------------------------------------


def _networks(container: Document) -> tuple[tuple[str, ...], dict[str, dict[str, Any]]]:
    """Return the names of what the engine connects by itself, and all connections by name."""
    mode = str(_mapping(container.get("HostConfig")).get("NetworkMode") or "default")
    if mode in ("host", "none") or mode.startswith("container:"):
        return (), {}
    shown = _mapping(_mapping(container.get("NetworkSettings")).get("Networks"))
    primary = "bridge" if mode == "default" else mode
    for name, end in shown.items():
        if mode == _mapping(end).get("NetworkID"):
            primary = name
    first_mac = str(_mapping(container.get("Config")).get("MacAddress") or "")
    found = {}
    for name, end in shown.items():
        endpoint = _endpoint(_mapping(end), _short_id(container))
        mac = first_mac if name == primary else _chosen_mac(_mapping(end))
        found[name] = {**endpoint, "MacAddress": mac} if mac else endpoint
    return (primary,), found


def _endpoint(end: Document, short_id: str) -> dict[str, Any]:
    kept = {key: end[key] for key in _ENDPOINT if end.get(key)}
    aliases = [alias for alias in _words(end.get("Aliases")) if alias != short_id]
    return {**kept, "Aliases": aliases} if aliases else kept


def _chosen_mac(end: Document) -> str:
    """Return a MAC address that does not come from the IPv4 address.

    Of another one nothing tells whether it was chosen: to keep it is harmless, to lose it is not.
    """
    mac, address = str(end.get("MacAddress") or ""), str(end.get("IPAddress") or "")
    if not mac or not address:
        return mac
    derived = "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
    return "" if mac == derived else mac
