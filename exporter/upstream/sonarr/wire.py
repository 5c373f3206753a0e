"""Sonarr's answers as model records; the only place that knows Sonarr's field names.

Only fields that are used are decoded: a `/series` of 1,700 series is 7.7 MB, most of it images.
What Sonarr always sends is required and its absence is `BadPayload`; Sonarr omits nulls, so what may
be null is optional here. Words that a newer Sonarr may add become UNKNOWN.

Source: Sonarr v4.0.19 OpenAPI document and source, API v3.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from exporter.errors import BadPayload
from exporter.model.download import (
    HistoryEvent,
    HistoryRecord,
    QueueRow,
    QueueStatus,
    SearchCommand,
    TrackedState,
    TrackedStatus,
)
from exporter.model.ids import (
    DownloadId,
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from exporter.model.library import (
    AlternateTitle,
    Episode,
    EpisodeFile,
    SeasonStatistics,
    Series,
)
from exporter.upstream.payload import convert, decode

type Body = bytes | msgspec.Raw

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_Positive = Annotated[int, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_TORRENT_HASH = re.compile(r"[0-9a-fA-F]{40}")
_PROTOCOL_BY_NUMBER = {"1": "usenet", "2": "torrent"}


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """What all payloads share: camelCase, further fields ignored."""


# --- library ------------------------------------------------------------------------------------


class _SeasonStatistics(_Wire):
    episode_file_count: _Count
    episode_count: _Count
    total_episode_count: _Count
    size_on_disk: _Count


class _Season(_Wire):
    season_number: _Count
    monitored: bool
    statistics: _SeasonStatistics | None = None
    """Null for a season that has no episode rows (SeriesController.LinkSeriesStatistics)."""


class _AlternateTitle(_Wire):
    title: str | None = None
    season_number: int | None = None


class _Series(_Wire):
    id: _Positive
    title: str
    tvdb_id: _Positive
    monitored: bool
    path: str
    year: int
    series_type: str
    seasons: tuple[_Season, ...]
    title_slug: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    added: _Moment | None = None
    alternate_titles: tuple[_AlternateTitle, ...] | None = None


class _Episode(_Wire):
    id: _Positive
    season_number: _Count
    episode_number: _Count
    monitored: bool
    episode_file_id: _Count
    title: str | None = None
    tvdb_id: int | None = None
    absolute_episode_number: int | None = None
    scene_season_number: int | None = None
    scene_episode_number: int | None = None
    scene_absolute_episode_number: int | None = None
    air_date: str | None = None
    air_date_utc: _Moment | None = None
    last_search_time: _Moment | None = None
    runtime: int | None = None


class _EpisodeFile(_Wire):
    id: _Positive
    season_number: _Count
    path: str
    size: _Count
    date_added: _Moment | None = None
    release_group: str | None = None


_NO_STATISTICS = _SeasonStatistics(0, 0, 0, 0)


def split_list(endpoint: str, body: bytes) -> list[msgspec.Raw]:
    """The items of a JSON array, not decoded yet, so that the caller can decode them in slices.

    Raises:
        BadPayload: it is not a whole JSON array.
    """
    return decode(endpoint, body, list[msgspec.Raw])


def parse_series(body: Body, sonarr: SonarrName, *, at: str = "$") -> Series:
    """One item of /series, or the body of /series/{id}; seasons in the order of their numbers.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode("series", body, _Series, at=at)
    return Series(
        key=SeriesKey(sonarr, TvdbId(wire.tvdb_id)),
        sonarr_id=SonarrSeriesId(wire.id),
        title=wire.title,
        title_slug=wire.title_slug or "",
        series_type=wire.series_type,
        year=wire.year,
        is_monitored=wire.monitored,
        path=wire.path,
        tmdb_id=wire.tmdb_id or None,
        imdb_id=wire.imdb_id or None,
        added_at=_known(wire.added),
        alternate_titles=tuple(
            AlternateTitle(title=other.title, season=_season_or_all(other.season_number))
            for other in wire.alternate_titles or ()
            if other.title
        ),
        seasons=tuple(
            _season(season) for season in sorted(wire.seasons, key=lambda s: s.season_number)
        ),
    )


def parse_episode(body: Body, *, at: str = "$") -> Episode:
    """One item of /episode.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode("episode", body, _Episode, at=at)
    return Episode(
        sonarr_id=SonarrEpisodeId(wire.id),
        season=wire.season_number,
        episode=wire.episode_number,
        title=wire.title or "",
        is_monitored=wire.monitored,
        file_id=EpisodeFileId(wire.episode_file_id) if wire.episode_file_id else None,
        tvdb_id=wire.tvdb_id or None,
        absolute=wire.absolute_episode_number,
        scene_season=wire.scene_season_number,
        scene_episode=wire.scene_episode_number,
        scene_absolute=wire.scene_absolute_episode_number,
        air_date=_day(wire.air_date, at),
        air_at=_known(wire.air_date_utc),
        last_search_at=_known(wire.last_search_time),
        runtime_minutes=wire.runtime or None,
    )


def parse_episode_file(body: Body, *, at: str = "$") -> EpisodeFile:
    """One item of /episodefile.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode("episodefile", body, _EpisodeFile, at=at)
    return EpisodeFile(
        file_id=EpisodeFileId(wire.id),
        season=wire.season_number,
        path=wire.path,
        size_bytes=wire.size,
        added_at=_known(wire.date_added),
        release_group=wire.release_group or None,
    )


def _season(wire: _Season) -> SeasonStatistics:
    counts = wire.statistics or _NO_STATISTICS
    return SeasonStatistics(
        season=wire.season_number,
        is_monitored=wire.monitored,
        episode_file_count=counts.episode_file_count,
        episode_count=counts.episode_count,
        total_episode_count=counts.total_episode_count,
        size_on_disk_bytes=counts.size_on_disk,
    )


def _season_or_all(number: int | None) -> int | None:
    """Scene mappings write -1 for all seasons."""
    return number if number is not None and number >= 0 else None


# --- queue and history ----------------------------------------------------------------------------


class _QualityName(_Wire):
    name: str | None = None


class _Quality(_Wire):
    quality: _QualityName | None = None


class _StatusMessage(_Wire):
    title: str | None = None
    messages: tuple[str, ...] | None = None


class _QueueRow(_Wire):
    id: int
    status: str
    size: float
    """A whole number, written as a double."""
    sizeleft: float
    """Not sizeLeft, which is v5."""
    series_id: int | None = None
    episode_id: int | None = None
    season_number: int | None = None
    title: str | None = None
    download_id: str | None = None
    tracked_download_state: str | None = None
    tracked_download_status: str | None = None
    status_messages: tuple[_StatusMessage, ...] | None = None
    error_message: str | None = None
    protocol: str | None = None
    download_client: str | None = None
    indexer: str | None = None
    quality: _Quality | None = None
    added: _Moment | None = None
    estimated_completion_time: _Moment | None = None


class _HistoryDetail(_Wire):
    """Of `data`; its downloadUrl may hold an indexer's API key and is never decoded."""

    indexer: str | None = None
    download_client: str | None = None
    download_client_name: str | None = None
    release_group: str | None = None
    protocol: str | None = None
    reason: str | None = None
    message: str | None = None


class _HistoryRecord(_Wire):
    id: _Positive
    series_id: _Positive
    episode_id: _Positive
    event_type: str
    date: _Moment
    source_title: str | None = None
    download_id: str | None = None
    quality: _Quality | None = None
    data: _HistoryDetail | None = None


_NO_DETAIL = _HistoryDetail()


def parse_queue_row(body: Body, *, at: str = "$") -> QueueRow:
    """One item of /queue/details: one episode of one tracked or pending release.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode("queue", body, _QueueRow, at=at)
    return QueueRow(
        row_id=wire.id,
        series_id=SonarrSeriesId(wire.series_id) if wire.series_id else None,
        episode_id=SonarrEpisodeId(wire.episode_id) if wire.episode_id else None,
        season=wire.season_number,
        download_id=download_id(wire.download_id),
        title=wire.title or "",
        status=_member(QueueStatus, wire.status, QueueStatus.UNKNOWN),
        tracked_state=_optional_member(
            TrackedState, wire.tracked_download_state, TrackedState.UNKNOWN
        ),
        tracked_status=_optional_member(
            TrackedStatus, wire.tracked_download_status, TrackedStatus.UNKNOWN
        ),
        size_bytes=max(0, int(wire.size)),
        remaining_bytes=max(0, int(wire.sizeleft)),
        messages=_messages(wire),
        protocol=wire.protocol or "unknown",
        client=wire.download_client or "",
        indexer=wire.indexer or "",
        quality=_quality_name(wire.quality),
        added_at=_known(wire.added),
        completes_at=_known(wire.estimated_completion_time),
    )


def parse_history_record(body: Body, *, at: str = "$") -> HistoryRecord:
    """One item of /history/since or /history/series.

    Raises:
        BadPayload: a field that is always there is missing or of another type.
    """
    wire = decode("history", body, _HistoryRecord, at=at)
    detail = wire.data or _NO_DETAIL
    moment = _known(wire.date)
    if moment is None:
        raise BadPayload("history", "unexpected answer: an impossible date", path=f"{at}.date")
    return HistoryRecord(
        record_id=wire.id,
        series_id=SonarrSeriesId(wire.series_id),
        episode_id=SonarrEpisodeId(wire.episode_id),
        event=_member(HistoryEvent, wire.event_type, HistoryEvent.UNKNOWN),
        at=moment,
        source_title=wire.source_title or "",
        download_id=download_id(wire.download_id),
        indexer=detail.indexer or "",
        client=detail.download_client_name or detail.download_client or "",
        release_group=detail.release_group or "",
        quality=_quality_name(wire.quality),
        protocol=_PROTOCOL_BY_NUMBER.get(detail.protocol or "", detail.protocol or ""),
        reason=detail.reason or "",
        message=detail.message or "",
    )


def download_id(raw: str | None) -> DownloadId | None:
    """Torrent hashes in lower case, as qBittorrent writes them; ids of other clients untouched."""
    if not raw:
        return None
    return DownloadId(raw.lower() if _TORRENT_HASH.fullmatch(raw) else raw)


def _messages(row: _QueueRow) -> tuple[str, ...]:
    """Each sentence once, in order; a title without messages speaks for itself."""
    said = [row.error_message or ""]
    for status in row.status_messages or ():
        said.extend(status.messages or (status.title or "",))
    return tuple(dict.fromkeys(text for text in said if text))


def _quality_name(wire: _Quality | None) -> str:
    return (wire.quality.name or "") if wire and wire.quality else ""


# --- small answers, decoded by pyarr --------------------------------------------------------------


class _SystemStatus(_Wire):
    app_name: str
    version: str


class _Command(_Wire):
    id: _Positive
    name: str
    status: str
    queued: _Moment | None = None
    body: Mapping[str, object] | None = None


class _EpisodeSearch(_Wire):
    episode_ids: tuple[_Positive, ...]


class _SeasonSearch(_Wire):
    series_id: _Positive
    season_number: _Count


class _SeriesSearch(_Wire):
    series_id: _Positive


class _MissingSearch(_Wire):
    series_id: int | None = None


class _HealthCheck(_Wire):
    source: str | None = None
    type: str | None = None
    message: str | None = None


class _RootFolder(_Wire):
    path: str
    accessible: bool | None = None
    free_space: int | None = None


class _Refusal(_Wire):
    message: str | None = None
    title: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableClients:
    """What Sonarr's health page says of download clients that it cannot reach.

    Sonarr writes names only inside sentences, in the language of its page, and names one client of
    several; so whether it means a given client is asked with `covers`.
    """

    is_all: bool = False
    messages: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """At least one client is out of reach, so an absent queue row proves nothing."""
        return self.is_all or bool(self.messages)

    def covers(self, client: str) -> bool:
        """Whether this client, named as in queue rows, is said to be out of reach."""
        return self.is_all or any(client and client in text for text in self.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFolder:
    """One root folder, as Sonarr sees it."""

    path: str
    is_accessible: bool | None
    """None: this Sonarr does not say."""
    free_bytes: int | None


def parse_version(status: object) -> str:
    """The version of /system/status.

    Raises:
        BadPayload: it is not Sonarr's.
    """
    wire = convert("status", status, _SystemStatus)
    if wire.app_name.lower() != "sonarr":
        message = f'this is "{wire.app_name[:40]}", not Sonarr; check the URL'
        raise BadPayload("status", message, path="$.appName")
    return wire.version


def parse_commands(commands: object) -> tuple[SearchCommand, ...]:
    """The searches for missing episodes among /command that are queued or running.

    A search for better files (CutoffUnmetEpisodeSearch) makes no missing episode searched.

    Raises:
        BadPayload: the list or a search in it is malformed.
    """
    found: list[SearchCommand] = []
    for index, wire in enumerate(convert("command", commands, tuple[_Command, ...])):
        if wire.status in {"queued", "started"}:
            search = _search(wire, at=f"$[{index}].body")
            if search is not None:
                found.append(search)
    return tuple(found)


def _search(wire: _Command, *, at: str) -> SearchCommand | None:
    queued_at = _known(wire.queued)
    body = wire.body or {}
    match wire.name.lower():
        case "episodesearch":
            ids = convert("command", body, _EpisodeSearch, at=at).episode_ids
            return SearchCommand(
                command_id=wire.id,
                episode_ids=frozenset(SonarrEpisodeId(number) for number in ids),
                queued_at=queued_at,
            )
        case "seasonsearch":
            season = convert("command", body, _SeasonSearch, at=at)
            return SearchCommand(
                command_id=wire.id,
                series_id=SonarrSeriesId(season.series_id),
                season=season.season_number,
                queued_at=queued_at,
            )
        case "seriessearch":
            series = convert("command", body, _SeriesSearch, at=at)
            return SearchCommand(
                command_id=wire.id, series_id=SonarrSeriesId(series.series_id), queued_at=queued_at
            )
        case "missingepisodesearch":
            one = convert("command", body, _MissingSearch, at=at).series_id
            return SearchCommand(
                command_id=wire.id,
                series_id=SonarrSeriesId(one) if one else None,
                covers_library=not one,
                queued_at=queued_at,
            )
        case _:
            return None


def parse_unreachable_clients(health: object) -> UnreachableClients:
    """What /health says of download clients.

    Source: NzbDrone.Core/HealthCheck/Checks/DownloadClientCheck.cs (error: the first that does not
    answer; warning: none is configured) and DownloadClientStatusCheck.cs (error: all are backed
    off; warning: some).

    Raises:
        BadPayload: it is not a list of health checks.
    """
    is_all = False
    messages: list[str] = []
    for check in convert("health", health, tuple[_HealthCheck, ...]):
        match check.source, check.type:
            case "DownloadClientStatusCheck", "error":
                is_all = True
            case ("DownloadClientStatusCheck", "warning") | ("DownloadClientCheck", "error"):
                messages.append(check.message or "a download client does not answer")
            case _:
                pass
    return UnreachableClients(is_all=is_all, messages=tuple(messages))


def parse_root_folders(folders: object) -> tuple[RootFolder, ...]:
    """The items of /rootfolder.

    Raises:
        BadPayload: it is not a list of root folders.
    """
    return tuple(
        RootFolder(path=wire.path, is_accessible=wire.accessible, free_bytes=wire.free_space)
        for wire in convert("rootfolder", folders, tuple[_RootFolder, ...])
    )


def is_sonarrs_not_found(body: bytes) -> bool:
    """Whether a 404 is Sonarr's own word on an id: an error model, or ASP.NET's problem details.

    A proxy's or another server's 404 is a page or empty, and says nothing about the series.
    Source: Sonarr.Http/REST/RestController.cs, Sonarr.Http/ErrorManagement/SonarrErrorPipeline.cs.
    """
    try:
        wire = decode("series", body, _Refusal)
    except BadPayload:
        return False
    return bool(wire.message) or (bool(wire.title) and wire.status == 404)


# --- values ---------------------------------------------------------------------------------------


def _member[E: StrEnum](kind: type[E], word: str, unknown: E) -> E:
    try:
        return kind(word)
    except ValueError:
        return unknown


def _optional_member[E: StrEnum](kind: type[E], word: str | None, unknown: E) -> E | None:
    return None if word is None else _member(kind, word, unknown)


def _known(moment: datetime | None) -> datetime | None:
    """The moment in UTC; None for .NET's "never", which is the year 1, and for its year 9999."""
    if moment is None or not 1 < moment.year < 9999:
        return None
    return moment.astimezone(UTC)


def _day(text: str | None, at: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = "unexpected answer: airDate is no day"
        raise BadPayload("episode", message, path=f"{at}.airDate") from error
