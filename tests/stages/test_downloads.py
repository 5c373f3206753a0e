"""Queue rows and torrents as one download: by any hash, with its own progress mark and state."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.download import QueueRow, QueueStatus, Torrent, TorrentState, TrackedState
from episodarr.model.ids import DownloadId, InfoHash, SonarrEpisodeId, SonarrName
from episodarr.stages.downloads.holds import STALL_AFTER
from episodarr.stages.downloads.joining import (
    ProgressMark,
    group_rows,
    has_no_figures,
    index_torrents,
    mark_progress,
    with_last_figures,
)
from episodarr.stages.downloads.record import Download
from episodarr.stages.downloads.view import download_view, state_word
from tests.replacing import replace
from tests.stages.test_episode_download import a_pack, a_row, a_torrent
from tests.strategies import NOW, a_series, torrents

STATES = {
    "queued", "metadata", "checking", "downloading", "stalled",
    "paused", "seeding", "complete", "error", "unknown",
}  # fmt: skip


def test_a_hybrid_torrent_is_found_by_its_v1_hash_too() -> None:
    hybrid = a_torrent(info_hash=InfoHash("b" * 40), other_hashes=(InfoHash("c" * 40),))
    index = index_torrents([hybrid])
    assert index[InfoHash("b" * 40)] is hybrid
    assert index[InfoHash("c" * 40)] is hybrid


NO_FIGURES = {"size_bytes": 0, "completed_bytes": 0, "remaining_bytes": 0, "received_bytes": 0}


@pytest.mark.parametrize(
    "now",
    [
        {**NO_FIGURES, "state": TorrentState.CHECKING, "remaining_bytes": 1000, "size_bytes": 1000},
        {"state": TorrentState.CHECKING, "completed_bytes": 120, "progress_ratio": 0.42},
        {**NO_FIGURES, "state": TorrentState.METADATA, "has_metadata": False},
        {**NO_FIGURES, "state": TorrentState.UNKNOWN},
    ],
    ids=["it reloads", "it checks", "it lost its metadata", "state unknown"],
)
def test_figures_that_are_not_those_of_the_bytes_leave_the_last_known(
    now: dict[str, object],
) -> None:
    before = a_torrent()
    listed = a_torrent(**now)
    assert has_no_figures(listed, before)
    shown = with_last_figures(listed, before)
    assert (shown.completed_bytes, shown.size_bytes, shown.received_bytes) == (300, 1000, 310)
    assert shown.state is listed.state
    assert shown.has_metadata
    assert shown.are_bytes_known
    assert shown.eta_seconds is None


@given(torrents(), torrents())
def test_a_check_changes_neither_progress_nor_completeness(
    before: Torrent, listed: Torrent
) -> None:
    checking = replace(listed, state=TorrentState.CHECKING)
    shown = with_last_figures(checking, before)
    if before.has_metadata:
        kept = Download(download_id=None, rows=(), torrent=before)
        meanwhile = Download(download_id=None, rows=(), torrent=shown)
        assert meanwhile.is_complete == kept.is_complete
        assert meanwhile.progress_ratio == kept.progress_ratio
        assert shown.received_bytes >= before.received_bytes
    else:
        assert not shown.are_bytes_known


def test_fewer_bytes_of_a_torrent_that_downloads_are_believed() -> None:
    """Pieces may turn out to be bad."""
    assert not has_no_figures(a_torrent(completed_bytes=100), a_torrent())
    assert not has_no_figures(a_torrent(state=TorrentState.METADATA), None)


def test_a_torrents_own_hash_wins_over_anothers_alias() -> None:
    own = a_torrent(info_hash=InfoHash("b" * 40))
    other = a_torrent(info_hash=InfoHash("c" * 40), other_hashes=(InfoHash("b" * 40),))
    for order in ([own, other], [other, own]):
        assert index_torrents(order)[InfoHash("b" * 40)] is own


def test_rows_of_a_pack_are_one_download_and_pending_ones_are_none() -> None:
    rows = [a_row(row_id=i, episode_id=SonarrEpisodeId(i)) for i in (3, 1, 2)]
    pending = a_row(row_id=9, download_id=None)
    grouped = group_rows([*rows, pending])
    assert [[r.row_id for r in g] for g in grouped.values()] == [[1, 2, 3]]


class TestProgressMark:
    """When a download last got a byte."""

    def test_the_first_read_believes_the_clients_last_activity(self) -> None:
        torrent = a_torrent(last_activity_at=NOW - timedelta(hours=2))
        assert mark_progress(None, [a_row()], torrent, NOW).at == NOW - timedelta(hours=2)

    def test_a_client_whose_clock_runs_ahead_is_cut_to_now(self) -> None:
        torrent = a_torrent(last_activity_at=NOW + timedelta(hours=2))
        assert mark_progress(None, [a_row()], torrent, NOW).at == NOW

    def test_a_byte_moves_it_and_none_does_not(self) -> None:
        mark = ProgressMark(bytes_here=300, at=NOW - timedelta(hours=1))
        assert mark_progress(mark, [a_row()], a_torrent(), NOW) is mark
        moved = a_torrent(completed_bytes=301)
        assert mark_progress(mark, [a_row()], moved, NOW) == ProgressMark(bytes_here=301, at=NOW)

    def test_without_a_torrent_the_rows_own_bytes_count(self) -> None:
        first = mark_progress(None, [a_row()], None, NOW)
        assert first == ProgressMark(bytes_here=300, at=NOW)
        later = NOW + timedelta(minutes=9)
        assert mark_progress(first, [a_row()], None, later) is first
        assert mark_progress(first, [a_row(remaining_bytes=1)], None, later).at == later

    def test_no_byte_ever_counts_from_the_grab(self) -> None:
        empty = a_row(remaining_bytes=1000)
        assert mark_progress(None, [empty], None, NOW).at == empty.added_at


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": TorrentState.MOVING}, "downloading"),
        ({"state": TorrentState.MOVING, "remaining_bytes": 0, "completed_bytes": 1000}, "complete"),
        ({"state": TorrentState.METADATA}, "metadata"),
        ({"state": TorrentState.ERROR}, "error"),
    ],
)
def test_torrent_states_have_their_words(changes: dict[str, object], state: str) -> None:
    assert state_word(a_pack(torrent=a_torrent(**changes)), NOW) == state


def test_stalled_is_shown_after_five_minutes_without_a_byte() -> None:
    stalled = a_torrent(state=TorrentState.STALLED)
    assert state_word(a_pack(torrent=stalled, last_progress_at=NOW), NOW) == "downloading"
    assert state_word(a_pack(torrent=stalled, last_progress_at=NOW - STALL_AFTER), NOW) == "stalled"


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (a_row(status=QueueStatus.PAUSED), "paused"),
        (a_row(status=QueueStatus.COMPLETED), "complete"),
        (a_row(tracked_state=TrackedState.FAILED_PENDING), "error"),
        (a_row(status=QueueStatus.FALLBACK), "unknown"),
    ],
)
def test_without_a_torrent_the_state_is_sonarrs(row: QueueRow, state: str) -> None:
    assert state_word(a_pack(rows=(row,), torrent=None, files=None), NOW) == state


def test_what_is_not_known_of_a_download_is_left_out() -> None:
    magnet = a_torrent(has_metadata=False, size_bytes=0, state=TorrentState.METADATA)
    view = download_view(SonarrName("tv"), a_pack(torrent=magnet), a_series(), {}, NOW)
    assert view is not None
    assert (view.size_bytes, view.remaining_bytes) == (None, None)
    usenet = download_view(SonarrName("tv"), a_pack(torrent=None), None, {}, NOW)
    assert usenet is not None
    assert (usenet.connected_seeds, usenet.received_bytes, usenet.tvdb_id) == (None, None, None)


def test_a_pending_release_is_no_download() -> None:
    pending = Download(download_id=None, rows=(a_row(download_id=None),))
    assert download_view(SonarrName("tv"), pending, a_series(), {}, NOW) is None


@given(torrents(), st.sampled_from(QueueStatus), st.booleans())
def test_every_download_is_in_one_of_the_states(
    torrent: Torrent, status: QueueStatus, has_torrent: bool
) -> None:
    row = a_row(status=status)
    download = a_pack(rows=(row,), torrent=torrent if has_torrent else None, files=None)
    known = replace(download, last_progress_at=NOW - STALL_AFTER, download_id=DownloadId("a" * 40))
    assert state_word(known, NOW) in STATES
