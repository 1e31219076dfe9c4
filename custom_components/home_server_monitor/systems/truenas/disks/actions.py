"""The report on a disk, with SMART values as they are now where that is wanted."""

from dataclasses import replace

from homeassistant.core import SupportsResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import voluptuous as vol

from ...smart import judging
from ...smart.models import DiskHealth
from ...smart.report import REPORT, report
from ...system import Action, Call
from ..client import TrueNas
from ..pools.groups import POOLS
from . import health
from .groups import DISKS


async def _report(call: Call[TrueNas, DiskHealth]) -> JsonObjectType | None:
    """Return the report; with ``read_now`` the disk is asked first, unless it sleeps."""
    disk = health.disks_of(call.latest(DISKS.key)).get(call.path)
    if not call.data["read_now"] or disk is None:
        return report(call.item)
    round_, now = call.client.round(), dt_util.utcnow()
    told = await health.read_smart(round_, disk.name)
    if told is None and round_.lacking:
        raise round_.lacking[0]
    sample = health.evidence(disk, call.latest(POOLS.key), (), now)
    seen = health.seen_of(disk, sample, (), report=told, asked=now)
    judged = await judging.judge(call.archive, {call.path: seen}, now.date())
    known = replace(judged[call.path], alerts=call.item.alerts)
    return {**report(known), "read_now": told is not None}


ACTIONS = (
    Action[TrueNas, DiskHealth](
        name=REPORT,
        model=DiskHealth,
        run=_report,
        schema={vol.Optional("read_now", default=False): cv.boolean},
        control=False,
        response=SupportsResponse.ONLY,
    ),
)
