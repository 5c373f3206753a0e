"""A list that Sonarr's own counts contradict is unknown and asked for again, not believed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import override

import pytest
from msgspec.structs import replace

from episodarr.model.agreement import missing_episodes, missing_files
from episodarr.model.ids import (
    EpisodeFileId,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import Records, Unread
from episodarr.model.stage import Stage
from episodarr.simulator import Scenario, SeasonPlan
from episodarr.systems.sonarr.state import SonarrState
from tests import library
from tests.rig import DrivenClock, Rig, rig, value
from tests.systems.sonarr.test_sonarr_restart import SERIES, Sonarr

SHOW, OTHER = 70_001, 70_002


def a_show() -> Scenario:
    scenario = Scenario.empty()
    for tvdb_id in (SHOW, OTHER):
        plan = {1: SeasonPlan(episodes=4, files=4)}
        scenario.add_series(tvdb_id, f"Show {tvdb_id}", plan)
    scenario.jellyfin = scenario.shoko = scenario.jellyseerr = None
    return scenario


def stages(running: Rig, tvdb_id: int = SHOW) -> list[Stage]:
    return [running.episode("tv", tvdb_id, 1, number).stage for number in range(1, 5)]


async def passed(running: Rig, times: int = 1) -> None:
    for _ in range(times):
        running.clock.push(seconds=15)
        await running.cycle()


@pytest.mark.parametrize("endpoint", ["episode", "episodefile"])
async def test_half_a_list_changes_nothing_is_reported_and_read_again(endpoint: str) -> None:
    async with rig(a_show()) as running:
        await running.settle()
        assert stages(running) == [Stage.AVAILABLE] * 4
        running.simulation.fault("sonarr.tv", "half_list", path_prefix=f"/api/v3/{endpoint}")
        running.simulation.world.upgrade("tv", SHOW, [(1, 1)])
        await passed(running, 3)
        assert stages(running) == [Stage.AVAILABLE] * 4
        up = "episodarr_upstream_up"
        assert value(running.samples(), up, upstream="tv", system="sonarr") == 0
        (health,) = [u for u in running.snapshot.upstreams if u.name == "tv"]
        assert "it counts itself" in (health.message or "") or "that episodes have" in (
            health.message or ""
        )
        running.simulation.clear_faults()
        await passed(running, 2)
        assert stages(running) == [Stage.AVAILABLE] * 4
        assert value(running.samples(), up, upstream="tv", system="sonarr") == 1


async def test_a_refresh_that_removed_episodes_is_believed_without_an_alarm() -> None:
    """The list of series that contradicts it is the older one, and is read again."""
    async with rig(a_show()) as running:
        await running.settle()
        running.simulation.world.refresh_series("tv", SHOW, remove=[(1, 4)])
        state = running.application.poller.wakeups
        state.notice((SonarrName("tv"), SonarrSeriesId(1)), 0)
        running.simulation.world.grab("tv", SHOW, [(1, 3)])
        running.simulation.world.rename_files("tv", SHOW)
        for _ in range(3):
            await passed(running)
            (health,) = [u for u in running.snapshot.upstreams if u.name == "tv"]
            assert health.is_up
        view = next(v for k, v in running.snapshot.series_by_key.items() if k.tvdb_id == SHOW)
        assert [e.key.episode for e in view.seasons[0].episodes or ()] == [1, 2, 3]


async def test_a_series_that_cannot_be_read_keeps_no_other_waiting() -> None:
    sonarr, clock = Library(count=9, broken=range(1, 5)), DrivenClock()
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    await state.read_library(every=timedelta(minutes=5))
    for _ in range(3):
        await state.details.read(state.details.unread()[:3])
    assert sorted(state.details) == [5, 6, 7, 8, 9], "those that failed come last"


class Library(Sonarr):
    """So many series of two episodes, of which the broken ones list one."""

    def __init__(self, count: int, broken: Sequence[int]) -> None:
        super().__init__()
        self.count, self.broken = count, broken

    @override
    async def fetch_series(self) -> tuple[Series, ...]:
        seasons = (library.a_season(total=2),)
        return tuple(
            replace(
                SERIES,
                key=SeriesKey(SonarrName("tv"), TvdbId(number)),
                sonarr_id=SonarrSeriesId(number),
                seasons=seasons,
            )
            for number in range(1, self.count + 1)
        )

    @override
    async def fetch_episodes(self, series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        return tuple(an_episode(n) for n in range(1, 2 if series_id in self.broken else 3))


def an_episode(number: int, file_id: int | None = None) -> Episode:
    file = EpisodeFileId(file_id) if file_id else None
    return replace(library.an_episode(number), file_id=file)


def test_more_episodes_than_counted_and_unreadable_ones_are_no_contradiction() -> None:
    series = replace(SERIES, seasons=(library.a_season(total=2),))
    assert missing_episodes(series, [an_episode(n) for n in (1, 2, 3)]) == ""
    assert "1 of the 2" in missing_episodes(series, [an_episode(1)])
    assert "no episode" in missing_episodes(series, [])
    unread = Unread(endpoint="episode", place="$[1]", message="odd", key=2)
    assert missing_episodes(series, Records([an_episode(1)], [unread])) == ""
    assert missing_episodes(replace(series, seasons=()), []) == ""


def test_files_that_episodes_have_and_the_list_has_not_are_missing() -> None:
    episodes = [an_episode(1, 5), an_episode(2, 5), an_episode(3, 6), an_episode(4)]
    files = [EpisodeFile(file_id=EpisodeFileId(5), path="/a", size_bytes=1)]
    assert "1 of the 2" in missing_files(episodes, files)
    unread = Unread(endpoint="episodefile", place="$[1]", message="odd", key=6)
    assert missing_files(episodes, Records(files, [unread])) == ""
    assert missing_files(episodes[:2], files) == ""


async def test_of_two_series_with_one_tvdb_number_one_is_shown_and_the_other_named() -> None:
    sonarr, clock = Twins(), DrivenClock()
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    await state.read_library(every=timedelta(minutes=5))
    assert list(state.library.series.last or ()) == [8]
    assert not state.library.doubles
    sonarr.ids = (7, 8)
    state.library.is_due = True
    await state.read_library(every=timedelta(minutes=5))
    assert list(state.library.series.last or ()) == [8], "what was shown stays"
    (double,) = state.library.doubles
    assert "Show 7 (/tv/7) is left out" in double.sentence
    assert str(SERIES.key.tvdb_id) in double.sentence
    sonarr.ids = (7,)
    state.library.is_due = True
    await state.read_library(every=timedelta(minutes=5))
    assert (list(state.library.series.last or ()), state.library.doubles) == ([7], ())


class Twins(Sonarr):
    """Series with one TVDB number and these ids."""

    ids: tuple[int, ...] = (8,)

    @override
    async def fetch_series(self) -> tuple[Series, ...]:
        return tuple(
            replace(SERIES, sonarr_id=SonarrSeriesId(i), title=f"Show {i}", path=f"/tv/{i}")
            for i in self.ids
        )


async def test_a_double_is_counted_and_reported_on_the_page() -> None:
    async with rig(a_show()) as running:
        await running.settle()
        state = running.simulation.world.sonarrs["tv"]
        state.series[2].tvdb_id = SHOW
        state.touch(state.series[2])
        running.clock.push(minutes=6)
        await running.cycle()
        left_out = value(
            running.samples(), "episodarr_dropped_objects", family="episodarr_series_info"
        )
        assert left_out == 1
        async with running.browser() as browser:
            page = (await browser.get("/")).text
            left_out = (await browser.get("/api/v1/series")).json()["left_out_series"]
        assert f"Show {OTHER}" in page
        assert len(left_out) == 1
