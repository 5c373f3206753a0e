"""Ask Shoko whether imported anime is matched to AniDB: about active seasons only."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from exporter.errors import UpstreamError
from exporter.join.classify import Word
from exporter.join.shoko import paths_to_ask, shoko_testimony
from exporter.join.words import shoko_says
from exporter.model.health import System, UpstreamHealth
from exporter.model.ids import EpisodeFileId, SeriesKey
from exporter.model.library import Episode
from exporter.model.reading import Missing, Reading
from exporter.model.sameness import are_same
from exporter.model.testimony import (
    Number,
    ShokoFileId,
    ShokoNotSeen,
    ShokoPathLook,
    ShokoSees,
    ShokoServer,
    ShokoTestimony,
    ShokoUnknown,
    ShokoWord,
    shoko_word,
)
from exporter.poller.doubt import FEWEST, Doubt
from exporter.poller.kept import Kept, Looks
from exporter.poller.waiting import (
    Memory,
    Patience,
    Spoken,
    WaitingSeries,
    unavailable,
    unsettled,
)

PROBE_EVERY = timedelta(seconds=60)
SERIES_PER_LOOK = 10
"""Series whose files are asked about in one look; the others follow in the next ones."""
CONTROLS = 3
"""Files of other series by which Shoko is known again."""
_NEVER = datetime.min.replace(tzinfo=UTC)


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

    async def fetch_files_at(self, paths: Iterable[str]) -> ShokoPathLook:
        """What Shoko has at some of Sonarr's paths."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


type _Said = tuple[dict[Number, Word], dict[EpisodeFileId, ShokoFileId], bool]
"""Words, Shoko's files, and whether it was never seen to have the series."""


class ShokoLedger:
    """What is known of Shoko, and the words that follow from it."""

    def __init__(
        self,
        source: ShokoSource,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        looks: Looks | None = None,
    ) -> None:
        self.source = source
        self.looks = looks or Looks()
        self.server: ShokoServer | None = None
        self.memory = Memory()
        self.patience = Patience(clock, self.looks, every=every, probe=PROBE_EVERY)
        self.unmatched = 0
        self.files: dict[SeriesKey, dict[EpisodeFileId, ShokoFileId]] = {}
        """Shoko's files of the waiting series: they tie items of Shokofin to episodes."""
        self._clock = clock
        self._keep = keep
        self._seen: dict[SeriesKey, Kept[ShokoPathLook]] = {}
        self._asked_at: dict[SeriesKey, datetime] = {}
        self._spoken: Spoken[_Said] = Spoken()
        self._looked = object()
        """Another one after each answer about files."""
        self._rests_on: tuple[object, ...] = ()
        """Everything that the words were worked out from last, while it answers."""
        self._is_let_in = False
        self._controls: dict[SeriesKey, str] = {}
        self._doubt = Doubt(
            "files_at",
            "it has none of the files that it had; is this still the same Shoko? If so, it is"
            " believed in a quarter of an hour",
            clock=clock,
        )

    async def look(self, waiting: Sequence[WaitingSeries]) -> None:
        """Ask once what has to be asked; failures are noted, never raised."""
        unseen = self.memory.open_files(waiting)
        open_series = [w for w in waiting if w.series.key in unseen]
        now = self.patience.begin(is_probe=not open_series)
        try:
            await self._greet(is_probe=not open_series)
            order = sorted(
                open_series, key=lambda w: (self._asked_at.get(w.series.key, _NEVER), w.series.key)
            )
            for one in order[:SERIES_PER_LOOK]:
                await self._look_at_files(one)
                self._asked_at[one.series.key] = now
            self.looks.failures.clear()
        except UpstreamError as error:
            self._is_let_in = False
            for kept in self._seen.values():
                kept.fail(error.reason)

    async def _greet(self, *, is_probe: bool) -> None:
        if not self._is_let_in:
            self.server = await self.looks.attempt("init", self.source.fetch_server, self._clock)
            await self.looks.attempt("user", self.source.fetch_is_unrestricted, self._clock)
            self._is_let_in = True
        elif is_probe:
            await self.looks.attempt("init", self.source.fetch_readiness, self._clock)

    async def _look_at_files(self, one: WaitingSeries) -> None:
        kept = self._seen.setdefault(one.series.key, Kept())
        ids = {e.file_id for e in unsettled(one, self.memory) if e.file_id is not None}
        paths = paths_to_ask(one.detail.file_by_id, ids)
        key = one.series.key
        await self.looks.attempt(
            "files_at", lambda: self._fetch_files_at(key, paths), self._clock, kept
        )
        self._looked = object()

    async def _fetch_files_at(self, key: SeriesKey, paths: tuple[str, ...]) -> ShokoPathLook:
        """What Shoko has there; where that is nothing, it has to show what it showed before."""
        look = await self.source.fetch_files_at(paths)
        if look.files:
            self._note_control(key, look)
        elif self._controls:
            controls = await self.source.fetch_files_at(self._controls.values())
            self._doubt.check(had=FEWEST, has=len(controls.files))
            if not controls.files:
                self._controls.clear()
        return look

    def _note_control(self, key: SeriesKey, look: ShokoPathLook) -> None:
        """Remember a file of this series, and of a few others, that Shoko was seen to have."""
        names = {
            (place.absolute_path or place.relative_path).rpartition("/")[2]
            for file in look.files
            for place in file.places
        }
        found = (path for path in look.asked_paths if path.rpartition("/")[2] in names)
        path = min(found, default=None)
        if path is not None:
            self._controls.pop(key, None)
            self._controls[key] = path
        while len(self._controls) > CONTROLS:
            del self._controls[next(iter(self._controls))]

    def speak(
        self, waiting: Sequence[WaitingSeries], touch: Callable[[SeriesKey], None]
    ) -> Iterator[None]:
        """Work out the words that count now, step by step, and say which series they change."""
        now = self._clock()
        rests_on = (*waiting, self._looked)
        is_plain = not self.looks.failures and not any(k.is_failing for k in self._seen.values())
        if is_plain and are_same(rests_on, self._rests_on):
            return
        self._rests_on = rests_on if is_plain else ()
        words: dict[SeriesKey, dict[Number, Word]] = {}
        files: dict[SeriesKey, dict[EpisodeFileId, ShokoFileId]] = {}
        unmatched = 0
        for one in waiting:
            key = one.series.key
            reading = self._seen.get(key, Kept[ShokoPathLook]()).reading(now, self._keep)
            shown = None if isinstance(reading, Missing) else reading.value
            made_of = (one, type(reading), shown)
            said = self._spoken.get(key, made_of)
            if said is None or self.looks.failures:
                said = self._speak_of(one, reading)
                if not self.looks.failures:
                    self._spoken.put(key, made_of, said)
                yield
            words[key], files[key], is_unseen = said
            unmatched += is_unseen
        self.files, self.unmatched = files, unmatched
        self._spoken.keep_only(words.keys())
        self._seen = {k: v for k, v in self._seen.items() if k in words}
        self._asked_at = {k: v for k, v in self._asked_at.items() if k in words}
        self.memory.keep_only(waiting)
        self.memory.replace_words(words, touch)

    def _speak_of(self, one: WaitingSeries, reading: Reading[ShokoPathLook]) -> _Said:
        testimony = shoko_testimony(
            one.series,
            one.detail.episodes,
            one.detail.file_by_id,
            reading,
            rivals=one.rivals,
        )
        before = unavailable(one, self.looks)
        words = {(e.season, e.episode): self._word(one, e, testimony, before) for e in one.episodes}
        return words, _file_ids(one, testimony), isinstance(testimony, ShokoNotSeen)

    def _word(
        self,
        one: WaitingSeries,
        episode: Episode,
        testimony: ShokoTestimony,
        was_unavailable: frozenset[Number],
    ) -> Word:
        key, file_id = one.series.key, episode.file_id
        if file_id is None:
            return Word.NOT_ASKED
        if self.memory.is_settled(key, file_id):
            return Word.YES
        said = shoko_word(testimony, (episode.season, episode.episode))
        file = one.detail.file_by_id.get(file_id)
        word = shoko_says(
            said,
            self.memory.last_good(key, file_id),
            is_imported_since_answer=self.patience.is_since_answer(file.added_at if file else None)
            or (episode.season, episode.episode) in was_unavailable,
        )
        is_good = said is not ShokoWord.UNKNOWN
        if is_good or self.looks.failures:
            self.memory.note(key, file_id, word, is_good=is_good)
        return word

    def health(self) -> UpstreamHealth:
        """How Shoko answers."""
        version = self.server.version if self.server is not None else None
        return self.looks.health("shoko", System.SHOKO, version)


def _file_ids(one: WaitingSeries, testimony: ShokoTestimony) -> dict[EpisodeFileId, ShokoFileId]:
    known = testimony.last_known if isinstance(testimony, ShokoUnknown) else testimony
    if not isinstance(known, ShokoSees):
        return {}
    by_number: Mapping[Number, ShokoFileId] = known.file_id_by_number
    return {
        e.file_id: by_number[e.season, e.episode]
        for e in one.detail.episodes
        if e.file_id is not None and (e.season, e.episode) in by_number
    }
