"""The part of Sonarr's HTTP interface about its activity: queue, history, commands."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from episodarr.simulator.servers.answers import Handler, flag, json_answer, number, numbers
from episodarr.simulator.servers.sonarr import wire
from episodarr.simulator.state.library import Episode, Series
from episodarr.simulator.state.sonarr import HISTORY_EVENTS, HistoryRow, SonarrDatabase
from episodarr.simulator.times import parse_time
from episodarr.simulator.world import World

SEARCHES = {"EpisodeSearch", "SeasonSearch", "SeriesSearch", "MissingEpisodeSearch"}
COMMANDS = SEARCHES | {
    "CutoffUnmetEpisodeSearch",
    "RefreshSeries",
    "RescanSeries",
    "DownloadedEpisodesScan",
    "RefreshMonitoredDownloads",
    "ProcessMonitoredDownloads",
    "ManualImport",
    "RenameFiles",
    "RenameSeries",
    "RssSync",
    "MoveSeries",
    "Backup",
    "Housekeeping",
}
_QUEUE_SORTS = {"timeleft", "estimatedCompletionTime", "added", "title", "size", "status"}


def page_of(request: Request) -> tuple[int, int]:
    """The requested page and its size; ten rows by default."""
    query = request.query_params
    return max(1, number(query, "page", 1)), max(1, number(query, "pageSize", 10))


def envelope(page: int, size: int, sort_key: str, total: int, records: object) -> wire.Json:
    """The frame around every paged answer."""
    return {
        "page": page,
        "pageSize": size,
        "sortKey": sort_key,
        "sortDirection": "descending",
        "totalRecords": total,
        "records": records,
    }


class SonarrActivity:
    """Handlers for queue, history and commands of one Sonarr."""

    def __init__(
        self, world: World, state: SonarrDatabase, encode: Callable[[Series], bytes]
    ) -> None:
        self._world = world
        self._state = state
        self._encode = encode
        self._rows: tuple[int, list[wire.Json]] = (0, [])
        self._details: tuple[int, bytes] = (0, b"")

    def routes(self) -> list[tuple[str, Handler, str]]:
        """Path below the API's root, handler and method of each."""
        return [
            ("/queue", self._queue, "GET"),
            ("/queue/details", self._queue_details, "GET"),
            ("/queue/status", self._queue_status, "GET"),
            ("/history", self._history, "GET"),
            ("/history/since", self._history_since, "GET"),
            ("/history/series", self._history_series, "GET"),
            ("/command", self._commands, "GET"),
            ("/command", self._start, "POST"),
            ("/command/{id:int}", self._command, "GET"),
            ("/command/{id:int}", self._cancel, "DELETE"),
        ]

    def _queue_rows(self) -> list[wire.Json]:
        revision = self._state.queue_revision
        if self._rows[0] != revision:
            self._rows = (revision, wire.queue_rows(self._state, self._world.now))
        return self._rows[1]

    def _decorate(self, request: Request, row: wire.Json) -> wire.Json:
        query = request.query_params
        row = dict(row)
        series = self._state.series.get(_whole(row.get("seriesId")))
        if series is not None and flag(query, "includeSeries"):
            row["series"] = msgspec.Raw(self._encode(series))
        found = self._state.by_episode.get(_whole(row.get("episodeId")))
        if found is not None and flag(query, "includeEpisode"):
            row["episode"] = wire.episode_json(found[1], found[0])
        return row

    async def _queue(self, request: Request) -> Response:
        rows = self._queue_rows()
        query = request.query_params
        if not flag(query, "includeUnknownSeriesItems"):
            rows = [row for row in rows if "seriesId" in row]
        wanted = set(numbers(request, "seriesIds"))
        if wanted:
            rows = [row for row in rows if row.get("seriesId") in wanted]
        key = query.get("sortKey", "timeleft")
        key = key if key in _QUEUE_SORTS else "timeleft"
        upward = query.get("sortDirection") == "ascending"
        rows = sorted(rows, key=lambda row: str(row.get(key, "")), reverse=not upward)
        page, size = page_of(request)
        # A page past the end is answered with the last one, under the last one's number.
        page = min(page, max(1, -(-len(rows) // size)))
        shown = [self._decorate(request, row) for row in rows[(page - 1) * size : page * size]]
        answer = envelope(page, size, key, len(rows), shown)
        return json_answer(answer | {"sortDirection": "ascending" if upward else "descending"})

    async def _queue_details(self, request: Request) -> Response:
        query = request.query_params
        if not query:
            revision = self._state.queue_revision
            if self._details[0] != revision:
                rows = wire.detail_rows(self._state, self._world.now)
                self._details = (revision, msgspec.json.encode(rows))
            return json_answer(self._details[1])
        rows = wire.detail_rows(self._state, self._world.now)
        if "seriesId" in query:
            rows = [row for row in rows if row.get("seriesId") == number(query, "seriesId")]
        episodes = set(numbers(request, "episodeIds"))
        if episodes:
            rows = [row for row in rows if row.get("episodeId") in episodes]
        return json_answer([self._decorate(request, row) for row in rows])

    async def _queue_status(self, _request: Request) -> Response:
        rows = self._queue_rows()
        unknown = [row for row in rows if "seriesId" not in row]
        known = [row for row in rows if "seriesId" in row]

        def any_with(some: list[wire.Json], health: str) -> bool:
            return any(row.get("trackedDownloadStatus") == health for row in some)

        return json_answer(
            {
                "totalCount": len(rows),
                "count": len(known),
                "unknownCount": len(unknown),
                "errors": any_with(known, "error"),
                "warnings": any_with(known, "warning"),
                "unknownErrors": any_with(unknown, "error"),
                "unknownWarnings": any_with(unknown, "warning"),
            }
        )

    def _history_row(self, request: Request, row: HistoryRow) -> wire.Json:
        body = wire.history_json(row)
        found = self._state.by_episode.get(row.episode_id)
        if found is not None and flag(request.query_params, "includeSeries"):
            body["series"] = msgspec.Raw(self._encode(found[0]))
        if found is not None and flag(request.query_params, "includeEpisode"):
            body["episode"] = wire.episode_json(found[1], found[0])
        return body

    async def _history(self, request: Request) -> Response:
        query = request.query_params
        events = set(numbers(request, "eventType"))
        series = set(numbers(request, "seriesIds"))
        rows = [
            row
            for row in reversed(self._state.history)
            if (not events or HISTORY_EVENTS[row.event] in events)
            and (not series or row.series_id in series)
            and query.get("downloadId") in {None, row.download_id}
            and query.get("episodeId") in {None, str(row.episode_id)}
        ]
        page, size = page_of(request)
        shown = rows[(page - 1) * size : page * size]
        records = [self._history_row(request, row) for row in shown]
        return json_answer(envelope(page, size, "date", len(rows), records))

    async def _history_since(self, request: Request) -> Response:
        try:
            since = parse_time(request.query_params["date"].replace(" ", "+"))
        except (KeyError, ValueError):
            return json_answer({"message": "The value for date is not valid."}, 400)
        names = _event_names(request.query_params.get("eventType"))
        rows = [row for row in self._state.history_since(since) if row.event in names]
        return json_answer([self._history_row(request, row) for row in rows])

    async def _history_series(self, request: Request) -> Response:
        query = request.query_params
        series_id = number(query, "seriesId")
        if series_id not in self._state.series:
            return json_answer({"message": "NotFound"}, 404)
        names = _event_names(query.get("eventType"))
        season = query.get("seasonNumber")
        rows = [
            row
            for row in reversed(self._state.history)
            if row.series_id == series_id
            and row.event in names
            and season in {None, str(self._state.by_episode[row.episode_id][1].season)}
        ]
        return json_answer([self._history_row(request, row) for row in rows])

    async def _commands(self, _request: Request) -> Response:
        self._state.forget_old_commands(self._world.now)
        return json_answer([wire.command_json(c) for c in self._state.commands.values()])

    async def _command(self, request: Request) -> Response:
        command = self._state.commands.get(request.path_params["id"])
        if command is None:
            return json_answer({"message": "NotFound"}, 404)
        return json_answer(wire.command_json(command))

    async def _cancel(self, request: Request) -> Response:
        command = self._state.commands.get(request.path_params["id"])
        if command is None:
            return json_answer({"message": "NotFound"}, 404)
        return json_answer({"message": "Command is already running"}, 409)

    async def _start(self, request: Request) -> Response:
        body = await request.json()
        given = str(body.pop("name", ""))
        names = {name.lower(): name for name in COMMANDS}
        name = names.get(given.lower())
        if name is None:
            return json_answer({"message": f"Unknown command {given}"}, 500)
        state = self._state
        if name in SEARCHES:
            searched = self._searched(name, body)
            return json_answer(
                wire.command_json(self._world.start_search(state, name, body, searched)), 201
            )
        done = None
        if name == "RefreshMonitoredDownloads":
            done = lambda: self._world.refresh_queue(state.name)  # noqa: E731 -- one line says it
        command = self._world.start_command(state, name, body, seconds=1.0, done=done)
        return json_answer(wire.command_json(command), 201)

    def _searched(self, name: str, body: dict[str, object]) -> list[Episode]:
        if name == "EpisodeSearch":
            ids = body.get("episodeIds")
            known = self._state.by_episode
            return [known[i][1] for i in ids if i in known] if isinstance(ids, list) else []
        if name not in SEARCHES:
            return []
        series_id, season = body.get("seriesId"), body.get("seasonNumber")
        return [
            episode
            for series, episode in self._state.by_episode.values()
            if series_id in {None, series.id}
            and season in {None, episode.season}
            and episode.monitored
            and not episode.file_id
            and episode.air_at is not None
            and episode.air_at <= self._world.now
        ]


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _event_names(text: str | None) -> set[str]:
    """The events that a filter lets through; it takes a name or a number."""
    if text is None:
        return set(HISTORY_EVENTS)
    return {name for name, index in HISTORY_EVENTS.items() if text in {name, str(index)}}
