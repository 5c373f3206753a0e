"""A published state and actions in memory, and a way to ask an app without a port."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from itertools import batched

import httpx
from starlette.applications import Starlette

from episodarr.metrics.rendering.bodies import Body, Parts
from episodarr.model.deletion import DeletionId
from episodarr.model.ids import DownloadId
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import Candidate, SeriesNames
from episodarr.model.view import Snapshot
from episodarr.server.app import build_app
from episodarr.server.contract import ActionRefusedError, ServerOptions, WebhookResult
from episodarr.stages.pack import PackQuestion
from episodarr.views.deletion_documents import (
    ExpectedDeletionDocument,
    InventoriedEpisodeDocument,
    WitnessDocument,
)
from episodarr.views.matching import (
    FoundQuestion,
    NoQuestion,
    WhyNone,
    find_download,
    several,
)
from tests.builders import NOW, a_snapshot

SECRET = "a made-up secret"
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class NotThereError(Exception):
    """Stands for an exporter that is starting: what answers is no exporter."""


class FakePublishedState:
    """Shows one snapshot, or each of `rounds` for two reads: what `status` needs for a round."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot or a_snapshot()
        self.is_ready = True
        self.health_lines: tuple[str, ...] = ()
        self.accepts: list[tuple[str, str]] = []
        self.encoding: str | None = None
        self.no_question: NoQuestion | None = None
        self.metrics_body = b"episodarr_cycles_total 1\n"

    @property
    def snapshot(self) -> Snapshot:
        self.reads += 1
        if self.breaks_after_reads is not None and self.reads > self.breaks_after_reads:
            raise NotThereError
        return self.rounds[min((self.reads - 1) // 2, len(self.rounds) - 1)]

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self.rounds = [snapshot]
        self.reads = 0
        self.breaks_after_reads: int | None = None

    async def match_question(self, wanted: str) -> FoundQuestion | NoQuestion:
        names = {DownloadId(name.lower()[:2]): name for name in ("AA show", "BB show")}
        if self.no_question is not None:
            return self.no_question
        found = find_download(wanted, names)
        if len(found) == 1:
            return FoundQuestion(download_id=found[0], question=a_question(names[found[0]]))
        if found:
            return several(found, names)
        return NoQuestion(why=WhyNone.UNKNOWN, sentence="No torrent has it:", downloads=names)

    def metrics_response(self, accept: str, accept_encoding: str) -> tuple[str, str | None, Body]:
        self.accepts.append((accept, accept_encoding))
        parts = tuple(map(bytes, batched(self.metrics_body, 50_000)))
        return TEXT_TYPE, self.encoding, Parts(parts)


class FakeActions:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.webhooks: list[tuple[str, bytes]] = []
        self.result = WebhookResult.ACCEPTED
        self.expected: list[tuple[str, bool]] = []
        self.acknowledged: list[str] = []
        self.rechecked: list[str] = []
        self.refusal = ""

    async def sonarr_webhook(self, name: str, payload: bytes) -> WebhookResult:
        self.webhooks.append((name, payload))
        return self.result

    async def expect_deletion(self, series: str, dry_run: bool) -> ExpectedDeletionDocument:
        self._refuse()
        self.expected.append((series, dry_run))
        return ExpectedDeletionDocument(
            series_id=series,
            series="SPY x FAMILY",
            deletion_id=None if dry_run else "d9",
            is_dry_run=dry_run,
            episodes=[
                InventoriedEpisodeDocument(
                    season=1,
                    episode=1,
                    code="S01E01",
                    path="/media/anime/SPY x FAMILY/S01E01.mkv",
                    size_bytes=1_500_000_000,
                    seen_by=["sonarr", "disk"],
                )
            ],
            witnesses=[
                WitnessDocument(
                    system="disk",
                    can_testify=True,
                    episodes_seen=1,
                    sentence="sees 1 of 1 files",
                ),
                WitnessDocument(
                    system="shoko",
                    can_testify=False,
                    episodes_seen=0,
                    sentence="does not know the series",
                ),
            ],
            notes=["Keep the exporter running while you delete."],
        )

    async def acknowledge(self, deletion_id: DeletionId) -> bool:
        self._refuse()
        self.acknowledged.append(deletion_id)
        return deletion_id == "d1"

    async def recheck(self, deletion_id: DeletionId) -> bool:
        self._refuse()
        self.rechecked.append(deletion_id)
        return deletion_id == "d1"

    @property
    def did_nothing(self) -> bool:
        return not [*self.webhooks, *self.expected, *self.acknowledged, *self.rechecked]

    def _refuse(self) -> None:
        if self.refusal:
            raise ActionRefusedError(self.refusal)


def a_question(name: str) -> PackQuestion:
    """About a torrent of this name."""
    return PackQuestion(
        names=SeriesNames(titles=("Show",), alternate_titles=(AlternateTitle(title="Sho"),)),
        candidates=(Candidate(season=1, episode=1, absolute=1, title="Begin"),),
        series_candidates=(),
        torrent_name=name,
        files=((0, f"{name}/[Group] Show - 01.mkv", 900),),
    )


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def an_app(
    snapshot: Snapshot | None = None,
    *,
    published: FakePublishedState | None = None,
    actions: FakeActions | None = None,
    options: ServerOptions | None = None,
    clock: Clock | None = None,
) -> Starlette:
    return build_app(
        published or FakePublishedState(snapshot),
        actions or FakeActions(),
        options or ServerOptions(secret=SECRET, version="9.8.7"),
        clock=clock or Clock(),
    )


def ask(
    app: Starlette,
    path: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | AsyncIterator[bytes] | None = None,
    raises: bool = True,
) -> httpx.Response:
    """One request to the app in this process, in a loop of its own.

    What schemathesis and hypothesis call is synchronous, and no test here has anything to await
    between two requests.
    """

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=raises)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers, content=content)

    return asyncio.run(send())
