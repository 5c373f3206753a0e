"""A whole series is deleted: the second picture of DESIGN.md section 1, and what can spoil it."""

from datetime import timedelta
from pathlib import Path

from episodarr.cli.terminal.draw import draw_deletions
from episodarr.model.deletion import Answer, DeletionStatus, NoticedBy, Verdict
from episodarr.model.health import System
from episodarr.views.deletion_documents import deletion_summary
from tests.deletion_e2e.following import (
    CHARLOTTE,
    LATE_JELLYFIN,
    RESCANS,
    Following,
    answers,
    demo,
    following,
    others_catch_up,
    small,
)
from tests.rig import value

EPISODE_SYSTEMS = (System.SONARR, System.DISK, System.SHOKO, System.JELLYFIN)
RECORD_SYSTEMS = (*EPISODE_SYSTEMS, System.JELLYSEERR)
SHOW = 1001
STUCK = [(1, 11), (1, 12)]


def picture(running: Following, tvdb_id: int) -> str:
    summary = deletion_summary(running.view(tvdb_id))
    lines = draw_deletions([summary], running.rig.snapshot.at, None)
    return "\n".join(line.plain for line in lines)


async def test_with_rescans_on_it_becomes_complete_without_a_hand_on_it(tmp_path: Path) -> None:
    async with following(demo(), tmp_path, environment=RESCANS, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", CHARLOTTE, lag_seconds=10)
        await running.step(seconds=2)
        view = running.view(CHARLOTTE)
        assert view.status is DeletionStatus.VERIFYING
        assert view.noticed_by is NoticedBy.WEBHOOK
        assert answers(view, System.DISK) == {Answer.REMAINING}
        await running.until(
            lambda: running.has(CHARLOTTE, DeletionStatus.COMPLETE),
            within=timedelta(minutes=20),
            every=60,
        )
        view = running.view(CHARLOTTE)
        assert (view.expected, view.count(Verdict.DELETED)) == (13, 13)
        for system in EPISODE_SYSTEMS:
            assert answers(view, system) == {Answer.REMOVED}, system
        for system in RECORD_SYSTEMS:
            assert view.record_by_system[system] is Answer.REMOVED, system
        drawn = picture(running, CHARLOTTE)
        for wanted in (
            "COMPLETE",
            "13/13 deleted",
            "✓ series removed",
            "✓ 13 files gone",
            "✓ series unlinked",
            "✓ 13 episodes removed",
            "✓ request cleared",
        ):
            assert wanted in drawn, drawn
        async with running.rig.browser() as browser:
            page = (await browser.get("/")).text
        assert "Charlotte (2015)" in page
        assert "13 files gone" in page
        samples = await running.samples()
        rescans = "episodarr_rescans_total"
        assert value(samples, rescans, upstream="shoko", result="succeeded") == 1
        assert value(samples, rescans, upstream="shoko", result="refused") == 0
        assert running.world.shoko is not None
        assert running.world.shoko.mylist_removals == 0


async def test_by_default_what_lags_is_left_over_until_it_catches_up(tmp_path: Path) -> None:
    async with following(demo(jellyfin=LATE_JELLYFIN), tmp_path, webhooks=True) as running:
        await running.ready()
        running.world.delete_series("tv", CHARLOTTE)
        await running.last(timedelta(minutes=10), every=150)
        view = running.view(CHARLOTTE)
        assert view.status is DeletionStatus.VERIFYING
        assert (view.count(Verdict.DELETED), view.count(Verdict.FAILED)) == (13, 0)
        assert answers(view, System.JELLYFIN) == answers(view, System.SHOKO) == {Answer.STALE}
        await running.until(
            lambda: running.has(CHARLOTTE, DeletionStatus.LEFTOVERS),
            within=timedelta(hours=27),
            every=10_800,
        )
        view = running.view(CHARLOTTE)
        assert answers(view, System.JELLYFIN) == {Answer.REMOVED}
        assert answers(view, System.SHOKO) == {Answer.STALE}
        advice = " ".join(view.advice)
        for name in ("Shoko", "Remove missing files"):
            assert name in advice
        samples = await running.samples()
        assert value(samples, "episodarr_deletions_total", deletion_status="leftovers") == 1
        assert value(samples, "episodarr_deletion_episodes_failed_total") == 0
        assert not samples.get("episodarr_deletion_leftover")
        others_catch_up(running.world)
        await running.until(
            lambda: running.has(CHARLOTTE, DeletionStatus.COMPLETE),
            within=timedelta(hours=30),
            every=5400,
        )
        samples = await running.samples()
        assert value(samples, "episodarr_deletions_total", deletion_status="complete") == 0
        assert value(samples, "episodarr_deletions_healed_total") == 0


async def test_two_files_that_refuse_make_it_partial_and_it_heals_in_place(tmp_path: Path) -> None:
    library = small(episodes=25, others=2)
    library.add_request(SHOW, [1])
    async with following(library, tmp_path, environment=RESCANS, webhooks=True) as running:
        await running.ready()
        stuck = running.world.pin_files("tv", SHOW, STUCK)
        running.world.delete_series("tv", SHOW)
        await running.step(seconds=60)
        assert running.has(SHOW, DeletionStatus.VERIFYING)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.PARTIAL),
            within=timedelta(minutes=18),
            every=240,
        )
        view = running.view(SHOW)
        failed = {(e.season, e.episode) for e in view.episodes if e.verdict is Verdict.FAILED}
        assert failed == set(STUCK)
        assert "S01E11 (disk" in picture(running, SHOW)
        samples = await running.samples()
        assert value(samples, "episodarr_deletion_partial", series="Show 1") == 1
        named = {
            (dict(labels)["episode_code"], dict(labels)["system"])
            for labels in samples["episodarr_deletion_leftover"]
        }
        assert {("S01E11", "disk"), ("S01E12", "disk")} <= named
        await running.until(
            lambda: counted(running)["partial"] == 1, within=timedelta(hours=2), every=300
        )
        before = counted(running)
        assert before == {
            "expected": 25,
            "deleted": 23,
            "failed": 2,
            "unverified": 0,
            "partial": 1,
            "healed": 0,
        }
        await running.restart()
        assert counted(running) == before, "counters go back at the first scrape after a start"
        running.world.release_files(stuck)
        await running.until(
            lambda: running.has(SHOW, DeletionStatus.COMPLETE),
            within=timedelta(hours=30),
            every=2700,
        )
        assert running.view(SHOW).deletion_id == view.deletion_id
        samples = await running.samples()
        assert value(samples, "episodarr_deletion_partial", series="Show 1") == 0
        assert not samples.get("episodarr_deletion_leftover")
        assert counted(running) == {**before, "healed": 1}


def counted(running: Following) -> dict[str, float | None]:
    """The counters that survive restarts, as they would be scraped now."""
    samples = running.rig.samples()
    episodes = {
        name: value(samples, f"episodarr_deletion_episodes_{name}_total")
        for name in ("expected", "deleted", "failed", "unverified")
    }
    return {
        **episodes,
        "partial": value(samples, "episodarr_deletions_partial_total"),
        "healed": value(samples, "episodarr_deletions_healed_total"),
    }
