"""Read the requests of Jellyseerr now and then, and join them to the series of every cycle."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from episodarr.errors import UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import SeriesKey, SonarrName, SonarrSeriesId
from episodarr.model.library import Series
from episodarr.model.memo import Memo
from episodarr.model.records import Records, carried_over, has_nameless, unread_in
from episodarr.model.request import MediaRequest, SeerrMedia
from episodarr.model.seerr_servers import SeerrSonarr
from episodarr.model.view import RequestView, SeriesView
from episodarr.stages.requests import (
    PlacedRequest,
    RequestedSeasons,
    named_servers,
    next_airing,
    place_requests,
    requested_seasons,
    unfinished_seasons,
    view_requests,
)
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import Doubt
from episodarr.systems.health import Health
from episodarr.systems.jellyseerr.titles import RequestTitles

SERVERS_EVERY = timedelta(hours=1)


class JellyseerrSource(Protocol):
    """The Jellyseerr client; every method gives a good and complete answer or raises UpstreamError."""

    async def fetch_version(self) -> str:
        """Its version."""
        ...

    async def fetch_requests(self) -> tuple[MediaRequest, ...]:
        """All requests for television."""
        ...

    async def fetch_media(self) -> tuple[SeerrMedia, ...]:
        """All records of series, requested or not."""
        ...

    async def fetch_title(self, tmdb_id: int) -> str:
        """The title of a series that no Sonarr has."""
        ...

    async def fetch_sonarr_servers(self) -> tuple[SeerrSonarr, ...]:
        """The Sonarr servers of its settings; needs an administrator's key."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class JellyseerrState:
    """What is known of Jellyseerr, and what follows for series and requests."""

    def __init__(
        self,
        source: JellyseerrSource,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        url_by_sonarr: Mapping[SonarrName, str],
        health: Health | None = None,
    ) -> None:
        self.source = source
        self.health = health or Health()
        self.version: str | None = None
        self.requests: LastGood[tuple[MediaRequest, ...]] = LastGood()
        self.asked: Mapping[SeriesKey, RequestedSeasons] = {}
        self.views: tuple[RequestView, ...] = ()
        self._clock = clock
        self._every = every
        self._keep = keep
        self.url_by_sonarr = url_by_sonarr
        self._titles = RequestTitles(source.fetch_title, clock=clock)
        self._servers: tuple[SeerrSonarr, ...] = ()
        self._servers_at: datetime | None = None
        self._read_at: datetime | None = None
        self._placed: tuple[PlacedRequest, ...] = ()
        self._placement = Memo[tuple[PlacedRequest, ...]]()
        self._are_asked = Memo[None]()
        self._are_shown = Memo[None]()
        self._doubt = Doubt(
            "requests",
            "it lists no request any more; is this still the same server? If so, it is believed"
            " in a quarter of an hour",
            clock=clock,
        )

    def is_due(self) -> bool:
        """Whether something is to be read in this cycle."""
        return self._are_requests_due() or self._are_titles_due()

    def _are_titles_due(self) -> bool:
        return not self.health.failures and bool(self._titles.missing(self._placed))

    def _are_requests_due(self) -> bool:
        """After a failure sooner than usual."""
        if self._read_at is None:
            return True
        wait = min(self._every, timedelta(minutes=1)) if self.health.failures else self._every
        return self._clock() - self._read_at >= wait

    async def read(self) -> None:
        """Read what is due once; failures are noted, never raised."""
        if self._are_requests_due():
            await self._read_requests()
        if self._are_titles_due():
            await self._titles.read(self._titles.missing(self._placed))

    async def _read_requests(self) -> None:
        now = self._clock()
        self._read_at = now
        with suppress(UpstreamError):
            await self.health.attempt("requests", self._fetch_requests, self._clock, self.requests)
            if self._servers_at is None or now - self._servers_at >= SERVERS_EVERY:
                await self._read_version()
                self._servers = await self.health.attempt(
                    "sonarr_servers", self.source.fetch_sonarr_servers, self._clock
                )
                self._servers_at = now

    async def _read_version(self) -> None:
        """It is only shown: a failure to read it is no failure of the rest."""
        with suppress(UpstreamError):
            self.version = await self.source.fetch_version()

    async def _fetch_requests(self) -> tuple[MediaRequest, ...]:
        requests = await self.source.fetch_requests()
        before = self.requests.last or ()
        unread = unread_in(requests)
        self._doubt.check(had=len(before), has=len(requests) + len(unread))
        if not unread or has_nameless(requests):
            return requests
        # Of which only the number can be read is there, and as it was.
        known = ((request.request_id, request) for request in before)
        old = carried_over(known, requests, [request.request_id for request in requests])
        return Records((*requests, *old), unread)

    def join(
        self,
        libraries: Iterable[Mapping[SonarrSeriesId, Series]],
        views: Mapping[SeriesKey, SeriesView],
        touch: Callable[[SeriesKey], None],
    ) -> None:
        """Bring requests up to date with the series' views; reports the series they change."""
        now = self._clock()
        requests = self.requests.value(now, self._keep)
        if requests is None:
            self._placed = ()
        else:
            self._place(requests, tuple(libraries))
        if self._are_asked.holds((self._placed, views), now):
            return
        asked = self._asked(views, now)
        for key in asked.keys() | self.asked.keys():
            if asked.get(key) != self.asked.get(key):
                touch(key)
        self.asked = asked
        self._are_asked.put(
            (self._placed, views), None, until=next_airing(self._placed, views, now)
        )

    def show(self, views: Mapping[SeriesKey, SeriesView]) -> None:
        """Make the views; one that did not change stays the same object."""
        now = self._clock()
        if self._are_shown.holds((self._placed, views), now):
            return
        before = {view.request_id: view for view in self.views}
        shown = view_requests(self._placed, views, now)
        self.views = tuple(
            old if (old := before.get(view.request_id)) == view and old is not None else view
            for view in shown
        )
        self._are_shown.put(
            (self._placed, views), None, until=next_airing(self._placed, views, now)
        )

    def _place(
        self,
        requests: tuple[MediaRequest, ...],
        libraries: tuple[Mapping[SonarrSeriesId, Series], ...],
    ) -> None:
        """Find the series of each request; again only when requests or libraries are others."""

        def place() -> tuple[PlacedRequest, ...]:
            library = [series for one in libraries for series in one.values()]
            servers = named_servers(self._servers, self.url_by_sonarr, requests, library)
            return place_requests(map(self._titles.name, requests), library, servers)

        inputs = (requests, self._titles.title_by_tmdb_id, self._servers, *libraries)
        self._placed = self._placement.of(inputs, place)

    def _asked(
        self, views: Mapping[SeriesKey, SeriesView], now: datetime
    ) -> dict[SeriesKey, RequestedSeasons]:
        seasons = requested_seasons(self._placed)
        unfinished = unfinished_seasons(self._placed, views, now)
        return {
            key: RequestedSeasons(
                seasons=seasons.get(key, frozenset()),
                unfinished_seasons=unfinished.get(key, frozenset()),
            )
            for key in seasons.keys() | unfinished.keys()
        }

    def upstream_health(self) -> UpstreamHealth:
        """How Jellyseerr answers."""
        return self.health.view("jellyseerr", System.JELLYSEERR, self.version)
