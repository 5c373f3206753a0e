"""Requests to qBittorrent, made by one worker thread; `wire` parses the answers.

`sync/maindata` gives what changed since the last answer. A lost answer loses changes, so after any
error, and now and then in any case, the next request fetches everything.

Source: qBittorrent's Web API v2 (4.1 and newer), `sync/maindata`, `torrents/files`, `app/version`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

from episodarr.errors import TimedOut, UpstreamError
from episodarr.model.download import TorrentFile, TorrentsByHash
from episodarr.model.ids import InfoHash
from episodarr.model.records import OnUnread, Records, ignore_unread, noted
from episodarr.model.steps import with_pauses
from episodarr.runtime.backpressure import next_turn
from episodarr.runtime.workers import Worker
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.qbittorrent import wire
from episodarr.systems.qbittorrent.logins import LoginGate
from episodarr.systems.qbittorrent.session import PatientClient

_FULL_REFRESH_SECONDS = 10 * 60.0
_LOGOUT_SECONDS = 1.0
_GRACE_SECONDS = 5.0
"""The worker keeps the deadline itself; this is for what no timeout reaches, such as name lookup."""


class QbittorrentClient:
    """One qBittorrent; every method gives one complete answer, or raises `UpstreamError`.

    Records that did not change are the same objects as in the last answer. Requests of all callers
    are made one after the other; the deadline of each starts when it is made.
    """

    def __init__(
        self,
        name: str,
        options: ConnectionOptions,
        *,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        username: str = "",
        password: str = "",
        api_key: str = "",
        monotonic: Callable[[], float] = time.perf_counter,
        yield_to_responses: Callable[[], Awaitable[None]] = next_turn,
        gate: LoginGate | None = None,
    ) -> None:
        """Use an API key (qBittorrent 5.2), or a user name and password, or neither.

        `yield_to_responses` is awaited between the steps of parsing a long answer; `gate` is shared by all
        clients of this server, by default its own.
        """
        self.name = name
        self._options = options
        self._observer = observer
        self._on_unread = on_unread
        self._monotonic = monotonic
        self._yield_to_responses = yield_to_responses
        self._gate = gate or LoginGate(monotonic)
        self._library = PatientClient(
            options,
            username=username,
            password=password,
            api_key=api_key,
            monotonic=monotonic,
            gate=self._gate,
        )
        self._worker = Worker(f"qbittorrent-{name}")
        self._turn = asyncio.Lock()
        self._torrents = wire.Torrents()
        self._full_at = 0.0
        self._is_closed = False

    async def fetch_torrents(self) -> TorrentsByHash:
        """All torrents by hash, of every category; the same mapping as before if none changed.

        Raises:
            UpstreamError: no good answer; which torrents there are is then unknown.
        """
        async with self._asking("maindata"):
            return await self._next_torrents()

    async def fetch_files(self, info_hash: InfoHash) -> Records[TorrentFile]:
        """The files of one torrent; empty while it has no metadata.

        Raises:
            NotFound: there is no such torrent any more.
            UpstreamError: no good answer.
        """

        def read(library: PatientClient) -> Records[TorrentFile]:
            return wire.parse_files(cast("bytes", library.torrents_files(info_hash)))

        async with self._asking("files"):
            return noted(await self._in_worker("files", read), self._on_unread)

    async def fetch_version(self) -> str:
        """The version of qBittorrent, such as 5.1.4.

        Raises:
            UpstreamError: no good answer.
        """
        async with self._asking("version"):
            return await self._in_worker(
                "version", lambda library: wire.parse_version(library.app_version())
            )

    def forget_refusals(self) -> None:
        """Allow refused logins to be tried again, after the operator reports the cause mended."""
        self._gate.forget_refusals()

    async def aclose(self) -> None:
        """Logs out, closes the connection and ends the worker thread; once more does no harm.

        A client that does not answer is not waited for: its session runs out by itself.
        """
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(TimeoutError, UpstreamError):
            await self._worker.run(
                lambda: self._library.log_out(_LOGOUT_SECONDS), within_seconds=_LOGOUT_SECONDS
            )
        self._worker.close()

    async def _next_torrents(self) -> TorrentsByHash:
        """Fetched in the worker, parsed here in steps: a computing thread slows responses down."""
        now = self._monotonic()
        known = self._torrents
        if now - self._full_at >= _FULL_REFRESH_SECONDS:
            known = known.from_scratch()
        self._torrents = known.from_scratch()
        answer = await self._in_worker(
            "maindata", lambda library: cast("bytes", library.sync_maindata(rid=known.rid))
        )
        after = await with_pauses(
            wire.apply_maindata(known, answer, self.name), self._yield_to_responses
        )
        if known.rid == 0:
            self._full_at = now
        is_new = {one.key for one in after.unread} - {one.key for one in known.unread}
        # A change to a torrent of which nothing is known may only have lost its beginning.
        self._torrents = after.from_scratch() if is_new and known.rid else after
        if after.unread:
            self._on_unread(after.unread)
        return after.torrent_by_hash

    @asynccontextmanager
    async def _asking(self, endpoint: str) -> AsyncIterator[None]:
        """Run one request at a time, and report the outcome of each."""
        async with self._turn:
            started = self._monotonic()
            try:
                yield
            except UpstreamError as error:
                self._report(endpoint, started, error)
                raise
            self._report(endpoint, started, None)

    async def _in_worker[T](self, endpoint: str, question: Callable[[PatientClient], T]) -> T:
        limit = self._options.timeout_seconds + _GRACE_SECONDS
        try:
            return await self._worker.run(
                lambda: self._library.ask(endpoint, question), within_seconds=limit
            )
        except TimeoutError as error:
            raise TimedOut(endpoint, f"no answer within {limit:g} s, not even a refusal") from error

    def _report(self, endpoint: str, started: float, error: UpstreamError | None) -> None:
        """Call the observer, in the event loop, so that it need not be thread-safe."""
        logins, self._library.logins = self._library.logins, []
        for duration_seconds, reason in logins:
            self._observer("login", duration_seconds, reason)
        self._observer(endpoint, self._monotonic() - started, error.reason if error else None)
        if error is not None:
            error.is_counted = True
