"""Home Assistant's own API, as far as a new user's first minutes need it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from .errors import DemoError

type Json = dict[str, Any]

_PAUSE = 0.1
_TOKEN_DAYS = 365


@dataclass(frozen=True, slots=True)
class Account:
    """The owner that the demo makes."""

    username: str
    password: str


class HomeAssistant:
    """One running Home Assistant at ``url``; not logged in until ``onboard`` was called."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._session = session
        self._headers: dict[str, str] = {}
        self._token = ""

    async def answers(self) -> None:
        """Wait until its page's server answers."""
        while True:
            try:
                async with self._session.get(f"{self.url}/api/onboarding") as response:
                    if response.ok:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(_PAUSE)

    async def onboard(self, account: Account) -> str:
        """Make the owner, log in, and return a long-lived access token."""
        code = await self._post(
            "/api/onboarding/users",
            {
                "client_id": f"{self.url}/",
                "name": "Demo",
                "username": account.username,
                "password": account.password,
                "language": "en",
            },
        )
        async with self._session.post(
            f"{self.url}/auth/token",
            data={
                "client_id": f"{self.url}/",
                "grant_type": "authorization_code",
                "code": code["auth_code"],
            },
        ) as response:
            login = await _answer(response)
        self._token = await self._long_lived_token(login["access_token"])
        self._headers = {"Authorization": f"Bearer {self._token}"}
        return self._token

    async def _long_lived_token(self, access_token: str) -> str:
        words = {"client_name": "Demo", "lifespan": _TOKEN_DAYS}
        return str(await self._command(access_token, "auth/long_lived_access_token", **words))

    async def command(self, kind: str, **words: Any) -> Any:
        """Send one command over the websocket and return its result."""
        return await self._command(self._token, kind, **words)

    async def _command(self, access_token: str, kind: str, **words: Any) -> Any:
        address = f"{self.url}/api/websocket"
        async with self._session.ws_connect(address, max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": access_token})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": kind, **words})
            answer = await socket.receive_json()
        if not answer["success"]:
            raise DemoError(f"Home Assistant refused {kind}: {answer['error']['message']}")
        return answer["result"]

    async def started(self) -> None:
        """Wait until Home Assistant has set up everything and says that it runs."""
        while True:
            if (await self._get("/api/config"))["state"] == "RUNNING":
                return
            await asyncio.sleep(_PAUSE)

    async def begin_flow(self, domain: str) -> Json:
        """Start adding an integration; return its first step."""
        step: Json = await self._post("/api/config/config_entries/flow", {"handler": domain})
        return step

    async def next_step(self, flow_id: str, values: Mapping[str, Any]) -> Json:
        """Hand in a step's form; return what comes next."""
        step: Json = await self._post(f"/api/config/config_entries/flow/{flow_id}", values)
        return step

    async def entries(self, domain: str) -> list[Json]:
        """Return the integration's entries, each with ``title``, ``state`` and ``reason``."""
        entries: list[Json] = await self._get(f"/api/config/config_entries/entry?domain={domain}")
        return entries

    async def _get(self, path: str) -> Any:
        async with self._session.get(f"{self.url}{path}", headers=self._headers) as response:
            return await _answer(response)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        async with self._session.post(
            f"{self.url}{path}", json=dict(body), headers=self._headers
        ) as response:
            return await _answer(response)


async def _answer(response: aiohttp.ClientResponse) -> Any:
    if response.status < HTTPStatus.BAD_REQUEST:
        return await response.json()
    text = (await response.text())[:500]
    raise DemoError(
        f"Home Assistant refused {response.method} {response.url.path}"
        f" with status {response.status}: {text}"
    )
