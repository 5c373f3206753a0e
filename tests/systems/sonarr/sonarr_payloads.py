"""Whole items as Sonarr 4.0.19 writes them; a test overrides what it is about."""

from typing import Any

TORRENT_HASH = "ABCDEF0123456789ABCDEF0123456789ABCDEF01"


def a_series(series_id: int = 7, **over: Any) -> dict[str, Any]:
    return {
        "id": series_id,
        "title": "SPY x FAMILY",
        "sortTitle": "spy x family",
        "alternateTitles": [
            {"title": "Spy Family", "seasonNumber": -1},
            {"title": "SPYxFAMILY Part 2", "seasonNumber": 2, "sceneOrigin": "tvdb"},
            {"title": "Spy Room", "sceneSeasonNumber": 1},
        ],
        "status": "continuing",
        "ended": False,
        "overview": "A spy, an assassin and a telepath.",
        "nextAiring": "2026-02-07T14:00:00Z",
        "network": "TV Tokyo",
        "images": [{"coverType": "poster", "url": "/MediaCover/7/poster.jpg"}],
        "seasons": [
            {
                "seasonNumber": 2,
                "monitored": True,
                "statistics": {
                    "nextAiring": "2026-02-07T14:00:00Z",
                    "episodeFileCount": 3,
                    "episodeCount": 9,
                    "totalEpisodeCount": 12,
                    "sizeOnDisk": 4294967296,
                    "releaseGroups": ["Group"],
                    "percentOfEpisodes": 33.333,
                },
            },
            {"seasonNumber": 0, "monitored": False},
        ],
        "year": 2022,
        "path": "/anime/SPY x FAMILY",
        "qualityProfileId": 1,
        "seasonFolder": True,
        "monitored": True,
        "monitorNewItems": "all",
        "useSceneNumbering": False,
        "runtime": 24,
        "tvdbId": 405920,
        "tvRageId": 0,
        "tvMazeId": 60000,
        "tmdbId": 120089,
        "imdbId": "tt13706018",
        "seriesType": "anime",
        "cleanTitle": "spyxfamily",
        "titleSlug": "spy-x-family",
        "genres": ["Anime"],
        "tags": [],
        "added": "2025-12-01T10:00:00Z",
        "ratings": {"votes": 10, "value": 8.1},
        "languageProfileId": 1,
        **over,
    }


def an_episode(episode_id: int = 31, **over: Any) -> dict[str, Any]:
    return {
        "id": episode_id,
        "seriesId": 7,
        "tvdbId": 9000031,
        "episodeFileId": 0,
        "seasonNumber": 2,
        "episodeNumber": 3,
        "title": "Mission 3",
        "airDate": "2026-01-17",
        "airDateUtc": "2026-01-17T14:00:00Z",
        "lastSearchTime": "2026-01-18T01:02:03Z",
        "runtime": 24,
        "hasFile": False,
        "monitored": True,
        "absoluteEpisodeNumber": 28,
        "sceneAbsoluteEpisodeNumber": 29,
        "sceneEpisodeNumber": 4,
        "sceneSeasonNumber": 3,
        "unverifiedSceneNumbering": False,
        **over,
    }


def an_episode_file(file_id: int = 5, **over: Any) -> dict[str, Any]:
    return {
        "id": file_id,
        "seriesId": 7,
        "seasonNumber": 1,
        "relativePath": "Season 01/S01E01.mkv",
        "path": "/anime/SPY x FAMILY/Season 01/S01E01.mkv",
        "size": 1468006400,
        "dateAdded": "2025-12-02T10:00:00Z",
        "sceneName": "SPY.x.FAMILY.S01E01",
        "releaseGroup": "Group",
        "quality": {"quality": {"id": 3, "name": "WEBDL-1080p"}, "revision": {"version": 1}},
        "customFormatScore": 0,
        "indexerFlags": 0,
        "releaseType": "singleEpisode",
        "qualityCutoffNotMet": False,
        **over,
    }


def a_queue_row(row_id: int = 1101039783, **over: Any) -> dict[str, Any]:
    return {
        "id": row_id,
        "seriesId": 7,
        "episodeId": 31,
        "seasonNumber": 2,
        "languages": [{"id": 8, "name": "Japanese"}],
        "quality": {"quality": {"id": 3, "name": "WEBDL-1080p"}, "revision": {"version": 1}},
        "customFormats": [],
        "customFormatScore": 0,
        "size": 17179869184.0,
        "title": "[Group] SPY x FAMILY S02 1080p",
        "estimatedCompletionTime": "2026-01-31T19:00:00Z",
        "added": "2026-01-31T17:00:00Z",
        "status": "downloading",
        "trackedDownloadStatus": "ok",
        "trackedDownloadState": "downloading",
        "statusMessages": [],
        "downloadId": TORRENT_HASH,
        "protocol": "torrent",
        "downloadClient": "qBittorrent",
        "downloadClientHasPostImportCategory": False,
        "indexer": "Nyaa (Prowlarr)",
        "outputPath": "/downloads/tv/[Group] SPY x FAMILY S02 1080p",
        "episodeHasFile": False,
        "sizeleft": 8589934592.0,
        "timeleft": "01:00:00",
        **over,
    }


def a_history_record(record_id: int = 99, **over: Any) -> dict[str, Any]:
    return {
        "id": record_id,
        "episodeId": 31,
        "seriesId": 7,
        "sourceTitle": "[Group] SPY x FAMILY S02 1080p",
        "quality": {"quality": {"id": 3, "name": "WEBDL-1080p"}, "revision": {"version": 1}},
        "customFormatScore": 0,
        "qualityCutoffNotMet": False,
        "date": "2026-01-31T17:00:00Z",
        "downloadId": TORRENT_HASH,
        "eventType": "grabbed",
        "data": {
            "indexer": "Nyaa (Prowlarr)",
            "releaseGroup": "Group",
            "downloadClient": "QBittorrent",
            "downloadClientName": "qBittorrent",
            "downloadUrl": "http://prowlarr/1/download?apikey=SECRETKEY&link=x",
            "protocol": "2",
            "torrentInfoHash": None,
            "size": "17179869184",
        },
        **over,
    }


def a_command(command_id: int = 3, name: str = "EpisodeSearch", **over: Any) -> dict[str, Any]:
    return {
        "id": command_id,
        "name": name,
        "commandName": "Episode Search",
        "body": {"episodeIds": [31, 32], "name": name, "trigger": "manual"},
        "priority": "normal",
        "status": "started",
        "result": "unknown",
        "queued": "2026-01-31T17:59:00Z",
        "trigger": "manual",
        **over,
    }


def a_health_check(source: str, kind: str, message: str) -> dict[str, Any]:
    return {"id": 1, "source": source, "type": kind, "message": message, "wikiUrl": "http://w/"}
