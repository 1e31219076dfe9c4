"""Logins at private registries: from the options to our own questions and the engine's pulls."""

import base64
from collections.abc import Mapping
import json
from typing import Any

from .reference import DOCKER_HUB, Reference
from .registry import Credentials

LOGINS = "registries"
"""The option: a list of ``{"registry", "username", "password"}``."""

_HUB_SERVER = "https://index.docker.io/v1/"
# In base64 only these of the printable characters make one that the two alphabets differ in.
_DIFFERING = {character: f"\\u{ord(character):04x}" for character in ">?~\x7f"}


def logins(options: Mapping[str, Any]) -> dict[str, Credentials]:
    """Return the logins by registry, as references name it."""
    return {
        row["registry"]: Credentials(username=row["username"], password=row["password"])
        for row in options.get(LOGINS) or ()
    }


def header(options: Mapping[str, Any], image: str) -> str:
    """Return ``X-Registry-Auth`` for an image's registry; empty where there is no login for it.

    Engines read base64 for URLs, Portainer on the way plain base64: it is both.
    """
    reference = Reference.parse(image)
    login = logins(options).get(reference.host) if reference else None
    if reference is None or login is None:
        return ""
    told = {
        "username": login.username,
        "password": login.password,
        "serveraddress": _HUB_SERVER if reference.host == DOCKER_HUB else reference.host,
    }
    text = json.dumps(told)
    for character, escaped in _DIFFERING.items():
        text = text.replace(character, escaped)
    return base64.b64encode(text.encode()).decode()
