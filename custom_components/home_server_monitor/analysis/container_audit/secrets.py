"""Tells a secret from what only looks like one, by a variable's name and by its value.

A name says that a value is secret; what the value looks like then says whether there really is one
(``PASSWORD_FILE=/run/secrets/x`` holds none). A value by itself is a secret when it has the form of a
known kind of token, or when it is as random as only something generated is.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
import math
import re

from .images import INTERPOLATION

# More than this is not looked at: a secret that is longer shows itself by its beginning.
_LONGEST = 4096


class Verdict(StrEnum):
    """What a variable holds."""

    NOTHING = "nothing"
    SECRET = "secret"  # noqa: S105 - a word for a kind, no password
    DEFAULT_PASSWORD = "default_password"  # noqa: S105 - the same


# Words at the end of a part of a name, so that WEBPASSWORD and PGPASSWORD count.
_SECRET_WORD = re.compile(
    r"(?:password|passwd|passphrase|secret|token|apikey|authkey|privatekey|secretkey|accesskey"
    r"|encryptionkey|credential|dbpass|psk)s?|pass|pwd|pw"
)
_SECRET_WORD_END = re.compile(
    r".*(?:password|passwd|passphrase|secret|token|apikey|authkey|privatekey|secretkey)s?"
)
_BEFORE_KEY = frozenset(
    {
        "access", "account", "api", "app", "application", "auth", "encryption", "enc", "jwt", "license",
        "master", "preshared", "private", "secret", "session", "shared", "signing", "storage",
    }
)  # fmt: skip
# Secret if the value looks generated.
_MAYBE = frozenset(
    {"key", "auth", "cookie", "salt", "seed", "pin", "jwt", "pat", "session", "hmac"}
)

# A name that ends so tells something about a secret, or where it lies.
_ABOUT = frozenset(
    {
        "access", "age", "algo", "algorithm", "attempts", "audience", "backend", "claim", "claims",
        "command", "count", "days", "dir", "directory", "disabled", "duration", "enable", "enabled",
        "endpoint", "engine", "expiration", "expire", "expires", "expiry", "field", "file", "folder",
        "format", "generator", "header", "hours", "host", "id", "ids", "interval", "issuer", "length",
        "lifetime", "limit", "location", "login", "max", "method", "min", "minutes", "mode", "name",
        "names", "path", "policy", "port", "prefix", "provider", "regex", "required", "reset", "rotation",
        "rounds", "salt", "scope", "scopes", "seconds", "size", "source", "store", "strength", "suffix",
        "timeout", "ttl", "type", "uri", "url", "user", "username", "validity", "version",
    }
)  # fmt: skip
# Names of what is public by nature, however random it looks.
_PUBLIC = frozenset(
    {
        "build", "checksum", "claim", "colors", "commit", "digest", "fingerprint", "gpg", "guid", "hash", "id",
        "ids", "image", "md5", "path", "pgp", "pub", "public", "ref", "release", "revision", "sha", "sha1",
        "sha256", "sha512", "tz", "uuid", "version",
    }
)  # fmt: skip

_CHOICES = frozenset(
    {
        "0", "1", "always", "auto", "default", "disable", "disabled", "enable", "enabled", "env", "false",
        "file", "n", "never", "nil", "no", "none", "null", "off", "on", "optional", "required", "true",
        "undefined", "y", "yes",
    }
)  # fmt: skip
_KNOWN_PASSWORDS = frozenset(
    {
        "12345", "123456", "12345678", "123456789", "abc123", "admin", "administrator", "adminadmin",
        "admin123", "alpine", "changeit", "changeme", "change-me", "change_me", "changethis", "dbpass",
        "default", "example", "guest", "homeassistant", "letmein", "mariadb", "minioadmin", "mongo",
        "mysql", "nextcloud", "pass", "passw0rd", "password", "password1", "password123", "pihole", "postgres",
        "postgrespassword", "qwerty", "raspberry", "redis", "root", "rootpass", "rootpassword", "secret",
        "supersecret", "test", "topsecret", "welcome",
    }
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"<.*>|\[.*\]|\{\{.*\}\}|%[A-Za-z_]+%|__\w+__|[x*.\-_#?]+|\*+"
    r"|(?:your|enter|insert|replace|example|placeholder)(?:[-_ .].*|me|here)"
    r"|.*[-_ ](?:here|placeholder|goes[-_ ]here)|todo|tbd|placeholder|redacted|removed|hidden|omitted",
    re.IGNORECASE,
)
_PATH = re.compile(r"(?:~|\.{1,2})?/[\w./@:+~-]*[\w/]|[A-Za-z]:\\.*|file:.*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASHED = re.compile(r"\$(?:2[abxy]?|argon2\w*|apr1|[156]|pbkdf2\S*|scrypt|y)\$.+|\{SSHA\w*\}.+")
_PUBLIC_VALUE = re.compile(
    r"(?:ssh-\w+|ecdsa-\S+|sk-ssh\S+) \S+.*|-----BEGIN (?:PGP )?(?:PUBLIC KEY|CERTIFICATE).*"
    r"|(?:.*@)?(?:sha\d+|md5)[-:].*",
    re.DOTALL,
)
_TOKEN = re.compile(
    r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,}"
    r"|sk-(?:proj-|ant-)?[\w-]{20,}|AIza[\w-]{35}|ya29\.[\w-]+|tskey-[\w-]{10,}|dckr_pat_[\w-]{20,}"
    r"|hf_[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{16,}"
    r"|[sr]k_live_\w{16,}|\d{8,10}:AA[\w-]{33}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r"|-----BEGIN (?:\w+ )*PRIVATE KEY-----[\s\S]*"
    r"|https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}"
    r"|https://hooks\.slack\.com/services/\w+/\w+/\w{10,}"
)
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://\S*")
_URL_PASSWORD = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/\s:@]*:(?P<password>[^/\s@]+)@")
_URL_TOKEN = re.compile(
    r"(?:discord|telegram|pushover|pushbullet|gotify|slack)://(?P<token>[^@/\s]+)@"
)
_QUERY_SECRET = re.compile(
    r"[?&](?:api_?key|(?:access_?|auth_?)?token|secret|password|sig)=(?P<value>[^&\s]+)",
    re.IGNORECASE,
)
_GENERATED = re.compile(r"[A-Za-z0-9+/=_!@#$%^&*~-]{20,512}")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
_DEFAULT_VALUE = re.compile(r"\$\{\w+:?-([^}]*)\}")


def judge(name: str, value: str, *, templated: bool = False) -> Verdict:
    """Return what a variable holds; nothing of the value is kept or told.

    ``templated`` values may hold compose's own variables, which hide no secret.
    """
    parts = name_parts(name[:_LONGEST])
    text, is_default = value[:_LONGEST].strip().strip("\"'").strip(), False
    if templated:
        text, is_default = _plain(text)
    if not text or _is_about_files(name, parts):
        return Verdict.NOTHING
    if _has_known_form(text):
        return Verdict.SECRET
    if _is_harmless(text):
        return Verdict.NOTHING
    by_name = _verdict_by_name(parts, text)
    if by_name is Verdict.DEFAULT_PASSWORD and is_default:
        # A compose file's own default is there to be replaced.
        return Verdict.NOTHING
    if by_name is not Verdict.NOTHING:
        return by_name
    looks_secret = not _PUBLIC & set(parts) and is_random(text)
    return Verdict.SECRET if looks_secret else Verdict.NOTHING


def judge_options(words: tuple[str, ...], *, templated: bool = False) -> tuple[str, ...]:
    """Return the options of a command line (``--token``) that are given a secret."""
    found = []
    for index, word in enumerate(words):
        option, equals, value = word.partition("=")
        if not option.startswith("-") or len(option) > 64:
            continue
        if not equals:
            value = words[index + 1] if index + 1 < len(words) else ""
        if value.startswith("-") or not re.fullmatch(r"--?[A-Za-z][\w.-]*", option):
            continue
        # Redis calls its password so.
        name = (
            option.lstrip("-").replace("requirepass", "password").replace("masterauth", "password")
        )
        if judge(name, value, templated=templated) is not Verdict.NOTHING:
            found.append(option)
    return tuple(dict.fromkeys(found))


def name_parts(name: str) -> list[str]:
    """Return the words of a name, in small letters: ``myApi_KEY`` is my, api, key."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return [part for part in re.split(r"[^a-z0-9]+", spaced.lower()) if part]


def is_random(text: str) -> bool:
    """Whether a text is as random as only something generated is, and no mere digest or id."""
    if not _GENERATED.fullmatch(text) or _HEX.fullmatch(text):
        return False
    # Names end in a number too, as in `SomeLongName1`.
    kinds = [_kind(letter) for letter in text.rstrip("0123456789")]
    changes = sum(one != other for one, other in pairwise(kinds)) / len(text)
    if {"lower", "upper", "digit"} <= set(kinds):
        return changes >= 0.38 and entropy(text) >= 3.6
    # Two kinds of letters are what names with numbers have too: it takes more to be sure.
    mixed = text.isalnum() and "digit" in kinds and len(text) >= 24
    return mixed and changes >= 0.25 and entropy(text) >= 3.4


def entropy(text: str) -> float:
    """Return the bits per letter, by how often each letter is used."""
    counts = (text.count(letter) / len(text) for letter in set(text))
    return -sum(share * math.log2(share) for share in counts)


def _kind(letter: str) -> str:
    if letter.islower():
        return "lower"
    if letter.isupper():
        return "upper"
    return "digit" if letter.isdigit() else "sign"


def _plain(text: str) -> tuple[str, bool]:
    """Return what stands in the file itself where compose puts in variables, and if it is a default."""
    if "$" not in text:
        return text, False
    escaped = text.replace("$$", "\0")
    alone = _DEFAULT_VALUE.fullmatch(escaped)
    if alone is not None:
        return alone[1].replace("\0", "$"), True
    # What is put in is no part of the file; what stands around it is seldom a secret by itself.
    return INTERPOLATION.sub("", escaped).replace("\0", "$"), False


def _is_about_files(name: str, parts: list[str]) -> bool:
    """Whether a name says that the value is the path of a file: X_FILE, or linuxserver's FILE__X."""
    return name.upper().startswith("FILE__") or (bool(parts) and parts[-1] in ("file", "path"))


def _has_known_form(text: str) -> bool:
    if _TOKEN.fullmatch(text):
        return True
    for pattern in (_URL_PASSWORD, _URL_TOKEN, _QUERY_SECRET):
        match = pattern.search(text)
        if match is not None and not _is_placeholder(match[1]):
            return True
    return False


def _is_placeholder(text: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(text)) or text.lower() in _CHOICES


def _is_harmless(text: str) -> bool:
    return (
        _is_placeholder(text)
        or bool(_PATH.fullmatch(text))
        or bool(_URL.fullmatch(text))
        or bool(_HASHED.fullmatch(text))
        or bool(_PUBLIC_VALUE.fullmatch(text))
    )


def _verdict_by_name(parts: list[str], text: str) -> Verdict:
    if not parts or parts[-1] in _ABOUT or parts in (["pwd"], ["oldpwd"]):
        return Verdict.NOTHING
    if {"public", "pub", "gpg", "pgp"} & set(parts) or "claim" in parts:
        return Verdict.NOTHING
    if not _is_secret_name(parts):
        looks_generated = parts[-1] in _MAYBE and _looks_generated(text)
        return Verdict.SECRET if looks_generated else Verdict.NOTHING
    if text.lower() in _KNOWN_PASSWORDS:
        return Verdict.DEFAULT_PASSWORD
    is_password = parts[-1].endswith(("password", "passwd", "pass", "pwd", "pw", "passphrase"))
    if not is_password and (len(text) < 8 or text.isdigit()):
        return Verdict.NOTHING  # MAX_TOKENS=4096
    return Verdict.SECRET


def _is_secret_name(parts: list[str]) -> bool:
    last = parts[-1].rstrip("0123456789")
    if not last:
        return len(parts) > 1 and _is_secret_name(parts[:-1])
    if _SECRET_WORD.fullmatch(last) or _SECRET_WORD_END.fullmatch(last):
        return True
    if last in ("key", "keys") and len(parts) > 1:
        return parts[-2] in _BEFORE_KEY
    # SECRET_KEY_BASE, PASSWORD_POSTGRES
    return parts[0] in ("secret", "password", "passwd") or "password" in parts


def _looks_generated(text: str) -> bool:
    if _HEX.fullmatch(text) and not text.isdigit():
        return len(text) >= 16
    # UUIDs name things more often than they open them.
    if _UUID.fullmatch(text) or " " in text:
        return False
    several = len({_kind(letter) for letter in text} - {"sign"}) >= 2
    return len(text) >= 16 and several and entropy(text) >= 3.2
