"""Query Jellyfin for whether imported files are playable: only while some wait, few requests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, ShokoFileId
from episodarr.model.memo import Memo, MemoByKey
from episodarr.model.reading import FailureReason, Fresh, Missing, Reading, Stale
from episodarr.model.records import unread_in
from episodarr.runtime.backpressure import next_turn
from episodarr.stages.availability import FileMatch
from episodarr.stages.classify import Availability
from episodarr.systems.availability import Computation, FileAvailability, SeriesResult
from episodarr.systems.cache import LastGood
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.catalog import CatalogCache
from episodarr.systems.jellyfin.client import JellyfinClient
from episodarr.systems.jellyfin.files import Clues
from episodarr.systems.jellyfin.linking import (
    SeriesIndex,
    index_series,
    link_series,
    lists_folder_of,
    match_jellyfin,
)
from episodarr.systems.jellyfin.matches import (
    FILE_MATCHES,
    JellyfinMatch,
    JellyfinUnmatched,
    jellyfin_match,
)
from episodarr.systems.jellyfin.packed import NO_EPISODES, NO_LIST, JellyfinCatalog
from episodarr.systems.jellyfin.records import (
    JellyfinSeries,
    JellyfinServer,
)
from episodarr.systems.pending_files import PendingSeries, RootFolder
from episodarr.systems.scan_waits import Scan

SERIES_EVERY = timedelta(minutes=10)
FRESH_FOR = timedelta(hours=1)


class JellyfinState:
    """The last answers of Jellyfin, and the state of each imported file by them."""

    def __init__(
        self,
        source: JellyfinClient,
        catalogs: CatalogCache,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        health: Health,
        external_url: str | None = None,
    ) -> None:
        self.source = source
        self.catalogs = catalogs
        self.health = health
        self.server: JellyfinServer | None = None
        self.catalog: LastGood[JellyfinCatalog] = LastGood()
        self.availability: FileAvailability[None] = FileAvailability(
            self.health, clock=clock, every=every
        )
        self.links: dict[SeriesKey, str] = {}
        self._clock = clock
        self._keep = keep
        self._external_url = external_url
        self._index: Memo[SeriesIndex] = Memo()
        self._items: MemoByKey[SeriesKey, tuple[JellyfinSeries, ...]] = MemoByKey()
        self._lists_root: MemoByKey[RootFolder, bool] = MemoByKey()

    async def read(self, pending: Sequence[PendingSeries]) -> None:
        """Send the requests that are due, once; failures are noted, never raised."""
        open_series, now = self.availability.begin(pending)
        try:
            if not open_series:
                await self._recognize()
                # Nothing waits for the other endpoints: their last failure is not how it stands.
                self.health.failures.clear()
                return
            # The scan first: what had ended then has shown in the list that follows.
            scan = await self._read_scan()
            catalog = await self.health.attempt(
                "episodes", lambda: self._read_catalog(open_series, now), self._clock
            )
            self.server = catalog.server
            self.catalog.succeed(catalog, self._clock())
            for _ in self.availability.note_read(open_series, scan, now):
                await next_turn()
            failed_scan = {k: e for k, e in self.health.failures.items() if k == "tasks"}
            self.health.failures.clear()
            self.health.failures.update(failed_scan)
        except UpstreamError as error:
            self.catalog.fail(error.reason)

    async def _read_scan(self) -> Scan | None:
        try:
            scan = await self.health.attempt("tasks", self.source.fetch_library_scan, self._clock)
        except UpstreamError:
            return None
        return Scan(scan.asked_at, scan.last_started_at if scan.has_completed else None)

    async def _read_catalog(
        self, pending: Sequence[PendingSeries], now: datetime
    ) -> JellyfinCatalog:
        known = self.catalog.last
        is_new = known is None or await self._has_new_series(pending, known, now)
        catalog = await self.catalogs.read(
            timedelta(0), series_max_age=timedelta(0) if is_new else SERIES_EVERY
        )
        self._require_same(catalog.server)
        if not catalog.series:
            # It is queried because Sonarr has files: a server that lists nothing is no witness.
            raise BadPayload(
                "series",
                "it lists no series at all; are its libraries mounted, is it the right one?",
            )
        return catalog

    async def _has_new_series(
        self, pending: Sequence[PendingSeries], known: JellyfinCatalog, now: datetime
    ) -> bool:
        """Whether Jellyfin may have found a series since that it did not list."""
        index = self._index_of(known.series)
        for one in pending:
            if not self._items_of(one, index) and _is_fresh(one, now):
                return True
            await next_turn()
        return False

    async def _recognize(self) -> None:
        """Read which server answers; another one than before at this address is a failure."""
        server = await self.health.attempt("system_info", self._fetch_identity, self._clock)
        self.server = server

    async def _fetch_identity(self) -> JellyfinServer:
        server = await self.source.fetch_identity()
        self._require_same(server)
        return server

    def _require_same(self, server: JellyfinServer) -> None:
        if self.server is not None and server.server_id != self.server.server_id:
            raise BadPayload(
                "system_info",
                "another server answers at this address; if it was moved, restart the exporter",
            )

    def evaluate(
        self,
        pending: Sequence[PendingSeries],
        shoko_files: Mapping[SeriesKey, Mapping[EpisodeFileId, ShokoFileId]],
        touch: Callable[[SeriesKey], None],
    ) -> Iterator[None]:
        """Compute each file's state as of now, in steps; `touch` gets the series that change."""
        reading = self.catalog.reading(self._clock(), self._keep)
        known = None if isinstance(reading, Missing) else reading.value
        index = self._index_of(known.series if known is not None else ())
        answers = known.episodes_by_series if known is not None else NO_LIST

        def of_series(one: PendingSeries) -> Computation[None]:
            shoko_ids, former_paths = shoko_files.get(one.series.key), one.former_paths()
            items = self._items_of(one, index)
            listed = (answers.get(item.item_id, NO_EPISODES) for item in items)
            return (
                (index, type(reading), shoko_ids, former_paths, *listed),
                lambda: self._evaluate(one, reading, items, shoko_ids or {}, former_paths),
            )

        before = self.availability.by_series
        yield from self.availability.evaluate(
            pending, (index, type(reading), answers, shoko_files), of_series, touch
        )
        if self.availability.by_series is not before:
            self._items.keep_only(self.availability.by_series.keys())
            self._lists_root.keep_only({one.root for one in pending if one.root is not None})

    def _index_of(self, series: tuple[JellyfinSeries, ...]) -> SeriesIndex:
        return self._index.of((series,), lambda: index_series(series))

    def _items_of(self, one: PendingSeries, index: SeriesIndex) -> tuple[JellyfinSeries, ...]:
        """The items that are this series."""
        return self._items.of(
            one.series.key,
            (one, index),
            lambda: link_series(one.series, index, same_series_elsewhere=one.same_series_elsewhere),
        )

    def _evaluate(
        self,
        one: PendingSeries,
        reading: Reading[JellyfinCatalog],
        items: tuple[JellyfinSeries, ...],
        shoko_file_ids: Mapping[EpisodeFileId, ShokoFileId],
        former_paths: frozenset[str],
    ) -> SeriesResult[None]:
        linked = _part_of(reading, lambda _: items)
        if not items and not isinstance(reading, Missing) and unread_in(reading.value.series):
            linked = Missing(FailureReason.BAD_PAYLOAD)  # One that cannot be read may be this one.
        listed = _part_of(
            reading,
            lambda catalog: {i.item_id: catalog.episodes_of([i.item_id]) for i in items},
        )
        matches = match_jellyfin(
            one.series,
            one.detail.episodes,
            one.detail.file_by_id,
            linked,
            listed,
            Clues(
                tvdb_ids={e.sonarr_id: e.tvdb_id for e in one.episodes if e.tvdb_id is not None},
                shoko_file_ids=shoko_file_ids,
                earlier_paths=former_paths,
                same_series_elsewhere=one.same_series_elsewhere,
            ),
        )
        self._link(one.series.key, linked)
        is_blank = (
            isinstance(linked, Fresh)
            and isinstance(listed, Fresh)
            and not any(listed.value.values())
        )
        should_be_listed = is_blank and self._lists_root_of(one)

        def match_of(number: EpisodeNumber) -> FileMatch:
            match = jellyfin_match(matches, number)
            is_absent = match is JellyfinMatch.UNMATCHED and should_be_listed
            return FILE_MATCHES[JellyfinMatch.ABSENT if is_absent else match]

        states = self.availability.states_of(one, match_of)
        is_unmatched = (
            isinstance(matches, JellyfinUnmatched) and Availability.UNMATCHED in states.values()
        )
        return SeriesResult(states, is_unmatched, None)

    def _lists_root_of(self, one: PendingSeries) -> bool:
        """Whether Jellyfin lists any other series of the same root folder."""
        known, root = self.catalog.last, one.root
        if root is None or known is None:
            return False
        index = self._index_of(known.series)
        return self._lists_root.of(
            root,
            (index,),
            lambda: any(lists_folder_of(s, root.same_series_of(s.key), index) for s in root.series),
        )

    def _link(self, key: SeriesKey, linked: Reading[tuple[JellyfinSeries, ...]]) -> None:
        if self._external_url is None or isinstance(linked, Missing) or not linked.value:
            return
        self.links[key] = f"{self._external_url}/web/#/details?id={linked.value[0].item_id}"

    def upstream_health(self) -> UpstreamHealth:
        """Jellyfin's health, version and failures, as shown."""
        version = self.server.version if self.server is not None else None
        return self.health.view("jellyfin", System.JELLYFIN, version)


def _is_fresh(one: PendingSeries, now: datetime) -> bool:
    """Whether a file was imported so lately that Jellyfin may still find the series."""
    files = (one.detail.file_by_id.get(e.file_id) for e in one.episodes if e.file_id)
    return any(
        f is not None and f.added_at is not None and now - f.added_at < FRESH_FOR for f in files
    )


def _part_of[T](
    reading: Reading[JellyfinCatalog], part: Callable[[JellyfinCatalog], T]
) -> Reading[T]:
    match reading:
        case Fresh():
            return Fresh(part(reading.value), reading.at)
        case Stale():
            return Stale(part(reading.value), reading.at, reading.reason)
        case Missing():
            return reading
