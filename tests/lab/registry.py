"""A simulated image registry: tokens, manifest lists, and whatever a registry may get wrong."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, override

from aiohttp import web

from .server import HttpServer

INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def digest_of(body: bytes) -> str:
    """Return the digest of a document."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class SimulatedRegistry(HttpServer):
    """A registry on loopback.

    async with SimulatedRegistry() as registry:
        registry.push("app", "1", {"linux/amd64": {"org.opencontainers.image.version": "1.0"}})
        ...  # f"{registry.host}/app:1"

    * `tokens`: a token is needed, from `/token`; `login`: and that only for this "user:password".
    * `basic`: the login is asked for without a token.
    * `names_digest` off: no `Docker-Content-Digest`, as some registries have it.
    """

    def __init__(self, **options: Any) -> None:
        """Start empty, and open to everybody."""
        super().__init__(**options)
        self.tokens = False
        self.basic = False
        self.login = ""
        self.names_digest = True
        self.token_seconds = 300
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.tags: dict[tuple[str, str], str] = {}

    @property
    def host(self) -> str:
        """What stands before the repository in a reference."""
        return f"127.0.0.1:{self.port}"

    def keep(self, media: str, document: Any) -> str:
        """Keep a document and return its digest."""
        body = json.dumps(document).encode()
        self.documents[digest_of(body)] = (media, body)
        return digest_of(body)

    def manifest(self, platform: str, labels: dict[str, str] | None = None) -> tuple[str, str]:
        """Keep an image for a platform; return the digests of its manifest and configuration."""
        os, architecture, *variant = platform.split("/")
        config: dict[str, Any] = {
            "os": os,
            "architecture": architecture,
            "config": {"Labels": labels},
        }
        if variant:
            config["variant"] = variant[0]
        config_digest = self.keep(CONFIG, config)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIG, "digest": config_digest, "size": 1},
            "layers": [],
        }
        return self.keep(MANIFEST, manifest), config_digest

    def push(
        self, name: str, tag: str, images: dict[str, dict[str, str]], *, media: str = INDEX
    ) -> str:
        """Put images by platform behind a tag; return the digest of the list."""
        entries: list[dict[str, Any]] = []
        for platform, labels in images.items():
            os, architecture, *variant = platform.split("/")
            described = {"os": os, "architecture": architecture}
            if variant:
                described["variant"] = variant[0]
            manifest, _ = self.manifest(platform, labels)
            entries.append({"mediaType": MANIFEST, "digest": manifest, "platform": described})
        # What build tools add is for no platform.
        unknown = {"os": "unknown", "architecture": "unknown"}
        entries.append({"digest": f"sha256:{'0' * 64}", "platform": unknown})
        digest = self.keep(media, {"schemaVersion": 2, "mediaType": media, "manifests": entries})
        self.tags[name, tag] = digest
        return digest

    @override
    def routes(self, app: web.Application) -> None:
        app.router.add_get("/token", self._token)
        app.router.add_get("/v2/{name:.+}/manifests/{what}", self._manifest)
        app.router.add_get("/v2/{name:.+}/blobs/{what}", self._blob)

    @override
    async def authorize(self, request: web.Request) -> web.StreamResponse | None:
        if request.path == "/token":
            return None
        given = request.headers.get("Authorization", "")
        if self.basic and given != self._login_header:
            return self._challenge('Basic realm="registry"')
        if self.tokens:
            name = request.path.removeprefix("/v2/").rpartition("/")[0].rpartition("/")[0]
            scope = f"repository:{name}:pull"
            if given != f"Bearer token-for-{scope}":
                realm = f'realm="{self.url}/token",service="lab",scope="{scope}"'
                return self._challenge(f"Bearer {realm}")
        return None

    @property
    def _login_header(self) -> str:
        return f"Basic {base64.b64encode(self.login.encode()).decode()}"

    def _challenge(self, challenge: str) -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        if self.login and request.headers.get("Authorization") != self._login_header:
            return web.Response(status=401)
        token = f"token-for-{request.query['scope']}"
        return web.json_response({"token": token, "expires_in": self.token_seconds})

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        what = request.match_info["what"]
        return self._document(self.tags.get((request.match_info["name"], what), what))

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        return self._document(request.match_info["what"])

    def _document(self, digest: str) -> web.Response:
        if digest not in self.documents:
            return web.json_response({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, status=404)
        media, body = self.documents[digest]
        headers = {"Docker-Content-Digest": digest} if self.names_digest else {}
        return web.Response(body=body, content_type=media, headers=headers)
