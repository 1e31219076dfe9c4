"""Issues that models raise: shown while they last, and quiet for good where the user said so.

Home Assistant forgets an "ignore" together with the issue. Issues come and go with reloads and
with containers that are made anew, so what is ignored is also written down here.
"""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.singleton import singleton
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .systems.issue import Issue
from .systems.paths import Path, to_identifier

if TYPE_CHECKING:
    from .coordinator import GroupCoordinator
    from .runtime import HomeServerConfigEntry

_VERSION = 1
_SAVE_DELAY = 5.0


class IgnoredIssues:
    """The ids of the issues that the user ignores, of all entries, in one file."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare; ``async_load`` must follow."""
        self._hass = hass
        self._store: Store[list[str]] = Store(hass, _VERSION, f"{DOMAIN}.ignored_issues")
        self._ids: set[str] = set()

    async def async_load(self) -> None:
        """Read the file."""
        self._ids = set(await self._store.async_load() or ())

    @callback
    def async_note(self, issue: ir.IssueEntry) -> None:
        """Remember whether an issue that is about to go is ignored."""
        wanted = self._ids - {issue.issue_id}
        if issue.dismissed_version:
            wanted |= {issue.issue_id}
        self._keep(wanted)

    @callback
    def async_apply(self, issue_id: str) -> None:
        """Ignore an issue that came back, if it was ignored when it went."""
        if issue_id in self._ids:
            ir.async_ignore_issue(self._hass, DOMAIN, issue_id, ignore=True)

    @callback
    def async_forget(self, entry_id: str) -> None:
        """Drop what was ignored of an entry that was removed."""
        self._keep({one for one in self._ids if not one.startswith(_prefix(entry_id))})

    @callback
    def _keep(self, ids: set[str]) -> None:
        if ids == self._ids:
            return
        self._ids = ids
        self._store.async_delay_save(lambda: sorted(self._ids), _SAVE_DELAY)


_KEY: HassKey[IgnoredIssues] = HassKey(f"{DOMAIN}.ignored_issues")


@singleton(_KEY, async_=True)
async def async_ignored_issues(hass: HomeAssistant) -> IgnoredIssues:
    """Return what the user ignores, read once."""
    ignored = IgnoredIssues(hass)
    await ignored.async_load()
    return ignored


async def async_follow(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Show the issues of all models of an entry as they come and go."""
    ignored = await async_ignored_issues(hass)
    for coordinator in entry.runtime_data.coordinators.values():
        keeper = _Keeper(hass, entry, coordinator, ignored)
        if keeper.is_needed:
            coordinator.async_on_change(keeper.async_sync)
            keeper.async_sync(set(coordinator.items), set())
    entry.async_on_unload(partial(_take_back, hass, _prefix(entry.entry_id), ignored))


async def async_forget(hass: HomeAssistant, entry: HomeServerConfigEntry) -> None:
    """Forget everything of an entry that was removed."""
    ignored = await async_ignored_issues(hass)
    # Home Assistant remembers ignored issues of an entry that was not loaded since.
    _take_back(hass, _prefix(entry.entry_id), ignored)
    ignored.async_forget(entry.entry_id)


class _Keeper:
    """Keeps the issues of one group as its models say."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: HomeServerConfigEntry,
        coordinator: GroupCoordinator,
        ignored: IgnoredIssues,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._ignored = ignored
        self._shown: dict[Path, set[str]] = {}
        self._kinds = [
            kind
            for kind in entry.runtime_data.system.kinds
            if kind.group == coordinator.group.key and kind.issues
        ]

    @property
    def is_needed(self) -> bool:
        """Whether any model of this group raises issues."""
        return bool(self._kinds)

    @callback
    def async_sync(self, changed: set[Path], gone: set[Path]) -> None:
        """Show what the changed models say, and take back what they say no more."""
        for path in changed:
            self._show(path, list(self._issues(path)))
        for path in gone:
            self._show(path, [])

    def _issues(self, path: Path) -> Iterator[Issue]:
        item: Any = self._coordinator.items[path]
        for kind in self._kinds:
            if kind.issues and isinstance(item, kind.model):
                yield from kind.issues(path, item)

    def _show(self, path: Path, issues: list[Issue]) -> None:
        wanted = {self._id(path, issue): issue for issue in issues}
        before = self._shown.pop(path, set())
        for issue_id in before - wanted.keys():
            _delete(self._hass, issue_id, self._ignored)
        for issue_id, issue in wanted.items():
            _create(self._hass, issue_id, issue)
            if issue_id not in before:
                self._ignored.async_apply(issue_id)
        if wanted:
            self._shown[path] = set(wanted)

    def _id(self, path: Path, issue: Issue) -> str:
        place = to_identifier(self._entry.entry_id, path, issue.key, issue.identity)
        return f"{DOMAIN}|{place}"


def _prefix(entry_id: str) -> str:
    return f"{DOMAIN}|{entry_id}|"


@callback
def _create(hass: HomeAssistant, issue_id: str, issue: Issue) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR if issue.urgent else ir.IssueSeverity.WARNING,
        translation_key=issue.key,
        translation_placeholders=dict(issue.placeholders),
    )


@callback
def _delete(hass: HomeAssistant, issue_id: str, ignored: IgnoredIssues) -> None:
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    if issue:
        ignored.async_note(issue)
        ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def _take_back(hass: HomeAssistant, prefix: str, ignored: IgnoredIssues) -> None:
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(prefix):
            _delete(hass, issue_id, ignored)
