"""What one simulated Jellyseerr or Seerr knows: requests, media, and its jobs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from episodarr.simulator.state.engine import Engine
from episodarr.simulator.state.jellyfin import JellyfinDatabase
from episodarr.simulator.state.library import Series
from episodarr.simulator.state.sonarr import SonarrDatabase

PENDING, APPROVED, DECLINED, FAILED, COMPLETED = 1, 2, 3, 4, 5
"""Status of a request."""

UNKNOWN, MEDIA_PENDING, PROCESSING, PARTIAL, AVAILABLE, BLOCKLISTED, DELETED = 1, 2, 3, 4, 5, 6, 7
"""Status of media; other numbers for other things than a request's."""


@dataclass(slots=True, kw_only=True)
class SeerrOptions:
    """How Jellyseerr or Seerr is set up; its daily sync counts in script seconds."""

    api_key: str = "demo-jellyseerr-key"
    version: str = "2.7.3"
    availability_seconds: float = 86_400.0
    recent_seconds: float = 300.0
    job_seconds: float = 2.0
    reaches_github: bool = True
    """Without it the status is never answered: it wants to know whether there is an update."""
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Host and port of a Sonarr by its name, where they were edited."""


@dataclass(slots=True, kw_only=True)
class SeerrMedia:
    """A show that was requested, in normal and 4K quality."""

    id: int
    tmdb_id: int
    tvdb_id: int | None
    created_at: datetime
    updated_at: datetime
    status: int = UNKNOWN
    status_4k: int = UNKNOWN
    service: dict[bool, tuple[int, int, str]] = field(default_factory=dict)
    jellyfin_ids: dict[bool, str] = field(default_factory=dict)
    seasons: dict[int, list[int]] = field(default_factory=dict)

    def get(self, *, is_4k: bool) -> int:
        """The status of one quality."""
        return self.status_4k if is_4k else self.status

    def set(self, status: int, at: datetime, *, is_4k: bool) -> None:
        """Sets the status of one quality."""
        if is_4k:
            self.status_4k = status
        else:
            self.status = status
        self.updated_at = at


@dataclass(slots=True, kw_only=True)
class SeerrRequest:
    """One request: seasons of a show for one user."""

    id: int
    media: SeerrMedia
    seasons: dict[int, int]
    user: str
    created_at: datetime
    updated_at: datetime
    status: int = APPROVED
    is_4k: bool = False


@dataclass(slots=True)
class Job:
    """A scheduled job."""

    id: str
    name: str
    cron: str
    run: Callable[[], None]
    next_at: datetime
    interval_seconds: float
    running: bool = False


class SeerrDatabase:
    """One Seerr. It learns of changes elsewhere only when its jobs run."""

    def __init__(
        self, engine: Engine, options: SeerrOptions, jellyfin: JellyfinDatabase | None
    ) -> None:
        self._engine = engine
        self._jellyfin = jellyfin
        self.options = options
        self.media: dict[int, SeerrMedia] = {}
        self.requests: dict[int, SeerrRequest] = {}
        self.tmdb_titles: dict[int, str] = {}
        """What TMDB calls the shows that no Sonarr has."""
        self.users: dict[str, int] = {}
        self.jobs = {job.id: job for job in self._plan_jobs()}
        for job in self.jobs.values():
            engine.every(job.interval_seconds, functools.partial(self.run_job, job.id))
        self._last_media_id = 0
        self._last_request_id = 0

    def _plan_jobs(self) -> list[Job]:
        recent, daily = self.options.recent_seconds, self.options.availability_seconds
        plans: list[tuple[str, str, str, Callable[[], None], float]] = [
            (
                "jellyfin-recently-added-scan",
                "Jellyfin Recently Added Scan",
                "0 */5 * * * *",
                self.read_new,
                recent,
            ),
            ("sonarr-scan", "Sonarr Scan", "0 30 4 * * *", self.link_all, daily),
            (
                "availability-sync",
                "Media Availability Sync",
                "0 0 5 * * *",
                self.sync_availability,
                daily,
            ),
            ("download-sync", "Download Sync", "0 * * * * *", _nothing, 60.0),
        ]
        now = self._engine.now
        return [
            Job(name, title, cron, run, now + timedelta(seconds=seconds), seconds)
            for name, title, cron, run, seconds in plans
        ]

    def run_job(self, name: str) -> Job:
        """Starts a job; it does its work at the end of its time.

        Raises:
            KeyError: There is no such job.
        """
        job = self.jobs[name]
        job.next_at = self._engine.now + timedelta(seconds=job.interval_seconds)
        if not job.running:
            job.running = True
            self._engine.after(self.options.job_seconds, lambda: self._end_job(job))
        return job

    @staticmethod
    def _end_job(job: Job) -> None:
        job.run()
        job.running = False

    def request(
        self,
        *,
        tvdb_id: int | None,
        tmdb_id: int,
        seasons: list[int],
        user: str,
        status: int = APPROVED,
        is_4k: bool = False,
        age: timedelta = timedelta(0),
    ) -> SeerrRequest:
        """Takes a request in; its media exists from now on if it did not."""
        at = self._engine.now - age
        media = next((one for one in self.media.values() if one.tmdb_id == tmdb_id), None)
        if media is None:
            self._last_media_id += 1
            media = SeerrMedia(
                id=self._last_media_id,
                tmdb_id=tmdb_id,
                tvdb_id=tvdb_id,
                created_at=at,
                updated_at=at,
            )
            self.media[media.id] = media
        if media.get(is_4k=is_4k) in {UNKNOWN, DELETED}:
            waiting = MEDIA_PENDING if status == PENDING else PROCESSING
            media.set(waiting, at, is_4k=is_4k)
        self.users.setdefault(user, len(self.users) + 1)
        self._last_request_id += 1
        request = SeerrRequest(
            id=self._last_request_id,
            media=media,
            seasons=dict.fromkeys(seasons, status),
            user=user,
            created_at=at,
            updated_at=at,
            status=status,
            is_4k=is_4k,
        )
        self.requests[request.id] = request
        for season in seasons:
            media.seasons.setdefault(season, [PROCESSING if not is_4k else UNKNOWN, UNKNOWN])
        self.link(media)
        return request

    def title(self, tmdb_id: int) -> str | None:
        """A show's title in TMDB; None where TMDB has none of that number."""
        every = (series for state in self.servers() for series in state.series.values())
        known = {series.tmdb_id: series.title for series in every}
        return self.tmdb_titles.get(tmdb_id, known.get(tmdb_id))

    def servers(self) -> list[SonarrDatabase]:
        """The Sonarrs in the order of their ids here, from 0."""
        return list(self._engine.sonarrs.values())

    def link(self, media: SeerrMedia) -> None:
        """Notes in which Sonarr the show is, for each quality."""
        for index, state in enumerate(self.servers()):
            series = state.by_tvdb.get(media.tvdb_id or -1)
            wanted = any(
                one.media is media and one.is_4k == state.options.is_4k
                for one in self.requests.values()
            )
            if series is not None and wanted and state.options.is_4k not in media.service:
                media.service[state.options.is_4k] = (index, series.id, series.slug)

    def link_all(self) -> None:
        """Links all media."""
        for media in self.media.values():
            self.link(media)

    def _sonarr_series(self, media: SeerrMedia, *, is_4k: bool) -> Series | None:
        """The show in the Sonarr it is linked to; a series that was added again has another id."""
        service = media.service.get(is_4k)
        if service is None:
            return None
        return self.servers()[service[0]].series.get(service[1])

    def _jellyfin_item(self, media: SeerrMedia, *, is_4k: bool) -> str | None:
        if self._jellyfin is None:
            return None
        roots = {
            r for s in self.servers() if s.options.is_4k == is_4k for r in s.options.root_folders
        }
        for item in self._jellyfin.series.values():
            if item.source.tvdb_id == media.tvdb_id and item.source.root in roots:
                return item.id
        return None

    def read_new(self) -> None:
        """Raises the status of what became available; it never lowers any."""
        self.link_all()
        for media in self.media.values():
            for is_4k in (False, True):
                self._raise_status(media, is_4k=is_4k)

    def _raise_status(self, media: SeerrMedia, *, is_4k: bool) -> None:
        series = self._sonarr_series(media, is_4k=is_4k)
        if series is None or media.get(is_4k=is_4k) in {UNKNOWN, BLOCKLISTED, DELETED}:
            return
        media_id = self._jellyfin_item(media, is_4k=is_4k)
        if media_id is not None:
            media.jellyfin_ids[is_4k] = media_id
        now = self._engine.now
        for number in sorted(n for n in series.season_monitored if n > 0):
            aired = [
                episode
                for episode in series.episodes
                if episode.season == number and episode.air_at and episode.air_at <= now
            ]
            held = sum(episode.file_id > 0 for episode in aired)
            status = UNKNOWN
            if held:
                status = AVAILABLE if held == len(aired) else PARTIAL
            elif any(n == number for one in self._of(media, is_4k=is_4k) for n in one.seasons):
                status = PROCESSING
            media.seasons.setdefault(number, [UNKNOWN, UNKNOWN])[is_4k] = status
        known = [pair[is_4k] for pair in media.seasons.values()]
        if known and all(status == AVAILABLE for status in known):
            self._change(media, AVAILABLE, is_4k=is_4k)
        elif any(status in {AVAILABLE, PARTIAL} for status in known):
            self._change(media, PARTIAL, is_4k=is_4k)
        self._complete_requests(media, is_4k=is_4k)

    def _change(self, media: SeerrMedia, status: int, *, is_4k: bool) -> None:
        if media.get(is_4k=is_4k) != status:
            media.set(status, self._engine.now, is_4k=is_4k)

    def _of(self, media: SeerrMedia, *, is_4k: bool) -> list[SeerrRequest]:
        return [r for r in self.requests.values() if r.media is media and r.is_4k == is_4k]

    def _complete_requests(self, media: SeerrMedia, *, is_4k: bool) -> None:
        for request in self._of(media, is_4k=is_4k):
            if request.status != APPROVED:
                continue
            for season in request.seasons:
                if media.seasons.get(season, [UNKNOWN, UNKNOWN])[is_4k] in {AVAILABLE, DELETED}:
                    request.seasons[season] = COMPLETED
            if all(status == COMPLETED for status in request.seasons.values()):
                request.status = COMPLETED
                request.updated_at = self._engine.now

    def sync_availability(self) -> None:
        """Marks as deleted what was available and is in neither Jellyfin nor Sonarr any more.

        A server that fails counts as having it. Media that never was available stays as it is.
        """
        for media in self.media.values():
            for is_4k in (False, True):
                if media.get(is_4k=is_4k) in {PARTIAL, AVAILABLE}:
                    self._sync_one(media, is_4k=is_4k)

    def _sync_one(self, media: SeerrMedia, *, is_4k: bool) -> None:
        if self._still_there(media, is_4k=is_4k):
            return
        media.set(DELETED, self._engine.now, is_4k=is_4k)
        for pair in media.seasons.values():
            if pair[is_4k] in {PARTIAL, AVAILABLE}:
                pair[is_4k] = DELETED
        self._complete_requests(media, is_4k=is_4k)
        if not any(request.status == APPROVED for request in self._of(media, is_4k=is_4k)):
            media.service.pop(is_4k, None)
            media.jellyfin_ids.pop(is_4k, None)

    def _still_there(self, media: SeerrMedia, *, is_4k: bool) -> bool:
        broken = self._engine.unreachable
        service = media.service.get(is_4k)
        if "jellyfin" in broken:
            return True
        if service is not None and f"sonarr.{self.servers()[service[0]].name}" in broken:
            return True
        series = self._sonarr_series(media, is_4k=is_4k)
        if series is not None and series.files:
            return True
        return self._jellyfin_item(media, is_4k=is_4k) is not None

    def delete_request(self, request_id: int) -> bool:
        """Removes a request; false if there is none."""
        return self.requests.pop(request_id, None) is not None

    def delete_media(self, media_id: int) -> bool:
        """Removes media with all its requests; false if there is none."""
        media = self.media.pop(media_id, None)
        self.requests = {k: r for k, r in self.requests.items() if r.media is not media}
        return media is not None


def _nothing() -> None:
    """The download sync shows in answers only, which are made from the queue for each request."""
