"""A simulated TrueNAS, of any version from 24.04 to 26, whose world tests can change."""

from .ejson import moment
from .errors import CallError, InstanceNotFound, ValidationError
from .events import Event, Told, event_source
from .jobs import LabJob, State
from .keys import Key
from .methods import ANYONE, FULL_ADMIN, LOGGED_IN, Handler, method
from .query import query
from .server import TrueNas
from .version import ALL_VERSIONS, V24_04, V24_10, V25_04, V25_10, V26, Version
from .world import furnish

__all__ = [
    "ALL_VERSIONS",
    "ANYONE",
    "FULL_ADMIN",
    "LOGGED_IN",
    "V24_04",
    "V24_10",
    "V25_04",
    "V25_10",
    "V26",
    "CallError",
    "Event",
    "Handler",
    "InstanceNotFound",
    "Key",
    "LabJob",
    "State",
    "Told",
    "TrueNas",
    "ValidationError",
    "Version",
    "event_source",
    "furnish",
    "method",
    "moment",
    "query",
]
