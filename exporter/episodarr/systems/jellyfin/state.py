"""Query Jellyfin for whether imported files are playable: only while some wait, few requests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from episodarr.errors import BadPayload, UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, ShokoFileId
from episodarr.model.library import Episode
from episodarr.model.reading import FailureReason, Fresh, Missing, Reading, Stale
from episodarr.model.records import unread_in
from episodarr.model.sameness import are_same
from episodarr.stages.classify import Availability
from episodarr.systems.cache import LastGood
from episodarr.systems.health import Health
from episodarr.systems.jellyfin.files import Clues
from episodarr.systems.jellyfin.linking import (
    SeriesIndex,
    index_series,
    link_series,
    lists_folder_of,
    match_jellyfin,
)
from episodarr.systems.jellyfin.matches import (
    JellyfinMatch,
    JellyfinMatches,
    JellyfinUnmatched,
    jellyfin_availability,
    jellyfin_match,
)
from episodarr.systems.jellyfin.records import (
    JellyfinCatalog,
    JellyfinEpisode,
    JellyfinId,
    JellyfinSeries,
    JellyfinServer,
    LibraryScan,
)
from episodarr.systems.pending_files import (
    AvailabilityCache,
    PendingSeries,
    PollSchedule,
    ResultBySeries,
    RootFolder,
    SeriesMatch,
    available,
    unavailable,
)
from episodarr.systems.scan_waits import Scan, ScanWaits

PROBE_EVERY = timedelta(seconds=60)
SERIES_EVERY = timedelta(minutes=10)
FRESH_FOR = timedelta(hours=1)
_NO_EPISODES: Mapping[JellyfinId | None, tuple[JellyfinEpisode, ...]] = MappingProxyType({})


class JellyfinSource(Protocol):
    """The Jellyfin client; every method gives a good and complete answer or raises UpstreamError."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""
        ...

    async def fetch_library_scan(self) -> LibraryScan:
        """The state of the scan of all libraries."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class CatalogReader(Protocol):
    """The list of all that Jellyfin has; shared with the verification of deletions."""

    async def read(
        self, max_age: timedelta = ..., series_max_age: timedelta | None = None
    ) -> JellyfinCatalog:
        """The catalog, no older than that; raises UpstreamError."""
        ...


type _Result = tuple[dict[EpisodeNumber, Availability], bool]
"""State per episode, and whether the series cannot be found there."""


class JellyfinState:
    """What is known of Jellyfin, and the state of each file that follows from it."""

    def __init__(
        self,
        source: JellyfinSource,
        catalogs: CatalogReader,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        health: Health | None = None,
        external_url: str | None = None,
    ) -> None:
        self.source = source
        self._catalogs = catalogs
        self.health = health or Health()
        self.server: JellyfinServer | None = None
        self.catalog: LastGood[JellyfinCatalog] = LastGood()
        self.memory = AvailabilityCache()
        self.patience = PollSchedule(clock, self.health, every=every, probe=PROBE_EVERY)
        self.unmatched = 0
        self.links: dict[SeriesKey, str] = {}
        self._clock = clock
        self._every = every
        self._keep = keep
        self._external_url = external_url
        self._waits = ScanWaits(started_at=clock())
        self._proofs: tuple[SeriesIndex | None, dict[RootFolder, bool]] = (None, {})
        self._index: tuple[tuple[JellyfinSeries, ...], SeriesIndex] | None = None
        self._items: ResultBySeries[tuple[JellyfinSeries, ...]] = ResultBySeries()
        self._results: ResultBySeries[_Result] = ResultBySeries()
        self._rests_on: tuple[object, ...] = ()
        """Inputs of the last computation of states, while it answers."""

    async def read(self, waiting: Sequence[PendingSeries]) -> None:
        """Send the requests that are due, once; failures are noted, never raised."""
        unseen = self.memory.open_files(waiting)
        open_series = [w for w in waiting if w.series.key in unseen]
        now = self.patience.begin(is_probe=not open_series)
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
            self._waits.see(open_series, scan, now)
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
        self, waiting: Sequence[PendingSeries], now: datetime
    ) -> JellyfinCatalog:
        known = self.catalog.last
        index = self._index_of(known.series if known is not None else ())
        is_new = any(
            _is_fresh(w, now)
            and not link_series(w.series, index, same_series_elsewhere=w.same_series_elsewhere)
            for w in waiting
        )
        catalog = await self._catalogs.read(
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
        waiting: Sequence[PendingSeries],
        shoko_files: Mapping[SeriesKey, Mapping[EpisodeFileId, ShokoFileId]],
        touch: Callable[[SeriesKey], None],
    ) -> Iterator[None]:
        """Compute each file's state as of now, in steps; `touch` gets the series that change."""
        now = self._clock()
        reading = self.catalog.reading(now, self._keep)
        known = None if isinstance(reading, Missing) else reading.value
        index = self._index_of(known.series if known is not None else ())
        answers = known.episodes_by_series if known is not None else _NO_EPISODES
        rests_on = (waiting, index, type(reading), answers, shoko_files, self._waits.scanned_from)
        is_plain = not self.health.failures and not self._waits.is_over(now)
        if is_plain and are_same(rests_on, self._rests_on):
            return
        self._rests_on = rests_on if is_plain else ()
        availabilities: dict[SeriesKey, dict[EpisodeNumber, Availability]] = {}
        unmatched = 0
        for one in waiting:
            key = one.series.key
            clues = (shoko_files.get(key), one.former_paths())
            health = (one, index, type(reading), *clues)
            items = self._items.get(key, health[:2])
            if items is None:
                items = link_series(
                    one.series, index, same_series_elsewhere=one.same_series_elsewhere
                )
                self._items.put(key, health[:2], items)
            listed = tuple(answers.get(item.item_id, ()) for item in items)
            made_of = (*health, self._waits.scanned_from, *listed)
            result = self._results.get(key, made_of) if is_plain else None
            if result is None:
                result = self._evaluate(one, reading, items, clues)
                if is_plain:
                    self._results.put(key, made_of, result)
                yield
            availabilities[key], is_unmatched = result
            unmatched += is_unmatched
        self.unmatched = unmatched
        self._results.keep_only(availabilities.keys())
        self._items.keep_only(availabilities.keys())
        self._waits.keep_only(waiting)
        self.memory.keep_only(waiting)
        self.memory.replace_all(availabilities, touch)

    def _index_of(self, series: tuple[JellyfinSeries, ...]) -> SeriesIndex:
        if self._index is None or self._index[0] is not series:
            self._index = series, index_series(series)
        return self._index[1]

    def _evaluate(
        self,
        one: PendingSeries,
        reading: Reading[JellyfinCatalog],
        items: tuple[JellyfinSeries, ...],
        clues: tuple[Mapping[EpisodeFileId, ShokoFileId] | None, frozenset[str]],
    ) -> _Result:
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
                shoko_file_ids=clues[0] or {},
                earlier_paths=clues[1],
                same_series_elsewhere=one.same_series_elsewhere,
            ),
        )
        self._link(one.series.key, linked)
        is_blank = (
            isinstance(linked, Fresh)
            and isinstance(listed, Fresh)
            and not any(listed.value.values())
        )
        series_match = SeriesMatch(
            matches,
            should_be_listed=is_blank and self._sees_root_of(one),
            was_available=available(one),
            was_unavailable=unavailable(one, self.health),
        )
        availabilities = {
            (e.season, e.episode): self._availability_of(one, e, series_match) for e in one.episodes
        }
        is_unmatched = (
            isinstance(matches, JellyfinUnmatched)
            and Availability.UNMATCHED in availabilities.values()
        )
        return availabilities, is_unmatched

    def _sees_root_of(self, one: PendingSeries) -> bool:
        """Whether Jellyfin lists any other series of the same root folder."""
        known = self.catalog.last
        if one.root is None or known is None:
            return False
        index = self._index_of(known.series)
        if self._proofs[0] is not index:
            self._proofs = index, {}
        proofs = self._proofs[1]
        root = one.root
        if root not in proofs:
            proofs[root] = any(
                lists_folder_of(s, root.same_series_of(s.key), index) for s in root.series
            )
        return proofs[root]

    def _availability_of(
        self, one: PendingSeries, episode: Episode, series_match: SeriesMatch[JellyfinMatches]
    ) -> Availability:
        key, file_id = one.series.key, episode.file_id
        if file_id is None:
            return Availability.NOT_ASKED
        if self.memory.is_settled(key, file_id):
            return Availability.YES
        number = (episode.season, episode.episode)
        now = self._clock()
        result = jellyfin_match(series_match.matches, number)
        if result is JellyfinMatch.UNMATCHED and series_match.should_be_listed:
            result = JellyfinMatch.ABSENT
        file = one.detail.file_by_id.get(file_id)
        is_since_answer = self.patience.is_since_answer(file.added_at if file else None)
        was_available = number in series_match.was_available
        availability = jellyfin_availability(
            result,
            self.memory.last_good(key, file_id),
            is_imported_since_answer=is_since_answer or number in series_match.was_unavailable,
            has_waited=self._waits.has_waited(key, file_id, now, was_available=was_available),
        )
        is_good = result is not JellyfinMatch.UNKNOWN
        if is_good or self.health.failures:
            self.memory.note(key, file_id, availability, is_good=is_good)
        return availability

    def _link(self, key: SeriesKey, linked: Reading[tuple[JellyfinSeries, ...]]) -> None:
        if self._external_url is None or isinstance(linked, Missing) or not linked.value:
            return
        self.links[key] = f"{self._external_url}/web/#/details?id={linked.value[0].item_id}"

    def upstream_health(self) -> UpstreamHealth:
        """How Jellyfin answers."""
        version = self.server.version if self.server is not None else None
        return self.health.view("jellyfin", System.JELLYFIN, version)


def _is_fresh(waiting: PendingSeries, now: datetime) -> bool:
    """Whether a file came lately: Jellyfin may be about to find the series."""
    files = (waiting.detail.file_by_id.get(e.file_id) for e in waiting.episodes if e.file_id)
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
