"""Requests to Sonarr's endpoints; `wire` parses the answers.

Small answers come through pyarr. Those that grow with the library are fetched as bytes and decoded
typed and in slices, because one large decode delays every other task.

Source: Sonarr v4.0.19 OpenAPI document, `/api/v3`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import httpx
import msgspec
from pyarr import AsyncSonarr

from episodarr.errors import BadPayload
from episodarr.model.download import HistoryRecord, QueueRow, SearchCommand
from episodarr.model.health import SonarrStatus
from episodarr.model.ids import SonarrName, SonarrSeriesId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import OnUnread, Records, ignore_unread, noted, unread_keys
from episodarr.systems.guard import ConnectionOptions, RequestObserver
from episodarr.systems.http import HttpConnection
from episodarr.systems.payload import describe_non_json
from episodarr.systems.sonarr import wire
from episodarr.systems.sonarr.lists import ListCache, ListCaches

_REMEMBERED_SERIES = 16
"""Of this many series an answer that is as before is not decoded again."""
_REMEMBERED_HISTORIES = 32
"""A series' whole history is long, seldom read, and never compared with the one before."""
_PAGE_SIZE = 1_000
_MOST_PAGES = 20
"""Of the queue: no real one is as long, and requests for its pages must end."""


class SonarrClient:
    """One Sonarr; every method gives one complete answer, or raises `UpstreamError`.

    Records that did not change are the same objects as in the last answer; those that cannot be read
    are reported to `on_unread` and noted in the list.
    """

    def __init__(
        self,
        name: SonarrName,
        options: ConnectionOptions,
        *,
        api_key: str,
        observer: RequestObserver,
        on_unread: OnUnread = ignore_unread,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.name = name
        self._on_unread = on_unread
        self._http = HttpConnection(
            options.with_headers({"X-Api-Key": api_key}),
            observer=observer,
            transport=transport,
        )
        self._pyarr = AsyncSonarr(
            options.address, api_key, api_ver="v3", session=self._http.session
        )
        self._series = ListCache(
            "series", self._parse_series, lambda series: series.sonarr_id, by_item=True
        )
        self._queue = ListCache(
            "queue", wire.parse_queue_row, lambda row: row.row_id, by_item=True, keeps_bytes=True
        )
        self._history = ListCache(
            "history",
            wire.parse_history_record,
            lambda record: record.record_id,
            by_item=True,
            keeps_bytes=True,
            of_events=True,
        )
        self._episodes = ListCaches(
            lambda: ListCache("episode", wire.parse_episode, lambda episode: episode.sonarr_id),
            limit=_REMEMBERED_SERIES,
        )
        self._files = ListCaches(
            lambda: ListCache("episodefile", wire.parse_episode_file, lambda file: file.file_id),
            limit=_REMEMBERED_SERIES,
        )
        self._history_of_series = ListCaches(
            lambda: ListCache(
                "history_series",
                wire.parse_history_record,
                lambda record: record.record_id,
                of_events=True,
            ),
            limit=_REMEMBERED_HISTORIES,
        )

    async def fetch_status(self) -> SonarrStatus:
        """Version and start, once it is proven to be Sonarr that answers.

        Raises:
            UpstreamError: no good answer.
        """
        return wire.parse_status(await self._small("status", self._pyarr.system.get_status))

    async def fetch_commands(self) -> Records[SearchCommand]:
        """The searches for missing episodes that are queued or running.

        Raises:
            UpstreamError: no good answer.
        """
        commands = wire.parse_commands(await self._small("command", self._pyarr.command.get))
        return noted(commands, self._on_unread)

    async def fetch_unreachable_clients(self) -> wire.UnreachableClients:
        """The download clients that Sonarr itself cannot reach, by its last health check.

        Raises:
            UpstreamError: no good answer.
        """
        health = await self._small("health", self._pyarr.system.get_health)
        return wire.parse_unreachable_clients(health)

    async def fetch_root_folders(self) -> tuple[str, ...]:
        """The paths of the library's root folders, Sonarr's view; the request makes Sonarr access its disks.

        Raises:
            UpstreamError: no good answer.
        """
        folders = await self._small("rootfolder", self._pyarr.root_folder.get)
        return wire.parse_root_folders(folders)

    async def fetch_recycle_bin(self) -> str:
        """The folder that Sonarr moves deleted files to, Sonarr's view; empty: it deletes them.

        Raises:
            UpstreamError: no good answer.
        """
        body = await self._http.get("config", "/api/v3/config/mediamanagement")
        return wire.parse_recycle_bin(body)

    async def fetch_queue(self) -> Records[QueueRow]:
        """All rows of the queue, those of unknown series included.

        Raises:
            UpstreamError: no good and complete answer; a 500 is a known bug of Sonarr 4.0.11 with
                pending releases, and means unknown (Sonarr issue 7422).
        """
        body = await self._http.get("queue", "/api/v3/queue/details")
        return noted(await self._queue.read(body), self._on_unread)

    async def fetch_queue_of(self, series_ids: Sequence[SonarrSeriesId]) -> tuple[QueueRow, ...]:
        """The rows of these series in the paged queue, which names an episode in each.

        Raises:
            UpstreamError: no good and complete answer.
        """
        rows: list[QueueRow] = []
        for page in range(1, _MOST_PAGES + 1):
            # A page past the end is the last one again, so the total decides when to stop.
            body = await self._http.get(
                "queue",
                "/api/v3/queue",
                {"page": page, "pageSize": _PAGE_SIZE, "seriesIds": tuple(series_ids)},
            )
            found, total = wire.parse_queue_page(body)
            rows += found
            if page * _PAGE_SIZE >= total:
                break
        return tuple(rows)

    async def fetch_series(self) -> Records[Series]:
        """The whole library.

        Raises:
            UpstreamError: no good and complete answer.
        """
        series = await self._series.read(await self._http.get("series", "/api/v3/series"))
        await asyncio.sleep(0)
        there = {int(key) for key in ({one.sonarr_id for one in series} | unread_keys(series))}
        for lists in (self._episodes, self._files, self._history_of_series):
            lists.keep_only(there)
        return noted(series, self._on_unread)

    async def fetch_episodes(self, series_id: SonarrSeriesId) -> Records[Episode]:
        """All episodes of a series.

        Sonarr answers an unknown series with an empty list, so an empty tuple proves nothing.

        Raises:
            UpstreamError: no good and complete answer.
        """
        body = await self._http.get("episode", "/api/v3/episode", {"seriesId": series_id})
        return noted(await self._episodes.read(series_id, body), self._on_unread)

    async def fetch_episode_files(self, series_id: SonarrSeriesId) -> Records[EpisodeFile]:
        """All files of a series.

        Raises:
            NotFound: Sonarr has no such series, or it is not Sonarr that answers.
            UpstreamError: no good and complete answer.
        """
        body = await self._http.get("episodefile", "/api/v3/episodefile", {"seriesId": series_id})
        return noted(await self._files.read(series_id, body), self._on_unread)

    async def fetch_history_of_series(self, series_id: SonarrSeriesId) -> Records[HistoryRecord]:
        """Everything that happened to a series, newest first; Sonarr forgets it with the series.

        Raises:
            NotFound: Sonarr has no such series, or it is not Sonarr that answers.
            UpstreamError: no good and complete answer.
        """
        body = await self._http.get(
            "history_series", "/api/v3/history/series", {"seriesId": series_id}
        )
        return noted(await self._history_of_series.read(series_id, body), self._on_unread)

    async def fetch_history_since(self, at: datetime) -> Records[HistoryRecord]:
        """What happened at or after this moment, oldest first; Sonarr keeps whole seconds.

        Raises:
            UpstreamError: no good and complete answer.
        """
        since = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = await self._http.get("history", "/api/v3/history/since", {"date": since})
        return noted(await self._history.read(body), self._on_unread)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._http.aclose()

    def _parse_series(self, body: msgspec.Raw, *, at: str) -> Series:
        return wire.parse_series(body, self.name, at=at)

    async def _small(self, endpoint: str, ask: Callable[[], Awaitable[object]]) -> object:
        """A call of pyarr; transport and status errors never reach it (see `HttpConnection`)."""
        with self._http.calling(endpoint):
            try:
                answer = await ask()
            except (ValueError, RecursionError) as error:
                raise BadPayload(endpoint, "the body is not JSON, or ends early") from error
        # pyarr wraps a body that is not declared as JSON instead of refusing it
        if isinstance(answer, dict) and answer.keys() == {"message"}:
            raise BadPayload(endpoint, describe_non_json(str(answer["message"]).encode()))
        return answer
