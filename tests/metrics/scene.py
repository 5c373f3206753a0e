"""One snapshot with everything in it: every family has a sample, and no two tell the same numbers."""

from datetime import datetime, timedelta

from episodarr.metrics.counters import Counters
from episodarr.model.deletion import (
    Answer,
    DeletionScope,
    DeletionStatus,
    DeletionView,
    NoticedBy,
    Verdict,
)
from episodarr.model.health import System
from episodarr.model.ids import DownloadId, SonarrName
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from episodarr.model.steps import Steps
from episodarr.model.view import (
    DownloadView,
    EpisodeView,
    RequestView,
    SeriesView,
    Snapshot,
    Tally,
)
from tests.builders import (
    NOW,
    a_deleted_episode_view,
    a_deletion_view,
    a_download_view,
    a_release_view,
    a_request_view,
    a_series_key,
    a_series_view,
    a_snapshot,
    an_episode_view,
    an_upstream_health,
)
from tests.replacing import replace

TV = SonarrName("tv")
ANIME = SonarrName("anime")
HOSTILE_TITLE = 'Say "Hello"\\\nWorld'


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def _spy_family() -> SeriesView:
    finished = [
        replace(
            an_episode_view(1, n, air_at=ago(days=700 - n)),
            stage_entered_at=ago(days=650 - n, minutes=n),
        )
        for n in range(1, 13)
    ]
    waiting = replace(
        an_episode_view(1, 13, Stage.QUEUED, air_at=ago(days=687)),
        last_search_at=ago(hours=31),
        stage_entered_at=ago(days=686),
    )
    series = a_series_view(
        episodes=[*finished, waiting, *_second_season()], unread_seasons=[0], year=2022
    )
    counted = a_series_view(episodes=[*finished, waiting, *_second_season()])
    return replace(series, stage=counted.stage, tally=counted.tally)


def _second_season() -> list[EpisodeView]:
    found = replace(a_release_view("[Group] S02E05"), download_id="", release_group="")
    under_way = [
        an_episode_view(2, 1, Stage.DOWNLOADING, progress_ratio=0.45, release=a_release_view()),
        an_episode_view(
            2,
            2,
            Stage.DOWNLOADING,
            progress_ratio=0.12,
            hold=Hold.NO_SEEDS,
            release=a_release_view("[Group] S02E02"),
        ),
        replace(an_episode_view(2, 3, Stage.SEARCHING), last_search_at=ago(minutes=4)),
        an_episode_view(
            2, 4, Stage.IMPORTING, hold=Hold.IMPORT_BLOCKED, release=a_release_view("S02E04")
        ),
        an_episode_view(2, 5, Stage.FOUND, hold=Hold.DELAY_PROFILE, release=found),
        an_episode_view(2, 6, Stage.FAILED),
        an_episode_view(2, 7, Stage.UNAIRED),
        an_episode_view(2, 8, Stage.UNMONITORED),
        an_episode_view(2, 9, Stage.AVAILABLE),
        an_episode_view(2, 10, Stage.QUEUED),
        an_episode_view(2, 11, Stage.QUEUED),
    ]
    return [
        replace(
            episode,
            air_at=ago(days=40 - 6.5 * n, minutes=17),
            stage_entered_at=ago(hours=n, seconds=11 * n, milliseconds=250),
        )
        for n, episode in enumerate(under_way, start=1)
    ]


def _downloads() -> tuple[DownloadView, ...]:
    pack = replace(
        a_download_view(_spy_family(), seasons=(1, 2)),
        size_bytes=7_340_032_123,
        remaining_bytes=4_194_304_456,
        connected_seeds=17,
        eta_seconds=731,
        received_bytes=3_145_728_789,
        added_at=ago(hours=5),
        last_progress_at=ago(seconds=7),
    )
    usenet = a_download_view(
        download_id=DownloadId("SABnzbd_nzo_1"),
        seasons=(),
        client="sabnzbd",
        state="a word of a newer client",
        size_bytes=None,
        remaining_bytes=None,
        connected_seeds=None,
        eta_seconds=None,
        received_bytes=None,
        added_at=None,
        last_progress_at=None,
        hold=Hold.IMPORT_BLOCKED,
        is_awaited=False,
    )
    return (pack, usenet)


def _requests() -> tuple[RequestView, ...]:
    counts = {Stage.AVAILABLE: 12, Stage.DOWNLOADING: 2, Stage.QUEUED: 9}
    series = _spy_family()
    return (
        replace(a_request_view(41, series), tally=Tally.of(counts, progress_sum=12.7)),
        replace(
            a_request_view(42, series, seasons=(3,), status=RequestStatus.COMPLETED),
            tally=Tally.of({Stage.AVAILABLE: 24}, progress_sum=23.5),
            is_finished=True,
            is_4k=True,
            requested_by="Anya",
            created_at=ago(days=11),
        ),
        a_request_view(43, title="Not There Yet", status=RequestStatus.PENDING),
    )


def _deletions() -> tuple[DeletionView, ...]:
    on_disk = {System.DISK: Answer.REMAINING}
    partial = a_deletion_view(
        "d7f3",
        (
            *(a_deleted_episode_view(2, n) for n in range(1, 6)),
            a_deleted_episode_view(
                2, 11, Verdict.FAILED, on_disk | {System.JELLYFIN: Answer.UNKNOWN}
            ),
            a_deleted_episode_view(
                2, 12, Verdict.FAILED, on_disk | {System.JELLYFIN: Answer.REMAINING}
            ),
            *(a_deleted_episode_view(2, n, Verdict.UNVERIFIED) for n in (13, 14, 15)),
            *(a_deleted_episode_view(2, n, Verdict.PENDING) for n in (16, 17, 18, 19)),
            a_deleted_episode_view(2, 20, Verdict.SUPERSEDED),
        ),
        status=DeletionStatus.PARTIAL,
        records={System.DISK: Answer.REMAINING, System.JELLYSEERR: Answer.STALE},
        started_at=ago(days=9),
        finished_at=ago(days=8, minutes=5),
        leftover_bytes=2_111_222_333,
        lingering_bytes=4_555_666_777,
    )
    complete = a_deletion_view(
        "e801",
        title=HOSTILE_TITLE,
        scope=DeletionScope.SEASON,
        noticed_by=NoticedBy.POLL,
        is_acknowledged=True,
        started_at=ago(days=2, hours=1),
        finished_at=ago(days=2),
        key=a_series_key(71_663),
    )
    forgotten = a_deletion_view("aaaa", finished_at=ago(days=7, seconds=1))
    return (partial, complete, forgotten)


def everything() -> Snapshot:
    """A library of three series on two Sonarrs, downloads, requests, deletions and a failure."""
    key = a_series_key(299_963, "anime")
    other = replace(
        a_series_view(HOSTILE_TITLE, key=key, year=2015, title_slug="say-hello"),
        series_type="standard",
    )
    unread = a_series_view("Unread", [], key=a_series_key(71_663), year=1989, unread_seasons=[0, 1])
    failing = replace(
        an_upstream_health("jellyfin", System.JELLYFIN, reason=FailureReason.TIMEOUT),
        last_success_at=None,
        version=None,
    )
    return a_snapshot(
        _spy_family(),
        other,
        unread,
        downloads=_downloads(),
        requests=_requests(),
        deletions=_deletions(),
        upstreams=(an_upstream_health(), an_upstream_health("anime"), failing),
        at=NOW + timedelta(milliseconds=250),
        inventory_pending={TV: 6, ANIME: 4},
        held_disappearances={TV: 0, ANIME: 22},
        unmatched_series={("jellyfin", "jellyfin"): 19},
    )


def some_counters() -> Counters:
    """What the history and the deletion log hand in."""
    counters = (
        Counters()
        .added("episodarr_grabs_total", ("tv", "Nyaa"), 23)
        .added("episodarr_download_failures_total", ("tv", "Nyaa"), 2)
        .added("episodarr_imports_total", ("tv",), 29)
        .added("episodarr_deletions_total", ("partial",), 3)
        .added("episodarr_deletion_episodes_expected_total", (), 57)
        .added("episodarr_deletion_episodes_deleted_total", (), 46)
        .added("episodarr_deletion_episodes_failed_total", (), 7)
        .added("episodarr_deletion_episodes_unverified_total", (), 4)
        .added("episodarr_deletions_partial_total", (), 8)
        .added("episodarr_deletions_healed_total", (), 5)
    )
    for seconds in (30.0, 700.0, 1_000_000.0):
        counters = counters.observed(
            "episodarr_episode_stage_duration_seconds", ("tv", "downloading"), seconds
        )
    return counters.observed("episodarr_episode_grab_to_available_seconds", ("tv",), 812.5)


def some_instruments() -> Counters:
    """What the process counts by itself, as fixed numbers."""
    requests = ("tv", "sonarr", "/api/v3/queue/details")
    counters = (
        Counters()
        .added("episodarr_upstream_requests_total", requests, 31)
        .added("episodarr_upstream_dropped_records_total", requests, 2)
        .added("episodarr_upstream_clock_skew_seconds", ("tv", "sonarr"), -75)
        .added("episodarr_webhook_contradictions_total", ("tv",), 3)
        .added("episodarr_upstream_request_failures_total", (*requests, "timeout"), 6)
        .added("episodarr_webhook_events_total", ("tv", "SeriesDelete"), 9)
        .added("episodarr_rescans_total", ("jellyfin", "succeeded"), 10)
        .added("episodarr_cycles_total", (), 1_201)
        .added("episodarr_cycle_failures_total", (), 13)
        .added("episodarr_store_write_failures_total", (), 14)
        .added("process_virtual_memory_bytes", (), 412_345_344)
        .added("process_resident_memory_bytes", (), 98_304_000)
        .added("process_start_time_seconds", (), 1_777_000_000.5)
        .added("process_cpu_seconds_total", (), 77.25)
        .added("process_open_fds", (), 33)
        .added("process_max_fds", (), 1_024)
    )
    for seconds in (0.004, 0.3, 31.0):
        counters = counters.observed(
            "episodarr_upstream_request_duration_seconds", requests, seconds
        )
    return counters.observed("episodarr_cycle_duration_seconds", (), 0.42)


class FixedInstruments:
    """A source that never moves, so that files can be compared."""

    def counter_steps(self) -> Steps[Counters]:
        yield
        return some_instruments()
