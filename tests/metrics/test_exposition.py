"""The page tells exactly what the views say, however it came about."""

import gzip
from datetime import timedelta
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.metrics.catalogue import FAMILIES
from episodarr.metrics.counters import Counters
from episodarr.metrics.family import ViewFamily
from episodarr.metrics.health import DROPPED_OBJECTS, LIMITED_FAMILIES
from episodarr.metrics.rendering.blocks import Budget
from episodarr.metrics.rendering.bodies import Bodies
from episodarr.metrics.rendering.exposition import Exposition, SupersededError
from episodarr.metrics.rendering.library_tree import LibraryTree, Scope
from episodarr.model.deletion import Answer, DeletionStatus, Verdict
from episodarr.model.health import System
from episodarr.model.ids import DownloadId
from episodarr.model.memo import are_same
from episodarr.model.stage import Stage
from episodarr.model.steps import in_one_go
from episodarr.model.view import DownloadView, SeriesView, Snapshot
from tests.builders import (
    NOW,
    a_deleted_episode_view,
    a_deletion_view,
    a_download_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    an_upstream_health,
    spy_x_family,
)
from tests.metrics.oracle import Oracle
from tests.metrics.reading import Key, labels, read_openmetrics, read_text, values_of
from tests.metrics.scene import everything, some_counters
from tests.metrics.strategies import histories, snapshots
from tests.replacing import replace

VIEW_NAMES = {row.name for row in FAMILIES if isinstance(row, ViewFamily)}


def page(snapshot: Snapshot, scope: str = "active", queued_limit: int = 5_000) -> dict[Key, float]:
    return read_text(b"".join(Exposition(scope, queued_limit=queued_limit).update(snapshot).text))


def dropped(samples: dict[Key, float]) -> dict[str, float]:
    """What was left out, by family, zeros aside."""
    counted = values_of(samples, DROPPED_OBJECTS)
    return {dict(found)["family"]: value for found, value in counted.items() if value}


def forms(bodies: Bodies) -> tuple[bytes, bytes]:
    return b"".join(bodies.text), b"".join(bodies.openmetrics)


@given(snapshots, st.sampled_from(["active", "all", "none"]), st.integers(0, 4))
def test_the_page_holds_what_the_views_say_and_counts_the_rest(
    snapshot: Snapshot, scope: str, limit: int
) -> None:
    bodies = Exposition(scope, queued_limit=limit).update(snapshot)
    text, openmetrics = forms(bodies)
    samples = read_text(text)
    expected = Oracle(snapshot, scope, limit)
    assert {k: v for k, v in samples.items() if k[0] in VIEW_NAMES} == expected.samples
    assert dropped(samples) == +expected.dropped
    assert read_openmetrics(openmetrics) == samples
    assert gzip.decompress(b"".join(bodies.gzip_text)) == text
    assert gzip.decompress(b"".join(bodies.gzip_openmetrics)) == openmetrics


@given(histories(), st.data())
def test_an_update_gives_what_a_fresh_start_would(
    shown: list[Snapshot], data: st.DataObject
) -> None:
    kept = Exposition(queued_limit=3, step_bytes=1)
    for snapshot in shown:
        left_after = data.draw(st.none() | st.integers(0, 20), label="steps before it is left")
        if left_after is not None:
            for _ in zip(range(left_after), kept.update_steps(snapshot), strict=False):
                pass
            continue
        bodies = kept.update(snapshot)
        fresh = Exposition(queued_limit=3).update(snapshot)
        assert forms(bodies) == forms(fresh)
        assert gzip.decompress(b"".join(bodies.gzip_openmetrics)) == forms(bodies)[1]


def test_the_order_of_the_views_does_not_matter() -> None:
    one = everything()
    turned = replace(
        one,
        series_by_key=dict(reversed(list(one.series_by_key.items()))),
        downloads=one.downloads[::-1],
        requests=one.requests[::-1],
        deletions=one.deletions[::-1],
        upstreams=one.upstreams[::-1],
    )
    assert forms(Exposition().update(one)) == forms(Exposition().update(turned))


def test_small_steps_give_the_same_as_one() -> None:
    exposition = Exposition(step_bytes=1)
    assert len(list(exposition.update_steps(everything(), some_counters()))) > 20
    stepped = exposition.update(everything(), some_counters())
    assert forms(stepped) == forms(Exposition().update(everything(), some_counters()))


def test_others_have_their_turn_while_a_library_is_gone_through() -> None:
    library = [
        a_series_view(title=f"Show {number}", key=a_series_key(number)) for number in range(1, 3001)
    ]
    tree = LibraryTree(Scope.ACTIVE, 10)
    in_one_go(tree.update_steps(library, Budget()))
    library[7] = a_series_view(title="Another", key=a_series_key(8))
    assert sum(1 for _ in tree.update_steps(library, Budget())) >= 2


def test_a_newer_update_ends_the_one_before() -> None:
    exposition = Exposition(step_bytes=1)
    older = exposition.update_steps(everything())
    next(older)
    newest = exposition.update(a_snapshot())
    with pytest.raises(SupersededError):
        next(older)
    assert forms(newest) == forms(Exposition().update(a_snapshot()))


def test_a_view_that_is_the_same_object_is_not_read_again() -> None:
    class Counting(dict[System, Answer]):
        reads = 0

        @override
        def __getitem__(self, key: System) -> Answer:
            Counting.reads += 1
            return super().__getitem__(key)

    deletion = replace(
        a_deletion_view(), record_by_system=Counting({System.SONARR: Answer.REMOVED})
    )
    exposition = Exposition()
    exposition.update(a_snapshot(deletions=(deletion,)))
    assert Counting.reads == 1
    exposition.update(a_snapshot(deletions=(deletion,)))
    assert Counting.reads == 1
    exposition.update(a_snapshot(deletions=(replace(deletion),)))
    assert Counting.reads == 2


def test_a_new_title_is_in_every_line_of_its_series() -> None:
    series = spy_x_family()
    exposition = Exposition()
    exposition.update(a_snapshot(series))
    renamed = b"".join(exposition.update(a_snapshot(replace(series, title="Other"))).text).decode()
    assert 'SPY x FAMILY"' not in renamed.replace('series="SPY x FAMILY",seasons', "")
    assert renamed.count('series="Other"') > 50


class TestScope:
    def counted(self, scope: str, series: SeriesView) -> int:
        return len(values_of(page(a_snapshot(series), scope), "episodarr_episode_stage"))

    def test_active_covers_active_seasons_whole_and_queued_episodes(self) -> None:
        resting = [an_episode_view(1, n) for n in range(1, 8)]
        queued = [an_episode_view(1, n, Stage.QUEUED) for n in (8, 9)]
        active = [an_episode_view(2, n) for n in (1, 2, 3)]
        searching = an_episode_view(2, 4, Stage.SEARCHING)
        series = a_series_view(episodes=[*resting, *queued, *active, searching])
        assert self.counted("active", series) == 2 + 4
        assert self.counted("all", series) == 13
        assert self.counted("none", series) == 0

    def test_season_families_cover_the_library_in_every_scope(self) -> None:
        counted = {
            scope: values_of(page(a_snapshot(spy_x_family()), scope), "episodarr_season_episodes")
            for scope in ("active", "all", "none")
        }
        assert counted["active"] == counted["all"] == counted["none"] != {}

    def test_another_word_is_refused(self) -> None:
        with pytest.raises(ValueError, match="some"):
            Exposition("some")


class TestLimits:
    def waiting(self, tvdb_id: int, count: int) -> SeriesView:
        key = a_series_key(tvdb_id)
        episodes = [an_episode_view(1, n, Stage.QUEUED, series=key) for n in range(1, count + 1)]
        return a_series_view(f"Show {tvdb_id}", episodes, key=key)

    def test_queued_episodes_beyond_the_limit_are_counted(self) -> None:
        snapshot = a_snapshot(*(self.waiting(n, 4) for n in (1, 2, 3)))
        samples = page(snapshot, queued_limit=6)
        stages = values_of(samples, "episodarr_episode_stage")
        assert sorted(dict(found)["tvdb_id"] for found in stages) == ["1"] * 4 + ["2"] * 2
        assert dropped(samples) == {"episodarr_episode_stage": 6}

    def test_the_limit_moves_when_a_series_before_it_gets_shorter(self) -> None:
        exposition = Exposition(queued_limit=6)
        views = [self.waiting(n, 4) for n in (1, 2, 3)]
        exposition.update(a_snapshot(*views))
        samples = read_text(
            b"".join(exposition.update(a_snapshot(self.waiting(1, 1), *views[1:])).text)
        )
        stages = values_of(samples, "episodarr_episode_stage")
        assert sorted(dict(found)["tvdb_id"] for found in stages) == ["1"] + ["2"] * 4 + ["3"]
        assert dropped(samples) == {"episodarr_episode_stage": 3}

    def test_fifty_leftovers_per_deletion(self) -> None:
        held = {System.DISK: Answer.REMAINING, System.JELLYFIN: Answer.REMAINING}
        bad = a_deletion_view(
            "bad",
            [a_deleted_episode_view(1, n, Verdict.FAILED, held) for n in range(1, 31)],
            status=DeletionStatus.FAILED,
        )
        samples = page(a_snapshot(deletions=(bad,)))
        leftovers = values_of(samples, "episodarr_deletion_leftover")
        assert len(leftovers) == 50
        assert max(int(dict(found)["episode"]) for found in leftovers) == 25
        assert dropped(samples) == {"episodarr_deletion_leftover": 10}

    def test_every_limited_family_is_counted_at_zero(self) -> None:
        counted = values_of(page(a_snapshot()), DROPPED_OBJECTS)
        assert counted == {labels(family=name): 0 for name in LIMITED_FAMILIES}


class TestDoubles:
    def test_the_first_of_two_downloads_with_one_id_stays(self) -> None:
        def download(release: str, size: int) -> DownloadView:
            return a_download_view(release=release, size_bytes=size)

        samples = page(a_snapshot(downloads=(download("first", 1), download("second", 2))))
        assert list(values_of(samples, "episodarr_download_size_bytes").values()) == [1]
        assert dropped(samples) == {"episodarr_download_info": 1}

    def test_ids_that_are_written_alike_are_one(self) -> None:
        twins = tuple(a_download_view(download_id=DownloadId(f"x{c}")) for c in "\x01\x02")
        assert dropped(page(a_snapshot(downloads=twins))) == {"episodarr_download_info": 1}

    def test_a_double_that_goes_is_not_counted_any_more(self) -> None:
        exposition = Exposition()
        twins = (a_download_view(release="first"), a_download_view(release="second"))
        exposition.update(a_snapshot(downloads=twins))
        samples = read_text(b"".join(exposition.update(a_snapshot(downloads=twins[1:])).text))
        (found,) = values_of(samples, "episodarr_download_info")
        assert dict(found)["release"] == "second"
        assert dropped(samples) == {}

    def test_requests_seasons_episodes_and_upstreams(self) -> None:
        episodes = [an_episode_view(1, 1, Stage.FOUND), an_episode_view(1, 1, Stage.QUEUED)]
        series = a_series_view(episodes=episodes)
        series = replace(series, seasons=series.seasons * 2)
        request = a_request_view(7, series, seasons=(1, 1, 2))
        samples = page(
            a_snapshot(
                series,
                requests=(request, replace(request)),
                upstreams=(an_upstream_health(), an_upstream_health()),
            )
        )
        assert dropped(samples) == {
            "episodarr_season_stage": 1,
            "episodarr_episode_stage": 1,
            "episodarr_request_info": 1,
            "episodarr_request_season_info": 1,
            "episodarr_upstream_up": 1,
        }


def test_counters_that_are_written_alike_or_no_number_are_left_out_and_counted() -> None:
    counters = (
        Counters()
        .added("episodarr_grabs_total", ("tv", "x\x01"), 3)
        .added("episodarr_grabs_total", ("tv", "x\x02"), 4)
        .added("episodarr_imports_total", ("tv",), float("inf"))
    )
    samples = read_text(b"".join(Exposition().update(a_snapshot(), counters).text))
    assert list(values_of(samples, "episodarr_grabs_total").values()) == [3]
    assert samples["episodarr_imports_total", labels(sonarr="tv")] == 0
    assert dropped(samples) == {"episodarr_grabs_total": 1, "episodarr_imports_total": 1}


def test_no_number_is_left_out_and_counted() -> None:
    episode = an_episode_view(1, 1, Stage.DOWNLOADING, progress_ratio=float("nan"))
    samples = page(a_snapshot(a_series_view(episodes=[episode])))
    assert not values_of(samples, "episodarr_episode_progress_ratio")
    assert dropped(samples)["episodarr_episode_progress_ratio"] == 1
    assert len(values_of(samples, "episodarr_episode_stage")) == 1


class TestDeletions:
    @pytest.mark.parametrize(
        ("status", "finished", "is_shown"),
        [
            (DeletionStatus.VERIFYING, None, True),
            (DeletionStatus.HELD, timedelta(days=400), True),
            (DeletionStatus.PARTIAL, timedelta(days=400), True),
            (DeletionStatus.FAILED, timedelta(days=400), True),
            (DeletionStatus.UNVERIFIED, timedelta(days=400), True),
            (DeletionStatus.COMPLETE, timedelta(days=7), True),
            (DeletionStatus.COMPLETE, timedelta(days=7, seconds=1), False),
            (DeletionStatus.LEFTOVERS, timedelta(days=8), False),
            (DeletionStatus.SUPERSEDED, timedelta(days=8), False),
            (DeletionStatus.FILES_KEPT, timedelta(days=8), False),
        ],
    )
    def test_unfinished_and_bad_ones_stay_good_ones_go_after_a_week(
        self, status: DeletionStatus, finished: timedelta | None, is_shown: bool
    ) -> None:
        finished_at = None if finished is None else NOW - finished
        view = a_deletion_view(status=status, finished_at=finished_at)
        samples = page(a_snapshot(deletions=(view,)))
        assert bool(values_of(samples, "episodarr_deletion_status")) is is_shown

    def test_they_do_not_need_any_upstream(self) -> None:
        down = replace(an_upstream_health(), is_up=False, last_success_at=None, version=None)
        with_all = page(a_snapshot(deletions=(a_deletion_view(),)))
        alone = page(a_snapshot(deletions=(a_deletion_view(),), upstreams=(down,)))
        for row in (r.name for r in FAMILIES if r.name.startswith("episodarr_deletion_")):
            assert values_of(alone, row) == values_of(with_all, row)

    @given(snapshots)
    def test_verdicts_and_answers_add_up_to_expected(self, snapshot: Snapshot) -> None:
        samples = page(snapshot)
        expected = values_of(samples, "episodarr_deletion_expected_episodes")
        parts = [
            values_of(samples, f"episodarr_deletion_{part}_episodes")
            for part in ("deleted", "failed", "unverified", "pending")
        ]
        by_system: dict[tuple[str, str], float] = {}
        for found, value in values_of(samples, "episodarr_deletion_system_episodes").items():
            counted = dict(found)
            where = (counted["deletion_id"], counted["system"])
            by_system[where] = by_system.get(where, 0) + value
        for found, total in expected.items():
            assert sum(part[found] for part in parts) == total
            ours = [v for (d, _), v in by_system.items() if d == dict(found)["deletion_id"]]
            assert all(value == total for value in ours)


class TestBuckets:
    @given(snapshots)
    def test_they_add_up_to_tracked(self, snapshot: Snapshot) -> None:
        samples = page(snapshot)
        for level in ("series", "season", "request"):
            totals: dict[frozenset[tuple[str, str]], float] = {}
            for found, value in values_of(samples, f"episodarr_{level}_episodes").items():
                key = frozenset(pair for pair in found if pair[0] != "episode_stage")
                totals[key] = totals.get(key, 0) + value
            for key, tracked in values_of(samples, f"episodarr_{level}_tracked_episodes").items():
                assert totals[key] == tracked

    def test_an_active_season_shows_every_bucket_and_the_rest_what_is_there(self) -> None:
        samples = values_of(page(a_snapshot(spy_x_family())), "episodarr_season_episodes")
        first = {dict(f)["episode_stage"] for f in samples if ("season", "1") in f}
        second = {dict(f)["episode_stage"] for f in samples if ("season", "2") in f}
        assert first == {"available"}
        assert second == {stage.label for stage in Stage} - {"unmonitored"}

    def test_a_finished_request_shows_what_is_there(self) -> None:
        series = spy_x_family()
        waiting, done = a_request_view(1, series), a_request_view(2, series, is_finished=True)
        samples = values_of(
            page(a_snapshot(requests=(waiting, done))), "episodarr_request_episodes"
        )
        assert sum(("request_id", "1") in found for found in samples) == 8
        assert {dict(f)["episode_stage"] for f in samples if ("request_id", "2") in f} == {
            "available",
            "downloading",
            "searching",
            "queued",
        }

    def test_an_unread_series_tells_available_alone(self) -> None:
        series = a_series_view(episodes=[an_episode_view(2, 1)], unread_seasons=[0, 1])
        samples = page(a_snapshot(series))
        assert list(values_of(samples, "episodarr_series_episodes").values()) == [7 + 1]
        for name in ("stage", "tracked_episodes", "available_ratio", "progress_ratio"):
            assert not values_of(samples, f"episodarr_series_{name}")
            assert len(values_of(samples, f"episodarr_season_{name}")) == 1

    def test_nothing_tracked_has_no_ratio(self) -> None:
        series = a_series_view(episodes=[an_episode_view(1, 1, Stage.UNMONITORED)])
        samples = page(a_snapshot(series))
        assert list(values_of(samples, "episodarr_series_tracked_episodes").values()) == [0]
        assert not values_of(samples, "episodarr_series_available_ratio")
        assert not values_of(samples, "episodarr_season_progress_ratio")


class TestMoment:
    def test_the_timestamp_waits_for_a_good_cycle(self) -> None:
        name = "episodarr_snapshot_timestamp_seconds"
        assert not values_of(page(a_snapshot(is_complete=False)), name)
        assert values_of(page(a_snapshot()), name) == {labels(): NOW.timestamp()}

    def test_before_the_first_cycle_health_is_there(self) -> None:
        samples = page(a_snapshot(is_complete=False))
        assert samples["episodarr_upstream_up", labels(upstream="tv", system="sonarr")] == 1
        assert samples["episodarr_imports_total", labels(sonarr="tv")] == 0
        assert samples["episodarr_deletion_episodes_failed_total", labels()] == 0
        assert values_of(samples, "episodarr_build_info")

    def test_nothing_changed_means_the_same_bytes(self) -> None:
        exposition = Exposition()
        first = exposition.update(everything(), some_counters())
        second = exposition.update(everything(), some_counters())
        assert are_same(first.gzip_text.parts[:-1], second.gzip_text.parts[:-1])
        assert first.gzip_text.parts[-1] == second.gzip_text.parts[-1]


def test_series_of_two_instances_with_the_same_numbers_do_not_mix() -> None:
    one = a_series_view("One", key=a_series_key(5, "tv"))
    two = a_series_view("Two", key=a_series_key(5, "anime"))
    infos = values_of(page(a_snapshot(one, two)), "episodarr_series_info")
    assert {(dict(f)["sonarr"], dict(f)["series"]) for f in infos} == {
        ("tv", "One"),
        ("anime", "Two"),
    }
