"""Repair issues: what a user has to mend in the system itself, and how to check that it helped."""

from collections.abc import Collection, Iterable
import logging
from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .systems.errors import MissingRight

if TYPE_CHECKING:
    from .runtime import HomeServerConfigEntry

_LOGGER = logging.getLogger(__name__)


def _issue_id(entry: HomeServerConfigEntry) -> str:
    return f"missing_right_{entry.entry_id}"


class MissingRights:
    """The rights that the credential of an entry lacks: one issue names all of them."""

    def __init__(self, hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
        """Know of none yet; an issue of an earlier attempt stands until something is read."""
        self._hass = hass
        self._entry = entry
        self._lacking: dict[str, tuple[str, ...]] = {}
        self._shown: str | None = None

    @callback
    def async_leave_out(self, source: str, errors: Collection[MissingRight]) -> None:
        """Take over for want of what ``source`` left parts out; say it once for each."""
        before = self._lacking.get(source, ())
        if new := sorted({error.detail for error in errors} - set(before)):
            _LOGGER.warning(
                "%s: parts of %s are left out, for it is not permitted to ask: %s",
                self._entry.title,
                source,
                ", ".join(new),
            )
        self.async_note(source, errors)

    @callback
    def async_note(self, source: str, errors: Iterable[MissingRight]) -> None:
        """Take over what ``source`` lacks at present, which may be nothing."""
        self._lacking[source] = tuple(error.detail for error in errors)
        rights = ", ".join(sorted({right for part in self._lacking.values() for right in part}))
        if rights == self._shown:
            return
        self._shown = rights
        if not rights:
            ir.async_delete_issue(self._hass, DOMAIN, _issue_id(self._entry))
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            _issue_id(self._entry),
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="missing_right",
            translation_placeholders={"name": self._entry.title, "right": rights},
            data={"entry_id": self._entry.entry_id},
        )


@callback
def async_delete_missing_rights(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Take back the issue of an entry that is unloaded or removed."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry))


class ReadAgainFlow(RepairsFlow):
    """Asks the user to grant the right, then reloads the entry, which checks it."""

    def __init__(self, entry_id: str) -> None:
        """Remember the entry that the issue is about."""
        self._entry_id = entry_id

    async def async_step_init(self, user_input: dict[str, str] | None = None) -> RepairsFlowResult:
        """Go straight to the one step; what arrives here is not yet the user's."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Reload the entry once the user says that the right has been granted."""
        if user_input is None:
            issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
            return self.async_show_form(
                step_id="confirm",
                description_placeholders=issue.translation_placeholders if issue else None,
            )
        self.hass.config_entries.async_schedule_reload(self._entry_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Create the flow for a repair issue of ours."""
    return ReadAgainFlow(str((data or {}).get("entry_id", "")))
