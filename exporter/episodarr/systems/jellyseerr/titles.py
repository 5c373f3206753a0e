"""Read the titles of requests whose series no Sonarr has: Seerr's list of requests has none.

Seerr requests a title from TMDB on the internet, so each is fetched once, a few in one read, only
while an open request has no name. No other value rests on a title, so a failure does not count as
one of Seerr.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from episodarr.errors import UpstreamError
from episodarr.model.request import MediaRequest
from episodarr.stages.requests import PlacedRequest, wants_title

AT_ONCE = 5
"""Titles in one read."""
AGAIN_AFTER = timedelta(hours=6)
"""When a title that could not be fetched is requested again."""


class RequestTitles:
    """The titles that were fetched, by TMDB id."""

    def __init__(
        self, fetch_title: Callable[[int], Awaitable[str]], *, clock: Callable[[], datetime]
    ) -> None:
        self.title_by_tmdb_id: Mapping[int, str] = MappingProxyType({})
        """Another object whenever a title came."""
        self._fetch_title = fetch_title
        self._clock = clock
        self._tried_at: dict[int, datetime] = {}

    def missing(self, placed: tuple[PlacedRequest, ...]) -> tuple[int, ...]:
        """TMDB ids of the titles that are to be fetched now, at most `AT_ONCE`."""
        now = self._clock()
        ids = dict.fromkeys(
            tmdb_id
            for one in placed
            if (tmdb_id := one.request.tmdb_id)
            and tmdb_id not in self.title_by_tmdb_id
            and wants_title(one)
        )
        due = (i for i in ids if i not in self._tried_at or now - self._tried_at[i] >= AGAIN_AFTER)
        return tuple(due)[:AT_ONCE]

    async def read(self, tmdb_ids: tuple[int, ...]) -> None:
        """Fetch these titles; the first failure ends it, for the next may fail alike."""
        found = dict(self.title_by_tmdb_id)
        for tmdb_id in tmdb_ids:
            self._tried_at[tmdb_id] = self._clock()
            try:
                found[tmdb_id] = await self._fetch_title(tmdb_id)
            except UpstreamError:
                break
        if len(found) > len(self.title_by_tmdb_id):
            self.title_by_tmdb_id = MappingProxyType(found)

    def name(self, request: MediaRequest) -> MediaRequest:
        """The request with its title, where that was fetched."""
        title = self.title_by_tmdb_id.get(request.tmdb_id or 0)
        return request if title is None else replace(request, title=title)
