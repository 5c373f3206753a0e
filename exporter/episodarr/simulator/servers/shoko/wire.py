"""Shoko's answers as plain data, in the shapes of its major versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from episodarr.simulator.names import hex_id
from episodarr.simulator.state.library import Episode
from episodarr.simulator.state.shoko import ShokoDatabase
from episodarr.simulator.state.shoko_files import ShokoFile, ShokoSeries
from episodarr.simulator.times import jellyfin_time

Json = dict[str, object]

_KINDS = ("Unknown", "Episodes", "Specials", "Credits", "Trailers", "Parodies", "Others")


def _counts(episodes: int, specials: int = 0) -> Json:
    counts: Json = dict.fromkeys(_KINDS, 0)
    return counts | {"Episodes": episodes, "Specials": specials}


def series_json(state: ShokoDatabase, series: ShokoSeries, files: Sequence[ShokoFile]) -> Json:
    """A series; its local sizes count episodes with a record, whether the file exists or not."""
    major = state.options.major
    held = {episode.id for file in files for episode in file.episodes}
    every = [ep for ep in series.source.episodes if ep.season == series.season]
    local = _counts(0, len(held)) if series.season == 0 else _counts(len(held))
    ids: Json = {
        "ID": series.id,
        "ParentGroup": series.id,
        "TopLevelGroup": series.id,
        "AniDB": series.anidb_id,
        "TvDB": [series.source.tvdb_id],
        "MAL": [],
    }
    if major >= 5:
        ids["IMDB"] = []
        ids["TMDB"] = {"Movie": [], "Show": [series.source.tmdb_id]}
    else:
        ids["TMDB"] = []
    missing = len(every) - len(held)
    return {
        "IDs": ids,
        "Name": series.name,
        "HasCustomName": False,
        "Description": "",
        "Size": len(held),
        "Sizes": {
            "Hidden": 0,
            "FileSources": {"Unknown": 0, "Web": len(files), "BluRay": 0},
            "Local": local,
            "Watched": _counts(0),
            "Missing": {"Episodes": missing, "Specials": 0} if major >= 5 else missing,
            "Total": _counts(len(every)),
        },
        "Images": {"Posters": [], "Backdrops": [], "Banners": []},
        "AirsOn": [],
        "Links": [],
        "Created": jellyfin_time(series.created_at),
        "Updated": jellyfin_time(series.created_at),
        "AniDB": None,
    }


def _cross_references(state: ShokoDatabase, file: ShokoFile) -> list[Json]:
    series = file.series
    if series is None:
        return []
    episodes = [
        {
            "ID": series.episode_id(episode),
            "AniDB": anidb_episode_id(episode),
            "ED2K": state.ed2k(file),
            "FileSize": file.size_bytes,
            "Percentage": {"Start": 0, "End": 100, "Size": 100},
            "Source": "AniDB",
        }
        for episode in file.episodes
    ]
    ids = {"ID": series.id, "AniDB": series.anidb_id, "TvDB": [series.source.tvdb_id]}
    return [{"SeriesID": ids, "EpisodeIDs": episodes}]


def anidb_episode_id(episode: Episode) -> int:
    """The AniDB number of an episode."""
    return episode.tvdb_id % 300_000 + 1


def location_json(state: ShokoDatabase, file: ShokoFile, *, absolute: bool) -> Json:
    """Where a file is; whether it is there is checked at this moment."""
    major = state.options.major
    root = state.roots[file.folder_id - 1]
    body: Json = {"ID": file.id}
    if major >= 5:
        body["FileID"] = file.id
    body["ManagedFolderID" if major >= 6 else "ImportFolderID"] = file.folder_id
    # Shoko promises nothing about a slash in front; 4.x of Windows origin even kept one.
    body["RelativePath"] = file.path[len(root) :].lstrip("/" if major >= 5 else "")
    if absolute and major >= 5:
        body["AbsolutePath"] = state.shown(root) + file.path[len(root) :]
    body["IsAccessible"] = state.accessible(file)
    return body


def file_json(state: ShokoDatabase, file: ShokoFile, include: set[str]) -> Json:
    """A file with the requested parts (``include``, in lower case)."""
    major = state.options.major
    ed2k = state.ed2k(file)
    crc = hex_id("crc", file.path, length=8).upper()
    body: Json = {
        "ID": file.id,
        "Size": file.size_bytes,
        "IsVariation": False,
        "Hashes": {"ED2K": ed2k, "SHA1": None, "CRC32": crc, "MD5": None},
        "Locations": [location_json(state, file, absolute="absolutepaths" in include)],
        "Resolution": "1920x1080",
        "Duration": "00:23:40",
        "ResumePosition": None,
        "Viewed": 0,
        "Watched": None,
        "Imported": _time(file.imported_at),
        "Created": _time(file.created_at),
        "Updated": _time(file.imported_at or file.created_at),
    }
    if major >= 5:
        body["IsIgnored"] = False
    if major >= 6:
        body["Hashes"] = [
            {"Type": "ED2K", "Value": ed2k, "Metadata": None},
            {"Type": "CRC32", "Value": crc, "Metadata": None},
        ]
    if "xrefs" in include:
        body["SeriesIDs"] = _cross_references(state, file)
    return body


def _time(at: datetime | None) -> str | None:
    return None if at is None else jellyfin_time(at)


def episode_json(series: ShokoSeries, episode: Episode, files: Sequence[ShokoFile]) -> Json:
    """An episode with the number of its files; the files themselves are the caller's to add."""
    return {
        "IDs": {
            "ID": series.episode_id(episode),
            "ParentSeries": series.id,
            "AniDB": anidb_episode_id(episode),
            "TvDB": [episode.tvdb_id],
        },
        "Name": episode.title,
        "Description": "",
        "Duration": "00:24:00",
        "IsHidden": False,
        "Size": len(files),
        "Watched": None,
        "Created": jellyfin_time(series.created_at),
        "Updated": jellyfin_time(series.created_at),
    }


def folder_json(state: ShokoDatabase, folder_id: int) -> Json:
    """An import folder."""
    root = state.roots[folder_id - 1]
    files = [file for file in state.files.values() if file.folder_id == folder_id]
    return {
        "ID": folder_id,
        "Name": root.strip("/"),
        "Path": state.shown(root) + "/",
        "DropFolderType": "None",
        "WatchForNewFiles": True,
        "Size": len({file.series.id for file in files if file.series is not None}),
        "FileSize": sum(file.size_bytes for file in files),
    }


def queue_json(state: ShokoDatabase) -> Json:
    """The job queue of 5.x and 6.x; what runs is not part of the total."""
    total = state.jobs.total()
    running = min(total, 1)
    executing = [
        {
            "Key": hex_id("job", name, length=12),
            "Type": name,
            "Title": name,
            "Details": {},
            "IsRunning": True,
            "StartTime": jellyfin_time(state.engine.now),
            "IsBlocked": False,
        }
        for name in sorted(state.jobs)[:running]
    ]
    return {
        "WaitingCount": total - running,
        "BlockedCount": 0,
        "TotalCount": total - running,
        "ThreadCount": 4,
        "CurrentlyExecuting": executing,
    }


def queue_types(jobs: Counter[str]) -> dict[str, int]:
    """Queued and active jobs by their type."""
    return {name: count for name, count in sorted(jobs.items()) if count > 0}
