"""A series as a whole: each episode once, tallies that add up, seasons that are active."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from episodarr.model.download import SearchCommand
from episodarr.model.ids import EpisodeFileId
from episodarr.model.library import Episode
from episodarr.model.packed import Packed, Packing
from episodarr.model.stage import UNDER_WAY_STAGES, Stage
from episodarr.model.view import EpisodeView, SeriesView
from episodarr.stages.classify import Classification
from episodarr.stages.entered import entered_at
from episodarr.stages.inputs import NOTHING, SeriesDetail, SeriesInputs, StageClock
from episodarr.stages.packed_episodes import PackedEpisodes
from episodarr.stages.series import RECENT
from tests import library
from tests.replacing import replace
from tests.stages.joining import join_series
from tests.strategies import (
    NOW,
    SERIES_ID,
    a_series,
    downloads,
    episode_histories,
    episodes,
    search_commands,
    sonarr_words,
)

YEARS_AGO = NOW - timedelta(days=900)


@st.composite
def inputs(draw: st.DrawFn) -> SeriesInputs:
    found = tuple(
        draw(st.lists(episodes(), min_size=1, max_size=8, unique_by=lambda e: e.sonarr_id))
    )
    numbers = st.sampled_from([(e.season, e.episode) for e in found])
    return SeriesInputs(
        series=a_series(is_monitored=draw(st.booleans())),
        detail=SeriesDetail(episodes=PackedEpisodes(found), file_by_id={}, read_at=NOW),
        downloads=tuple(
            draw(downloads(found, download_id=f"{i}" * 40)) for i in range(draw(st.integers(0, 3)))
        ),
        commands=tuple(draw(st.lists(search_commands(), max_size=2))),
        episode_histories={
            e.sonarr_id: draw(episode_histories(e.sonarr_id)) for e in found if draw(st.booleans())
        },
        jellyfin=draw(st.dictionaries(numbers, sonarr_words)),
        shoko=draw(st.dictionaries(numbers, sonarr_words)),
        requested_seasons=draw(st.frozensets(st.integers(0, 3))),
        unfinished_seasons=draw(st.frozensets(st.integers(0, 3))),
        counts_specials=draw(st.booleans()),
    )


def assert_adds_up(view: SeriesView, given_inputs: SeriesInputs) -> None:
    """The laws of a view: every episode once, every bucket in its denominator."""
    detail = given_inputs.detail
    assert detail is not None
    shown = [(e.key.season, e.key.episode) for s in view.seasons for e in s.episodes or ()]
    assert sorted(shown) == sorted((e.season, e.episode) for e in detail.episodes)
    counted = [s for s in view.seasons if s.season != 0 or given_inputs.counts_specials]
    assert view.tally is not None
    for season in view.seasons:
        assert season.tally is not None
        assert season.episodes is not None
        assert sum(season.tally.by_stage.values()) == len(season.episodes)
        assert season.tally.tracked + season.tally.by_stage.get(Stage.UNMONITORED, 0) == len(
            season.episodes
        )
    assert view.tally.tracked == sum(s.tally.tracked for s in counted if s.tally is not None)
    if view.tally.tracked == 0:
        assert view.tally.available_ratio is None
        assert view.stage is Stage.UNMONITORED
    else:
        assert 0.0 <= (view.tally.progress_ratio or 0.0) <= 1.0


@given(inputs())
def test_each_episode_is_in_one_bucket_and_the_buckets_add_up(anything: SeriesInputs) -> None:
    assert_adds_up(join_series(anything, NOW).view, anything)


@given(inputs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(anything: SeriesInputs, random: object) -> None:
    assert anything.detail is not None
    shuffled_episodes = list(anything.detail.episodes)
    shuffled_downloads = list(anything.downloads)
    random.shuffle(shuffled_episodes)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    random.shuffle(shuffled_downloads)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    shuffled = replace(
        anything,
        detail=replace(anything.detail, episodes=tuple(shuffled_episodes)),
        downloads=tuple(shuffled_downloads),
        commands=anything.commands[::-1],
    )
    first, second = join_series(anything, NOW).view, join_series(shuffled, NOW).view
    assert [
        (e.key, e.stage, e.progress_ratio) for s in first.seasons for e in s.episodes or ()
    ] == [(e.key, e.stage, e.progress_ratio) for s in second.seasons for e in s.episodes or ()]
    assert first.tally == second.tally


@given(inputs())
def test_joining_again_with_its_own_clocks_changes_nothing(anything: SeriesInputs) -> None:
    first = join_series(anything, NOW).view
    clocks = {
        (e.key.season, e.key.episode): StageClock(stage=e.stage, entered_at=e.stage_entered_at)
        for s in first.seasons
        for e in s.episodes or ()
    }
    again = join_series(replace(anything, clocks=clocks), NOW).view
    for old, new in zip(first.seasons, again.seasons, strict=True):
        for before, after in zip(old.episodes or (), new.episodes or (), strict=True):
            if before.stage is after.stage:  # available sticks, whatever Jellyfin says
                assert before.stage_entered_at == after.stage_entered_at


@given(inputs())
def test_only_seasons_at_rest_are_packed_and_nothing_of_them_is_lost(
    anything: SeriesInputs,
) -> None:
    for season in join_series(anything, NOW).view.seasons:
        assert season.tally is not None
        assert season.episodes is not None
        moves = any(map(season.tally.count, UNDER_WAY_STAGES))
        assert isinstance(season.episodes, Packed) != moves
        assert tuple(Packed(season.episodes, Packing(EpisodeView, kept=0))) == season.episodes


def test_a_season_that_was_not_read_shows_what_the_statistics_say_and_no_stage() -> None:
    series = replace(a_series(), seasons=(library.a_season(files=9, total=12),))
    view = join_series(SeriesInputs(series=series, detail=None), NOW).view
    assert (view.tally, view.stage) == (None, None)
    assert (view.seasons[0].available_from_statistics, view.seasons[0].episodes) == (9, None)


def an_episode(
    number: int, *, air_at: datetime | None = YEARS_AGO, has_file: bool = False
) -> Episode:
    file_id = EpisodeFileId(number) if has_file else None
    return replace(library.an_episode(number), file_id=file_id, air_at=air_at)


def joined(*found: Episode, **changes: object) -> SeriesView:
    detail = SeriesDetail(episodes=PackedEpisodes(found), file_by_id={}, read_at=NOW)
    base = SeriesInputs(series=a_series(), detail=detail)
    return join_series(replace(base, **changes), NOW).view


def test_a_quiet_season_is_not_active_and_one_that_airs_soon_is() -> None:
    assert not joined(an_episode(1, has_file=True), an_episode(2)).seasons[0].is_active
    assert joined(an_episode(1, air_at=NOW + timedelta(hours=23))).seasons[0].is_active
    assert not joined(an_episode(1, air_at=NOW + timedelta(hours=25))).seasons[0].is_active


def test_a_season_in_an_unfinished_request_is_active() -> None:
    assert joined(an_episode(1), unfinished_seasons=frozenset({1})).seasons[0].is_active


def test_a_season_wakes_when_an_episode_is_about_to_air() -> None:
    air_at = NOW + timedelta(days=3)
    detail = SeriesDetail(
        episodes=PackedEpisodes((an_episode(1, air_at=air_at),)), file_by_id={}, read_at=NOW
    )
    result = join_series(SeriesInputs(series=a_series(), detail=detail), NOW)
    assert result.changes_at == air_at - RECENT


def test_a_series_shows_its_most_telling_stage() -> None:
    view = joined(an_episode(1, has_file=True), an_episode(2))
    assert view.stage is Stage.QUEUED
    assert joined(an_episode(1, has_file=True)).stage is Stage.AVAILABLE
    assert joined(an_episode(1, air_at=None)).stage is Stage.UNAIRED


def test_a_season_search_covers_what_aired_and_misses() -> None:
    command = SearchCommand(command_id=1, series_id=SERIES_ID, season=1, queued_at=NOW)
    view = joined(
        an_episode(1, has_file=True),
        an_episode(2),
        an_episode(3, air_at=NOW + timedelta(days=2)),
        commands=(command,),
    )
    assert [e.stage for e in view.seasons[0].episodes or ()] == [
        Stage.AVAILABLE,
        Stage.SEARCHING,
        Stage.UNAIRED,
    ]
    other = replace(command, season=2)
    assert joined(an_episode(2), commands=(other,)).stage is Stage.QUEUED


def test_specials_stay_out_of_the_totals_unless_they_are_asked_for() -> None:
    special = replace(an_episode(1), season=0)
    assert joined(special, an_episode(1)).tally == joined(an_episode(1)).tally
    both = joined(special, an_episode(1), counts_specials=True).tally
    assert both is not None
    assert both.tracked == 2


class TestStageEntered:
    """Since when an episode is in its stage."""

    QUEUED = Classification(stage=Stage.QUEUED, entered_at=YEARS_AGO)

    def test_the_upstreams_own_time_on_a_first_read(self) -> None:
        assert entered_at(self.QUEUED, None, NOW) == YEARS_AGO

    def test_a_stage_that_goes_on_keeps_its_time(self) -> None:
        clock = StageClock(stage=Stage.QUEUED, entered_at=NOW - timedelta(days=2))
        assert entered_at(self.QUEUED, clock, NOW) == clock.entered_at

    def test_a_stage_seen_to_begin_has_the_upstreams_time(self) -> None:
        grabbed_at = NOW - timedelta(seconds=9)
        clock = StageClock(stage=Stage.QUEUED, entered_at=YEARS_AGO)
        assert (
            entered_at(Classification(stage=Stage.FOUND, entered_at=grabbed_at), clock, NOW)
            == grabbed_at
        )

    def test_a_deleted_file_does_not_make_an_episode_queued_for_years(self) -> None:
        clock = StageClock(stage=Stage.AVAILABLE, entered_at=NOW - timedelta(days=3))
        assert entered_at(self.QUEUED, clock, NOW) == NOW

    def test_an_upstream_whose_clock_runs_ahead_is_not_believed(self) -> None:
        ahead = Classification(stage=Stage.FOUND, entered_at=NOW + timedelta(hours=1))
        assert entered_at(ahead, None, NOW) == NOW


def test_a_series_in_which_nothing_happens_has_no_dictionaries_of_its_own() -> None:
    detail = SeriesDetail(episodes=PackedEpisodes(()), file_by_id={}, read_at=NOW)
    first, second = (
        join_series(SeriesInputs(series=a_series(), detail=detail), NOW) for _ in range(2)
    )
    assert detail.searched_at is first.alarms is second.alarms is NOTHING
    mappings = [x for x in astuple(first.inputs) if isinstance(x, Mapping)]
    assert len(mappings) > 4
    assert all(type(x) is MappingProxyType for x in mappings)
