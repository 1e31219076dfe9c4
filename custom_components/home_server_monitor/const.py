"""Names that several modules of the integration share."""

from typing import Final

DOMAIN: Final = "home_server_monitor"

CONF_SYSTEM: Final = "system"
CONF_ALLOW_CONTROL: Final = "allow_control"
CONF_INCLUDE: Final = "include"
