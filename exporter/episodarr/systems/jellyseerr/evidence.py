"""Jellyseerr's requests and records of series, as evidence of deletions.

For a list it queries every Sonarr and Radarr that it knows, so inventories share what the cycles
read. It has no identity; the ids of its Sonarr servers replace one. Their addresses are not used:
people edit them. Only administrators can read settings, so reading them proves that no request is
hidden.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from episodarr.errors import UpstreamError
from episodarr.model.check import JellyseerrSeen
from episodarr.model.library import Series
from episodarr.model.records import has_nameless, unread_keys
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.stages.requests import named_servers
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.freshness import AnswerFreshness
from episodarr.systems.jellyseerr.state import JellyseerrState

SETTINGS_LIFETIME = timedelta(hours=1)
MEDIA_LIFETIME = timedelta(minutes=10)
"""For inventories; a deletion is checked with new ones."""


class JellyseerrEvidence:
    """What Jellyseerr lists, new for checks and shared for inventories."""

    def __init__(
        self,
        state: JellyseerrState,
        *,
        library: Callable[[], Iterable[Series]],
        freshness: AnswerFreshness,
        clock: Callable[[], datetime],
    ) -> None:
        """`library`, Sonarr's series, matches Seerr's Sonarr servers to ours."""
        self._state = state
        self._library = library
        self._freshness = freshness
        self._clock = clock
        monotonic = seconds_of(clock)
        self._servers = TtlCache(
            state.source.fetch_sonarr_servers, SETTINGS_LIFETIME, monotonic=monotonic
        )
        self._media = TtlCache(self._fetch_dated_media, MEDIA_LIFETIME, monotonic=monotonic)

    async def _fetch_dated_media(self) -> tuple[datetime, tuple[SeerrMedia, ...]]:
        return self._clock(), await self._state.source.fetch_media()

    async def listed(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and all records of series, for inventories.

        Raises:
            UpstreamError: a list could not be read; the settings may be missing without an error.
        """
        known = self._state.requests.fresh
        began_at = self._freshness.began_at(known, now)
        if known is None or began_at is None:
            return await self.check(now)
        with self._state.health.noting("inventory"):
            servers = await _none_if_refused(self._servers.get)
            asked_at, media = await self._media.get()
        return self._seen(servers, known.value, media, at=min(began_at, asked_at))

    async def check(self, now: datetime) -> JellyseerrSeen:
        """The same, requested now: a deletion is checked with nothing older.

        Raises:
            UpstreamError: a list could not be read; the settings may be missing without an error.
        """
        with self._state.health.noting("verification"):
            servers = await _none_if_refused(self._state.source.fetch_sonarr_servers)
            requests = await self._state.source.fetch_requests()
            media = await self._state.source.fetch_media()
        return self._seen(servers, requests, media, at=now)

    def _seen(
        self,
        servers: Sequence[SeerrSonarr] | None,
        requests: tuple[MediaRequest, ...],
        media: tuple[SeerrMedia, ...],
        *,
        at: datetime,
    ) -> JellyseerrSeen:
        urls = self._state.url_by_sonarr
        return JellyseerrSeen(
            at=at,
            method="GET /api/v1/request and /media",
            server_id="+".join(sorted(f"sonarr-{server.server_id}" for server in servers or ())),
            is_unrestricted=servers is not None,
            requests=requests,
            media=media,
            unread_ids=unread_keys(requests),
            unread_media_ids=unread_keys(media),
            is_whole=not (has_nameless(requests) or has_nameless(media)),
            servers=named_servers(servers or (), urls, requests, self._library()),
        )


async def _none_if_refused(
    fetch: Callable[[], Awaitable[Sequence[SeerrSonarr]]],
) -> Sequence[SeerrSonarr] | None:
    """Seerr's Sonarr servers; None if they cannot be read, which leaves the lists usable."""
    try:
        return await fetch()
    except UpstreamError:
        return None
