"""Jellyfin's answers as plain data: PascalCase, nulls left out, identifiers without dashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.simulator.names import hex_id
from episodarr.simulator.state.jellyfin import (
    SCAN_TASK_KEY,
    JellyfinDatabase,
    JellyfinEpisode,
    JellyfinSeries,
)
from episodarr.simulator.state.library import Episode
from episodarr.simulator.times import TICKS_PER_SECOND, jellyfin_time

Json = dict[str, object]

SCAN_TASK_ID = hex_id("task", SCAN_TASK_KEY, length=32)


@dataclass(frozen=True, slots=True)
class Row:
    """Something to list: a series, a season of it, a playable episode, or one that is missing."""

    series: JellyfinSeries
    item: JellyfinEpisode | None = None
    missing: Episode | None = None
    whole_season: int | None = None

    @property
    def id(self) -> str:
        """The item's id."""
        if self.item is not None:
            return self.item.id
        if self.missing is not None:
            return hex_id("virtual", self.series.id, self.season, self.number, length=32)
        if self.whole_season is not None:
            return season_id(self.series, self.whole_season)
        return self.series.id

    @property
    def episode(self) -> Episode | None:
        """The first episode that it stands for."""
        return self.item.first if self.item is not None else self.missing

    @property
    def season(self) -> int:
        """Its season; a series has none and sorts before all."""
        if self.episode is not None:
            return self.episode.season
        return -1 if self.whole_season is None else self.whole_season

    @property
    def number(self) -> int:
        """Its number in its season."""
        return self.episode.number if self.episode is not None else self.season

    @property
    def name(self) -> str:
        """Its title."""
        if self.episode is not None:
            return self.episode.title
        if self.whole_season is None:
            return self.series.source.title
        return "Specials" if self.whole_season == 0 else f"Season {self.whole_season}"

    @property
    def created_at(self) -> datetime:
        """When the server took it in."""
        return self.item.created_at if self.item is not None else self.series.created_at

    @property
    def saved_at(self) -> datetime:
        """When the server wrote it down last."""
        return self.item.saved_at if self.item is not None else self.series.saved_at


def season_id(series: JellyfinSeries, number: int) -> str:
    """The id of a season."""
    return hex_id("season", series.id, number, length=32)


def season_rows(series: JellyfinSeries) -> list[Row]:
    """The seasons of which there is a playable episode."""
    numbers = {item.first.season for item in series.episodes.values()}
    return [Row(series, whole_season=number) for number in sorted(numbers)]


def virtual_rows(series: JellyfinSeries) -> list[Row]:
    """The episodes that exist without a file: listed unless a parameter excludes them."""
    held = {ep.id for item in series.episodes.values() for ep in item.content.episodes}
    return [Row(series, missing=ep) for ep in series.source.episodes if ep.id not in held]


def _provider_ids(state: JellyfinDatabase, row: Row) -> Json:
    source = row.series.source
    if row.episode is not None:
        return {"Tvdb": str(row.episode.tvdb_id)}
    if row.whole_season is not None:
        return {}
    ids: Json = {"Tvdb": str(source.tvdb_id), "Tmdb": str(source.tmdb_id)}
    if source.imdb_id:
        ids["Imdb"] = source.imdb_id
    if source.root in state.options.shokofin_roots:
        ids["Shoko Series"] = str(source.tvdb_id % 10_000)
    return ids


def item_json(state: JellyfinDatabase, row: Row, fields: set[str]) -> Json:
    """One item; optional fields are only there when requested."""
    source = row.series.source
    body: Json = {
        "Name": row.name,
        "ServerId": state.server_id,
        "Id": row.id,
        "IsFolder": row.episode is None,
        "Type": _kind(row),
        "MediaType": "Unknown" if row.episode is None else "Video",
        "LocationType": "Virtual" if row.missing is not None else "FileSystem",
        "ImageTags": {},
        "BackdropImageTags": [],
    }
    if row.episode is None and row.whole_season is None:
        body["ProductionYear"] = source.year
        body["Status"] = "Ended" if source.status == "ended" else "Continuing"
    else:
        body["SeriesName"] = source.title
        body["SeriesId"] = row.series.id
    if row.whole_season is not None:
        body["IndexNumber"] = row.whole_season
    if row.episode is not None:
        body |= _episode_json(row, row.episode)
    return body | _asked_fields(state, row, fields)


def _asked_fields(state: JellyfinDatabase, row: Row, fields: set[str]) -> Json:
    body: Json = {}
    if "path" in fields and (path := _path(row)) is not None:
        body["Path"] = path
    if "providerids" in fields:
        body["ProviderIds"] = _provider_ids(state, row)
    if "datecreated" in fields:
        body["DateCreated"] = jellyfin_time(row.created_at)
    if "recursiveitemcount" in fields and row.episode is None:
        body["RecursiveItemCount"] = len(row.series.episodes)
    if "mediasources" in fields and row.item is not None:
        body["MediaSources"] = [_media_source(row.item)]
    return body


def _kind(row: Row) -> str:
    if row.episode is not None:
        return "Episode"
    return "Series" if row.whole_season is None else "Season"


def _path(row: Row) -> str | None:
    if row.item is not None:
        return row.item.shown_path
    if row.missing is not None:
        return None
    return row.series.shown_path


def _episode_json(row: Row, episode: Episode) -> Json:
    body: Json = {
        "IndexNumber": episode.number,
        "ParentIndexNumber": episode.season,
        "SeasonId": season_id(row.series, episode.season),
        "SeasonName": "Specials" if episode.season == 0 else f"Season {episode.season}",
        "RunTimeTicks": row.series.source.runtime_minutes * 60 * TICKS_PER_SECOND,
    }
    if row.item is not None and len(row.item.content.episodes) > 1:
        body["IndexNumberEnd"] = row.item.content.episodes[-1].number
    if episode.air_at is not None:
        body["PremiereDate"] = jellyfin_time(episode.air_at)
    return body


def _media_source(item: JellyfinEpisode) -> Json:
    return {
        "Protocol": "File",
        "Id": item.id,
        "Path": item.shown_path,
        "Type": "Default",
        "Container": "mkv",
        "Size": item.size_bytes,
        "Name": item.shown_path.rpartition("/")[2].removesuffix(".mkv"),
        "IsRemote": False,
        "SupportsDirectPlay": True,
    }


def public_info(state: JellyfinDatabase) -> Json:
    """The answer to a request without a token."""
    return {
        "LocalAddress": "http://127.0.0.1:8096",
        "ServerName": "Demo",
        "Version": state.options.version,
        "ProductName": "Jellyfin Server",
        "OperatingSystem": "",
        "Id": state.server_id,
        "StartupWizardCompleted": True,
    }


def setup_info(state: JellyfinDatabase) -> Json:
    """The same from the server that answers while the real one starts: in camelCase."""
    return {key[0].lower() + key[1:]: value for key, value in public_info(state).items()}


def system_info(state: JellyfinDatabase) -> Json:
    """The answer to a request with a valid token."""
    return {
        **public_info(state),
        "HasPendingRestart": False,
        "IsShuttingDown": False,
        "SupportsLibraryMonitor": True,
        "WebSocketPortNumber": 8096,
        "CanSelfRestart": True,
        "ProgramDataPath": "/config/data",
        "CachePath": "/cache",
        "LogPath": "/config/log",
    }


def tasks(state: JellyfinDatabase, now: datetime, speed: float) -> list[Json]:
    """The scheduled tasks; the library scan is found by its key, for its name is translated."""
    scan: Json = {
        "Name": "Medienbibliothek scannen",
        "State": "Idle" if state.scan_started_at is None else "Running",
        "Id": SCAN_TASK_ID,
        "Triggers": [
            {
                "Type": "IntervalTrigger",
                "IntervalTicks": int(state.options.scan_interval_seconds) * TICKS_PER_SECOND,
            }
        ],
        "Description": "Durchsucht alle Bibliotheken nach neuen Dateien.",
        "Category": "Bibliothek",
        "IsHidden": False,
        "Key": SCAN_TASK_KEY,
    }
    if state.scan_started_at is not None:
        length = timedelta(seconds=state.options.scan_seconds / (speed or 1.0))
        scan["CurrentProgressPercentage"] = min(
            99.0, 100.0 * ((now - state.scan_started_at) / length) if length else 99.0
        )
    if state.last_scan is not None:
        scan["LastExecutionResult"] = {
            "StartTimeUtc": jellyfin_time(state.last_scan.started_at),
            "EndTimeUtc": jellyfin_time(state.last_scan.ended_at),
            "Status": state.last_scan.status,
            "Name": "Medienbibliothek scannen",
            "Key": SCAN_TASK_KEY,
            "Id": SCAN_TASK_ID,
        }
    other: Json = {
        "Name": "Cache-Verzeichnis aufräumen",
        "State": "Idle",
        "Id": hex_id("task", "DeleteCacheFiles", length=32),
        "Triggers": [],
        "Description": "",
        "Category": "Wartung",
        "IsHidden": False,
        "Key": "DeleteCacheFiles",
    }
    return [other, scan]


def folder_id(root: str) -> str:
    """The id of a library."""
    return hex_id("folder", root, length=32)


def root_of_folder(state: JellyfinDatabase, identifier: str) -> str | None:
    """The root folder of the library with that id."""
    return next((root for root in state.roots if folder_id(root) == identifier), None)


def virtual_folders(state: JellyfinDatabase) -> list[Json]:
    """The libraries, one per root folder."""
    return [
        {
            "Name": root.strip("/").capitalize(),
            "Locations": [state.shown(root)],
            "CollectionType": "tvshows",
            "ItemId": folder_id(root),
            "RefreshStatus": "Idle" if state.scan_started_at is None else "Active",
            "LibraryOptions": {
                "Enabled": True,
                "EnableRealtimeMonitor": state.options.realtime_seconds is not None,
                "PathInfos": [{"Path": state.shown(root)}],
            },
        }
        for root in state.roots
    ]


def folders_answer(state: JellyfinDatabase) -> Json:
    """What a list that is not recursive shows: the libraries, whatever types were requested."""
    items: list[Json] = [
        {
            "Name": root.strip("/").capitalize(),
            "ServerId": state.server_id,
            "Id": folder_id(root),
            "IsFolder": True,
            "Type": "CollectionFolder",
            "MediaType": "Unknown",
            "LocationType": "FileSystem",
            "CollectionType": "tvshows",
        }
        for root in state.roots
    ]
    return {"Items": items, "TotalRecordCount": len(items), "StartIndex": 0}
