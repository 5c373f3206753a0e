"""The life of one anime episode, through every stage and every hold, watched, killed and joined late."""

from datetime import datetime

import pytest

from episodarr.model.stage import Hold, Stage
from episodarr.model.view import EpisodeView
from tests.life.lives import FRIEREN, STORY, TMDB_ID, Life, Step, life
from tests.rig import Rig, value

SECOND = 1.0
"""Sonarr's and qBittorrent's times are cut to whole seconds."""


def test_the_story_leaves_no_stage_and_no_hold_out() -> None:
    assert {step.stage for step in STORY} == set(Stage) - {Stage.FAILED}
    assert {step.hold for step in STORY if step.hold} == set(Hold) - {Hold.JELLYFIN_UNMATCHED}


def assert_since(
    episode: EpisodeView, wanted: datetime | None, within_seconds: float, name: str
) -> None:
    if wanted is None:
        assert episode.stage_entered_at is None, name
        return
    assert episode.stage_entered_at is not None, name
    late = (episode.stage_entered_at - wanted).total_seconds()
    assert -SECOND <= late <= within_seconds + SECOND, f"{name}: {late:+.1f} s"


def assert_watched(story: Life, step: Step) -> None:
    hero = story.hero()
    assert (hero.stage, hero.hold) == (step.stage, step.hold), step.name
    assert_since(hero, step.since(story), step.within_seconds, step.name)


def assert_shown(running: Rig, hero: EpisodeView, name: str) -> None:
    """The samples say what the view says."""
    samples = running.samples()
    key = {"tvdb_id": str(FRIEREN), "season": "1", "episode": "3"}
    stage = value(samples, "episodarr_episode_stage_code", **key)
    entered = value(samples, "episodarr_episode_stage_entered_timestamp_seconds", **key)
    if stage is None:
        assert hero.stage in {Stage.UNMONITORED, Stage.UNAIRED, Stage.AVAILABLE}, name
        return
    assert stage == hero.stage, name
    at = hero.stage_entered_at
    assert entered == (None if at is None else pytest.approx(at.timestamp(), abs=0.01)), name
    hold = value(samples, "episodarr_episode_hold", **key)
    assert hold == (None if hero.hold is None else 1), name


async def assert_seen_by_a_newcomer(story: Life, step: Step) -> None:
    async with story.newcomer() as other:
        await other.cycle(3)
        hero = story.hero(other)
        wanted = step.at_first_sight or (step.stage, step.hold)
        assert (hero.stage, hero.hold) == wanted, f"first sight of: {step.name}"
        wanted_since = (step.since_at_first_sight or step.since)(story)
        within = SECOND if step.since_at_first_sight else step.within_seconds
        assert_since(hero, wanted_since, within, f"first sight of: {step.name}")


async def test_every_stage_and_hold_at_the_right_cycle_watched_and_at_first_sight() -> None:
    async with life() as story:
        asked_for(story)
        await story.wait(315)
        assert_requested_and_in_no_sonarr(story)
        for step in STORY:
            await story.live_through(step)
            assert_watched(story, step)
            assert_shown(story.running, story.hero(), step.name)
            await assert_seen_by_a_newcomer(story, step)
        first = story.running.episode("tv", FRIEREN, 1, 1)
        assert (first.stage, first.hold) == (Stage.AVAILABLE, None)
        assert_observed(story.running)


async def test_a_kill_after_every_step_changes_nothing() -> None:
    async with life() as story:
        asked_for(story)
        for step in STORY:
            await story.live_through(step)
            assert_watched(story, step)
            before = story.hero()
            story.restart()
            await story.running.cycle(3)
            after = story.hero()
            assert (after.stage, after.hold) == (before.stage, before.hold), step.name
            assert after.stage_entered_at == before.stage_entered_at, step.name


async def test_the_first_file_of_a_series_new_to_jellyfin_counts_by_sonarr_alone() -> None:
    async with life() as story:
        await story.live_through(STORY[0])
        first = story.running.episode("tv", FRIEREN, 1, 1)
        assert (first.stage, first.hold) == (Stage.AVAILABLE, Hold.JELLYFIN_UNMATCHED)
        story.world.jellyfin_scan()
        await story.wait(135)
        first = story.running.episode("tv", FRIEREN, 1, 1)
        assert (first.stage, first.hold) == (Stage.AVAILABLE, None)


def asked_for(story: Life) -> None:
    story.world.request_series("tv", FRIEREN, [1], tmdb_id=TMDB_ID, user="kim", age_days=3)


def assert_requested_and_in_no_sonarr(story: Life) -> None:
    (request,) = story.running.snapshot.requests
    assert (request.sonarr, request.tvdb_id, request.seasons) == (None, FRIEREN, (1,))
    assert request.tally is None
    samples = story.running.samples()
    assert value(samples, "episodarr_request_info", tvdb_id=str(FRIEREN), sonarr="") == 1
    assert "episodarr_request_episodes" not in samples


def assert_observed(running: Rig) -> None:
    """Each timed stage that was left was observed, once for each of the two episodes at least."""
    samples = running.samples()
    name = "episodarr_episode_stage_duration_seconds_count"
    for stage in ("found", "downloading", "importing"):
        count = value(samples, name, sonarr="tv", episode_stage=stage)
        assert count is not None, stage
        assert count >= 2, stage
    assert value(samples, "episodarr_episode_grab_to_available_seconds_count", sonarr="tv") == 2
    assert value(samples, "episodarr_grabs_total", sonarr="tv") == 2
    assert value(samples, "episodarr_imports_total", sonarr="tv") == 3  # E01 came with the series.
