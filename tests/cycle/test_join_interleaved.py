"""Answers that come in while a Sonarr is joined are in the next join, whole, and none is half in."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from episodarr.cycle.join.client_view import ClientView
from episodarr.cycle.join.joiner import SonarrJoiner
from episodarr.model.ids import DownloadId, SeriesKey, SonarrEpisodeId, SonarrSeriesId
from episodarr.model.memo import Memo
from episodarr.model.stage import Stage
from tests.replacing import replace
from tests.systems.sonarr.test_interleaved_reads import EPISODES, IDS, Scene
from tests.systems.sonarr.test_sonarr_restart import ROW

KEEP = timedelta(hours=1)

type Shown = dict[SeriesKey, list[tuple[str, int, Stage, float]]]


class Joining(Scene):
    """The same Sonarr, which answers at once, and its joiner."""

    def __init__(self) -> None:
        super().__init__()
        self.sonarr.is_slow = False
        self.sonarr.queue = ()
        self.joiner = self.a_joiner()

    def a_joiner(self) -> SonarrJoiner:
        return SonarrJoiner(self.state, keep=KEEP, counts_specials=True, external_url=None)

    def grab(self, series_id: SonarrSeriesId, number: int) -> None:
        row = replace(
            ROW,
            row_id=next(self.sonarr.numbers),
            series_id=series_id,
            episode_id=SonarrEpisodeId(100 * series_id + number),
            download_id=DownloadId(f"{series_id}{number}"),
        )
        self.sonarr.queue = (*self.sonarr.queue, row)

    def end_download(self, series_id: SonarrSeriesId, _: int) -> None:
        self.sonarr.queue = tuple(r for r in self.sonarr.queue if r.series_id != series_id)

    async def read(self) -> None:
        """Everything that the poller would read by now."""
        self.now += timedelta(minutes=1)
        await self.state.read(lambda _: False)
        self.state.library.is_due = True
        await self._round()
        await self.state.details.read(self.state.details.unread())

    async def join(
        self,
        joiner: SonarrJoiner,
        meanwhile: dict[int, "Happening"],
        left_at: int | None = None,
    ) -> None:
        """Join in steps with others between them; it may be left at one, as after an error."""
        clients = ClientView((), keep=KEEP, now=self.now, index=Memo())
        for place, _ in enumerate(joiner.join(clients, {}, {}, self.now)):
            if place == left_at:
                joiner.forget()
                return
            if (happen := meanwhile.pop(place, None)) is not None:
                happen(self)
                await self.read()
        for _ in joiner.publish(self.now, []):
            pass

    def shown(self, joiner: SonarrJoiner) -> Shown:
        return {
            key: [
                (e.title, e.key.episode, e.stage, e.progress_ratio)
                for season in view.seasons
                for e in season.episodes or ()
            ]
            for key, view in joiner.views.items()
        }


type Happening = Callable[[Joining], None]
acts = st.sampled_from(
    [
        Joining.import_file,
        Joining.delete_file,
        Joining.rename,
        Joining.remove,
        Joining.give_to_another,
        Joining.grab,
        Joining.end_download,
    ]
)


@st.composite
def happenings(draw: st.DrawFn) -> Happening:
    act, series_id, number = draw(st.tuples(acts, st.sampled_from(IDS), st.integers(1, EPISODES)))
    return lambda scene: act(scene, series_id, number)


places = st.integers(0, 6)
joins = st.tuples(st.dictionaries(places, happenings(), max_size=4), st.none() | places)


@given(st.lists(joins, max_size=5))
def test_what_comes_while_it_is_joined_is_in_the_next_join(
    joins: list[tuple[dict[int, Happening], int | None]],
) -> None:
    async def live() -> None:
        scene = Joining()
        for series_id in IDS:
            scene.import_file(series_id, 1)
        await scene.read()
        for meanwhile, left_at in joins:
            await scene.join(scene.joiner, meanwhile, left_at)
        await scene.join(scene.joiner, {})
        fresh = scene.a_joiner()
        await scene.join(fresh, {})
        assert scene.shown(scene.joiner) == scene.shown(fresh)

    asyncio.run(live())
