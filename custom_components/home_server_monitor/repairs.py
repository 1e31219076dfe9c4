"""Repair issues: what a user has to mend in the system itself, and how to check that it helped."""

from typing import TYPE_CHECKING

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .systems.errors import MissingRight

if TYPE_CHECKING:
    from .runtime import HomeServerConfigEntry


def _issue_id(entry: HomeServerConfigEntry, group: str) -> str:
    return f"missing_right_{entry.entry_id}_{group}"


@callback
def async_create_missing_right(
    hass: HomeAssistant, entry: HomeServerConfigEntry, group: str, error: MissingRight
) -> None:
    """Say which right the credential lacks; the flow reads again to see whether it is there."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(entry, group),
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key="missing_right",
        translation_placeholders={"name": entry.title, "right": error.detail},
        data={"entry_id": entry.entry_id},
    )


@callback
def async_delete_missing_right(
    hass: HomeAssistant, entry: HomeServerConfigEntry, group: str
) -> None:
    """Take the issue back once the group can be read."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(entry, group))


@callback
def async_delete_all(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Take back every right that an entry which is unloaded or removed lacked."""
    issues = ir.async_get(hass).issues
    for domain, issue_id in list(issues):
        if domain == DOMAIN and issue_id.startswith(_issue_id(entry, "")):
            ir.async_delete_issue(hass, domain, issue_id)


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
