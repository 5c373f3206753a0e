"""Requests are worked out again when a series, or the hour, makes them count otherwise."""

from datetime import timedelta
from types import MappingProxyType

from episodarr.errors import TimedOut
from episodarr.model.ids import SeriesKey
from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView
from episodarr.systems.jellyseerr.state import JellyseerrState
from tests.stages.test_requests_join import NOW, a_request, a_series, a_view
from tests.systems.jellyseerr.in_memory import InMemorySeerr

AIRS_AT = NOW + timedelta(days=1)


class Scene:
    """A state of requests; `cycle` joins and shows them once."""

    def __init__(self) -> None:
        self.now = NOW
        self.state = JellyseerrState(
            InMemorySeerr(requests=(a_request(),), servers=()),
            clock=lambda: self.now,
            every=timedelta(minutes=5),
            keep=timedelta(days=30),
            url_by_sonarr={},
        )
        self.series = a_series()
        self.library = {self.series.sonarr_id: self.series}
        self.touched: list[SeriesKey] = []

    @classmethod
    async def read(cls) -> "Scene":
        """One whose requests were read once."""
        scene = cls()
        await scene.state.read()
        return scene

    def views(self, stage: Stage) -> MappingProxyType[SeriesKey, SeriesView]:
        view = a_view(self.series, {1: [stage], 2: [Stage.AVAILABLE]}, aired=False)
        return MappingProxyType({view.key: view})

    def cycle(self, views: MappingProxyType[SeriesKey, SeriesView]) -> dict[Stage, int]:
        """How many episodes of the request are in which stage."""
        self.state.join([self.library], views, self.touched.append)
        self.state.show(views)
        (shown,) = self.state.views
        assert shown.tally is not None
        return dict(shown.tally.by_stage)


async def test_a_version_that_cannot_be_read_says_nothing_of_the_lists_that_can() -> None:
    seerr = InMemorySeerr(version_error=TimedOut("about", "slow"))
    state = JellyseerrState(
        seerr,
        clock=lambda: NOW,
        every=timedelta(minutes=5),
        keep=timedelta(days=30),
        url_by_sonarr={},
    )
    await state.read()
    health = state.upstream_health()
    assert (health.is_up, health.version, health.failing_endpoint) == (True, None, None)


async def test_the_same_views_are_not_worked_out_again() -> None:
    scene = await Scene.read()
    views = scene.views(Stage.UNMONITORED)
    scene.cycle(views)
    before = scene.state.views
    scene.now = AIRS_AT - timedelta(seconds=1)
    scene.cycle(views)
    assert scene.state.views is before


async def test_what_airs_counts_from_that_moment_though_no_view_is_another_one() -> None:
    scene = await Scene.read()
    views = scene.views(Stage.UNMONITORED)
    assert scene.cycle(views) == {Stage.UNAIRED: 1, Stage.AVAILABLE: 1}
    scene.now = AIRS_AT
    assert scene.cycle(views) == {Stage.QUEUED: 1, Stage.AVAILABLE: 1}


async def test_another_view_counts_at_once_and_names_its_series() -> None:
    scene = await Scene.read()
    scene.cycle(scene.views(Stage.DOWNLOADING))
    assert scene.touched == [scene.series.key]
    scene.touched.clear()
    assert scene.cycle(scene.views(Stage.AVAILABLE)) == {Stage.AVAILABLE: 2}
    assert scene.touched == [scene.series.key]
