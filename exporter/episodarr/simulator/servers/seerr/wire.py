"""Seerr's answers as plain data."""

from __future__ import annotations

from datetime import datetime, timedelta

from episodarr.simulator.names import hex_id
from episodarr.simulator.state.seerr import Job, SeerrDatabase, SeerrMedia, SeerrRequest
from episodarr.simulator.state.sonarr import Tracked
from episodarr.simulator.state.torrents import UNKNOWN_ETA_SECONDS
from episodarr.simulator.times import dotnet_span, seerr_time

Json = dict[str, object]


def user_json(state: SeerrDatabase, name: str, at: datetime) -> Json:
    """The user of a request; the address is what an exporter must not show."""
    number = state.users[name]
    return {
        "permissions": 32,
        "id": number,
        "email": f"{name}@example.org",
        "plexUsername": None,
        "jellyfinUsername": name,
        "username": "",
        "userType": 3,
        "plexId": None,
        "jellyfinUserId": hex_id("user", name, length=32),
        "avatar": f"/avatarproxy/{number}",
        "avatarETag": None,
        "avatarVersion": None,
        "movieQuotaLimit": None,
        "movieQuotaDays": None,
        "tvQuotaLimit": None,
        "tvQuotaDays": None,
        "recoveryLinkExpirationDate": None,
        "warnings": [],
        "createdAt": seerr_time(at),
        "updatedAt": seerr_time(at),
        "requestCount": sum(request.user == name for request in state.requests.values()),
        "displayName": name,
    }


def show_json(
    state: SeerrDatabase, tmdb_id: int, title: str, media: SeerrMedia | None, now: datetime
) -> Json:
    """A show as TMDB has it, with Seerr's media of it."""
    body: Json = {
        "id": tmdb_id,
        "name": title,
        "originalName": title,
        "overview": "",
        "inProduction": True,
        "languages": ["ja"],
        "genres": [],
        "seasons": [],
        "keywords": [],
    }
    if media is not None:
        body["mediaInfo"] = media_json(state, media, now, seasons=True)
    return body


def media_json(state: SeerrDatabase, media: SeerrMedia, now: datetime, *, seasons: bool) -> Json:
    """A show; its seasons are there only in some routes."""
    body: Json = {
        "downloadStatus": _downloads(state, media, now, is_4k=False),
        "downloadStatus4k": _downloads(state, media, now, is_4k=True),
        "id": media.id,
        "mediaType": "tv",
        "tmdbId": media.tmdb_id,
        "tvdbId": media.tvdb_id,
        "imdbId": None,
        "status": media.status,
        "status4k": media.status_4k,
        "createdAt": seerr_time(media.created_at),
        "updatedAt": seerr_time(media.updated_at),
        "lastSeasonChange": seerr_time(media.updated_at),
        "mediaAddedAt": seerr_time(media.updated_at) if media.status >= 4 else None,
        "ratingKey": None,
        "ratingKey4k": None,
    }
    for is_4k, suffix in ((False, ""), (True, "4k")):
        service = media.service.get(is_4k)
        body[f"serviceId{suffix}"] = service[0] if service else None
        body[f"externalServiceId{suffix}"] = service[1] if service else None
        body[f"externalServiceSlug{suffix}"] = service[2] if service else None
        body[f"jellyfinMediaId{suffix}"] = media.jellyfin_ids.get(is_4k)
    if seasons:
        body["seasons"] = [
            {
                "id": media.id * 100 + number,
                "seasonNumber": number,
                "status": pair[0],
                "status4k": pair[1],
                "createdAt": seerr_time(media.created_at),
                "updatedAt": seerr_time(media.updated_at),
            }
            for number, pair in sorted(media.seasons.items())
        ]
    return body


def _downloads(
    state: SeerrDatabase, media: SeerrMedia, now: datetime, *, is_4k: bool
) -> list[Json]:
    service = media.service.get(is_4k)
    if service is None:
        return []
    sonarr = state.servers()[service[0]]
    rows = [t for t in sonarr.tracked.values() if t.seen and t.series_id == service[1]]
    return [
        _download(
            tracked,
            service[1],
            sonarr.by_episode[episode_id][1].season,
            sonarr.by_episode[episode_id][1].number,
            episode_id,
            now,
        )
        for tracked in rows
        for episode_id in tracked.episode_ids
    ]


def _download(
    tracked: Tracked, series_id: int, season: int, number: int, episode_id: int, now: datetime
) -> Json:
    known = tracked.seen_eta_seconds < UNKNOWN_ETA_SECONDS
    left = timedelta(seconds=tracked.seen_eta_seconds if known else 0)
    return {
        "mediaType": "tv",
        "externalId": series_id,
        "size": tracked.seen_size_bytes,
        "sizeLeft": tracked.seen_left_bytes,
        "status": tracked.seen_status,
        "timeLeft": dotnet_span(left),
        "estimatedCompletionTime": seerr_time(now + left),
        "title": tracked.title,
        "downloadId": tracked.download_id,
        "episode": {"seasonNumber": season, "episodeNumber": number, "id": episode_id},
    }


def request_json(
    state: SeerrDatabase, request: SeerrRequest, now: datetime, *, seasons: bool = False
) -> Json:
    """A request; in lists its media comes without seasons."""
    service = request.media.service.get(request.is_4k)
    created, updated = seerr_time(request.created_at), seerr_time(request.updated_at)
    body: Json = {
        "id": request.id,
        "status": request.status,
        "createdAt": created,
        "updatedAt": updated,
        "type": "tv",
        "is4k": request.is_4k,
        "serverId": service[0] if service else None,
        "profileId": 1,
        "rootFolder": "/tv",
        "languageProfileId": None,
        "tags": [],
        "isAutoRequest": False,
        "media": media_json(state, request.media, now, seasons=seasons),
        "seasons": [
            {
                "id": request.id * 100 + number,
                "seasonNumber": number,
                "status": status,
                "createdAt": created,
                "updatedAt": updated,
            }
            for number, status in sorted(request.seasons.items())
        ],
        "requestedBy": user_json(state, request.user, request.created_at),
        "modifiedBy": None,
        "seasonCount": len(request.seasons),
        "profileName": "HD-1080p",
        "canRemove": True,
    }
    return body


def envelope(rows: list[Json], total: int, take: int, skip: int) -> Json:
    """The frame around every list; ``results`` in it counts everything there is."""
    return {
        "pageInfo": {
            "pages": -(-total // take) if take else 0,
            "pageSize": take,
            "results": total,
            "page": skip // take + 1 if take else 1,
        },
        "results": rows,
    }


def job_json(job: Job) -> Json:
    """A scheduled job."""
    return {
        "id": job.id,
        "name": job.name,
        "type": "process",
        "interval": "fixed",
        "cronSchedule": job.cron,
        "nextExecutionTime": seerr_time(job.next_at),
        "running": job.running,
    }
