"""What is risky about how containers are set up, why, and the lines that mend it.

`audit` judges a container by its settings, `audit_host` all of a host, `audit_compose` a compose file
before it is deployed, `judge_path` the owner and mode of a mount point. All are pure functions. No
secret's value is ever part of what they return; `docs/audit.md` has the table of rules.
"""

from .audit import HostAudit, audit, audit_host
from .compose import ComposeReport, audit_compose, compose_settings
from .compose_yaml import ComposeError
from .permissions import Owner, PathFacts, judge_path, owners, sharers
from .privileges import runs_as
from .report import AuditReport, Finding, Severity, host_score
from .rules import RULES, Rule
from .surroundings import Surroundings

__all__ = [
    "RULES",
    "AuditReport",
    "ComposeError",
    "ComposeReport",
    "Finding",
    "HostAudit",
    "Owner",
    "PathFacts",
    "Rule",
    "Severity",
    "Surroundings",
    "audit",
    "audit_compose",
    "audit_host",
    "compose_settings",
    "host_score",
    "judge_path",
    "owners",
    "runs_as",
    "sharers",
]
