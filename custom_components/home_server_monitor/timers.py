"""Named timers: setting one again puts it off, and all of them end with their owner."""

from collections.abc import Callable
from datetime import datetime

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later


class Timers:
    """The timers of one owner, by name."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without any."""
        self._hass = hass
        self._cancels: dict[str, CALLBACK_TYPE] = {}

    def __contains__(self, name: str) -> bool:
        """Whether this timer runs at present."""
        return name in self._cancels

    @callback
    def start(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Call ``action`` once, after so many seconds from now."""

        @callback
        def run(_now: datetime) -> None:
            self._cancels.pop(name, None)
            action()

        self.cancel(name)
        self._cancels[name] = async_call_later(self._hass, seconds, run)

    @callback
    def cancel(self, name: str) -> None:
        """Stop a timer; one that does not run is fine."""
        if cancel := self._cancels.pop(name, None):
            cancel()

    @callback
    def cancel_all(self) -> None:
        """Stop every timer."""
        for name in tuple(self._cancels):
            self.cancel(name)
