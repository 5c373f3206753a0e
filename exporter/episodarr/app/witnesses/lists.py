"""Jellyseerr and qBittorrent as witnesses, sharing the lists that the poller reads anyway."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from episodarr.model.check import JellyseerrSeen, QbittorrentSeen
from episodarr.model.download import Torrent
from episodarr.model.ids import InfoHash, SonarrName
from episodarr.model.library import Series
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.systems.cache import TtlCache, seconds_of
from episodarr.systems.doubt import Doubt
from episodarr.systems.jellyseerr.client import JellyseerrClient
from episodarr.systems.jellyseerr.state import JellyseerrState
from episodarr.systems.qbittorrent.state import ClientState
from episodarr.systems.sharing import Sharing
from episodarr.verifier.systems import JellyseerrTestifier, QbittorrentTestifier

SETTINGS_LIFETIME = timedelta(hours=1)
MEDIA_LIFETIME = timedelta(minutes=10)
"""For inventories; a deletion is checked with new ones."""

_LISTS_NONE = "lists no torrent any more; is this still the same client?"


class JellyseerrEvidence:
    """Jellyseerr as a witness: for a list it queries every Sonarr and Radarr that it knows."""

    def __init__(
        self,
        client: JellyseerrClient,
        state: JellyseerrState,
        *,
        url_by_sonarr: Mapping[SonarrName, str],
        library: Callable[[], Iterable[Series]],
        sharing: Sharing,
        clock: Callable[[], datetime],
    ) -> None:
        self._state = state
        self._sharing = sharing
        self._at_leisure = _AtLeisure(client, state, clock)
        self._inventory = JellyseerrTestifier(self._at_leisure, url_by_sonarr, library)
        self._now = JellyseerrTestifier(client, url_by_sonarr, library)

    async def listed(self, now: datetime) -> JellyseerrSeen:
        """All requests for television and all records of series, for inventories.

        Raises:
            UpstreamError: no good and complete answer.
        """
        began_at = self._sharing.began_at(self._state.requests.fresh, now)
        if began_at is None:
            return await self.check(now)
        with self._state.health.noting("inventory"):
            seen = await self._inventory.check(now)
        return replace(seen, at=min(began_at, self._at_leisure.asked_at))

    async def check(self, now: datetime) -> JellyseerrSeen:
        """The same, requested now: a deletion is checked with nothing older.

        Raises:
            UpstreamError: no good and complete answer.
        """
        with self._state.health.noting("verification"):
            return await self._now.check(now)


class _AtLeisure:
    """Requests as the poller read them; settings and records that serve for a while."""

    def __init__(
        self, client: JellyseerrClient, state: JellyseerrState, clock: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._state = state
        self._clock = clock
        monotonic = seconds_of(clock)
        self._servers = TtlCache(
            client.fetch_sonarr_servers, SETTINGS_LIFETIME, monotonic=monotonic
        )
        self._media = TtlCache(self._fetch_dated_media, MEDIA_LIFETIME, monotonic=monotonic)
        self.asked_at = clock()
        """When the records that were returned last were requested."""

    async def _fetch_dated_media(self) -> tuple[datetime, tuple[SeerrMedia, ...]]:
        return self._clock(), await self._client.fetch_media()

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        known = self._state.requests.fresh
        return known.value if known is not None else await self._client.fetch_requests()

    async def fetch_media(self) -> tuple[SeerrMedia, ...]:
        self.asked_at, media = await self._media.get()
        return media

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        return await self._servers.get()


class QbittorrentEvidence:
    """All download clients together as one witness."""

    def __init__(
        self, states: Sequence[ClientState], sharing: Sharing, *, clock: Callable[[], datetime]
    ) -> None:
        self._states = tuple(states)
        self._sharing = sharing
        self._doubts = tuple(
            Doubt("maindata", f"{one.name} {_LISTS_NONE}", clock=clock) for one in self._states
        )

    async def check(self, now: datetime) -> QbittorrentSeen:
        """All torrents of all clients.

        Raises:
            UpstreamError: a client gave no good answer, so there is none of all.
        """
        began = [self._sharing.began_at(state.torrents.fresh, now) for state in self._states]
        sources = [
            _Torrents(state=state, is_shared=at is not None, doubt=doubt)
            for state, at, doubt in zip(self._states, began, self._doubts, strict=True)
        ]
        seen = await QbittorrentTestifier(sources).check(now)
        return replace(seen, at=min((at for at in began if at is not None), default=now))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Torrents:
    state: ClientState
    is_shared: bool
    doubt: Doubt

    async def fetch_torrents(self) -> Mapping[InfoHash, Torrent]:
        """All torrents; a client that lists none any more is believed after a while.

        Another one at the address, or one that still loads, proves nothing of those that were there.
        """
        listed = await self._listed()
        known = self.state.departed.keys() | (self.state.torrents.last or {}).keys()
        self.doubt.check(had=len(known), has=len(listed))
        return listed

    async def _listed(self) -> Mapping[InfoHash, Torrent]:
        known = self.state.torrents.fresh
        if self.is_shared and known is not None:
            return known.value
        with self.state.health.noting("verification"):
            return await self.state.source.fetch_torrents()
