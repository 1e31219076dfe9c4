"""Validators that several checks share. They raise voluptuous.Invalid, as voluptuous asks."""

import re
from string import Formatter
from typing import TYPE_CHECKING, Any

import voluptuous as vol

if TYPE_CHECKING:
    from collections.abc import Iterator

_HTML = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
_REFERENCE = re.compile(r"\[%key:")
_QUOTED_PLACEHOLDER = re.compile(r"'\{[^{}]*\}'")
_URL = re.compile(
    r"(?:(?:https?|ftps?|scp|mqtts?|socket|socks5)://|www\.)(?:[\w-]+\.)+[a-z]{2,5}(?![\w-])",
    re.IGNORECASE,
)
_KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_SLUG = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")


def placeholders(text: str) -> set[str]:
    """Return the names in braces; raises Invalid where a brace stands alone."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise vol.Invalid(f"braces do not pair ({error}); double them to show them") from error


def text(value: Any) -> str:
    """Accept a text that Home Assistant may show."""
    if not isinstance(value, str):
        raise vol.Invalid("must be text")
    if value != value.strip():
        raise vol.Invalid("starts or ends with a space")
    if not value:
        raise vol.Invalid("is empty")
    if _HTML.search(value):
        raise vol.Invalid("holds an HTML tag, or something in angle brackets that looks like one")
    if _REFERENCE.search(value):
        raise vol.Invalid("refers to another key, which only Home Assistant core resolves")
    if _URL.search(value):
        raise vol.Invalid("holds an address; use a placeholder")
    if _QUOTED_PLACEHOLDER.search(value):
        raise vol.Invalid("has a placeholder in single quotes; use double quotes or backticks")
    for name in placeholders(value):
        if not name.isidentifier():
            raise vol.Invalid(f"has a placeholder {name!r} that is no identifier")
    return value


def plain_text(value: Any) -> str:
    """Accept a text in which nothing is filled in."""
    if placeholders(text(value)):
        raise vol.Invalid("may not hold placeholders")
    return str(value)


def key(value: Any) -> str:
    """Accept a translation key: lower case, digits, single hyphens and underscores inside."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise vol.Invalid(f"{value!r} is no translation key")
    return value


def slug(value: Any) -> str:
    """Accept a slug: a key without hyphens."""
    if not isinstance(value, str) or not _SLUG.fullmatch(value):
        raise vol.Invalid(f"{value!r} is no slug")
    return value


def slug_or_hidden(value: Any) -> str:
    """Accept a slug that may start with an underscore."""
    if isinstance(value, str) and value.startswith("_"):
        slug(value[1:])
        return value
    return slug(value)


def slug_or_default(value: Any) -> str:
    """Accept a slug, or the underscore that stands for the integration itself."""
    return value if value == "_" else slug(value)


def https(value: Any) -> str:
    """Accept an address that starts with https://."""
    if not isinstance(value, str) or not re.fullmatch(r"https://[\w.-]+(?:/\S*)?", value):
        raise vol.Invalid(f"{value!r} is no https address")
    return value


def messages(schema: vol.Schema, value: object) -> Iterator[str]:
    """Yield what a schema finds wrong with a value, each with the place where it stands."""
    try:
        schema(value)
    except vol.MultipleInvalid as error:
        for part in error.errors:
            place = ".".join(str(step) for step in part.path)
            yield f"{place}: {part.msg}" if place else part.msg
