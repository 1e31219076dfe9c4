"""How an engine is reached: the four kinds of address, and client certificates."""

import asyncio
from collections.abc import Mapping
from pathlib import Path as FilePath
import ssl
import tempfile
from typing import Any

from yarl import URL

from ..errors import InvalidAddress, TLSFailure
from ..system import Identity, Sessions
from .client import Engine
from .http import docker
from .registry import RegistryClient
from .update_check import UpdateCheck

CERTIFICATES = "certificates"
CA = "ca_certificate"
CERTIFICATE = "client_certificate"
KEY = "client_key"


class DockerClient:
    """The engines of one entry, by path; a plain engine stands at the root."""

    def __init__(
        self, engine: Engine, engine_id: str, address: str, registries: RegistryClient
    ) -> None:
        """Hold the one engine of a ``docker`` entry; its id is empty where it is not told."""
        self.engines = {engine.path: engine}
        self.engine = engine
        self.engine_id = engine_id
        self.address = address
        self.updates = UpdateCheck(registries)

    async def check_health(self) -> None:
        """Raise what keeps the engine, or the proxy before it, from answering."""
        await self.engine.check_version()

    async def close(self) -> None:
        """Close what was opened for the engine."""
        await self.engine.close()


async def connect(data: Mapping[str, Any], sessions: Sessions) -> DockerClient:
    """Connect to the engine at ``url``.

    Raises a ``HomeServerError`` that says what is wrong with the address, the encryption, or
    what answers there.
    """
    url = normalise(data["url"], encrypted=bool(data.get(CERTIFICATES)))
    verify = bool(data.get("verify_ssl", True))
    session = None if url.startswith("unix://") else sessions.get(verify)
    context = None
    if certificates := data.get(CERTIFICATES):
        context = await asyncio.to_thread(_context, certificates, verify)
        session = None
    engine = Engine(docker(url, session, context))
    try:
        await engine.check_version()
        engine_id, engine.name = await engine.identity()
    except BaseException:
        await engine.close()
        raise
    address = URL(url)
    engine.hosts = (address.host,) if address.host else ()
    engine.name = engine.name or address.host or engine.brand
    # The address may stand for an id: without the name and password that it may carry.
    return DockerClient(
        engine,
        engine_id,
        str(address.with_user(None)) if address.user else url,
        RegistryClient(sessions.verified),
    )


async def identify(client: DockerClient) -> Identity:
    """Return the engine's own id; its address where the engine may not be asked."""
    return Identity(
        unique_id=client.engine_id or client.address,
        title=client.engine.name,
        stable=bool(client.engine_id),
        alias=client.address,
    )


def normalise(address: str, *, encrypted: bool) -> str:
    """Return the address in the one form that aiohttp takes; the engine's ports are filled in.

    Raises ``InvalidAddress`` for anything but ``tcp://``, ``http://``, ``https://`` and
    ``unix://``.
    """
    text = address.strip()
    if text.startswith("unix://"):
        path = text.removeprefix("unix://").rstrip("/")
        if not path.startswith("/"):
            raise InvalidAddress(address)
        return f"unix://{path}"
    if "://" not in text:
        text = f"tcp://{text}"
    try:
        url = URL(text)
        # Only when it is asked for yarl finds out that a host's name is none.
        known = url.scheme in ("tcp", "http", "https") and bool(url.host)
    except ValueError as err:
        raise InvalidAddress(address) from err
    if not known:
        raise InvalidAddress(address)
    secure = url.scheme == "https" or encrypted
    port = url.explicit_port or (2376 if secure else 2375)
    return str(url.with_scheme("https" if secure else "http").with_port(port)).rstrip("/")


def _context(certificates: Mapping[str, str], verify: bool) -> ssl.SSLContext:
    """Build a TLS context from PEM texts; it reads files, so it runs in a thread."""
    try:
        context = ssl.create_default_context(cadata=certificates.get(CA) or None)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        with tempfile.TemporaryDirectory() as folder:
            # OpenSSL takes a certificate chain from files only.
            pem = FilePath(folder, "client.pem")
            pem.touch(mode=0o600)
            pem.write_text(f"{certificates[CERTIFICATE]}\n{certificates[KEY]}\n")
            context.load_cert_chain(pem)
    except (ssl.SSLError, ValueError, KeyError) as err:
        raise TLSFailure(str(err)) from err
    return context
