"""What is installed of each image and what is newest: asked for once a day, spread over it.

Local facts (pinned, built here, opted out) are read with one listing whenever there is a container
that is not known yet. Registries are asked only for containers whose entities somebody enabled, a
few each minute while some are due, and never in between.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
import zlib

from ..errors import (
    CannotConnect,
    HomeServerError,
    InvalidAuth,
    MissingRight,
    NotFound,
)
from ..paths import ROOT, Path
from ..system import Refresh
from . import tree
from .client import Engine
from .images import (
    Insecure,
    Installed,
    LocalImage,
    read_distribution,
    read_insecure,
    read_installed,
    read_parts,
)
from .logins import header, logins
from .manifests import REVISION, VERSION, NoPlatform, release_url
from .models import Container
from .options import is_left_alone
from .reference import Reference
from .registry import AccessDenied, RateLimited, RegistryClient
from .updates import SHORT, ContainerImage, Verdict

_DAY = 24 * 3600
_SOONEST = timedelta(hours=12)  # between two questions of a day
_RETRY = timedelta(hours=1)
_FRESH = timedelta(minutes=1)  # an answer that serves other containers and engines too
_AT_ONCE = 4  # images in one round
_ROUND_SECONDS = 30.0


# The first that fits counts: kinds before what they are kinds of.
_VERDICTS: tuple[tuple[type[HomeServerError], Verdict], ...] = (
    (RateLimited, Verdict.RATE_LIMITED),
    (NoPlatform, Verdict.NO_PLATFORM),
    (AccessDenied, Verdict.REFUSED),
    (InvalidAuth, Verdict.REFUSED),
    (MissingRight, Verdict.REFUSED),
    (NotFound, Verdict.NOT_FOUND),
    (CannotConnect, Verdict.UNREACHABLE),
)
_LASTING = (Verdict.NOT_FOUND, Verdict.REFUSED, Verdict.NO_PLATFORM)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a registry said of a tag, when, and until when that is enough."""

    asked: datetime
    due: datetime
    digest: str | None = None
    verdict: Verdict = Verdict.NOT_CHECKED
    by_engine: bool = False


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What a newest digest means for one image."""

    digest: str
    verdict: Verdict
    labels: Mapping[str, str] = field(default_factory=dict)


type _Key = tuple[Path, Reference]
type _ImageKey = tuple[Path, Reference, str]


class UpdateCheck:
    """What one client knows of images, between the rounds."""

    def __init__(self, registries: RegistryClient) -> None:
        """Know nothing yet."""
        self._registries = registries
        self._options: Mapping[str, Any] = {}
        self._installed: dict[Path, dict[str, Installed]] = {}
        self._insecure: dict[Path, Insecure] = {}
        self._refused: dict[Path, tuple[datetime, str]] = {}
        self._answers: dict[_Key, _Answer] = {}
        self._judgements: dict[_ImageKey, _Judgement] = {}
        # One question at a time: gentle, and what two containers share is asked for once.
        self._turn = asyncio.Lock()

    async def read(self, engine: Engine, refresh: Refresh[Any]) -> dict[Path, ContainerImage]:
        """Return the images of an engine's containers, after asking for a few that are due."""
        containers = tree.containers_of(refresh.latest("containers"), engine.path)
        self._registries.credentials = logins(refresh.options)
        self._options = refresh.options
        try:
            await self._learn(engine, containers, refresh.now)
        except MissingRight:
            # Nobody misses a right for entities that nobody enabled.
            if refresh.wanted:
                raise
        known = self._installed.get(engine.path, {})
        wanted = refresh.wanted or ()
        due: dict[tuple[Reference, str], tuple[Container, Installed]] = {}
        for path, container in containers.items():
            image, name = known.get(container.id), Reference.parse(container.image)
            if path not in wanted or image is None or name is None:
                continue
            if self._own_verdict(engine, path, container, image) is None:
                due.setdefault((name, image.image.id), (container, image))
        await self._ask_round(engine, due, refresh.now)
        return {
            path: self._item(engine, path, container, known.get(container.id))
            for path, container in containers.items()
        }

    async def _learn(
        self, engine: Engine, containers: Mapping[Path, Container], now: datetime
    ) -> None:
        """List containers and images where there is a container that is not known."""
        known = self._installed.get(engine.path)
        if known is not None and all(item.id in known for item in containers.values()):
            return
        until, right = self._refused.get(engine.path, (now, ""))
        if now < until:
            raise MissingRight(right)
        try:
            known = self._installed[engine.path] = await read_installed(engine)
        except MissingRight as err:
            self._refused[engine.path] = now + _RETRY, err.detail
            raise
        images = {one.image.id for one in known.values()}
        self._judgements = {
            key: judgement
            for key, judgement in self._judgements.items()
            if key[0] != engine.path or key[2] in images
        }

    # --- Asking -----------------------------------------------------------------------------

    async def _ask_round(
        self,
        engine: Engine,
        images: Mapping[tuple[Reference, str], tuple[Container, Installed]],
        now: datetime,
    ) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + _ROUND_SECONDS
        asked = 0
        for (reference, _), (container, one) in images.items():
            if asked == _AT_ONCE or clock() > end:
                return
            async with self._turn:
                if self._is_due(engine, reference, one.image, now):
                    asked += 1
                    await self._ask(engine, reference, container.image, one.image, now)

    def _answer(self, engine: Engine, reference: Reference) -> _Answer | None:
        """Return what is known; what only this engine can reach has an answer of its own."""
        return self._answers.get((engine.path, reference)) or self._answers.get((ROOT, reference))

    def _is_due(
        self, engine: Engine, reference: Reference, image: LocalImage, now: datetime
    ) -> bool:
        answer = self._answer(engine, reference)
        if answer is None or now >= answer.due:
            return True
        # An image that is new here may be newer than the answer.
        return answer.digest is not None and self._judgement(engine, reference, image) is None

    def _judgement(
        self, engine: Engine, reference: Reference, image: LocalImage
    ) -> _Judgement | None:
        return self._judgements.get((engine.path, reference, image.id))

    async def _ask(
        self, engine: Engine, reference: Reference, name: str, image: LocalImage, now: datetime
    ) -> None:
        """Ask what is newest, unless that was told just now, and judge the image by it."""
        answer = self._answer(engine, reference)
        if answer is None or now >= min(answer.due, answer.asked + _FRESH):
            answer = await self._newest(engine, reference, name, now)
        if answer.digest is None:
            return
        try:
            judgement = await self._judge(engine, reference, image, answer)
        except HomeServerError as err:
            self._keep(engine, reference, self._failure(reference, err, now))
            return
        self._judgements[engine.path, reference, image.id] = judgement

    async def _newest(
        self, engine: Engine, reference: Reference, name: str, now: datetime
    ) -> _Answer:
        """Ask the registry; the engine asks in our place where only it can reach it."""
        due = _next_slot(str(reference), now)
        answer = None
        try:
            if engine.is_local or not reference.is_loopback:
                insecure = await self._is_insecure(engine, reference)
                digest = await self._registries.digest(reference, insecure=insecure)
                answer = _Answer(now, due, digest)
        except CannotConnect:
            pass
        except HomeServerError as err:
            answer = self._failure(reference, err, now)
        if answer is not None:
            self._keep(engine, reference, answer)
            return answer
        try:
            answer = _Answer(now, due, await self._ask_engine(engine, name), by_engine=True)
        except HomeServerError as err:
            answer = self._failure(reference, err, now, by_engine=True)
        self._keep(engine, reference, answer)
        return answer

    async def _ask_engine(self, engine: Engine, name: str) -> str:
        return await read_distribution(engine, name, header(self._options, name))

    def _keep(self, engine: Engine, reference: Reference, answer: _Answer) -> None:
        self._answers.pop((engine.path, reference), None)
        is_own = answer.by_engine or reference.is_loopback
        self._answers[engine.path if is_own else ROOT, reference] = answer

    async def _is_insecure(self, engine: Engine, reference: Reference) -> bool:
        if reference.is_loopback:
            return True
        if engine.path not in self._insecure:
            try:
                self._insecure[engine.path] = await read_insecure(engine)
            except MissingRight:
                self._insecure[engine.path] = Insecure()
        return self._insecure[engine.path].includes(reference)

    async def _judge(
        self, engine: Engine, reference: Reference, image: LocalImage, answer: _Answer
    ) -> _Judgement:
        """Compare the digest; where it differs, compare what it means for this platform."""
        digest = answer.digest or ""
        known = self._judgement(engine, reference, image)
        if image.is_known_as(digest):
            return _Judgement(digest, Verdict.UP_TO_DATE)
        if known and known.digest == digest and not answer.by_engine:
            return known
        parts = await read_parts(engine, image.id)
        if digest in parts.digests:
            # It was pulled meanwhile, and turned out to be the same for this platform.
            return _Judgement(digest, Verdict.UP_TO_DATE, known.labels if known else {})
        if answer.by_engine:
            return _Judgement(digest, Verdict.UPDATE_AVAILABLE)
        insecure = await self._is_insecure(engine, reference)
        newest = await self._registries.newest(reference, digest, parts.platform, insecure=insecure)
        same = not parts.digests.isdisjoint((newest.manifest, newest.config))
        verdict = Verdict.UP_TO_DATE if same else Verdict.UPDATE_AVAILABLE
        return _Judgement(digest, verdict, newest.labels)

    def _failure(
        self,
        reference: Reference,
        error: HomeServerError,
        now: datetime,
        *,
        by_engine: bool = False,
    ) -> _Answer:
        verdict = next(
            (verdict for kind, verdict in _VERDICTS if isinstance(error, kind)),
            # An engine that fails to ask says so with a plain error.
            Verdict.UNREACHABLE if by_engine else Verdict.BAD_ANSWER,
        )
        wait = timedelta(seconds=self._registries.paused_for(reference.host))
        due = _next_slot(str(reference), now) if verdict in _LASTING else now + max(_RETRY, wait)
        return _Answer(now, due, verdict=verdict, by_engine=by_engine)

    # --- Telling ----------------------------------------------------------------------------

    def _own_verdict(
        self, engine: Engine, path: Path, container: Container, known: Installed
    ) -> Verdict | None:
        if is_left_alone(self._options, path):
            return Verdict.OPTED_OUT
        return _local_verdict(engine, container, known)

    def _item(
        self, engine: Engine, path: Path, container: Container, known: Installed | None
    ) -> ContainerImage:
        if known is None:
            return ContainerImage(container_id=container.id, name=container.image)
        reference = Reference.parse(container.image)
        image = known.image
        verdict = self._own_verdict(engine, path, container, known)
        judgement = None
        if reference and verdict is None:
            answer = self._answer(engine, reference)
            judgement = self._judgement(engine, reference, image)
            verdict = _told(answer, judgement)
        return ContainerImage(
            container_id=container.id,
            name=container.image,
            verdict=verdict or Verdict.NOT_CHECKED,
            image_id=image.id,
            installed_version=image.version,
            installed_revision=_text(image.labels.get(REVISION)),
            installed_digest=image.digest_in(reference) if reference else None,
            latest_version=judgement.labels.get(VERSION) if judgement else None,
            latest_revision=judgement.labels.get(REVISION) if judgement else None,
            latest_digest=judgement.digest if judgement else None,
            release_url=release_url((judgement and judgement.labels) or image.labels),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _told(answer: _Answer | None, judgement: _Judgement | None) -> Verdict:
    """What was found out last counts, and so does that it could not be found out."""
    if answer is None:
        return Verdict.NOT_CHECKED
    if answer.digest is None:
        return answer.verdict
    return judgement.verdict if judgement else Verdict.NOT_CHECKED


def _local_verdict(engine: Engine, container: Container, known: Installed) -> Verdict | None:
    """Return what can be said without asking anybody, None where a registry knows more."""
    reference = Reference.parse(container.image)
    if known.opted_out:
        return Verdict.OPTED_OUT
    by_id = known.image.id.partition(":")[2].startswith(container.image)
    if reference is None or reference.digest or (by_id and len(container.image) >= SHORT):
        return Verdict.PINNED
    if known.image.digest_in(reference) is None:
        return Verdict.LOCAL
    if engine.is_podman and reference.host == "localhost":
        return Verdict.LOCAL
    return None


def _next_slot(name: str, now: datetime) -> datetime:
    """Return when to ask again: each name has its own second of the day."""
    second = zlib.crc32(name.encode()) % _DAY
    earliest = now.astimezone(UTC) + _SOONEST
    moment = earliest.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=second)
    return moment if moment >= earliest else moment + timedelta(days=1)
