"""Whatever order answers come in, what is known of a series is what its Sonarr has of it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import override
from unittest.mock import AsyncMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    SonarrEpisodeId,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.stages.classify import follow
from episodarr.systems.sonarr.state import SonarrState
from tests.library import TV, a_season
from tests.replacing import replace
from tests.systems.sonarr.test_histories import a_record
from tests.systems.sonarr.test_sonarr_restart import SERIES, Sonarr

EPISODES = 3
IDS = tuple(map(SonarrSeriesId, range(1, 4)))


@dataclass
class Show:
    """A series of a Sonarr, and the id of the file of each of its episodes."""

    tvdb_id: int
    series_id: int
    path: str
    file_ids: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    episode_count: int = EPISODES

    def series(self) -> Series:
        season = a_season(
            files=len(self.file_ids),
            total=self.episode_count,
            size_bytes=sum(self.sizes[i] for i in self.file_ids.values()),
        )
        return replace(
            SERIES,
            key=SeriesKey(TV, TvdbId(self.tvdb_id)),
            sonarr_id=SonarrSeriesId(self.series_id),
            path=self.path,
            seasons=(season,),
        )

    def episodes(self) -> tuple[Episode, ...]:
        return tuple(
            Episode(
                sonarr_id=SonarrEpisodeId(100 * self.series_id + number),
                season=1,
                episode=number,
                title=f"{self.tvdb_id}",
                is_monitored=True,
                file_id=EpisodeFileId(self.file_ids[number]) if number in self.file_ids else None,
            )
            for number in range(1, self.episode_count + 1)
        )

    def files(self) -> tuple[EpisodeFile, ...]:
        return tuple(
            EpisodeFile(
                file_id=EpisodeFileId(file_id),
                path=f"{self.path}/E{number} {self.tvdb_id} {self.sizes[file_id]}.mkv",
                size_bytes=self.sizes[file_id],
            )
            for number, file_id in sorted(self.file_ids.items())
        )


class SlowSonarr(Sonarr):
    """Answers as it is when it takes a request up; each answer comes when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.shows = {i: Show(1_000 + i, i, f"/tv/{i}") for i in IDS}
        self.numbers = iter(range(1, 10_000))
        self.waiting: list[asyncio.Future[None]] = []
        self.is_slow = True

    async def _turn(self) -> None:
        if not self.is_slow:
            return
        turn = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        await turn

    async def _slowly[T](self, answer: Callable[[], T]) -> T:
        await self._turn()
        taken_up = answer()
        await self._turn()
        return taken_up

    @override
    async def fetch_series(self) -> tuple[Series, ...]:
        return await self._slowly(lambda: tuple(show.series() for show in self.shows.values()))

    @override
    async def fetch_episodes(self, series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        return await self._slowly(lambda: self._of(series_id).episodes())

    @override
    async def fetch_episode_files(self, series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        return await self._slowly(lambda: self._of(series_id).files())

    def _of(self, series_id: SonarrSeriesId) -> Show:
        """As Sonarr's own answers, nothing of a series that it does not know."""
        return self.shows.get(series_id) or _Nothing(0, 0, "")


class _Nothing(Show):
    @override
    def episodes(self) -> tuple[Episode, ...]:
        return ()


class Scene:
    """The reads of one Sonarr as the poller begins them, and what happens there meanwhile."""

    def __init__(self) -> None:
        self.sonarr = SlowSonarr()
        self.now = datetime(2026, 1, 31, 18, tzinfo=UTC)
        self.state = SonarrState(TV, self.sonarr, clock=lambda: self.now)
        self.events: list[tuple[SonarrSeriesId, bool]] = []
        """Of history: a series whose files changed, and whether one was renamed."""
        self.tasks: dict[str, asyncio.Task[None]] = {}

    # What happens at Sonarr.

    def import_file(self, series_id: SonarrSeriesId, number: int) -> None:
        if show := self.sonarr.shows.get(series_id):
            file_id = show.file_ids[number] = next(self.sonarr.numbers)
            show.sizes[file_id] = file_id
            self.events.append((series_id, False))

    def delete_file(self, series_id: SonarrSeriesId, number: int) -> None:
        if (show := self.sonarr.shows.get(series_id)) and show.file_ids.pop(number, None):
            self.events.append((series_id, False))

    def rename(self, series_id: SonarrSeriesId, number: int) -> None:
        if (show := self.sonarr.shows.get(series_id)) and number in show.file_ids:
            show.path += "'"
            self.events.append((series_id, True))

    def remove(self, series_id: SonarrSeriesId, _: int) -> None:
        self.sonarr.shows.pop(series_id, None)

    def give_to_another(self, series_id: SonarrSeriesId, number: int) -> None:
        """As after a backup from before the series came, and another series then."""
        tvdb_id = next(self.sonarr.numbers) + 5_000
        show = self.sonarr.shows[series_id] = Show(tvdb_id, series_id, f"/tv/{series_id}")
        show.file_ids[number], show.sizes[number] = number, number

    def permute(self, series_id: SonarrSeriesId, _: int) -> None:
        """As after a backup from before the files came, which are found on the disk then."""
        if show := self.sonarr.shows.get(series_id):
            numbers = list(show.file_ids)
            ids = list(show.file_ids.values())
            show.file_ids = dict(zip(numbers, ids[1:] + ids[:1], strict=True))
            self.events.append((series_id, False))

    def reuse_file_id(self, series_id: SonarrSeriesId, number: int) -> None:
        """As after a backup from before the file came, and another download then."""
        show = self.sonarr.shows.get(series_id)
        if show is not None and number in show.file_ids:
            show.sizes[show.file_ids[number]] = next(self.sonarr.numbers)

    # What the poller does.

    def begin(self, name: str, read: Callable[[], Coroutine[object, object, None]]) -> None:
        task = self.tasks.get(name)
        if task is None or task.done():
            self.tasks[name] = asyncio.create_task(read())

    async def _round(self) -> None:
        events, self.events = self.events, []
        self.state.details.wanted.add(i for i, _ in events)
        self.state.details.moved.add(i for i, is_renamed in events if is_renamed)
        await self.state.read_library(every=timedelta(seconds=20))

    def round(self, *_: object) -> None:
        self.begin("sonarr", self._round)

    def fill(self, *_: object) -> None:
        details = self.state.details
        self.begin("fill", lambda: details.read(details.unread()[:3]))

    async def advance(self, place: int) -> None:
        """Sonarr takes up or sends one of its answers."""
        await self.go_on()
        waiting = [turn for turn in self.sonarr.waiting if not turn.done()]
        self.sonarr.waiting = waiting
        if waiting:
            waiting[place % len(waiting)].set_result(None)
        await self.go_on()

    async def go_on(self) -> None:
        """Let everything run until it waits for Sonarr."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def drain(self) -> None:
        while any(not task.done() for task in self.tasks.values()):
            await self.advance(0)
        for task in self.tasks.values():
            task.result()

    def is_nobodys_former(self) -> bool:
        """Whether nothing that is known of a series is of one that had its number before."""
        listed = self.state.library.series.last or {}
        return all(
            series_id in listed
            and all(int(e.title) >= listed[series_id].key.tvdb_id for e in detail.episodes)
            for series_id, detail in self.state.details.items()
        )

    async def settle(self) -> None:
        """Read what is left to read, with the list of series that is read every five minutes."""
        await self.drain()
        for _ in range(4):
            self.now += timedelta(minutes=5)
            self.round()
            await self.drain()
            self.fill()
            await self.drain()


happening = st.sampled_from(
    [
        Scene.import_file,
        Scene.delete_file,
        Scene.rename,
        Scene.remove,
        Scene.give_to_another,
        Scene.permute,
        Scene.reuse_file_id,
    ]
)
reading = st.sampled_from([Scene.round, Scene.fill])
steps = st.lists(
    st.one_of(
        st.integers(0, 5),
        st.integers(0, 5),
        st.tuples(happening, st.sampled_from(IDS), st.integers(1, EPISODES)),
        st.tuples(reading, st.just(IDS[0]), st.just(0)),
    ),
    max_size=60,
)


@given(steps, st.booleans())
def test_what_is_known_is_what_is_there_in_whatever_order_answers_come(
    given_: list[tuple[Callable[..., None], SonarrSeriesId, int] | int], has_begun: bool
) -> None:
    async def live() -> None:
        scene = Scene()
        for series_id in IDS:
            scene.import_file(series_id, 1)
            scene.import_file(series_id, 2)
        if has_begun:
            await scene.settle()
        for step in given_:
            scene.now += timedelta(seconds=1)
            if isinstance(step, int):
                await scene.advance(step)
            else:
                act, series_id, number = step
                act(scene, series_id, number)
                await asyncio.sleep(0)
            assert scene.is_nobodys_former()
        await scene.settle()
        details, shows = scene.state.details, scene.sonarr.shows
        assert details.keys() == shows.keys()
        for series_id, show in shows.items():
            assert tuple(details[series_id].episodes) == show.episodes()
            assert sorted(details[series_id].file_by_id.values(), key=lambda f: f.path) == sorted(
                show.files(), key=lambda f: f.path
            )

    asyncio.run(live())


async def test_a_list_that_is_wanted_while_one_is_under_way_is_read_once_more() -> None:
    scene = Scene()
    scene.round()
    await scene.advance(0)
    scene.state.library.is_due = True
    scene.remove(IDS[0], 0)
    await scene.drain()
    scene.round()
    await scene.drain()
    assert list(scene.state.library.series.last or ()) == list(IDS[1:])


async def test_a_list_of_series_that_was_under_way_does_not_make_a_contradiction_a_fault() -> None:
    """A refresh removed an episode: the list of series that shows it was not requested yet."""
    scene = Scene()
    await scene.settle()
    details = scene.state.details
    scene.state.library.is_due = True
    scene.round()
    await scene.advance(0)
    scene.sonarr.shows[IDS[0]].episode_count = EPISODES - 1
    scene.begin("fill", lambda: details.read(IDS[:1]))
    await scene.advance(1)
    await scene.advance(1)
    scene.now += timedelta(seconds=1)
    await scene.drain()
    assert not scene.state.health.failures
    scene.round()
    await scene.drain()
    assert not scene.state.health.failures
    assert len(details[IDS[0]].episodes) == EPISODES - 1


async def test_the_history_of_a_series_is_not_that_of_another_that_has_its_number_now() -> None:
    scene = Scene()
    await scene.settle()
    histories = scene.state.episode_histories
    for series_id in IDS[:2]:
        episode_id = SonarrEpisodeId(100 * series_id + 1)
        record = replace(a_record(series_id, series_id), episode_id=episode_id)
        histories.by_episode[episode_id] = follow(None, record)
    scene.give_to_another(IDS[0], 1)
    scene.state.library.is_due = True
    scene.round()
    await scene.drain()
    assert list(histories.by_episode) == [201]


async def test_a_list_whose_reading_was_broken_off_is_still_due() -> None:
    sonarr = Sonarr()
    library = SonarrState(TV, sonarr, clock=lambda: datetime(2026, 5, 1, tzinfo=UTC)).library
    assert await library.read(every=timedelta(days=1)) is not None
    library.is_due = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sonarr, "fetch_series", AsyncMock(side_effect=asyncio.CancelledError))
        with pytest.raises(asyncio.CancelledError):
            await library.read(every=timedelta(days=1))
    assert library.is_due
    assert await library.read(every=timedelta(days=1)) is not None
    assert not library.is_due
