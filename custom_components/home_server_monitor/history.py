"""What sensors showed over the last hours, from the recorder's statistics where it keeps any."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from homeassistant.const import Platform, UnitOfDataRate, UnitOfInformation
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .systems.paths import to_identifier
from .systems.recorded import Recorded, SensorAt

if TYPE_CHECKING:
    from homeassistant.components.recorder.statistics import StatisticsRow

    from .runtime import HomeServerConfigEntry

_UNITS = {
    "information": UnitOfInformation.BYTES.value,
    "data_rate": UnitOfDataRate.BYTES_PER_SECOND.value,
}
type _Period = Literal["hour", "5minute"]
_PERIODS: tuple[tuple[_Period, timedelta], ...] = (
    ("hour", timedelta(hours=1)),
    # What is younger than the last full hour has only these.
    ("5minute", timedelta(minutes=5)),
)


class EntryHistory:
    """The statistics of one entry's sensors."""

    def __init__(self, hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
        """Prepare; nothing is asked yet."""
        self._hass = hass
        self._entry = entry

    async def since(
        self, sensors: Collection[SensorAt], start: datetime
    ) -> Mapping[SensorAt, Recorded] | None:
        """Return what is recorded of each sensor since ``start``; None without a recorder."""
        if "recorder" not in self._hass.config.components:
            return None
        missing = {entity_id: one for one in sensors if (entity_id := self._entity_id(one))}
        found: dict[SensorAt, Recorded] = {}
        for period, length in _PERIODS:
            if not missing:
                break
            rows = await self._rows(start, set(missing), period)
            for entity_id, told in rows.items():
                if told:
                    found[missing.pop(entity_id)] = _recorded(told, length)
        return found

    def _entity_id(self, sensor: SensorAt) -> str | None:
        path, key = sensor
        registry = er.async_get(self._hass)
        unique_id = to_identifier(self._entry.entry_id, path, key)
        return registry.async_get_entity_id(Platform.SENSOR, DOMAIN, unique_id)

    async def _rows(
        self, start: datetime, entity_ids: set[str], period: _Period
    ) -> Mapping[str, list[StatisticsRow]]:
        # Not at the top: it takes the database's whole library along, and a house may do without.
        from homeassistant.components.recorder.statistics import (  # noqa: PLC0415 - there only with the recorder
            statistics_during_period,
        )
        from homeassistant.helpers.recorder import get_instance  # noqa: PLC0415 - the same

        return await get_instance(self._hass).async_add_executor_job(
            statistics_during_period,
            self._hass,
            start,
            None,
            entity_ids,
            period,
            _UNITS,
            {"mean", "max", "change"},
        )


def _recorded(rows: Iterable[StatisticsRow], length: timedelta) -> Recorded:
    told = list(rows)
    means = [mean for row in told if (mean := row.get("mean")) is not None]
    highest = [most for row in told if (most := row.get("max")) is not None]
    changes = [change for row in told if (change := row.get("change")) is not None]
    return Recorded(
        covered=length * len(told),
        mean=sum(means) / len(means) if means else None,
        highest=max(highest, default=None),
        change=sum(changes) if changes else None,
    )
