"""The config flow, generated from what each system declares: choose a system, connect, done."""

from collections.abc import Callable, Coroutine, Mapping
import logging
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigFlow,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
import voluptuous as vol

from . import async_sessions
from .const import CONF_ALLOW_CONTROL, CONF_SYSTEM, DOMAIN
from .options_flow import HomeServerOptionsFlow
from .runtime import HomeServerConfigEntry
from .systems import SYSTEMS
from .systems.errors import HomeServerError
from .systems.system import Field, Identity, System

_LOGGER = logging.getLogger(__name__)


class HomeServerConfigFlow(ConfigFlow, domain=DOMAIN):
    """Adds one system, or changes how it is reached."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Start without a system."""
        self._placeholders: dict[str, str] = {}
        self._found: dict[str, Any] = {}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: HomeServerConfigEntry) -> OptionsFlow:
        """Return the flow behind the gear."""
        return HomeServerOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask which kind of system to add."""
        if user_input is not None:
            return await self._connect(SYSTEMS[user_input[CONF_SYSTEM]], None)
        options = [
            SelectOptionDict(value=system.key, label=system.name) for system in SYSTEMS.values()
        ]
        selector = SelectSelector(
            SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        )
        return self.async_show_form(
            step_id="user", data_schema=vol.Schema({vol.Required(CONF_SYSTEM): selector})
        )

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a system that announces itself in the network."""
        system = next(
            system for system in SYSTEMS.values() if discovery_info.type in system.announced_as
        )
        self._found = {CONF_HOST: discovery_info.host, CONF_PORT: discovery_info.port}
        self._async_abort_entries_match({CONF_SYSTEM: system.key, **self._found})
        await self.async_set_unique_id(f"{discovery_info.host}:{discovery_info.port}")
        self._abort_if_unique_id_configured()
        name = discovery_info.name.partition(".")[0]
        self.context["title_placeholders"] = {"name": f"{system.name}: {name}"}
        return await self._connect(system, None)

    async def _connect(
        self, system: System[Any], user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask how the system is reached, and try."""
        errors: dict[str, str] = {}
        typed = dict(user_input or {})
        control = typed.pop(CONF_ALLOW_CONTROL, False)
        if user_input is not None and (identity := await self._identify(system, typed, errors)):
            await self.async_set_unique_id(identity.unique_id)
            self._abort_if_unique_id_configured()
            return self.async_create_entry(
                title=identity.title,
                data={CONF_SYSTEM: system.key, **typed},
                options={CONF_ALLOW_CONTROL: control},
            )
        schema = _connection_schema(system.fields, typed or self._found).extend(
            {vol.Required(CONF_ALLOW_CONTROL, default=control): BooleanSelector()}
        )
        return self.async_show_form(
            step_id=system.key,
            data_schema=schema,
            errors=errors,
            description_placeholders=self._placeholders,
        )

    async def _identify(
        self, system: System[Any], data: Mapping[str, Any], errors: dict[str, str]
    ) -> Identity | None:
        """Connect with these data; on failure say why in ``errors``."""
        client = None
        try:
            client = await system.connect(data, async_sessions(self.hass))
            return await system.identify(client)
        except HomeServerError as err:
            errors["base"] = err.key
            self._placeholders = err.placeholders
        except Exception:
            _LOGGER.exception("Unexpected error while connecting to %s", system.name)
            errors["base"] = "unknown"
        finally:
            if client is not None:
                await client.close()
        return None

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for a new credential after the old one was rejected."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the credential alone."""
        return await self._change(
            self._get_reauth_entry(), "reauth_confirm", user_input, credentials_only=True
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the address or anything else about the connection."""
        return await self._change(self._get_reconfigure_entry(), "reconfigure", user_input)

    async def _change(
        self,
        entry: HomeServerConfigEntry,
        step_id: str,
        user_input: dict[str, Any] | None,
        *,
        credentials_only: bool = False,
    ) -> ConfigFlowResult:
        system = SYSTEMS[entry.data[CONF_SYSTEM]]
        fields = tuple(part for part in system.fields if part.credential or not credentials_only)
        errors: dict[str, str] = {}
        if user_input is not None:
            changed = {**_kept(entry.data, fields), **_typed(user_input, fields)}
            if identity := await self._identify(system, changed, errors):
                await self.async_set_unique_id(identity.unique_id)
                grown_up = identity.alias == entry.unique_id
                if (identity.stable and not grown_up) or self.source != SOURCE_RECONFIGURE:
                    self._abort_if_unique_id_mismatch(reason="wrong_system")
                elif identity.unique_id != entry.unique_id:
                    self._abort_if_unique_id_configured()
                return self.async_update_reload_and_abort(
                    entry, unique_id=identity.unique_id, data=changed
                )
        return self.async_show_form(
            step_id=step_id,
            data_schema=_connection_schema(
                fields, user_input or entry.data, keep_secrets=not credentials_only
            ),
            errors=errors,
            description_placeholders={"name": entry.title, **self._placeholders},
        )


def _kept(data: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """Drop what the form asks for again, so that an emptied field is really gone.

    Secrets stay unless they are typed anew: the form does not show them.
    """
    asked = {part.key for part in fields if not part.secret}
    return {key: value for key, value in data.items() if key not in asked}


def _typed(user_input: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """Leave out secrets that were left empty; a closed section arrives as an empty one."""
    secrets = {part.key for part in fields if part.secret}
    return {key: value for key, value in user_input.items() if value or key not in secrets}


def _connection_schema(
    fields: tuple[Field, ...], known: Mapping[str, Any], *, keep_secrets: bool = False
) -> vol.Schema:
    """Build the form; what is known is suggested, but never a secret."""
    schema: dict[Any, Any] = {}
    for part in fields:
        required = part.required and not (part.secret and keep_secrets)
        marker = vol.Required if required else vol.Optional
        suggested = None if part.secret else known.get(part.key)
        default = vol.UNDEFINED if part.default is None else part.default
        schema[marker(part.key, default=default, description={"suggested_value": suggested})] = (
            part.selector
        )
    return vol.Schema(schema)


def _connect_step(
    system: System[Any],
) -> Callable[..., Coroutine[Any, Any, ConfigFlowResult]]:
    async def step(
        self: HomeServerConfigFlow, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        return await self._connect(system, user_input)

    return step


# Home Assistant finds a step by its name; each system has one, so that its words can be its own.
for _system in SYSTEMS.values():
    setattr(HomeServerConfigFlow, f"async_step_{_system.key}", _connect_step(_system))
