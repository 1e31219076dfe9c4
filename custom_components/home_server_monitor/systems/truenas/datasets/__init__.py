"""TrueNAS: datasets, and the space of pools."""

from collections.abc import Mapping
from typing import Any

from ...option import OptionField
from ...paths import Path
from ...system import Action, DeviceDetails, Group, Kind, Resume
from . import choice, groups, sensors
from .models import Dataset, PoolSpace


def _device(path: Path, dataset: Dataset) -> DeviceDetails:
    return DeviceDetails(
        name=dataset.id, parent=path[:-1], model="Volume" if dataset.is_volume else "Dataset"
    )


GROUPS: tuple[Group[Any], ...] = (groups.DATASETS,)
KINDS: tuple[Kind[Any], ...] = (
    Kind(model=PoolSpace, group=groups.DATASETS.key, entities=sensors.POOL),
    Kind(
        model=Dataset,
        group=groups.DATASETS.key,
        name=groups.DATASET,
        device=_device,
        entities=sensors.DATASET,
    ),
)
ACTIONS: tuple[Action[Any, Any], ...] = ()
PROCEDURES: Mapping[str, Resume[Any]] = {}
OPTIONS: tuple[OptionField, ...] = (choice.OPTION,)
