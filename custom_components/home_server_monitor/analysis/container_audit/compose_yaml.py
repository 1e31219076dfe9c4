"""Reads the YAML of a compose file: no objects, no surprises, and every error told with its place.

Numbers stay texts, since compose's own reader knows no base 60 (``22:22``) and no octal permissions.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

MAX_LENGTH = 1_000_000
# Merged maps multiply: without a limit a small file could fill all memory.
_MAX_MERGED = 10_000


class ComposeError(ValueError):
    """A text is not a compose file. ``key`` is a translation key; nothing of the text is quoted.

    Keys: ``too_large``, ``too_deep``, ``malformed_yaml`` (with ``line`` and ``column``, counted from
    1), ``several_documents``, ``not_compose``, ``no_services``, ``bad_service`` (with ``service``).
    """

    def __init__(
        self, key: str, message: str, *, line: int = 0, column: int = 0, service: str = ""
    ) -> None:
        """Keep what happened and where; 0 where there is no place."""
        super().__init__(message)
        self.key = key
        self.line = line
        self.column = column
        self.service = service


class _Loader(yaml.SafeLoader):
    """A safe loader that takes everything but ``true``, ``false`` and ``null`` for text."""

    yaml_implicit_resolvers: dict[Any, Any] = {}

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge ``<<`` as always, up to a sane size."""
        super().flatten_mapping(node)
        if len(node.value) > _MAX_MERGED:
            raise yaml.constructor.ConstructorError(None, None, "too much merged", node.start_mark)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<$"), ["<"])


def _construct_override(loader: _Loader, node: yaml.Node) -> Any:
    """Compose's ``!override`` stands before what it holds."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


def _construct_reset(_loader: _Loader, _node: yaml.Node) -> None:
    """Compose's ``!reset`` takes away what an earlier file set."""


def _construct_text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """A number, a date: whatever it is said to be, it stays as it is written."""
    return loader.construct_scalar(node)


def _construct_bool(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Whoever says ``!!bool`` of something else gets the text of it."""
    written = loader.construct_scalar(node)
    return {"true": True, "false": False}.get(str(written).lower(), written)


_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)
for _kind in ("int", "float", "timestamp", "binary"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _construct_text)
_Loader.add_constructor("!override", _construct_override)
_Loader.add_constructor("!reset", _construct_reset)


def load(text: str) -> dict[str, Any]:
    """Return the one mapping that a compose file is. Raises `ComposeError`."""
    if len(text) > MAX_LENGTH:
        raise ComposeError("too_large", f"The text is longer than {MAX_LENGTH} characters.")
    try:
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        raise _malformed(error) from None
    except RecursionError:
        raise ComposeError("too_deep", "The text is nested too deeply.") from None
    except yaml.YAMLError, ValueError, TypeError:
        raise ComposeError("malformed_yaml", "The text is not valid YAML.") from None
    if len(documents) > 1:
        raise ComposeError("several_documents", "The text holds more than one YAML document.")
    document = documents[0] if documents else None
    if not isinstance(document, dict):
        raise ComposeError("not_compose", "The text is not a compose file: it is no mapping.")
    return document


def _malformed(error: yaml.MarkedYAMLError) -> ComposeError:
    # The error's own words quote the text, which may hold a secret.
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return ComposeError("malformed_yaml", "The text is not valid YAML.")
    line, column = mark.line + 1, mark.column + 1
    return ComposeError(
        "malformed_yaml",
        f"The text is not valid YAML: line {line}, column {column}.",
        line=line,
        column=column,
    )
