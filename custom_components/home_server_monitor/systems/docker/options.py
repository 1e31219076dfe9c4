"""What people choose for their containers: quotas, who is left alone, logins at registries."""

from collections.abc import Iterable, Mapping
import re
from typing import Any

from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)

from ...analysis.quotas import LIMITS, limit_of
from ..option import InvalidOption, Latest, OptionField
from ..paths import Path
from .logins import LOGINS
from .models import Container
from .reference import HUB_NAMES, Reference

QUOTAS = "quotas"
"""The option: a list of ``{"container", <limit>: <text>, …}``."""

NOT_UPDATED = "not_updated"
"""The option: a list of containers."""

OUTSIDE_PORTS = "outside_ports"
"""The option: ports that are reached from the internet, as ``443`` or ``51820/udp``."""

POOL_ROOTS = "pool_roots"
"""The option: folders in which storage pools are mounted."""

_PORT = re.compile(r"([0-9]{1,5})(?:/udp)?")
_TEXT: dict[str, Any] = {"text": {}}
_PASSWORD: dict[str, Any] = {"text": {"type": "password"}}


def name_in_options(path: Path) -> str:
    """Return what a container is called in the options: ``media/sonarr``, ``3/media/sonarr``."""
    return "/".join(segment.partition(":")[2] for segment in path)


def limits_of(options: Mapping[str, Any], path: Path) -> Mapping[str, str]:
    """Return what the options say of a container's limits, as texts by limit."""
    name = name_in_options(path)
    rows = (row for row in options.get(QUOTAS) or () if row["container"] == name)
    return {key: text for key, text in next(rows, {}).items() if key != "container"}


def is_left_alone(options: Mapping[str, Any], path: Path) -> bool:
    """Whether the options keep a container from being updated."""
    return name_in_options(path) in (options.get(NOT_UPDATED) or ())


def outside_ports(options: Mapping[str, Any]) -> frozenset[tuple[int, str]]:
    """Return the ports that are reached from the internet."""
    found = (port.partition("/") for port in options.get(OUTSIDE_PORTS) or ())
    return frozenset((int(number), protocol or "tcp") for number, _, protocol in found)


# --- Choosing a container -----------------------------------------------------------------------


def _containers(latest: Latest, stored: Iterable[str]) -> list[SelectOptionDict]:
    """Return what can be chosen: every container that is there, and those chosen before."""
    known = {
        name_in_options(path): _label(latest, path)
        for path, item in latest("containers").items()
        if isinstance(item, Container)
    }
    choices = {name: name for name in stored} | known
    return [
        SelectOptionDict(value=name, label=choices[name])
        for name in sorted(choices, key=lambda name: choices[name].casefold())
    ]


def _label(latest: Latest, path: Path) -> str:
    environment = latest("environments").get(path[:-1])
    key = path[-1].partition(":")[2]
    return f"{key} ({environment.name})" if environment else key


def _list_of_containers(latest: Latest, stored: Any) -> Selector[Any]:
    return SelectSelector(
        SelectSelectorConfig(
            options=_containers(latest, stored or ()),
            multiple=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _list_of_quotas(latest: Latest, stored: Any) -> Selector[Any]:
    names = [str(row["container"]) for row in stored or ()]
    select = {"options": _containers(latest, names), "mode": "dropdown"}
    container = ObjectSelectorField(selector={"select": select}, required=True)
    limits = {name: ObjectSelectorField(selector=_TEXT) for name in LIMITS}
    return ObjectSelector(
        ObjectSelectorConfig(
            fields={"container": container, **limits},
            multiple=True,
            label_field="container",
            description_field="memory",
            translation_key=QUOTAS,
        )
    )


# --- Checking -----------------------------------------------------------------------------------


def _once_each(rows: Iterable[Mapping[str, Any]], key: str, reason: str) -> None:
    """Raise ``InvalidOption`` for what is in the list twice."""
    seen: set[str] = set()
    for row in rows:
        if row[key] in seen:
            raise InvalidOption(reason, name=row[key])
        seen.add(row[key])


_BAD_LIMIT = {"cpus": "quota_cpus", "pids": "quota_pids", "memory": "quota_memory"}


def _check_quotas(rows: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the rows that say something, with their texts trimmed."""
    checked = []
    for row in rows:
        limits = {name: text for name in LIMITS if (text := str(row.get(name) or "").strip())}
        for name, text in limits.items():
            try:
                limit_of(name, text)
            except ValueError:
                reason = _BAD_LIMIT.get(name, "quota_size")
                raise InvalidOption(reason, name=row["container"], text=text) from None
        checked.append({"container": str(row["container"]), **limits})
    _once_each(checked, "container", "quota_twice")
    return [row for row in checked if len(row) > 1]


def _check_logins(rows: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the logins with the registries as references name them."""
    checked = []
    for row in rows:
        registry = _registry(str(row["registry"]))
        if not row.get("password"):
            raise InvalidOption("login_without_password", name=registry)
        login = {name: str(row[name]) for name in ("username", "password")}
        checked.append({"registry": registry, **login})
    _once_each(checked, "registry", "login_twice")
    return checked


def _registry(text: str) -> str:
    """Return the name of a registry that may have been typed as an address."""
    host = text.strip().lower().rpartition("://")[2].partition("/")[0]
    if host in ("hub.docker.com", *HUB_NAMES):
        host = "index.docker.io"
    reference = Reference.parse(f"{host}/any/image")
    if reference is None or reference.repository != "any/image":
        raise InvalidOption("no_registry", name=text.strip())
    return reference.host


def _check_ports(texts: list[str]) -> list[str]:
    """Return the ports in the one form that ``outside_ports`` reads."""
    checked = [text.replace(" ", "").lower().removesuffix("/tcp") for text in texts]
    for text, port in zip(texts, checked, strict=True):
        match = _PORT.fullmatch(port)
        if match is None or not 0 < int(match[1]) < 1 << 16:
            raise InvalidOption("no_port", text=text)
    return list(dict.fromkeys(checked))


def _check_folders(texts: list[str]) -> list[str]:
    for text in texts:
        if not text.strip().startswith("/"):
            raise InvalidOption("no_folder", text=text)
    return [text.strip() for text in texts]


_LIST = TextSelector(TextSelectorConfig(multiple=True))
_REGISTRIES = ObjectSelector(
    ObjectSelectorConfig(
        fields={
            "registry": ObjectSelectorField(selector=_TEXT, required=True),
            "username": ObjectSelectorField(selector=_TEXT, required=True),
            "password": ObjectSelectorField(selector=_PASSWORD),
        },
        multiple=True,
        label_field="registry",
        description_field="username",
        translation_key=LOGINS,
    )
)

OPTIONS = (
    OptionField(key=QUOTAS, selector=_list_of_quotas, check=_check_quotas),
    OptionField(key=NOT_UPDATED, selector=_list_of_containers),
    OptionField(
        key=LOGINS,
        selector=_REGISTRIES,
        check=_check_logins,
        secret_parts=("password",),
        known_by="registry",
    ),
    OptionField(key=OUTSIDE_PORTS, selector=_LIST, check=_check_ports),
    OptionField(key=POOL_ROOTS, selector=_LIST, check=_check_folders),
)
