"""Sonarr's small answers, decoded by pyarr, as model records: status, commands, health, roots."""

from collections.abc import Mapping
from dataclasses import dataclass

from episodarr.errors import BadPayload
from episodarr.model.download import (
    SearchCommand,
)
from episodarr.model.health import SonarrStatus
from episodarr.model.ids import (
    SonarrEpisodeId,
    SonarrSeriesId,
)
from episodarr.model.records import Records
from episodarr.systems.payload import convert, decode, key_in, read_each, utc_moment
from episodarr.systems.sonarr.wire.fields import (
    Count,
    Moment,
    Number,
    Positive,
    Wire,
)


class _SystemStatus(Wire):
    app_name: str
    version: str
    start_time: Moment | None = None


class _Command(Wire):
    id: Positive
    name: str
    status: str
    queued: Moment | None = None
    body: Mapping[str, object] | None = None


class _EpisodeSearch(Wire):
    episode_ids: tuple[Positive, ...]


class _SeasonSearch(Wire):
    series_id: Positive
    season_number: Count


class _SeriesSearch(Wire):
    series_id: Positive


class _MissingSearch(Wire):
    series_id: Number | None = None
    monitored: bool = True
    """False: it searches only unmonitored episodes, which are not awaited."""


class _HealthCheck(Wire):
    source: str | None = None
    type: str | None = None
    message: str | None = None


class _RootFolder(Wire):
    path: str


class _MediaManagement(Wire):
    recycle_bin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreachableClients:
    """The download clients that Sonarr's health page reports as out of reach.

    Sonarr writes names only inside sentences, in the language of its page, and names one client of
    several; `covers` decides whether a given client is meant.
    """

    is_all: bool = False
    messages: tuple[str, ...] = ()

    def covers(self, client: str) -> bool:
        """Whether this client, named as in queue rows, is reported as out of reach."""
        return self.is_all or any(client and client in text for text in self.messages)


def parse_status(status: object) -> SonarrStatus:
    """The version and the start of /system/status.

    Raises:
        BadPayload: it is not Sonarr's.
    """
    wire = convert("status", status, _SystemStatus)
    if wire.app_name.lower() != "sonarr":
        message = f'this is "{wire.app_name[:40]}", not Sonarr; check the URL'
        raise BadPayload("status", message, path="$.appName")
    return SonarrStatus(version=wire.version, started_at=utc_moment(wire.start_time))


def parse_commands(commands: object) -> Records[SearchCommand]:
    """The searches for missing episodes among /command that are queued or running.

    A search for better files (CutoffUnmetEpisodeSearch) makes no missing episode searched. One that
    does not name what it searches for is left out.

    Raises:
        BadPayload: it is no list, or nothing on it is a command.
    """
    items = convert("command", commands, tuple[object, ...])
    read = read_each("command", items, _command, key_in("id"), may_all_be_odd=True)
    return Records((search for search in read if search is not None), read.unread)


def _command(item: object, at: str) -> SearchCommand | None:
    wire = convert("command", item, _Command, at=at)
    if wire.status not in {"queued", "started"}:
        return None
    return _search(wire, at=f"{at}.body")


def _search(wire: _Command, *, at: str) -> SearchCommand | None:
    queued_at = utc_moment(wire.queued)
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
            missing = convert("command", body, _MissingSearch, at=at)
            if not missing.monitored:
                return None
            return SearchCommand(
                command_id=wire.id,
                series_id=SonarrSeriesId(missing.series_id) if missing.series_id else None,
                covers_library=not missing.series_id,
                queued_at=queued_at,
            )
        case _:
            return None


def parse_unreachable_clients(health: object) -> UnreachableClients:
    """The download clients that /health reports as out of reach.

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


def parse_root_folders(folders: object) -> tuple[str, ...]:
    """The paths of /rootfolder, Sonarr's view.

    Raises:
        BadPayload: it is not a list of root folders.
    """
    return tuple(wire.path for wire in convert("rootfolder", folders, tuple[_RootFolder, ...]))


def parse_recycle_bin(body: bytes) -> str:
    """The folder that Sonarr moves deleted files to, Sonarr's view; empty: it deletes them.

    Raises:
        BadPayload: it is not Sonarr's settings of media management.
    """
    return decode("config", body, _MediaManagement).recycle_bin
