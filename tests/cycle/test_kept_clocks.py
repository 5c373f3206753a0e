"""Whatever becomes of single writes, a process that starts later knows the stages shown last."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.cycle.publish import clocks as kept_clocks
from episodarr.cycle.publish.clocks import Clock, ClockKeeper
from episodarr.errors import StoreUnwritable
from episodarr.model.ids import EpisodeKey, EpisodeNumber, SeriesKey
from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView
from tests.builders import NOW, a_series_key, a_series_view, an_episode_view
from tests.replacing import replace

SERIES = tuple(map(a_series_key, (1, 2, 3)))

type Stages = dict[EpisodeNumber, tuple[Stage, int] | None]
"""Each episode's stage and the minute it was entered; None: nobody knows since when."""


class Store:
    """In memory; a write fails, or hangs until the test goes on."""

    def __init__(self) -> None:
        self.rows: dict[EpisodeKey, Clock] = {}
        self.fails = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    def load_stage_clocks(self) -> Iterator[tuple[EpisodeKey, Clock]]:
        yield from sorted(self.rows.items())

    def save_stage_clocks(
        self, changes: Mapping[EpisodeKey, Clock], removals: Iterable[EpisodeKey], now: datetime
    ) -> Sequence[str]:
        assert now == NOW
        if self.fails:
            raise StoreUnwritable("full")
        self.rows |= changes
        for key in removals:
            self.rows.pop(key, None)
        return ()

    async def in_thread[T](self, work: Callable[[], T]) -> T:
        await self.goes_on.wait()
        return work()


class Process:
    """One run of the exporter on this store, and what was shown last in any run."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.views: dict[SeriesKey, SeriesView] = {}
        self.start()

    def start(self) -> None:
        """Kill it at this moment and start anew: nothing is shown yet, and nothing was closed."""
        self.keeper = ClockKeeper(self.store, lambda _: None)
        self.loaded = self.keeper.load()
        self.views = {}

    async def show(self, key: SeriesKey, stages: Stages | None) -> None:
        """Show a series; None: its episodes were not read yet."""
        former = self.views.get(key)
        if stages is None:
            view = a_series_view(episodes=[], unread_seasons=[1], key=key)
        else:
            episodes = [
                replace(
                    an_episode_view(*number, found[0] if found else Stage.QUEUED, series=key),
                    stage_entered_at=NOW + timedelta(minutes=found[1]) if found else None,
                )
                for number, found in sorted(stages.items())
            ]
            view = a_series_view(episodes=episodes, key=key)
            old = {season.season: season for season in former.seasons} if former else {}
            same = tuple(old[s.season] if old.get(s.season) == s else s for s in view.seasons)
            view = replace(view, seasons=same)
        self.views = {**self.views, key: view}
        await self.keep()

    async def keep(self) -> None:
        await self.keeper.keep(self.views, NOW)

    async def settle(self) -> None:
        self.store.fails = False
        self.store.goes_on.set()
        for _ in range(20):
            await self.keep()
            await asyncio.sleep(0.001 if self.keeper.trouble else 0)


stages: st.SearchStrategy[Stages] = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(1, 3)),
    st.none() | st.tuples(st.sampled_from(Stage), st.integers(0, 5)),
    min_size=1,
)
shows = st.tuples(st.sampled_from(SERIES), st.none() | stages)
troubles = st.sampled_from(["fails", "works", "hangs", "goes on", "killed"])


@given(st.lists(shows | troubles, max_size=12))
def test_the_stages_shown_last_are_those_of_the_next_start(
    given_: list[tuple[SeriesKey, Stages | None] | str],
) -> None:
    async def live() -> None:
        process = Process(Store())
        store = process.store
        expected: dict[SeriesKey, Stages] = {}
        for one in given_:
            if not isinstance(one, str):
                key, shown = one
                if shown is None:
                    await process.settle()  # What was not written by then is not known any more.
                else:
                    expected[key] = shown
                await process.show(key, shown)
            elif one == "killed":
                await process.settle()
                await process.keeper.close()
                process.start()
            else:
                store.fails = one == "fails" if one in {"fails", "works"} else store.fails
                if one == "hangs":
                    store.goes_on.clear()
                elif one == "goes on":
                    store.goes_on.set()
        await process.settle()
        process.start()
        assert process.loaded is not None
        found = {
            key: {n: (c.stage, c.entered_at) for n, c in clocks.items()}
            for key, clocks in process.loaded.items()
        }
        assert found == {
            key: known
            for key, shown in expected.items()
            if (
                known := {
                    n: (one[0], NOW + timedelta(minutes=one[1]))
                    for n, one in shown.items()
                    if one is not None
                }
            )
        }

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_clocks, "WAITED_FOR_SECONDS", 0.0)
        patch.setattr(kept_clocks, "MOST_PER_WRITE", 2)
        patch.setattr(kept_clocks, "SERIES_PER_SLICE", 1)
        asyncio.run(live())
