"""Jellyfin as a witness: at leisure for inventories, with new answers for everything else."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from exporter.app.witnesses.rivals import RivalsOf
from exporter.app.witnesses.sharing import Lasting
from exporter.errors import BadPayload
from exporter.join.paths import parts_of
from exporter.model.inventory import JellyfinHolding, LibraryFile, ShokoHolding, Taken
from exporter.model.library import Series
from exporter.model.look import JellyfinQuestion, JellyfinSeen
from exporter.model.testimony import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSeries,
    JellyfinServer,
)
from exporter.upstream.jellyfin.client import JellyfinClient
from exporter.verifier.systems import JellyfinTestifier

LISTS_LIFETIME = timedelta(minutes=10)
"""A background inventory costs one request: its lists serve those of ten minutes."""


class JellyfinEyes:
    """Jellyfin as a witness.

    An inventory for which nothing is linked counts as complete only if nothing looks like the series
    either: Jellyfin may have it without an id of any database.
    """

    def __init__(
        self, client: JellyfinClient, *, clock: Callable[[], datetime], rivals_of: RivalsOf
    ) -> None:
        self._rivals_of = rivals_of
        self._lists = _LastingLists(client, clock)
        self._at_leisure = JellyfinTestifier(self._lists)
        self._now = JellyfinTestifier(_Privileged(client))

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
    ) -> Taken[JellyfinHolding]:
        """The playable entries that these files back; incomplete if some cannot be told.

        Raises:
            UpstreamError: no good answer, or one that lists no series at all.
        """
        rivals = self._rivals_of(series)
        taken = await self._at_leisure.holding(series, files, shoko, now, rivals)
        if not taken.value.series_ids and _is_newer(files, self._lists.series.asked_at):
            self._lists.forget()
            taken = await self._at_leisure.holding(series, files, shoko, now, rivals)
        if taken.value.series_ids:
            return taken
        listed = await self._lists.fetch_all_series()
        others = taken.value.other_folders
        standing = (item for item in listed if item.path not in others)
        return replace(taken, is_complete=not _is_there_unlinked(series, standing))

    async def look(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """What is listed of a deletion's entries now.

        Raises:
            UpstreamError: no good and complete answer.
        """
        return await self._now.look(question, now)

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Tell Jellyfin that its own paths changed; it looks after about a minute of quiet.

        Raises:
            UpstreamError: it was not taken.
        """
        await self._now.rescan(paths)


class _Privileged:
    """The client, letting only those look who may list the libraries: an administrator's key.

    Who sees less could take what is hidden from it for gone.
    """

    def __init__(self, client: JellyfinClient) -> None:
        self._client = client
        self.fetch_all_series = client.fetch_all_series
        self.fetch_libraries = client.fetch_libraries
        self.fetch_episodes = client.fetch_episodes
        self.fetch_items = client.fetch_items
        self.report_media_updated = client.report_media_updated

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers, after it showed its libraries."""
        await self._client.fetch_libraries()
        return await self._client.fetch_identity()


class _LastingLists:
    """The client with lists that serve for a while; an empty list of series is no answer."""

    def __init__(self, client: JellyfinClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._server = Lasting(
            _Privileged(client).fetch_identity, clock=clock, lifetime=LISTS_LIFETIME
        )
        self._libraries = Lasting(client.fetch_libraries, clock=clock, lifetime=LISTS_LIFETIME)
        self.series = Lasting(self._fetch_series, clock=clock, lifetime=LISTS_LIFETIME)

    def forget(self) -> None:
        """Have the list of series read again."""
        self.series.forget()

    async def _fetch_series(self) -> tuple[JellyfinSeries, ...]:
        series = await self._client.fetch_all_series()
        if not series:
            raise BadPayload("series", "it lists no series at all; are its libraries mounted?")
        return series

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""
        return await self._server.get()

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""
        return await self.series.get()

    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        """All libraries with their folders."""
        return await self._libraries.get()

    async def fetch_episodes(
        self, series_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]:
        """The episodes that are files, by series."""
        wanted = tuple(series_ids)
        found = await self._client.fetch_episodes(wanted)
        if len(found) < len(wanted):
            self.forget()
        return found

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """Those of the given items that exist."""
        return await self._client.fetch_items(item_ids)

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        """Asks Jellyfin to look again at its own paths."""
        await self._client.report_media_updated(paths)


def _is_newer(files: Iterable[LibraryFile], listed_at: datetime) -> bool:
    return any(file.added_at is not None and file.added_at >= listed_at for file in files)


def _is_there_unlinked(series: Series, listed: Iterable[JellyfinSeries]) -> bool:
    folder = parts_of(series.path)[-1:]
    title = series.title.casefold()
    return any(
        item.name.casefold() == title or (item.path and parts_of(item.path)[-1:] == folder)
        for item in listed
    )
