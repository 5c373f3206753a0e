"""Query Shoko for whether imported anime is matched to AniDB: active seasons only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from episodarr.errors import UpstreamError
from episodarr.model.health import System, UpstreamHealth
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, ShokoFileId
from episodarr.model.packed import Packed, Packing
from episodarr.model.reading import Missing, Reading
from episodarr.runtime.backpressure import next_turn
from episodarr.stages.availability import FileMatch
from episodarr.stages.classify import Availability
from episodarr.systems.availability import Computation, FileAvailability, SeriesResult
from episodarr.systems.cache import LastGood
from episodarr.systems.doubt import FEWEST, Doubt
from episodarr.systems.health import Health
from episodarr.systems.pending_files import PendingSeries, RootFolder
from episodarr.systems.shoko.client import ShokoClient
from episodarr.systems.shoko.matches import (
    FILE_MATCHES,
    ShokoMatch,
    ShokoMatches,
    ShokoNotSeen,
    ShokoSees,
    ShokoUnknown,
    shoko_match,
)
from episodarr.systems.shoko.matching import match_shoko, paths_to_ask
from episodarr.systems.shoko.records import ShokoFileRecord, ShokoPathCheck, ShokoServer

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
_FILES = Packing(ShokoFileRecord, kept=4)


type _FileIds = Mapping[EpisodeFileId, ShokoFileId]


class ShokoState:
    """What is known of Shoko, and the state of each file that follows from it."""

    def __init__(
        self,
        source: ShokoClient,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        health: Health,
    ) -> None:
        self.source = source
        self.health = health
        self.server: ShokoServer | None = None
        self.availability: FileAvailability[_FileIds] = FileAvailability(
            self.health, clock=clock, every=every
        )
        """Besides the states Shoko's files: they tie items of Shokofin to episodes."""
        self._clock = clock
        self._keep = keep
        self._seen: dict[SeriesKey, LastGood[ShokoPathCheck]] = {}
        self._queried_at: dict[SeriesKey, datetime] = {}
        self._checked = object()
        """Another one after each answer about files."""
        self._is_let_in = False
        self._controls: dict[SeriesKey, str] = {}
        self._watched_roots: dict[RootFolder, tuple[datetime, bool]] = {}
        """Root folders of Sonarr's, and whether Shoko was seen to have a file below them."""
        self._doubt = Doubt(
            "files_at",
            "it has none of the files that it had; is this still the same Shoko? If so, it is"
            " believed in a quarter of an hour",
            clock=clock,
        )

    async def read(self, pending: Sequence[PendingSeries]) -> None:
        """Send the requests that are due, once; failures are noted, never raised."""
        open_series, now = self.availability.begin(pending)
        try:
            await self._greet(is_probe=not open_series)
            order = sorted(
                open_series,
                key=lambda o: (self._queried_at.get(o.series.key, _NEVER), o.series.key),
            )
            for one in order[:SERIES_PER_READ]:
                check = await self._read_files(one)
                await self._read_root(one, check, now)
                self._queried_at[one.series.key] = now
            for _ in self.availability.note_read(open_series, None, now):
                await next_turn()
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

    async def _read_files(self, one: PendingSeries) -> ShokoPathCheck:
        kept = self._seen.setdefault(one.series.key, LastGood())
        paths = paths_to_ask(one.detail.file_by_id, self.availability.unsettled(one))
        key = one.series.key
        check = await self.health.attempt(
            "files_at", lambda: self._fetch_files_at(key, paths), self._clock, kept
        )
        self._checked = object()
        return check

    async def _read_root(self, one: PendingSeries, check: ShokoPathCheck, now: datetime) -> None:
        """Check whether Shoko watches the root folder of a series of which it has nothing."""
        if one.root is None or check.files:
            return
        known = self._watched_roots.get(one.root)
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
        self._watched_roots[one.root] = (now, seen)
        self._checked = object()

    def _watches_root_of(self, one: PendingSeries) -> bool:
        return one.root is not None and self._watched_roots.get(one.root, _UNPROVEN)[1]

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
        return replace(read, files=Packed(read.files, _FILES))

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
        self, pending: Sequence[PendingSeries], touch: Callable[[SeriesKey], None]
    ) -> Iterator[None]:
        """Compute each file's state as of now, in steps; `touch` gets the series that change."""
        now = self._clock()

        def of_series(one: PendingSeries) -> Computation[_FileIds]:
            seen = self._seen.get(one.series.key, LastGood[ShokoPathCheck]())
            reading = seen.reading(now, self._keep)
            answer = None if isinstance(reading, Missing) else reading.value
            return (
                (type(reading), answer, self._watches_root_of(one)),
                lambda: self._evaluate(one, reading),
            )

        before = self.availability.by_series
        yield from self.availability.evaluate(
            pending,
            (self._checked,),
            of_series,
            touch,
            is_answering=not any(kept.is_failing for kept in self._seen.values()),
        )
        there = self.availability.by_series
        if there is not before:
            self._seen = {k: v for k, v in self._seen.items() if k in there}
            self._queried_at = {k: v for k, v in self._queried_at.items() if k in there}
            roots = {one.root for one in pending}
            self._watched_roots = {r: v for r, v in self._watched_roots.items() if r in roots}

    def _evaluate(
        self, one: PendingSeries, reading: Reading[ShokoPathCheck]
    ) -> SeriesResult[_FileIds]:
        matches = match_shoko(
            one.series,
            one.detail.episodes,
            one.detail.file_by_id,
            reading,
            same_series_elsewhere=one.same_series_elsewhere,
        )
        should_have_it = isinstance(matches, ShokoNotSeen) and self._watches_root_of(one)

        def match_of(number: EpisodeNumber) -> FileMatch:
            match = shoko_match(matches, number)
            is_absent = match is ShokoMatch.NOT_SEEN and should_have_it
            return FILE_MATCHES[ShokoMatch.ABSENT if is_absent else match]

        states = self.availability.states_of(one, match_of)
        is_unmatched = (
            isinstance(matches, ShokoNotSeen) and Availability.UNMATCHED in states.values()
        )
        return SeriesResult(states, is_unmatched, _file_ids(one, matches))

    def upstream_health(self) -> UpstreamHealth:
        """How Shoko answers."""
        version = self.server.version if self.server is not None else None
        return self.health.view("shoko", System.SHOKO, version)


def _files_beside(one: PendingSeries) -> Iterator[str]:
    """One file each of other series of the same root folder, the oldest of the series read."""
    if one.root is None:
        return
    for series in one.root.series:
        detail = one.root.detail_of(series)
        if detail is None or series.key == one.series.key or not series.is_anime:
            continue
        files = sorted(detail.file_by_id.values(), key=lambda f: f.file_id)
        yield from (file.path for file in files[:1])


def _file_ids(one: PendingSeries, matches: ShokoMatches) -> dict[EpisodeFileId, ShokoFileId]:
    known = matches.last_known if isinstance(matches, ShokoUnknown) else matches
    if not isinstance(known, ShokoSees):
        return {}
    by_number = known.file_id_by_number
    return {
        e.file_id: by_number[e.season, e.episode]
        for e in one.detail.episodes
        if e.file_id is not None and (e.season, e.episode) in by_number
    }
