"""One map from the errors of a system to what Home Assistant shows for an action that failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .runtime import HomeServerConfigEntry
from .systems.errors import HomeServerError, InvalidAuth


@contextmanager
def translated_errors(hass: HomeAssistant, entry: HomeServerConfigEntry) -> Iterator[None]:
    """Translate what a client raises; a rejected credential also starts reauthentication."""
    try:
        yield
    except HomeServerError as err:
        if isinstance(err, InvalidAuth):
            entry.runtime_data.async_stop_polling(err)
            entry.async_start_reauth(hass)
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=err.key,
            translation_placeholders=err.placeholders,
        ) from err
