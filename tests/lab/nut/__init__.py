"""A simulated upsd with UPSes whose variables tests can change."""

from .server import NutServer
from .ups import Ups, User, furnish

__all__ = ["NutServer", "Ups", "User", "furnish"]
