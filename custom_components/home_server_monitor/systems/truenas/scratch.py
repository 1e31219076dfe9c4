"""Datasets that are ours, for moments: nobody has to see them."""

SCRATCH = "home-server-monitor-restore-test"
"""What the names of scratch datasets begin with, right below the pool."""


def is_scratch(dataset: str) -> bool:
    """Whether a dataset of this name is one that a trial restore made."""
    return dataset.partition("/")[2].startswith(f"{SCRATCH}-")
