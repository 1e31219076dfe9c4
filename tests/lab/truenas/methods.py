"""How the worlds declare what can be asked of them.

    @method("pool.scrub.scrub", role="POOL_WRITE", job=True, abortable=True)
    async def pool_scrub(nas: TrueNas, name: str, action: str = "START", *, job: LabJob) -> None:
        ...

A function may carry several declarations, and several functions one name, as long as no version
has the name twice. What a module offers stands in its tuple `METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .version import V24_04, Version

type Handler = Callable[..., Any]

FULL_ADMIN = "FULL_ADMIN"
LOGGED_IN = "logged in"
"""In place of a role: whoever has logged in."""
ANYONE = "anyone"
"""In place of a role: whoever is connected; such methods are limited to twenty a minute."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """One declaration; see `method()`."""

    name: str
    function: Handler
    role: str
    since: Version
    until: Version | None
    job: bool
    private: bool
    abortable: bool
    read_role: str | None
    unlimited: bool
    only: Callable[[Version], bool] | None

    def offered_by(self, version: Version) -> bool:
        """Tell whether a version has it; `since` and `until` name whole releases, both included."""
        if version.line < self.since.line:
            return False
        if self.until is not None and version.line > self.until.line:
            return False
        return self.only is None or self.only(version)


_declared: dict[Handler, list[Method]] = {}


def method[F: Handler](
    name: str,
    *,
    role: str = FULL_ADMIN,
    since: Version = V24_04,
    until: Version | None = None,
    job: bool = False,
    private: bool = False,
    abortable: bool = False,
    read_role: str | None = None,
    unlimited: bool = False,
    only: Callable[[Version], bool] | None = None,
) -> Callable[[F], F]:
    """Declare a function, `async` or not, as a method of the API.

    It is called with the server and the positional parameters that came; a `job` gets its `LabJob`
    as keyword `job`. A parameter annotated `session: Session` and keyword-only gets the session
    that calls.

    * `role`: what a key needs; `LOGGED_IN`, `ANYONE`, or only a full admin, which is the default.
    * `since`, `until`: the first and the last release that has it; `only` for gaps inside of one.
    * `private`: undocumented, for a full admin, and not for anybody from 26 on.
    * `abortable`: what its jobs say of themselves. `read_role` may see others' jobs of it.
    * `unlimited`: not counted against the rate limit.
    """

    def declare(function: F) -> F:
        _declared.setdefault(function, []).append(
            Method(
                name=name,
                function=function,
                role=role,
                since=since,
                until=until,
                job=job,
                private=private,
                abortable=abortable,
                read_role=read_role,
                unlimited=unlimited,
                only=only,
            )
        )
        return function

    return declare


def declarations(functions: Iterable[Handler]) -> list[Method]:
    """Return all that was declared for these functions."""
    return [one for function in functions for one in _declared[function]]


def methods_of(version: Version, functions: Iterable[Handler]) -> dict[str, Method]:
    """Return what a version offers, by name; no name may stand for two things."""
    table: dict[str, Method] = {}
    for one in declarations(functions):
        if not one.offered_by(version):
            continue
        if one.name in table:
            raise ValueError(f"{one.name} is declared twice for {version}")
        table[one.name] = one
    return table
