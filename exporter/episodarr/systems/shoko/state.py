"""Query Shoko for whether imported anime is matched to AniDB: active seasons only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol

from episodarr.errors import UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, ShokoFileId
from episodarr.model.library import Episode
from episodarr.model.reading import Missing, Reading
from episodarr.model.sameness import are_same
from episodarr.stages.classify import Availability
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import FEWEST, Doubt
from episodarr.systems.health import Health
from episodarr.systems.pending_files import (
    AvailabilityCache,
    PendingSeries,
    PollSchedule,
    ResultBySeries,
    RootFolder,
    SeriesMatch,
    available,
    unavailable,
    unsettled,
)
from episodarr.systems.scan_waits import ScanWaits
from episodarr.systems.shoko.matches import (
    ShokoMatch,
    ShokoMatches,
    ShokoNotSeen,
    ShokoSees,
    ShokoUnknown,
    shoko_availability,
    shoko_match,
)
from episodarr.systems.shoko.matching import match_shoko, paths_to_ask
from episodarr.systems.shoko.records import ShokoPathCheck, ShokoServer

PROBE_EVERY = timedelta(seconds=60)
SERIES_PER_READ = 10
"""Series whose files are queried in one read; the others follow in the next ones."""
PROOF_EVERY = timedelta(minutes=10)
"""How often it is checked again whether Shoko watches a root folder after all."""
BESIDE_ASKED = 5
"""Files of other series of a root folder, one each, of which Shoko should have any."""
CONTROLS = 3
"""How many files of other series identify the same Shoko again."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_UNPROVEN = (_NEVER, False)


class ShokoSource(Protocol):
    """The Shoko client; every method gives a good and complete answer or raises UpstreamError."""

    async def fetch_server(self) -> ShokoServer:
        """Version and readiness."""
        ...

    async def fetch_is_unrestricted(self) -> bool:
        """Whether this user sees everything; proves the credentials."""
        ...

    async def fetch_readiness(self) -> int:
        """The major version of a Shoko that has started, in one request."""
        ...

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathCheck:
        """What Shoko has at some of Sonarr's paths."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


type _Result = tuple[dict[EpisodeNumber, Availability], dict[EpisodeFileId, ShokoFileId], bool]
"""State per episode, Shoko's files, and whether it was never seen to have the series."""


class ShokoState:
    """What is known of Shoko, and the state of each file that follows from it."""

    def __init__(
        self,
        source: ShokoSource,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        health: Health | None = None,
    ) -> None:
        self.source = source
        self.health = health or Health()
        self.server: ShokoServer | None = None
        self.memory = AvailabilityCache()
        self.patience = PollSchedule(clock, self.health, every=every, probe=PROBE_EVERY)
        self.unmatched = 0
        self.files: dict[SeriesKey, dict[EpisodeFileId, ShokoFileId]] = {}
        """Shoko's files of the waiting series: they tie items of Shokofin to episodes."""
        self._clock = clock
        self._keep = keep
        self._seen: dict[SeriesKey, LastGood[ShokoPathCheck]] = {}
        self._asked_at: dict[SeriesKey, datetime] = {}
        self._results: ResultBySeries[_Result] = ResultBySeries()
        self._checked = object()
        """Another one after each answer about files."""
        self._rests_on: tuple[object, ...] = ()
        """Inputs of the last computation of states, while it answers."""
        self._is_let_in = False
        self._controls: dict[SeriesKey, str] = {}
        self._waits = ScanWaits(started_at=clock())
        self._proofs: dict[RootFolder, tuple[datetime, bool]] = {}
        """Root folders of Sonarr's, and whether Shoko was seen to have a file below them."""
        self._doubt = Doubt(
            "files_at",
            "it has none of the files that it had; is this still the same Shoko? If so, it is"
            " believed in a quarter of an hour",
            clock=clock,
        )

    async def read(self, waiting: Sequence[PendingSeries]) -> None:
        """Send the requests that are due, once; failures are noted, never raised."""
        unseen = self.memory.open_files(waiting)
        open_series = [w for w in waiting if w.series.key in unseen]
        now = self.patience.begin(is_probe=not open_series)
        try:
            await self._greet(is_probe=not open_series)
            order = sorted(
                open_series, key=lambda w: (self._asked_at.get(w.series.key, _NEVER), w.series.key)
            )
            for one in order[:SERIES_PER_READ]:
                await self._read_files(one)
                await self._read_root(one, now)
                self._asked_at[one.series.key] = now
            self._waits.see(open_series, None, now)
            self.health.failures.clear()
        except UpstreamError as error:
            self._is_let_in = False
            for kept in self._seen.values():
                kept.fail(error.reason)

    async def _greet(self, *, is_probe: bool) -> None:
        if not self._is_let_in:
            self.server = await self.health.attempt("init", self.source.fetch_server, self._clock)
            await self.health.attempt("user", self.source.fetch_is_unrestricted, self._clock)
            self._is_let_in = True
        elif is_probe:
            await self.health.attempt("init", self.source.fetch_readiness, self._clock)

    async def _read_files(self, one: PendingSeries) -> None:
        kept = self._seen.setdefault(one.series.key, LastGood())
        ids = {e.file_id for e in unsettled(one, self.memory) if e.file_id is not None}
        paths = paths_to_ask(one.detail.file_by_id, ids)
        key = one.series.key
        await self.health.attempt(
            "files_at", lambda: self._fetch_files_at(key, paths), self._clock, kept
        )
        self._checked = object()

    async def _read_root(self, one: PendingSeries, now: datetime) -> None:
        """Check whether Shoko watches the root folder of a series of which it has nothing."""
        read = self._seen[one.series.key].last
        if one.root is None or read is None or read.files:
            return
        known = self._proofs.get(one.root)
        if known is not None and (known[1] or now - known[0] < PROOF_EVERY):
            return
        paths = tuple(islice(_files_beside(one), BESIDE_ASKED))
        seen = bool(paths) and bool(
            (
                await self.health.attempt(
                    "files_at", lambda: self.source.fetch_files_at(paths), self._clock
                )
            ).files
        )
        self._proofs = {r: p for r, p in self._proofs.items() if r is not one.root}
        self._proofs[one.root] = (now, seen)
        self._checked = object()

    def _watches_root_of(self, one: PendingSeries) -> bool:
        return one.root is not None and self._proofs.get(one.root, _UNPROVEN)[1]

    async def _fetch_files_at(self, key: SeriesKey, paths: tuple[str, ...]) -> ShokoPathCheck:
        """What Shoko has there; if nothing, files it had before have to be there as controls."""
        read = await self.source.fetch_files_at(paths)
        if read.files:
            self._note_control(key, read)
        elif self._controls:
            controls = await self.source.fetch_files_at(self._controls.values())
            self._doubt.check(had=FEWEST, has=len(controls.files))
            if not controls.files:
                self._controls.clear()
        return read

    def _note_control(self, key: SeriesKey, read: ShokoPathCheck) -> None:
        """Remember a file of this series, and of a few others, that Shoko was seen to have."""
        names = {
            (place.absolute_path or place.relative_path).rpartition("/")[2]
            for file in read.files
            for place in file.places
        }
        found = (path for path in read.asked_paths if path.rpartition("/")[2] in names)
        path = min(found, default=None)
        if path is not None:
            self._controls.pop(key, None)
            self._controls[key] = path
        while len(self._controls) > CONTROLS:
            del self._controls[next(iter(self._controls))]

    def evaluate(
        self, waiting: Sequence[PendingSeries], touch: Callable[[SeriesKey], None]
    ) -> Iterator[None]:
        """Compute each file's state as of now, in steps; `touch` gets the series that change."""
        now = self._clock()
        rests_on = (*waiting, self._checked)
        is_plain = not self.health.failures and not any(k.is_failing for k in self._seen.values())
        is_plain = is_plain and not self._waits.is_over(now)
        if is_plain and are_same(rests_on, self._rests_on):
            return
        self._rests_on = rests_on if is_plain else ()
        availabilities: dict[SeriesKey, dict[EpisodeNumber, Availability]] = {}
        files: dict[SeriesKey, dict[EpisodeFileId, ShokoFileId]] = {}
        unmatched = 0
        for one in waiting:
            key = one.series.key
            reading = self._seen.get(key, LastGood[ShokoPathCheck]()).reading(now, self._keep)
            shown = None if isinstance(reading, Missing) else reading.value
            made_of = (one, type(reading), shown, self._watches_root_of(one))
            result = self._results.get(key, made_of) if is_plain else None
            if result is None:
                result = self._evaluate(one, reading)
                if is_plain:
                    self._results.put(key, made_of, result)
                yield
            availabilities[key], files[key], is_unseen = result
            unmatched += is_unseen
        self.files, self.unmatched = files, unmatched
        self._results.keep_only(availabilities.keys())
        self._seen = {k: v for k, v in self._seen.items() if k in availabilities}
        self._asked_at = {k: v for k, v in self._asked_at.items() if k in availabilities}
        roots = {one.root for one in waiting}
        self._proofs = {r: p for r, p in self._proofs.items() if r in roots}
        self._waits.keep_only(waiting)
        self.memory.keep_only(waiting)
        self.memory.replace_all(availabilities, touch)

    def _evaluate(self, one: PendingSeries, reading: Reading[ShokoPathCheck]) -> _Result:
        matches = match_shoko(
            one.series,
            one.detail.episodes,
            one.detail.file_by_id,
            reading,
            same_series_elsewhere=one.same_series_elsewhere,
        )
        series_match = SeriesMatch(
            matches,
            should_be_listed=isinstance(matches, ShokoNotSeen) and self._watches_root_of(one),
            was_available=available(one),
            was_unavailable=unavailable(one, self.health),
        )
        availabilities = {
            (e.season, e.episode): self._availability_of(one, e, series_match) for e in one.episodes
        }
        is_unseen = (
            isinstance(matches, ShokoNotSeen) and Availability.UNMATCHED in availabilities.values()
        )
        return availabilities, _file_ids(one, matches), is_unseen

    def _availability_of(
        self, one: PendingSeries, episode: Episode, series_match: SeriesMatch[ShokoMatches]
    ) -> Availability:
        key, file_id = one.series.key, episode.file_id
        if file_id is None:
            return Availability.NOT_ASKED
        if self.memory.is_settled(key, file_id):
            return Availability.YES
        number = (episode.season, episode.episode)
        now = self._clock()
        result = shoko_match(series_match.matches, number)
        if result is ShokoMatch.NOT_SEEN and series_match.should_be_listed:
            result = ShokoMatch.ABSENT
        file = one.detail.file_by_id.get(file_id)
        is_since_answer = self.patience.is_since_answer(file.added_at if file else None)
        was_available = number in series_match.was_available
        availability = shoko_availability(
            result,
            self.memory.last_good(key, file_id),
            is_imported_since_answer=is_since_answer or number in series_match.was_unavailable,
            # What Shoko has and AniDB does not know stays so; only its absence is given up.
            has_waited=result is ShokoMatch.ABSENT
            and self._waits.has_waited(key, file_id, now, was_available=was_available),
        )
        is_good = result is not ShokoMatch.UNKNOWN
        if is_good or self.health.failures:
            self.memory.note(key, file_id, availability, is_good=is_good)
        return availability

    def upstream_health(self) -> UpstreamHealth:
        """How Shoko answers."""
        version = self.server.version if self.server is not None else None
        return self.health.view("shoko", System.SHOKO, version)


def _files_beside(one: PendingSeries) -> Iterator[str]:
    """One file each of other series of the same root folder, the oldest of the series read."""
    root = one.root
    for series in root.series if root is not None else ():
        detail = root.detail_of(series) if root is not None else None
        if detail is None or series.key == one.series.key or not series.is_anime:
            continue
        files = sorted(detail.file_by_id.values(), key=lambda f: f.file_id)
        yield from (file.path for file in files[:1])


def _file_ids(one: PendingSeries, matches: ShokoMatches) -> dict[EpisodeFileId, ShokoFileId]:
    known = matches.last_known if isinstance(matches, ShokoUnknown) else matches
    if not isinstance(known, ShokoSees):
        return {}
    by_number: Mapping[EpisodeNumber, ShokoFileId] = known.file_id_by_number
    return {
        e.file_id: by_number[e.season, e.episode]
        for e in one.detail.episodes
        if e.file_id is not None and (e.season, e.episode) in by_number
    }
