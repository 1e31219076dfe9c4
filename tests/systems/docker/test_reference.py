"""Names of images are read as Docker reads them."""

from hypothesis import given, strategies as st
import pytest

from custom_components.home_server_monitor.systems.docker.reference import Reference

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1"),
        ("linuxserver/sonarr", "docker.io/linuxserver/sonarr:latest"),
        ("lscr.io/linuxserver/sonarr:4.0.9", "lscr.io/linuxserver/sonarr:4.0.9"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("127.0.0.1:5000/a/b/c:x", "127.0.0.1:5000/a/b/c:x"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
        ("registry:5000", "docker.io/library/registry:5000"),
        (f"nginx@{DIGEST}", f"docker.io/library/nginx@{DIGEST}"),
        (f"host:1/app:2@{DIGEST}", f"host:1/app:2@{DIGEST}"),
        ("ghcr.io/a/b__c-d.e", "ghcr.io/a/b__c-d.e:latest"),
    ],
)
def test_names(text: str, full: str) -> None:
    assert str(Reference.parse(text)) == full


@pytest.mark.parametrize(
    "text",
    [
        "",
        DIGEST,
        DIGEST.removeprefix("sha256:"),
        "Nginx",
        "nginx:",
        "nginx:a b",
        "nginx@sha256:12",
        "nginx@",
        "a//b",
        "/nginx",
        "nginx/",
        "host:port/app",
        "a" * 300,
        "evil.example/../../app",
        "host/app:1/..",
        "user:secret@host/app",
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert Reference.parse(text) is None


@pytest.mark.parametrize(
    ("text", "loopback"),
    [
        ("127.0.0.1:5000/app", True),
        ("127.9.9.9/app", True),
        ("localhost:5000/app", True),
        ("[::1]:5000/app", True),
        ("192.168.1.10:5000/app", False),
        ("localhost.example.org/app", False),
        ("nginx", False),
    ],
)
def test_loopback(text: str, loopback: bool) -> None:
    reference = Reference.parse(text)
    assert reference is not None
    assert reference.is_loopback is loopback


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_none(text: str) -> None:
    """What is taken for a name is safe in an address, and reads the same again."""
    reference = Reference.parse(text)
    if reference is None:
        return
    assert Reference.parse(str(reference)) == reference
    assert ".." not in reference.repository.split("/")
    assert not set(str(reference)) & set(" ?#%\\\r\n")


_NAME = st.from_regex(r"[a-z0-9]+([._-][a-z0-9]+)?(/[a-z0-9]+){0,2}", fullmatch=True)
_HOST = st.sampled_from(["", "ghcr.io/", "localhost/", "10.0.0.1:5000/", "registry.lan:443/"])
_TAG = st.one_of(st.just(""), st.from_regex(r":[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True))
_DIGEST = st.sampled_from(["", f"@{DIGEST}"])


@given(_HOST, _NAME, _TAG, _DIGEST)
def test_every_name_is_read(host: str, name: str, tag: str, digest: str) -> None:
    reference = Reference.parse(f"{host}{name}{tag}{digest}")
    assert reference is not None
    assert reference.digest == digest.removeprefix("@")
    assert reference.tag == (tag.removeprefix(":") or ("" if digest else "latest"))
    assert reference.host == (host.rstrip("/") or "docker.io") or "/" in name
