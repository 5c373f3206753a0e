"""What was shown last is known of every series: stored, shown, or not listed any more."""

from hypothesis import given
from hypothesis import strategies as st

from episodarr.cycle.join.last_shown import LastShown, PackedClocks
from episodarr.model.ids import EpisodeNumber, SonarrName
from episodarr.model.stage import Hold, Stage
from episodarr.stages.inputs import StageClock
from tests.builders import NOW, a_series_view, an_episode_view

STORED = {(1, 1): StageClock(stage=Stage.QUEUED, entered_at=NOW)}
SHOWN = a_series_view(episodes=[an_episode_view(1, 1), an_episode_view(1, 2, Stage.UNAIRED)])
STAGES: dict[EpisodeNumber, Stage] = {(1, 1): Stage.AVAILABLE, (1, 2): Stage.UNAIRED}


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


def test_stages_are_the_same_object_until_the_series_is_shown_again() -> None:
    last = LastShown(SHOWN.key.sonarr, {})
    last.put(SHOWN)
    before = last.stages(SHOWN.key)
    assert last.stages(SHOWN.key) is before
    assert before.get((1, 2)) is Stage.UNAIRED
    assert before.get((9, 9)) is None
    last.put(SHOWN)
    assert last.stages(SHOWN.key) is not before
    assert last.stages(SHOWN.key) != before


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
