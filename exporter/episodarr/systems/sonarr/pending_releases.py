"""Which episodes a queue row is about, where `/queue/details` does not name them.

`/queue/details` of Sonarr 5 names no episode of a release that waits to be given to a client; the
paged `/queue` does. It is requested once whenever there is such a row for which it was not.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.download import QueueRow
from episodarr.model.ids import DownloadId, SonarrEpisodeId, SonarrSeriesId

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""A row that the paged queue did not have: it may have come or gone between the two answers."""


class _Release(Struct, frozen=True, gc=False):
    """What a row has in both answers; its own number differs."""

    series_id: SonarrSeriesId
    download_id: DownloadId | None
    title: str
    added_at: datetime | None
    indexer: str
    size_bytes: int


class _Place(Struct, frozen=True, gc=False):
    """What the paged queue adds to a row."""

    row_id: int
    episode_id: SonarrEpisodeId
    season: int | None


class PendingEpisodes:
    """The episodes of the rows of one Sonarr's queue that name none themselves."""

    def __init__(
        self,
        fetch: Callable[[Sequence[SonarrSeriesId]], Awaitable[Sequence[QueueRow]]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """`fetch` gives the rows of the paged queue of these series."""
        self._fetch = fetch
        self._clock = clock
        self._places: dict[_Release, tuple[_Place, ...]] = {}
        self._asked_at: dict[_Release, datetime] = {}
        self._given: tuple[QueueRow, ...] | None = None
        self._named: tuple[QueueRow, ...] = ()

    def is_missing(self, rows: Iterable[QueueRow]) -> bool:
        """Whether the paged queue has to be read for any of these rows."""
        return bool(self._unasked(_releases(rows)))

    async def ask(self, rows: Iterable[QueueRow]) -> None:
        """Read the paged queue for these rows.

        Raises:
            UpstreamError: no good answer; it is requested again next time.
        """
        releases = _releases(rows)
        unasked = self._unasked(releases)
        listed = await self._fetch(sorted({release.series_id for release in unasked}))
        places: dict[_Release, dict[SonarrEpisodeId, _Place]] = {}
        for row in listed:
            if row.series_id is not None and row.episode_id is not None:
                place = _Place(row.row_id, row.episode_id, row.season)
                places.setdefault(_release_of(row, row.series_id), {})[row.episode_id] = place
        now = self._clock()
        self._asked_at = {r: at for r, at in self._asked_at.items() if r in releases}
        self._asked_at |= dict.fromkeys(unasked, now)
        self._places = {r: p for r, p in self._places.items() if r in releases}
        self._places |= {r: tuple(places[r].values()) for r in unasked if r in places}
        self._given = None

    def named(self, rows: tuple[QueueRow, ...]) -> tuple[QueueRow, ...]:
        """The rows, each that names no episode replaced by one for each of its episodes.

        One whose episodes are not known stays as it is. The same tuple while nothing changed.
        """
        if rows is not self._given:
            named = tuple(self._name(rows))
            self._named = rows if named == rows else named
            self._given = rows
        return self._named

    def _name(self, rows: Iterable[QueueRow]) -> Iterable[QueueRow]:
        done: set[_Release] = set()
        for row in rows:
            if row.series_id is None or row.episode_id is not None:
                yield row
                continue
            release = _release_of(row, row.series_id)
            places = self._places.get(release, ())
            if not places:
                yield row
            elif release not in done:
                done.add(release)
                for place in places:
                    yield replace(
                        row,
                        row_id=place.row_id,
                        episode_id=place.episode_id,
                        season=place.season,
                    )

    def _unasked(self, releases: Iterable[_Release]) -> list[_Release]:
        now = self._clock()
        return [
            release
            for release in releases
            if release not in self._places
            and ((at := self._asked_at.get(release)) is None or now - at >= ASK_AGAIN_AFTER)
        ]


def _releases(rows: Iterable[QueueRow]) -> set[_Release]:
    return {
        _release_of(row, row.series_id)
        for row in rows
        if row.series_id is not None and row.episode_id is None
    }


def _release_of(row: QueueRow, series_id: SonarrSeriesId) -> _Release:
    return _Release(
        series_id, row.download_id, row.title, row.added_at, row.indexer, row.size_bytes
    )
