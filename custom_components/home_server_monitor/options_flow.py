"""The options form: what every system has, and what the system itself declares."""

from collections.abc import Mapping
from typing import Any

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_SCAN_INTERVAL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import voluptuous as vol

from .const import CONF_ALLOW_CONTROL, CONF_INCLUDE, CONF_SYSTEM
from .runtime import HomeServerConfigEntry
from .systems import SYSTEMS
from .systems.option import InvalidOption, Latest, OptionField
from .systems.paths import Path
from .systems.system import System

_SHORTEST_INTERVAL = 10
_LONGEST_INTERVAL = 3600


class HomeServerOptionsFlow(OptionsFlowWithReload):
    """Changes what may be done, how often is asked, what is left out, and the system's own."""

    config_entry: HomeServerConfigEntry

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the one page of options; what cannot be kept changes nothing."""
        fields = SYSTEMS[self.config_entry.data[CONF_SYSTEM]].options
        stored = self.config_entry.options
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        typed = None if user_input is None else _flat(user_input, fields)
        if typed is not None:
            options = _general(typed, fields)
            for part in fields:
                try:
                    options |= _checked(part, typed, stored)
                except InvalidOption as err:
                    # In a section nobody would see what stands beside a field.
                    errors["base" if part.section else part.key] = err.reason
                    placeholders = err.placeholders
                    break
            else:
                return self.async_create_entry(data=options)
        return self.async_show_form(
            step_id="init",
            data_schema=self._schema(typed),
            errors=errors,
            description_placeholders=placeholders,
        )

    def _schema(self, typed: Mapping[str, Any] | None) -> vol.Schema:
        """Build the form with what is stored, or after an error with what was typed."""
        system = SYSTEMS[self.config_entry.data[CONF_SYSTEM]]
        options = self.config_entry.options
        schema = _general_schema(system, options if typed is None else typed)
        sections: dict[str, dict[Any, Any]] = {}
        for part in system.options:
            target = sections.setdefault(part.section, {}) if part.section else schema
            shown = part.shown(options) if typed is None else typed.get(part.key)
            target[_marker(part, shown)] = self._selector(part, shown)
        for key, content in sections.items():
            schema[vol.Required(key)] = section(vol.Schema(content), {"collapsed": True})
        return vol.Schema(schema)

    def _selector(self, part: OptionField, value: Any) -> Selector[Any]:
        return (
            part.selector
            if isinstance(part.selector, Selector)
            else part.selector(self._latest, value)
        )

    @property
    def _latest(self) -> Latest:
        if self.config_entry.state is ConfigEntryState.LOADED:
            return self.config_entry.runtime_data.items
        return _nothing


def _nothing(_group: str) -> Mapping[Path, Any]:
    return {}


def _marker(part: OptionField, shown: Any) -> vol.Marker:
    if part.required and shown is not None:
        return vol.Required(part.key, default=shown)
    marker = vol.Required if part.required else vol.Optional
    return marker(part.key, description={"suggested_value": None if part.secret else shown})


def _flat(user_input: Mapping[str, Any], fields: tuple[OptionField, ...]) -> dict[str, Any]:
    """Take the fields out of their sections."""
    sections = {part.section for part in fields if part.section}
    flat: dict[str, Any] = {}
    for key, value in user_input.items():
        flat |= value if key in sections else {key: value}
    return flat


def _general(typed: Mapping[str, Any], fields: tuple[OptionField, ...]) -> dict[str, Any]:
    """Return what every system has of what was typed."""
    own = {part.key for part in fields}
    options = {key: value for key, value in typed.items() if key not in own}
    if CONF_SCAN_INTERVAL in options:
        options[CONF_SCAN_INTERVAL] = int(options[CONF_SCAN_INTERVAL])
    return options


def _checked(
    part: OptionField, typed: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a field's key and value, nothing where the default holds. Raises ``InvalidOption``."""
    value = part.kept(typed.get(part.key), stored)
    if value is None or value == "" or (value in ([], {}) and not part.default):
        return {}
    return {part.key: part.check(value)}


def _general_schema(system: System[Any], options: Mapping[str, Any]) -> dict[Any, Any]:
    control = options.get(CONF_ALLOW_CONTROL, False)
    schema: dict[Any, Any] = {vol.Required(CONF_ALLOW_CONTROL, default=control): BooleanSelector()}
    paced = [group.interval.total_seconds() for group in system.groups if group.paced]
    if paced:
        interval = options.get(CONF_SCAN_INTERVAL, int(min(paced)))
        schema[vol.Required(CONF_SCAN_INTERVAL, default=interval)] = NumberSelector(
            NumberSelectorConfig(
                min=_SHORTEST_INTERVAL,
                max=_LONGEST_INTERVAL,
                step=1,
                unit_of_measurement="s",
                mode=NumberSelectorMode.BOX,
            )
        )
    optional = [group.key for group in system.groups if group.optional]
    if optional:
        chosen = [key for key in options.get(CONF_INCLUDE, optional) if key in optional]
        schema[vol.Optional(CONF_INCLUDE, default=chosen)] = SelectSelector(
            SelectSelectorConfig(
                options=optional,
                multiple=True,
                mode=SelectSelectorMode.LIST,
                translation_key=CONF_INCLUDE,
            )
        )
    return schema
