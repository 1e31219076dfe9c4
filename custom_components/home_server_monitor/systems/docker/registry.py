"""Asks registries (distribution API v2) what is behind a tag, as cheaply as they permit.

A ``HEAD`` on a manifest costs no pull; manifests and labels are read only for a digest that is new.
A registry that is down or has had enough of us is left alone for a while. Credentials are optional
and never leave for anywhere but the registry or its token service, and never in the clear.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import hashlib
import json
import re
from typing import Any

import aiohttp
from yarl import URL

from ..errors import BadAnswer, ConnectTimeout, HomeServerError, NotFound, Rejected
from .client import connection_error
from .manifests import ACCEPT, Newest, Platform, choose, config_of, digest_of, is_index, labels_of
from .parse import mapping, whole
from .reference import Reference

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=8)
_LARGEST = 8 << 20  # bytes of a manifest or configuration
_PAUSE = 15 * 60.0  # seconds for which a registry that is down is left alone
_LONGEST_PAUSE = 24 * 3600.0
_TOKEN_SECONDS = 60  # what a token is good for where its service does not say
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RateLimited(Rejected):
    """The registry refuses further questions until a pause is over."""


class AccessDenied(Rejected):
    """The registry does not show this image to us."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A login at one registry."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Pause:
    until: float
    error: HomeServerError


class RegistryClient:
    """All registries, through one shared session.

    ``credentials`` are logins by registry (``docker.io``, ``ghcr.io``, ``host:port``) and may be
    exchanged; without one a registry is asked anonymously. ``clock`` counts seconds; the event loop's by default.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Mapping[str, Credentials] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare; nothing is asked yet."""
        self._session = session
        self.credentials = credentials or {}
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._authorizations: dict[tuple[str, str], tuple[str, float]] = {}
        self._schemes: dict[str, str] = {}
        self._pauses: dict[str, _Pause] = {}

    def paused_for(self, host: str) -> float:
        """Return for how many more seconds nothing is asked of a registry."""
        pause = self._pauses.get(host)
        return max(pause.until - self._clock(), 0.0) if pause else 0.0

    async def digest(self, reference: Reference, *, insecure: bool = False) -> str:
        """Return the digest that the registry has for the tag now.

        Raises ``NotFound``, ``AccessDenied``, ``RateLimited``, ``BadAnswer`` or ``CannotConnect``.
        ``insecure`` permits plain HTTP and certificates that nobody vouches for.
        """
        what = f"manifests/{reference.tag or reference.digest}"
        answer = await self._ask("HEAD", reference, what, insecure)
        if digest := answer.headers.get("Docker-Content-Digest"):
            return digest_of(digest)
        # Some registries name the digest in no header: then it is that of the document itself.
        answer = await self._ask("GET", reference, what, insecure)
        if mapping(_json(answer.body)).get("schemaVersion") != 2:
            raise BadAnswer("no manifest")
        return _sha256(answer.body)

    async def newest(
        self, reference: Reference, digest: str, platform: Platform, *, insecure: bool = False
    ) -> Newest:
        """Return what the digest means for one platform: its manifest, configuration and labels.

        Raises what ``digest`` raises, and ``NoPlatform`` where the image is not offered for it.
        """
        own = digest
        document = await self._document(reference, f"manifests/{digest}", insecure)
        if is_index(document):
            own = choose(document, platform)
            document = await self._document(reference, f"manifests/{own}", insecure)
        config = config_of(document)
        labels = labels_of(await self._document(reference, f"blobs/{config}", insecure))
        return Newest(digest=digest, manifest=own, config=config, labels=labels)

    async def _document(self, reference: Reference, what: str, insecure: bool) -> Mapping[str, Any]:
        """Return a JSON document that is asked for by its digest, and is what that promises."""
        answer = await self._ask("GET", reference, what, insecure)
        digest = what.rpartition("/")[2]
        if digest.startswith("sha256:") and _sha256(answer.body) != digest:
            raise BadAnswer("the document does not match its digest")
        return mapping(_json(answer.body))

    # --- Asking -----------------------------------------------------------------------------

    async def _ask(self, method: str, reference: Reference, what: str, insecure: bool) -> _Answer:
        pause = self._pauses.get(reference.host)
        if pause and pause.until > self._clock():
            raise type(pause.error)(pause.error.detail)
        self._pauses.pop(reference.host, None)
        try:
            answer = await self._authorized(method, reference, what, insecure)
        except (aiohttp.ClientError, TimeoutError, ValueError) as err:
            raise self._leave_alone(reference.host, _connection_error(err), _PAUSE) from err
        self._raise_for(reference.host, answer)
        return answer

    async def _authorized(
        self, method: str, reference: Reference, what: str, insecure: bool
    ) -> _Answer:
        """Ask with what is at hand, and once more with what the registry then asks for."""
        path = f"/v2/{reference.repository}/{what}"
        authorization = self._authorization(reference)
        answer = await self._reach(method, reference.address, path, authorization, insecure)
        if answer.status != 401:
            return answer
        authorization = await self._answer_challenge(
            reference, answer.headers.get("WWW-Authenticate", ""), insecure
        )
        return await self._reach(method, reference.address, path, authorization, insecure)

    async def _reach(
        self, method: str, address: str, path: str, authorization: str, insecure: bool
    ) -> _Answer:
        """Ask by HTTPS; an insecure registry that does not speak it is asked in the clear."""
        headers = {"Accept": ACCEPT} | ({"Authorization": authorization} if authorization else {})
        scheme = self._schemes.get(address, "https") if insecure else "https"
        try:
            return await self._send(method, f"{scheme}://{address}{path}", headers, not insecure)
        except aiohttp.ClientConnectionError:
            if not insecure or scheme == "http":
                raise
        answer = await self._send(method, f"http://{address}{path}", headers, verify=True)
        self._schemes[address] = "http"
        return answer

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], verify: bool
    ) -> _Answer:
        async with self._session.request(
            method,
            URL(url, encoded=True),
            headers=headers,
            timeout=_TIMEOUT,
            ssl=verify,
            allow_redirects=True,
            max_redirects=5,
        ) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _LARGEST:
                    raise BadAnswer("endless answer")
            return _Answer(answer.status, answer.headers, bytes(body))

    def _raise_for(self, host: str, answer: _Answer) -> None:
        if answer.status == 200:
            return
        if answer.status == 429:
            seconds = _seconds(answer.headers.get("Retry-After", ""))
            raise self._leave_alone(host, RateLimited("too many requests"), seconds)
        if answer.status in (401, 403):
            raise AccessDenied(f"{answer.status}")
        if answer.status == 404:
            raise NotFound
        error = BadAnswer(f"{answer.status}")
        if answer.status >= 500:
            raise self._leave_alone(host, error, _PAUSE)
        raise error

    def _leave_alone(self, host: str, error: HomeServerError, seconds: float) -> HomeServerError:
        until = self._clock() + min(seconds, _LONGEST_PAUSE)
        self._pauses[host] = _Pause(until, error)
        return error

    # --- Authorization ----------------------------------------------------------------------

    def _authorization(self, reference: Reference) -> str:
        """Return the header of an earlier request for the same repository, or nothing."""
        value, until = self._authorizations.get(_key(reference), ("", 0.0))
        return value if until > self._clock() else ""

    async def _answer_challenge(self, reference: Reference, challenge: str, insecure: bool) -> str:
        kind, _, parameters = challenge.partition(" ")
        login = self.credentials.get(reference.host)
        if kind.lower() == "basic" and login:
            if self._schemes.get(reference.address) == "http" and not reference.is_loopback:
                raise AccessDenied("no credential is sent without encryption")
            value, seconds = _basic(login), _LONGEST_PAUSE
        elif kind.lower() == "bearer":
            value, seconds = await self._fetch_token(
                reference, dict(_CHALLENGE.findall(parameters)), insecure
            )
        else:
            raise AccessDenied("a login is needed")
        self._authorizations[_key(reference)] = (value, self._clock() + seconds)
        return value

    async def _fetch_token(
        self, reference: Reference, challenge: Mapping[str, str], insecure: bool
    ) -> tuple[str, float]:
        """Return the header for a token to pull, and for how many seconds it is good."""
        realm = URL(challenge.get("realm", ""))
        if realm.scheme != "https" and not (insecure and realm.scheme == "http"):
            raise BadAnswer("the token service is not encrypted")
        query = {"scope": challenge.get("scope") or f"repository:{reference.repository}:pull"}
        if service := challenge.get("service"):
            query["service"] = service
        login = self.credentials.get(reference.host)
        is_safe = realm.scheme == "https" or reference.is_loopback
        headers = {"Authorization": _basic(login)} if login and is_safe else {}
        answer = await self._send("GET", str(realm.update_query(query)), headers, not insecure)
        self._raise_for(reference.host, answer)
        told = mapping(_json(answer.body))
        token = told.get("token") or told.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise BadAnswer("no token")
        return f"Bearer {token}", 0.9 * (whole(told.get("expires_in")) or _TOKEN_SECONDS)


def _key(reference: Reference) -> tuple[str, str]:
    return reference.host, reference.repository


def _basic(login: Credentials) -> str:
    return aiohttp.encode_basic_auth(login.username, login.password)


def _connection_error(error: Exception) -> HomeServerError:
    if isinstance(error, TimeoutError):
        return ConnectTimeout()
    if isinstance(error, aiohttp.ClientError):
        return connection_error(error)
    return BadAnswer(str(error))


def _seconds(retry_after: str) -> float:
    """Return what ``Retry-After`` asks for: seconds, or a date; a quarter of an hour without it."""
    if retry_after.isdigit():
        return max(float(retry_after[:9]), 1.0)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return _PAUSE
    return max((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 1.0)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as err:
        raise BadAnswer("not JSON") from err


def _sha256(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
