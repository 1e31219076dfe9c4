"""Which dataset a replication copies to which."""

from collections.abc import Sequence
from posixpath import commonpath


def target_of(dataset: str, sources: Sequence[str], target: str) -> str:
    """Return where ``dataset``, one of the sources or below one, is copied to.

    What several sources have in common in their names is left out at the target, as TrueNAS does.
    """
    base = commonpath(sources)
    below = dataset.removeprefix(base).strip("/")
    return f"{target}/{below}" if below else target


def is_excluded(dataset: str, exclude: Sequence[str]) -> bool:
    """Whether a dataset is, or lies below, one that is left out."""
    return any(dataset == one or dataset.startswith(f"{one}/") for one in exclude)
