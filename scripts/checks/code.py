"""What hassfest reads in the code: the config flow, the set-up, and what the quality scale promises."""

import ast
import re
from typing import TYPE_CHECKING, Any

from .quality_scale import status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .project import Problem, Project

DISCOVERY = re.compile(
    r"async_step_(?:dhcp|zeroconf|ssdp|usb|bluetooth|hassio|homekit|mqtt|discovery)\b"
)
UNIQUE = ("self.async_set_unique_id", "_async_handle_discovery_without_unique_id")
NOT_READY = re.compile(r"raise ConfigEntry(?:NotReady|AuthFailed|Error)\b")
SCHEMA_NAMES = ("CONFIG_SCHEMA", "PLATFORM_SCHEMA", "PLATFORM_SCHEMA_BASE")
ENTRY_TYPE = re.compile(r"[A-Za-z]+ConfigEntry")
ENTRY_FUNCTIONS = frozenset(
    {
        "async_setup_entry",
        "async_unload_entry",
        "async_remove_entry",
        "async_migrate_entry",
        "async_remove_config_entry_device",
        "async_get_config_entry_diagnostics",
        "async_get_device_diagnostics",
        "async_get_options_flow",
    }
)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def config_flow(source: str, rules: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with config_flow.py."""
    if DISCOVERY.search(source) and not any(word in source for word in UNIQUE):
        yield "is discovered but sets no unique id"
    if _done(rules, "unique-config-entry"):
        by_id = "async_set_unique_id" in source and "_abort_if_unique_id_configured" in source
        if not by_id and "_async_abort_entries_match" not in source:
            yield "unique-config-entry is done, but nothing here keeps an entry from being added twice"
    if _done(rules, "reconfiguration-flow") and "async_step_reconfigure" not in source:
        yield "reconfiguration-flow is done, but there is no async_step_reconfigure"
    if _done(rules, "reauthentication-flow") and "async_step_reauth" not in source:
        yield "reauthentication-flow is done, but there is no async_step_reauth"


def setup(source: str, rules: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with __init__.py."""
    tree = ast.parse(source)
    top = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    if any(node.name in ("async_setup", "setup") for node in top) and not _names_schema(tree):
        yield "async_setup needs CONFIG_SCHEMA (config_entry_only_config_schema)"
    if _done(rules, "runtime-data") and not _assigns_runtime_data(tree):
        yield "runtime-data is done, but async_setup_entry(hass, entry) assigns no entry.runtime_data"


def _names_schema(tree: ast.Module) -> bool:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets: list[str] = [name.id for name in node.targets if isinstance(name, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            targets = [node.target.id]
        elif isinstance(node, ast.ImportFrom):
            targets = [alias.asname or alias.name for alias in node.names]
        else:
            continue
        if set(targets) & set(SCHEMA_NAMES):
            return True
    return False


def _assigns_runtime_data(tree: ast.Module) -> bool:
    for function in functions(tree):
        if function.name != "async_setup_entry" or len(function.args.args) != 2:
            continue
        entry = function.args.args[1].arg
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(ast.unparse(target) == f"{entry}.runtime_data" for target in targets):
                return True
    return False


def untyped_entries(source: str) -> Iterator[str]:
    """Yield functions whose config entry is not annotated with a `…ConfigEntry` of ours."""
    for function in functions(ast.parse(source)):
        if function.name not in ENTRY_FUNCTIONS:
            continue
        for argument in function.args.args:
            if argument.arg not in ("entry", "config_entry") or argument.annotation is None:
                continue
            name = ast.unparse(argument.annotation)
            if not ENTRY_TYPE.fullmatch(name) or name == "ConfigEntry":
                yield f"{function.name} takes a {name}, not a typed entry of this integration"


def _done(rules: dict[str, Any], rule: str) -> bool:
    return rule in rules and status(rules[rule]) == "done"


def check(project: Project) -> Iterator[Problem]:
    """Yield where the code does not keep what manifest and quality scale say."""
    folder = project.integration
    scale = project.read("quality_scale.yaml") or {}
    rules: dict[str, Any] = scale.get("rules", {})
    sources = {path: path.read_text(encoding="utf-8") for path in project.modules()}
    flow, init = folder / "config_flow.py", folder / "__init__.py"
    if (project.read("manifest.json") or {}).get("config_flow") and flow not in sources:
        yield project.problem(flow, "is missing, but the manifest says config_flow")
    for message in config_flow(sources.get(flow, ""), rules) if flow in sources else ():
        yield project.problem(flow, message)
    if init not in sources:
        yield project.problem(init, "is missing")
        return
    for message in setup(sources[init], rules):
        yield project.problem(init, message)
    if _done(rules, "test-before-setup") and not _tested_before_setup(
        sources[init], sources.values()
    ):
        yield project.problem(
            init, "test-before-setup is done, but nothing tells that setup failed"
        )
    if _done(rules, "strict-typing"):
        for path, source in sources.items():
            for message in untyped_entries(source):
                yield project.problem(path, message)


def _tested_before_setup(init: str, sources: Iterable[str]) -> bool:
    return "async_config_entry_first_refresh" in init or any(map(NOT_READY.search, sources))
