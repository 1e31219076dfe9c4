"""The client of image registries: tokens, lists by platform, limits, and everything that breaks."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest

from custom_components.home_server_monitor.systems.docker import registry as module
from custom_components.home_server_monitor.systems.docker.manifests import (
    NoPlatform,
    Platform,
    choose,
    release_url,
)
from custom_components.home_server_monitor.systems.docker.reference import Reference
from custom_components.home_server_monitor.systems.docker.registry import (
    AccessDenied,
    Credentials,
    RateLimited,
    RegistryClient,
)
from custom_components.home_server_monitor.systems.errors import (
    BadAnswer,
    CannotConnect,
    ConnectTimeout,
    HomeServerError,
    NotFound,
)
from tests.lab.registry import DOCKER_LIST, INDEX, MANIFEST, SimulatedRegistry

AMD64 = Platform(os="linux", architecture="amd64", variant="v1")
VERSION = "org.opencontainers.image.version"


class Bench:
    """A client before a registry, and a clock that can be put forward."""

    def __init__(self, server: SimulatedRegistry, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.now = 1000.0
        self.session = session
        self.client = self.logged_in()

    def logged_in(self, login: Credentials | None = None) -> RegistryClient:
        """Return a client, with a login at the one registry."""
        logins = {self.server.host: login} if login else {}
        return RegistryClient(self.session, logins, lambda: self.now)

    @property
    def app(self) -> Reference:
        """The image that all tests ask for."""
        reference = Reference.parse(f"{self.server.host}/group/app:1")
        assert reference is not None
        return reference

    async def digest(self, client: RegistryClient | None = None) -> str:
        return await (client or self.client).digest(self.app, insecure=True)

    async def newest(self, platform: Platform = AMD64) -> Any:
        return await self.client.newest(self.app, await self.digest(), platform, insecure=True)


@pytest.fixture
async def bench(socket_enabled: None) -> AsyncGenerator[Bench]:
    """Give a client before an empty registry."""
    async with SimulatedRegistry() as server, aiohttp.ClientSession() as session:
        yield Bench(server, session)


@pytest.mark.parametrize("media", [INDEX, DOCKER_LIST])
async def test_a_tag_has_the_digest_of_its_list(bench: Bench, media: str) -> None:
    """One HEAD is all that it costs."""
    pushed = bench.server.push("group/app", "1", {"linux/amd64": {}}, media=media)
    assert await bench.digest() == pushed
    assert [(one.method, one.status) for one in bench.server.requests] == [("HEAD", 200)]


async def test_a_token_is_fetched_once_and_again_when_it_is_over(bench: Bench) -> None:
    bench.server.tokens = True
    pushed = bench.server.push("group/app", "1", {"linux/amd64": {}})
    for _ in range(3):
        assert await bench.digest() == pushed
    assert bench.server.count("^/token") == 1
    assert bench.server.count("scope=repository:group/app:pull") == 1
    assert bench.server.count("service=lab") == 1
    bench.now += 400
    assert await bench.digest() == pushed
    assert bench.server.count("^/token") == 2


async def test_a_token_needs_a_login(bench: Bench) -> None:
    bench.server.tokens = True
    bench.server.login = "me:secret"
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    with pytest.raises(AccessDenied) as refused:
        await bench.digest()
    assert "secret" not in str(refused.value)
    client = bench.logged_in(Credentials(username="me", password="secret"))
    assert await bench.digest(client)
    wrong = bench.logged_in(Credentials(username="me", password="wrong"))
    with pytest.raises(AccessDenied):
        await bench.digest(wrong)


async def test_a_login_without_tokens(bench: Bench) -> None:
    bench.server.basic = True
    bench.server.login = "me:secret"
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    with pytest.raises(AccessDenied):
        await bench.digest()
    client = bench.logged_in(Credentials(username="me", password="secret"))
    assert await bench.digest(client)
    bench.server.reset_counts()
    assert await bench.digest(client)
    assert len(bench.server.requests) == 1


def test_a_password_is_not_printed() -> None:
    assert "secret" not in repr(Credentials(username="me", password="secret"))


async def test_no_token_service_without_encryption(bench: Bench) -> None:
    """Unless the registry itself is one that may be asked in the clear."""
    answer = {"WWW-Authenticate": 'Bearer realm="http://127.0.0.1:1/token"'}
    bench.server.faults.status(401, "/v2/", headers=answer)
    with pytest.raises(BadAnswer):
        await bench.client._answer_challenge(bench.app, answer["WWW-Authenticate"], insecure=False)


@pytest.mark.parametrize(
    "challenge", ["", "Negotiate", "Bearer", "Basic realm=x", 'Bearer realm="::"']
)
async def test_odd_challenges(bench: Bench, challenge: str) -> None:
    bench.server.faults.status(401, "/v2/", headers={"WWW-Authenticate": challenge})
    with pytest.raises((AccessDenied, BadAnswer)):
        await bench.digest()


async def test_plain_http_only_where_it_is_permitted(bench: Bench) -> None:
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    with pytest.raises(CannotConnect):
        await bench.client.digest(bench.app)
    assert not bench.server.requests


async def test_the_platforms_own_image(bench: Bench) -> None:
    """Labels and digests are those of one platform."""
    server = bench.server
    images = {
        f"linux/{name}": {VERSION: name} for name in ("amd64", "arm64/v8", "arm/v6", "arm/v7")
    }
    server.push("group/app", "1", images)
    for name, told in (("amd64", ""), ("arm64", ""), ("arm", "v6"), ("arm", "v7"), ("arm", "")):
        platform = Platform.of({"os": "linux", "architecture": name, "variant": told})
        newest = await bench.newest(platform)
        wanted = name if name == "amd64" else f"{name}/{platform.variant}"
        assert newest.labels == {VERSION: wanted}
        assert newest.config in server.documents
        assert newest.manifest in server.documents
    with pytest.raises(NoPlatform):
        await bench.newest(Platform(os="linux", architecture="riscv64"))


async def test_a_manifest_without_list(bench: Bench) -> None:
    manifest, config = bench.server.manifest("linux/amd64", {VERSION: "3"})
    bench.server.tags["group/app", "1"] = manifest
    newest = await bench.newest()
    assert (newest.digest, newest.manifest, newest.config) == (manifest, manifest, config)
    assert newest.labels == {VERSION: "3"}


async def test_no_labels(bench: Bench) -> None:
    bench.server.tags["group/app", "1"] = bench.server.manifest("linux/amd64")[0]
    assert (await bench.newest()).labels == {}


async def test_a_registry_that_names_no_digest(bench: Bench) -> None:
    """Then it is that of the document."""
    bench.server.names_digest = False
    pushed = bench.server.push("group/app", "1", {"linux/amd64": {}})
    assert await bench.digest() == pushed


async def test_a_document_that_is_another(bench: Bench) -> None:
    """Nothing is believed that does not match its digest."""
    pushed = bench.server.push("group/app", "1", {"linux/amd64": {VERSION: "1"}})
    bench.server.documents[pushed] = (INDEX, b'{"schemaVersion": 2, "manifests": []}')
    with pytest.raises(BadAnswer):
        await bench.newest()


async def test_an_unknown_tag(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await bench.digest()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unauthorized", AccessDenied),
        ("forbidden", AccessDenied),
        ("not_found", NotFound),
        ("too_many", RateLimited),
        ("server_error", BadAnswer),
        ("garbage", BadAnswer),
        ("half_body", HomeServerError),
        ("reset", CannotConnect),
    ],
)
@pytest.mark.parametrize("where", ["/manifests/1", "/manifests/sha256", "/blobs/", "/token"])
async def test_faults(bench: Bench, fault: str, error: type[HomeServerError], where: str) -> None:
    """Whatever breaks, wherever: one of our own errors, and no other."""
    bench.server.tokens = True
    bench.server.push("group/app", "1", {"linux/amd64": {VERSION: "1"}})
    getattr(bench.server.faults, fault)(where)
    with pytest.raises((error, BadAnswer)):
        await bench.newest()


async def test_a_registry_that_hangs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    bench.server.faults.hang("/v2/")
    with pytest.raises(ConnectTimeout):
        await bench.digest()
    hanging = len(bench.server.requests)
    with pytest.raises(ConnectTimeout):
        await bench.digest()
    assert len(bench.server.requests) == hanging


async def test_a_registry_that_is_down_is_left_alone(bench: Bench) -> None:
    """It is asked again a quarter of an hour later, and others at once."""
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    await bench.server.refuse()
    with pytest.raises(CannotConnect):
        await bench.digest()
    assert 800 < bench.client.paused_for(bench.server.host) <= 900
    assert bench.client.paused_for("ghcr.io") == 0
    await bench.server.accept()
    with pytest.raises(CannotConnect):
        await bench.digest()
    assert not bench.server.requests
    bench.now += 901
    assert await bench.digest()
    assert bench.client.paused_for(bench.server.host) == 0


@pytest.mark.parametrize("form", ["seconds", "date", "nothing", "nonsense"])
async def test_a_pause_that_the_registry_wants(bench: Bench, form: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=3600), usegmt=True)
    headers = {
        "seconds": {"Retry-After": "3600"},
        "date": {"Retry-After": date},
        "nothing": {},
        "nonsense": {"Retry-After": "soon"},
    }[form]
    bench.server.push("group/app", "1", {"linux/amd64": {}})
    fault = bench.server.faults.status(429, "/v2/", headers=headers)
    with pytest.raises(RateLimited):
        await bench.digest()
    fault.remove()
    wanted = 3600 if form in ("seconds", "date") else 900
    assert bench.client.paused_for(bench.server.host) == pytest.approx(wanted, abs=5)
    bench.now += wanted - 10
    with pytest.raises(RateLimited):
        await bench.digest()
    assert len(bench.server.requests) == 1
    bench.now += 20
    assert await bench.digest()


@pytest.mark.parametrize(
    "document",
    [
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": None},
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [None, {"platform": 3}]},
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": "x"},
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": "../../x"}},
        {"schemaVersion": 1, "history": []},
        [],
    ],
)
async def test_odd_manifests(bench: Bench, document: Any) -> None:
    bench.server.tags["group/app", "1"] = bench.server.keep(INDEX, document)
    with pytest.raises((BadAnswer, NoPlatform)):
        await bench.newest()


def test_an_older_variant_will_do() -> None:
    """As for the engine; a newer one will not."""
    index = {
        "manifests": [
            {
                "digest": f"sha256:{'5' * 64}",
                "platform": {"os": "linux", "architecture": "arm", "variant": "v5"},
            },
            {
                "digest": f"sha256:{'7' * 64}",
                "platform": {"os": "linux", "architecture": "arm", "variant": "v7"},
            },
        ]
    }
    found = choose(index, Platform(os="linux", architecture="arm", variant="v6"))
    assert found == f"sha256:{'5' * 64}"


@pytest.mark.parametrize(
    ("labels", "url"),
    [
        (
            {"source": "https://github.com/Sonarr/Sonarr"},
            "https://github.com/Sonarr/Sonarr/releases",
        ),
        ({"source": "https://github.com/a/b.git"}, "https://github.com/a/b/releases"),
        ({"source": "https://github.com/a/b/tree/main/c"}, "https://github.com/a/b/releases"),
        (
            {"source": "https://git.example.org/a", "url": "https://example.org"},
            "https://example.org",
        ),
        ({"documentation": "https://example.org/docs"}, "https://example.org/docs"),
        ({"source": "https://github.com/a"}, "https://github.com/a"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": "https://"}, None),
        ({"url": "http://[broken"}, None),
        ({"url": 3}, None),
        ({}, None),
    ],
)
def test_release_pages(labels: dict[str, Any], url: str | None) -> None:
    named = {f"org.opencontainers.image.{key}": value for key, value in labels.items()}
    assert release_url(named) == url
