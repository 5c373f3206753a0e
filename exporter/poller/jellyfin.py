"""Ask Jellyfin whether imported files are playable: about active seasons only, in few requests."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from exporter.errors import BadPayload, UpstreamError
from exporter.join.classify import Word
from exporter.join.jellyfin import SeriesIndex, index_series, jellyfin_testimony, link_series
from exporter.join.jellyfin_files import Clues
from exporter.join.words import jellyfin_says
from exporter.model.health import System, UpstreamHealth
from exporter.model.ids import EpisodeFileId, SeriesKey
from exporter.model.library import Episode
from exporter.model.reading import FailureReason, Fresh, Missing, Reading, Stale
from exporter.model.records import unread_in
from exporter.model.sameness import are_same
from exporter.model.testimony import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinSeries,
    JellyfinServer,
    JellyfinTestimony,
    JellyfinUnmatched,
    JellyfinWord,
    Number,
    ShokoFileId,
    jellyfin_word,
)
from exporter.poller.kept import Kept, Looks
from exporter.poller.waiting import (
    Memory,
    Patience,
    Spoken,
    WaitingSeries,
    unavailable,
)

PROBE_EVERY = timedelta(seconds=60)
SERIES_EVERY = timedelta(minutes=10)
SERIES_PER_LOOK = 20
"""Series whose episodes are listed in one look; the others follow in the next ones."""
FRESH_FOR = timedelta(hours=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
NO_ANSWERS: Mapping[JellyfinId, tuple[JellyfinEpisode, ...]] = MappingProxyType({})


class JellyfinSource(Protocol):
    """The Jellyfin client; every method gives a good and complete answer or raises UpstreamError."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""
        ...

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""
        ...

    async def fetch_episodes(
        self, series_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]:
        """The episodes that are files, by series item."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


type _Said = tuple[dict[Number, Word], bool]
"""Words, and whether the series cannot be found there."""


class JellyfinLedger:
    """What is known of Jellyfin, and the words that follow from it."""

    def __init__(
        self,
        source: JellyfinSource,
        *,
        clock: Callable[[], datetime],
        every: timedelta,
        keep: timedelta,
        looks: Looks | None = None,
        external_url: str | None = None,
    ) -> None:
        self.source = source
        self.looks = looks or Looks()
        self.server: JellyfinServer | None = None
        self.series: Kept[tuple[JellyfinSeries, ...]] = Kept()
        self.memory = Memory()
        self.patience = Patience(clock, self.looks, every=every, probe=PROBE_EVERY)
        self.unmatched = 0
        self.links: dict[SeriesKey, str] = {}
        self._clock = clock
        self._every = every
        self._keep = keep
        self._external_url = external_url
        self._listed: Kept[Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]] = Kept()
        self._asked_at: dict[SeriesKey, datetime] = {}
        self._index: tuple[tuple[JellyfinSeries, ...], SeriesIndex] | None = None
        self._items: Spoken[tuple[JellyfinSeries, ...]] = Spoken()
        self._spoken: Spoken[_Said] = Spoken()
        self._rests_on: tuple[object, ...] = ()
        """Everything that the words were worked out from last, while it answers."""
        self._series_at: datetime | None = None

    async def look(self, waiting: Sequence[WaitingSeries]) -> None:
        """Ask once what has to be asked; failures are noted, never raised."""
        unseen = self.memory.open_files(waiting)
        open_series = [w for w in waiting if w.series.key in unseen]
        now = self.patience.begin(is_probe=not open_series)
        try:
            if not open_series or self.server is None or self._is_series_list_due(open_series, now):
                await self._recognize()
            if not open_series:
                # Nothing waits for the other endpoints: their last failure is not how it stands.
                self.looks.failures.clear()
                return
            if self._is_series_list_due(open_series, now):
                series = await self.looks.attempt("series", self._fetch_series, self._clock)
                self.series.succeed(series, self._clock())
                self._series_at = now
            await self._look_at_episodes(open_series, now)
            self.looks.failures.clear()
        except UpstreamError as error:
            self.series.fail(error.reason)
            self._listed.fail(error.reason)

    async def _recognize(self) -> None:
        """See who answers. Another server at this address knows nothing of what we asked before."""
        server = await self.looks.attempt("system_info", self._fetch_identity, self._clock)
        self.server = server

    async def _fetch_identity(self) -> JellyfinServer:
        server = await self.source.fetch_identity()
        if self.server is not None and server.server_id != self.server.server_id:
            raise BadPayload(
                "system_info",
                "another server answers at this address; if it was moved, restart the exporter",
            )
        return server

    async def _fetch_series(self) -> tuple[JellyfinSeries, ...]:
        series = await self.source.fetch_all_series()
        if not series:
            # It is asked because Sonarr has files: whoever shows nothing at all is no witness.
            raise BadPayload(
                "series",
                "it lists no series at all; are its libraries mounted, is it the right one?",
            )
        return series

    def _is_series_list_due(self, waiting: Sequence[WaitingSeries], now: datetime) -> bool:
        if self._series_at is None or self.series.is_failing:
            return True
        age = now - self._series_at
        if age >= SERIES_EVERY:
            return True
        index = self._index_of(self.series.last or ())
        return age >= self._every and any(
            _is_fresh(w, now) and not link_series(w.series, index, rivals=w.rivals) for w in waiting
        )

    async def _look_at_episodes(self, waiting: Sequence[WaitingSeries], now: datetime) -> None:
        # A long list takes its time to read, to index and to look through: others come in between.
        await asyncio.sleep(0)
        index = self._index_of(self.series.last or ())
        await asyncio.sleep(0)
        items = {w.series.key: link_series(w.series, index, rivals=w.rivals) for w in waiting}
        order = sorted(
            waiting, key=lambda w: (self._asked_at.get(w.series.key, _NEVER), w.series.key)
        )
        chosen = order[:SERIES_PER_LOOK]
        wanted = sorted({item.item_id for w in chosen for item in items[w.series.key]})
        answer: Mapping[JellyfinId, tuple[JellyfinEpisode, ...]] = {}
        if wanted:
            answer = await self.looks.attempt(
                "episodes", lambda: self.source.fetch_episodes(wanted), self._clock
            )
        if len(answer) < len(wanted):
            await self._recognize()
        there = {item.item_id for found in items.values() for item in found}
        # An item that was asked for and did not answer is not known any more.
        still = there - set(wanted)
        kept = {i: e for i, e in (self._listed.last or {}).items() if i in still}
        self._listed.succeed({**kept, **answer}, self._clock())
        self._asked_at = {
            w.series.key: now if w in chosen else self._asked_at.get(w.series.key, _NEVER)
            for w in waiting
        }

    def speak(
        self,
        waiting: Sequence[WaitingSeries],
        shoko_files: Mapping[SeriesKey, Mapping[EpisodeFileId, ShokoFileId]],
        touch: Callable[[SeriesKey], None],
    ) -> Iterator[None]:
        """Work out the words that count now, step by step, and say which series they change."""
        now = self._clock()
        reading = self.series.reading(now, self._keep)
        listed = self._listed.reading(now, self._keep)
        index = self._index_of(() if isinstance(reading, Missing) else reading.value)
        answers = NO_ANSWERS if isinstance(listed, Missing) else listed.value
        rests_on = (waiting, index, type(reading), type(listed), answers, shoko_files)
        if are_same(rests_on, self._rests_on) and not self.looks.failures:
            return
        self._rests_on = rests_on if not self.looks.failures else ()
        words: dict[SeriesKey, dict[Number, Word]] = {}
        unmatched = 0
        for one in waiting:
            key = one.series.key
            clues = (shoko_files.get(key), one.joiner.ledger.former_paths(one.series.sonarr_id))
            looks = (one, index, type(reading), type(listed), *clues)
            items = self._items.get(key, looks[:2])
            if items is None:
                items = link_series(one.series, index, rivals=one.rivals)
                self._items.put(key, looks[:2], items)
            made_of = (*looks, *(answers.get(item.item_id) for item in items))
            said = self._spoken.get(key, made_of)
            if said is None or self.looks.failures:
                said = self._speak_of(one, _linked(reading, items), listed, clues)
                if not self.looks.failures:
                    self._spoken.put(key, made_of, said)
                yield
            words[key], is_unmatched = said
            unmatched += is_unmatched
        self.unmatched = unmatched
        self._spoken.keep_only(words.keys())
        self._items.keep_only(words.keys())
        self.memory.keep_only(waiting)
        self.memory.replace_words(words, touch)

    def _index_of(self, series: tuple[JellyfinSeries, ...]) -> SeriesIndex:
        if self._index is None or self._index[0] is not series:
            self._index = series, index_series(series)
        return self._index[1]

    def _speak_of(
        self,
        one: WaitingSeries,
        linked: Reading[tuple[JellyfinSeries, ...]],
        listed: Reading[Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]],
        clues: tuple[Mapping[EpisodeFileId, ShokoFileId] | None, frozenset[str]],
    ) -> _Said:
        testimony = jellyfin_testimony(
            one.series,
            one.detail.episodes,
            one.detail.file_by_id,
            linked,
            listed,
            Clues(
                tvdb_ids={e.sonarr_id: e.tvdb_id for e in one.episodes if e.tvdb_id is not None},
                shoko_file_ids=clues[0] or {},
                earlier_paths=clues[1],
                rivals=one.rivals,
            ),
        )
        self._link(one.series.key, linked)
        before = unavailable(one, self.looks)
        words = {(e.season, e.episode): self._word(one, e, testimony, before) for e in one.episodes}
        return words, isinstance(testimony, JellyfinUnmatched)

    def _word(
        self,
        one: WaitingSeries,
        episode: Episode,
        testimony: JellyfinTestimony,
        was_unavailable: frozenset[Number],
    ) -> Word:
        key, file_id = one.series.key, episode.file_id
        if file_id is None:
            return Word.NOT_ASKED
        if self.memory.is_settled(key, file_id):
            return Word.YES
        said = jellyfin_word(testimony, (episode.season, episode.episode))
        file = one.detail.file_by_id.get(file_id)
        word = jellyfin_says(
            said,
            self.memory.last_good(key, file_id),
            is_imported_since_answer=self.patience.is_since_answer(file.added_at if file else None)
            or (episode.season, episode.episode) in was_unavailable,
        )
        is_good = said is not JellyfinWord.UNKNOWN
        if is_good or self.looks.failures:
            self.memory.note(key, file_id, word, is_good=is_good)
        return word

    def _link(self, key: SeriesKey, linked: Reading[tuple[JellyfinSeries, ...]]) -> None:
        if self._external_url is None or isinstance(linked, Missing) or not linked.value:
            return
        self.links[key] = f"{self._external_url}/web/#/details?id={linked.value[0].item_id}"

    def health(self) -> UpstreamHealth:
        """How Jellyfin answers."""
        version = self.server.version if self.server is not None else None
        return self.looks.health("jellyfin", System.JELLYFIN, version)


def _is_fresh(waiting: WaitingSeries, now: datetime) -> bool:
    """Whether a file came lately: Jellyfin may be about to find the series."""
    files = (waiting.detail.file_by_id.get(e.file_id) for e in waiting.episodes if e.file_id)
    return any(
        f is not None and f.added_at is not None and now - f.added_at < FRESH_FOR for f in files
    )


def _linked(
    reading: Reading[tuple[JellyfinSeries, ...]], items: tuple[JellyfinSeries, ...]
) -> Reading[tuple[JellyfinSeries, ...]]:
    if not items and not isinstance(reading, Missing) and unread_in(reading.value):
        return Missing(FailureReason.BAD_PAYLOAD)  # One that cannot be read may be this one.
    match reading:
        case Fresh():
            return Fresh(items, reading.at)
        case Stale():
            return Stale(items, reading.at, reading.reason)
        case Missing():
            return reading
