"""What was shown last is known of every series: stored, shown, or not listed any more."""

from hypothesis import given
from hypothesis import strategies as st

from episodarr.cycle.join.last_shown import LastShown, PackedClocks
from episodarr.model.ids import EpisodeNumber, SonarrName
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import SeriesView
from episodarr.stages.inputs import StageClock
from tests.builders import NOW, a_series_view, an_episode_view

STORED = {(1, 1): StageClock(stage=Stage.QUEUED, entered_at=NOW)}
SHOWN_EPISODES = (an_episode_view(1, 1), an_episode_view(1, 2, Stage.UNAIRED))
SHOWN = a_series_view(episodes=SHOWN_EPISODES)
STAGES: dict[EpisodeNumber, Stage] = {(1, 1): Stage.AVAILABLE, (1, 2): Stage.UNAIRED}
STAGES_AS_STORED = {n: StageClock(stage=stage, entered_at=NOW) for n, stage in STAGES.items()}


def a_moving_view(*, progress_ratio: float) -> SeriesView:
    """One episode is there, the other on its way."""
    moving = an_episode_view(1, 2, Stage.DOWNLOADING, progress_ratio=progress_ratio)
    return a_series_view(episodes=[SHOWN_EPISODES[0], moving])


def test_stored_stages_hold_until_the_episodes_were_read() -> None:
    last = LastShown(SHOWN.key.sonarr, {SHOWN.key: STORED})
    assert dict(last.stages(SHOWN.key)) == {(1, 1): Stage.QUEUED}
    last.put(a_series_view(episodes=[], unread_seasons=[1]))
    assert dict(last.stages(SHOWN.key)) == {(1, 1): Stage.QUEUED}
    assert last.clocks(SHOWN.key) == STORED
    last.put(SHOWN)
    assert dict(last.stages(SHOWN.key)) == STAGES
    assert {n: clock.stage for n, clock in last.clocks(SHOWN.key).items()} == STAGES


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)),
        st.builds(
            StageClock,
            stage=st.sampled_from(Stage),
            entered_at=st.none() | st.just(NOW),
            hold=st.none() | st.sampled_from(Hold),
            is_watched=st.booleans(),
        ),
    )
)
def test_packed_clocks_are_the_clocks_that_were_packed(
    clocks: dict[EpisodeNumber, StageClock],
) -> None:
    packed = PackedClocks(clocks)
    assert packed == clocks
    assert len(packed) == len(clocks)
    assert packed.get((-1, 0)) is None
    last = LastShown(SHOWN.key.sonarr, {SHOWN.key: packed})
    assert last.clocks(SHOWN.key) == clocks
    assert dict(last.stages(SHOWN.key)) == {n: clock.stage for n, clock in clocks.items()}


def test_what_is_stored_for_another_sonarr_is_left_to_it() -> None:
    last = LastShown(SonarrName("other"), {SHOWN.key: STORED})
    assert last.clocks(SHOWN.key) == {}
    assert dict(last.stages(SHOWN.key)) == {}


def test_stages_are_the_same_object_until_others_are_shown() -> None:
    last = LastShown(SHOWN.key.sonarr, {})
    last.put(a_moving_view(progress_ratio=0.1))
    before = last.stages(SHOWN.key)
    assert last.stages(SHOWN.key) is before
    assert before.get((1, 2)) is Stage.DOWNLOADING
    assert before.get((9, 9)) is None
    last.put(a_moving_view(progress_ratio=0.2))
    assert last.stages(SHOWN.key) is before, "progress alone is no other stage"
    last.put(SHOWN)
    assert last.stages(SHOWN.key) != before
    assert dict(last.stages(SHOWN.key)) == STAGES


def test_an_episode_more_or_less_is_another_stage() -> None:
    last = LastShown(SHOWN.key.sonarr, {})
    last.put(SHOWN)
    before = last.stages(SHOWN.key)
    last.put(a_series_view(episodes=[*SHOWN_EPISODES, an_episode_view(2, 1)]))
    assert dict(last.stages(SHOWN.key)) == {**STAGES, (2, 1): Stage.AVAILABLE}
    assert last.stages(SHOWN.key) != before
    last.put(a_series_view(episodes=[*SHOWN_EPISODES[:1], an_episode_view(1, 3, Stage.UNAIRED)]))
    assert dict(last.stages(SHOWN.key)) == {(1, 1): Stage.AVAILABLE, (1, 3): Stage.UNAIRED}


def test_the_stages_of_a_former_process_give_way_to_those_that_were_read() -> None:
    last = LastShown(SHOWN.key.sonarr, {SHOWN.key: STAGES_AS_STORED})
    before = last.stages(SHOWN.key)
    assert dict(before) == STAGES
    last.put(SHOWN)
    assert dict(last.stages(SHOWN.key)) == STAGES


def test_a_series_that_is_listed_again_has_the_clocks_that_it_was_shown_with() -> None:
    last = LastShown(SHOWN.key.sonarr, {SHOWN.key: STORED})
    last.put(SHOWN)
    shown = dict(last.clocks(SHOWN.key))
    last.drop(SHOWN.key)
    assert last.view(SHOWN.key) is None
    assert dict(last.stages(SHOWN.key)) == STAGES
    again = last.clocks(SHOWN.key)
    assert {n: c.entered_at for n, c in again.items()} == {
        n: c.entered_at for n, c in shown.items()
    }
    assert not any(clock.is_watched for clock in again.values())


shown_stages = st.dictionaries(
    st.tuples(st.just(1), st.integers(1, 3)), st.sampled_from(Stage), min_size=1
)


@given(st.lists(shown_stages | st.sampled_from(["unread", "gone"]), max_size=8))
def test_an_episode_keeps_the_clock_that_it_was_shown_with_last(
    given_: list[dict[EpisodeNumber, Stage] | str],
) -> None:
    """Also while a series is listed and not read: one that was added again has another number."""
    last = LastShown(SHOWN.key.sonarr, {SHOWN.key: PackedClocks(STORED)})
    objects: list[tuple[object, dict[EpisodeNumber, Stage]]] = []
    clocks = {number: (c.stage, c.entered_at, c.is_watched) for number, c in STORED.items()}
    for one in given_:
        if isinstance(one, str):
            if one == "unread":
                last.put(a_series_view(episodes=[], unread_seasons=[1]))
            else:
                last.drop(SHOWN.key)
            clocks = {n: (stage, at, False) for n, (stage, at, _) in clocks.items()}
        else:
            view = a_series_view(episodes=[an_episode_view(*n, stage) for n, stage in one.items()])
            last.put(view)
            clocks = {
                (e.key.season, e.key.episode): (e.stage, e.stage_entered_at, True)
                for season in view.seasons
                for e in season.episodes or ()
            }
        found = last.clocks(SHOWN.key)
        assert {n: (c.stage, c.entered_at, c.is_watched) for n, c in found.items()} == clocks
        stages, shown = last.stages(SHOWN.key), {n: stage for n, (stage, *_) in clocks.items()}
        assert dict(stages) == shown
        objects.append((stages, shown))
        assert all(then == shown for one, then in objects if one is stages), "it is an input"
