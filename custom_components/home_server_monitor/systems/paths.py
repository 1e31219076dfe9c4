"""Where an item stands in its system: the address that devices, entities and groups share.

A path is a tuple of segments from the system itself, ``()``, downwards, each ``"kind:id"``:
``("environment:3", "container:media/sonarr")``. It outlives what is volatile (container ids,
device names of disks), so registry entries hang on it.
"""

type Path = tuple[str, ...]

ROOT: Path = ()
SEPARATOR = "|"


def child(parent: Path, kind: str, name: object) -> Path:
    """Return the path of ``name`` of this kind below ``parent``."""
    return (*parent, f"{kind}:{str(name).replace(SEPARATOR, '_')}")


def kind_of(path: Path) -> str:
    """Return the kind of the item at ``path``; empty for the system itself."""
    return path[-1].partition(":")[0] if path else ""


def covers(scope: Path, path: Path) -> bool:
    """Whether ``path`` is ``scope`` or lies below it."""
    return path[: len(scope)] == scope


def to_identifier(entry_id: str, path: Path, *keys: str) -> str:
    """Return the registry identifier of a device, or with a key of one of its entities."""
    return SEPARATOR.join((entry_id, *path, *keys))


def from_identifier(entry_id: str, identifier: str) -> Path | None:
    """Return the path behind a device identifier, or None for one of another entry."""
    owner, *segments = identifier.split(SEPARATOR)
    return tuple(segments) if owner == entry_id else None


def names(paths: set[Path]) -> str:
    """Name a few paths for people, and count the others."""
    named = sorted("/".join(path) for path in paths)
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return ", ".join(named[:5]) + more
