"""Which datasets are shown: those that the options name, else the top two levels."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from homeassistant.helpers.selector import (
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from ...option import Latest, OptionField
from ...paths import ROOT
from ..scratch import is_scratch
from .models import Dataset, DatasetNames

_KEY = "datasets"


def is_chosen(dataset: Dataset, options: Mapping[str, Any]) -> bool:
    """Whether a dataset is shown; the roots are, as their pools.

    What the options name may hold ``*``, which stands for any text, slashes too.
    """
    if not dataset.name or is_scratch(dataset.id):
        return False
    patterns = OPTION.value(options)
    if not isinstance(patterns, list):
        return "/" not in dataset.name
    return any(fnmatchcase(dataset.id, str(pattern)) for pattern in patterns)


def _selector(latest: Latest, stored: Any) -> Selector[Any]:
    known = latest("datasets").get(ROOT)
    names: Iterable[str] = known.names if isinstance(known, DatasetNames) else ()
    chosen = stored if isinstance(stored, list) else []
    offered = [*(name for name in names if "/" in name), *chosen]
    return SelectSelector(
        SelectSelectorConfig(
            options=list(dict.fromkeys(map(str, offered))),
            multiple=True,
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


OPTION = OptionField(key=_KEY, selector=_selector)
