"""Read the titles of requests whose series no Sonarr has: Seerr's list of requests has none.

Seerr asks TMDB on the internet for a title, so each is asked for once, a few in one look, and only
while somebody waits for it. Nothing rests on a title: a failure says nothing about Seerr's health.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from episodarr.errors import UpstreamError
from episodarr.model.request import MediaRequest
from episodarr.stages.requests import PlacedRequest, wants_title

AT_ONCE = 5
"""Titles in one look."""
AGAIN_AFTER = timedelta(hours=6)
"""A title that could not be had is asked for again."""


class RequestTitles:
    """The titles that were asked for, by TMDB id."""

    def __init__(
        self, fetch_title: Callable[[int], Awaitable[str]], *, clock: Callable[[], datetime]
    ) -> None:
        self.title_by_tmdb_id: Mapping[int, str] = MappingProxyType({})
        """Another object whenever a title came."""
        self._fetch_title = fetch_title
        self._clock = clock
        self._tried_at: dict[int, datetime] = {}

    def missing(self, placed: tuple[PlacedRequest, ...]) -> tuple[int, ...]:
        """TMDB ids of the titles that a look would ask for now."""
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
        """Ask for these titles; the first failure ends the look, for the next may fail alike."""
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
        """The request with its title, where that was asked for."""
        title = self.title_by_tmdb_id.get(request.tmdb_id or 0)
        return request if title is None else replace(request, title=title)
