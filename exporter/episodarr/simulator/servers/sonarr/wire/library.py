"""Series, episodes and files as Sonarr answers them."""

from datetime import datetime

from episodarr.simulator.names import clean
from episodarr.simulator.servers.sonarr.wire.fields import LANGUAGES, Json, quality_json
from episodarr.simulator.state.library import (
    Episode,
    EpisodeFile,
    Series,
    Statistics,
    season_statistics,
)
from episodarr.simulator.times import sonarr_time


def _counts(statistics: Statistics) -> Json:
    return {
        "episodeFileCount": statistics.files,
        "episodeCount": statistics.wanted,
        "totalEpisodeCount": statistics.total,
        "sizeOnDisk": statistics.size_bytes,
        "releaseGroups": sorted(statistics.groups),
        "percentOfEpisodes": statistics.percent,
    }


def _season_json(number: int, *, monitored: bool, statistics: Statistics) -> Json:
    counts: Json = {}
    if statistics.next_airing:
        counts["nextAiring"] = sonarr_time(statistics.next_airing)
    if statistics.previous_airing:
        counts["previousAiring"] = sonarr_time(statistics.previous_airing)
    counts.update(_counts(statistics))
    return {"seasonNumber": number, "monitored": monitored, "statistics": counts}


def series_json(series: Series, now: datetime) -> Json:
    """A series with its statistics as they are at that time."""
    seasons = season_statistics(series, now)
    total = Statistics()
    for season in seasons.values():
        total.files += season.files
        total.wanted += season.wanted
        total.total += season.total
        total.size_bytes += season.size_bytes
        total.groups |= season.groups
    body: Json = {
        "title": series.title,
        "alternateTitles": [
            {"title": other.title, "seasonNumber": -1 if other.season is None else other.season}
            for other in series.alternate_titles
        ],
        "sortTitle": series.title.lower(),
        "status": series.status,
        "ended": series.status == "ended",
        "overview": "A simulated series.",
        "network": "Example",
        "airTime": "20:00",
        "images": [{"coverType": "poster", "url": f"/MediaCover/{series.id}/poster.jpg"}],
        "originalLanguage": LANGUAGES[0],
        "seasons": [
            _season_json(number, monitored=series.season_monitored[number], statistics=statistics)
            for number, statistics in seasons.items()
        ],
        "year": series.year,
        "path": series.path,
        "qualityProfileId": 1,
        "seasonFolder": True,
        "monitored": series.monitored,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "runtime": series.runtime_minutes,
        "tvdbId": series.tvdb_id,
        "tvRageId": 0,
        "tvMazeId": 0,
        "tmdbId": series.tmdb_id,
        "seriesType": series.series_type,
        "cleanTitle": clean(series.title),
        "titleSlug": series.slug,
        "rootFolderPath": series.root,
        "certification": "TV-14",
        "genres": list(series.genres),
        "tags": list(series.tags),
        "added": sonarr_time(series.added_at),
        "ratings": {"votes": 0, "value": 0},
        "statistics": {
            "seasonCount": sum(number > 0 for number in seasons),
            **_counts(total),
        },
        "languageProfileId": 1,
        "id": series.id,
    }
    upcoming = [season.next_airing for season in seasons.values() if season.next_airing]
    past = [season.previous_airing for season in seasons.values() if season.previous_airing]
    if series.imdb_id:
        body["imdbId"] = series.imdb_id
    if upcoming:
        body["nextAiring"] = sonarr_time(min(upcoming))
    if past:
        body["previousAiring"] = sonarr_time(max(past))
    return body


def episode_json(episode: Episode, series: Series) -> Json:
    """An episode as lists show it: without its series and file."""
    body: Json = {
        "seriesId": episode.series_id,
        "tvdbId": episode.tvdb_id,
        "episodeFileId": episode.file_id,
        "seasonNumber": episode.season,
        "episodeNumber": episode.number,
        "title": episode.title,
    }
    if episode.air_at is not None:
        body["airDate"] = episode.air_at.date().isoformat()
        body["airDateUtc"] = sonarr_time(episode.air_at)
    if episode.last_search_at is not None:
        body["lastSearchTime"] = sonarr_time(episode.last_search_at)
    body |= {
        "runtime": series.runtime_minutes,
        "hasFile": episode.file_id > 0,
        "monitored": episode.monitored,
    }
    if episode.absolute is not None:
        body["absoluteEpisodeNumber"] = episode.absolute
    return {**body, "unverifiedSceneNumbering": False, "id": episode.id}


def file_json(series: Series, file: EpisodeFile) -> Json:
    """An episode file; its path is Sonarr's own view."""
    body: Json = {
        "seriesId": series.id,
        "seasonNumber": file.season,
        "relativePath": file.relative_path,
        "path": series.file_path(file),
        "size": file.size_bytes,
        "dateAdded": sonarr_time(file.added_at),
        "languages": LANGUAGES,
        "quality": quality_json(file.quality),
        "customFormats": [],
        "customFormatScore": 0,
        "indexerFlags": 0,
        "releaseType": file.release_type,
        "qualityCutoffNotMet": False,
        "id": file.id,
    }
    if file.scene_name:
        body["sceneName"] = file.scene_name
    if file.release_group:
        body["releaseGroup"] = file.release_group
    return body
