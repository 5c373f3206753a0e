"""How one download stands for one episode: its own file's progress, and what it waits for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.download import (
    QueueRow,
    QueueStatus,
    Torrent,
    TorrentFile,
    TorrentState,
    TrackedState,
    TrackedStatus,
)
from episodarr.model.ids import DownloadId, InfoHash, SonarrEpisodeId
from episodarr.model.stage import Hold, Stage
from episodarr.stages.downloads.episode import (
    EpisodeDownload,
    Failing,
    Skipped,
    download_for_episode,
    furthest,
)
from episodarr.stages.downloads.holds import STALL_AFTER
from episodarr.stages.downloads.record import Download
from tests.replacing import replace
from tests.strategies import NOW, SERIES_ID, downloads, episodes

E1, E2 = (2, 1), (2, 2)


def a_row(**changes: object) -> QueueRow:
    row = QueueRow(
        row_id=1,
        series_id=SERIES_ID,
        episode_id=SonarrEpisodeId(201),
        season=2,
        download_id=DownloadId("a" * 40),
        title="Show S02 1080p",
        status=QueueStatus.DOWNLOADING,
        tracked_state=TrackedState.DOWNLOADING,
        tracked_status=TrackedStatus.OK,
        size_bytes=1000,
        remaining_bytes=700,
        protocol="torrent",
        added_at=NOW - timedelta(hours=1),
    )
    return replace(row, **changes)


def a_torrent(**changes: object) -> Torrent:
    torrent = Torrent(
        client="main",
        info_hash=InfoHash("a" * 40),
        other_hashes=(),
        name="Show S02 1080p",
        state=TorrentState.DOWNLOADING,
        size_bytes=1000,
        completed_bytes=300,
        remaining_bytes=700,
        progress_ratio=0.3,
        received_bytes=310,
        eta_seconds=70,
        connected_seeds=2,
        swarm_seeds=5,
        has_metadata=True,
        added_at=NOW - timedelta(minutes=30),
        completed_at=None,
        last_activity_at=NOW,
    )
    return replace(torrent, **changes)


def a_file(index: int, progress: float, size: int = 500, *, is_wanted: bool = True) -> TorrentFile:
    return TorrentFile(
        index=index,
        path=f"Show S02/{index}.mkv",
        size_bytes=size,
        progress_ratio=progress,
        is_wanted=is_wanted,
    )


def a_pack(*files: TorrentFile, **changes: object) -> Download:
    download = Download(
        download_id=DownloadId("a" * 40),
        rows=(a_row(),),
        torrent=a_torrent(),
        files=files or (a_file(0, 0.5), a_file(1, 0.1)),
        files_by_episode={E1: (0,), E2: (1,)},
        last_progress_at=NOW,
    )
    return replace(download, **changes)


def episode_download_of(download: Download, episode: tuple[int, int] = E1) -> EpisodeDownload:
    classification = download_for_episode(download, download.rows[0], episode, NOW)
    assert isinstance(classification, EpisodeDownload)
    return classification


def test_each_episode_of_a_pack_has_the_progress_of_its_own_file() -> None:
    pack = a_pack(a_file(0, 0.5), a_file(1, 0.1))
    assert episode_download_of(pack, E1).progress_ratio == 0.5
    assert episode_download_of(pack, E2).progress_ratio == 0.1


def test_an_episode_in_two_files_has_their_progress_by_size() -> None:
    pack = a_pack(a_file(0, 1.0, 100), a_file(1, 0.0, 300), files_by_episode={E1: (0, 1)})
    assert episode_download_of(pack).progress_ratio == 0.25


def test_an_episode_whose_file_is_not_known_has_the_average_of_the_pack() -> None:
    assert episode_download_of(a_pack(files_by_episode={E2: (1,)})).progress_ratio == 0.3
    assert episode_download_of(a_pack(files=None, files_by_episode=None)).progress_ratio == 0.3


def test_without_a_torrent_the_rows_own_sizes_count() -> None:
    usenet = a_pack(torrent=None, files=None, files_by_episode=None)
    classification = episode_download_of(usenet)
    assert (classification.stage, classification.progress_ratio) == (Stage.DOWNLOADING, 0.3)


def test_the_list_of_a_single_file_is_only_a_name_and_the_torrent_says_how_far_it_is() -> None:
    single = a_pack(a_file(0, 0.0), files_by_episode=None)
    assert episode_download_of(single).progress_ratio == 0.3


def test_no_byte_yet_is_found() -> None:
    empty = a_torrent(completed_bytes=0, remaining_bytes=1000, progress_ratio=0.0)
    classification = episode_download_of(a_pack(torrent=empty))
    assert (classification.stage, classification.progress_ratio) == (Stage.FOUND, 0.0)


def test_a_byte_for_another_file_makes_the_episode_downloading_at_zero() -> None:
    pack = a_pack(a_file(0, 0.0), a_file(1, 0.9))
    classification = episode_download_of(pack, E1)
    assert (classification.stage, classification.progress_ratio) == (Stage.DOWNLOADING, 0.0)


def test_a_complete_torrent_is_importing_whatever_sonarr_knows_yet() -> None:
    done = a_torrent(completed_bytes=1000, remaining_bytes=0, state=TorrentState.SEEDING)
    classification = episode_download_of(a_pack(torrent=done))
    assert (classification.stage, classification.progress_ratio) == (Stage.IMPORTING, 1.0)


def test_a_file_deselected_in_the_client_is_skipped() -> None:
    pack = a_pack(a_file(0, 0.5, is_wanted=False), a_file(1, 0.1))
    assert download_for_episode(pack, pack.rows[0], E1, NOW) == Skipped()
    assert isinstance(download_for_episode(pack, pack.rows[0], E2, NOW), EpisodeDownload)


@pytest.mark.parametrize(
    "changes",
    [
        {"tracked_state": TrackedState.FAILED_PENDING},
        {"tracked_state": TrackedState.FAILED},
        {"status": QueueStatus.FAILED},
    ],
)
def test_a_failed_download_carries_nothing(changes: dict[str, object]) -> None:
    row = a_row(**changes, messages=("bad",))
    assert download_for_episode(a_pack(rows=(row,)), row, E1, NOW) == Failing(messages=("bad",))


def test_an_ignored_download_is_nothing() -> None:
    row = a_row(tracked_state=TrackedState.IGNORED)
    assert download_for_episode(a_pack(rows=(row,)), row, E1, NOW) is None


LONG_AGO = NOW - STALL_AFTER


@pytest.mark.parametrize(
    ("download", "hold"),
    [
        (a_pack(rows=(a_row(tracked_state=TrackedState.IMPORT_BLOCKED),)), Hold.IMPORT_BLOCKED),
        (
            a_pack(
                rows=(
                    a_row(
                        tracked_state=TrackedState.IMPORT_PENDING,
                        tracked_status=TrackedStatus.WARNING,
                    ),
                )
            ),
            Hold.IMPORT_WARNING,
        ),
        (a_pack(is_client_unavailable=True), Hold.CLIENT_UNAVAILABLE),
        (
            a_pack(
                rows=(a_row(tracked_state=TrackedState.IMPORT_PENDING),),
                is_client_unavailable=True,
            ),
            Hold.CLIENT_UNAVAILABLE,
        ),
        (
            Download(
                download_id=None,
                rows=(
                    a_row(
                        download_id=None,
                        status=QueueStatus.CLIENT_UNAVAILABLE,
                        tracked_state=None,
                        remaining_bytes=1000,
                    ),
                ),
            ),
            Hold.CLIENT_UNAVAILABLE,
        ),
        (a_pack(torrent=a_torrent(state=TorrentState.METADATA)), Hold.METADATA),
        (a_pack(torrent=a_torrent(state=TorrentState.CHECKING)), Hold.CHECKING),
        (a_pack(torrent=a_torrent(state=TorrentState.PAUSED)), Hold.PAUSED),
        (
            a_pack(
                torrent=a_torrent(state=TorrentState.STALLED, connected_seeds=0, swarm_seeds=0),
                last_progress_at=LONG_AGO,
            ),
            Hold.NO_SEEDS,
        ),
        (
            a_pack(torrent=a_torrent(state=TorrentState.STALLED), last_progress_at=LONG_AGO),
            Hold.STALLED,
        ),
        (
            a_pack(torrent=a_torrent(state=TorrentState.STALLED, connected_seeds=0)),
            None,
        ),
        (a_pack(a_file(0, 1.0), a_file(1, 0.1)), Hold.PACK_INCOMPLETE),
        (
            Download(
                download_id=None,
                rows=(
                    a_row(
                        download_id=None,
                        status=QueueStatus.DELAY,
                        tracked_state=None,
                        remaining_bytes=1000,
                    ),
                ),
            ),
            Hold.DELAY_PROFILE,
        ),
        (a_pack(), None),
    ],
)
def test_each_hold_has_its_cause(download: Download, hold: Hold | None) -> None:
    assert episode_download_of(download).hold == hold


def test_a_stall_says_when_it_would_begin() -> None:
    stalling = a_pack(
        torrent=a_torrent(state=TorrentState.STALLED), last_progress_at=NOW - timedelta(minutes=3)
    )
    assert episode_download_of(stalling).changes_at == NOW + timedelta(minutes=2)


@given(st.data())
def test_an_episode_download_is_never_out_of_range_and_never_raises(data: st.DataObject) -> None:
    some = tuple(
        data.draw(st.lists(episodes(), min_size=1, max_size=3, unique_by=lambda e: e.sonarr_id))
    )
    download = data.draw(downloads(some))
    for row in download.rows:
        classification = download_for_episode(download, row, (some[0].season, some[0].episode), NOW)
        if isinstance(classification, EpisodeDownload):
            assert classification.stage in {Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING}
            assert 0.0 <= classification.progress_ratio <= 1.0


@given(st.data())
def test_the_furthest_does_not_depend_on_order(data: st.DataObject) -> None:
    episode = data.draw(episodes())
    episode_downloads = []
    for i in range(3):
        download = data.draw(downloads((episode,), download_id=f"{i}" * 40))
        classification = download_for_episode(
            download, download.rows[0], (episode.season, episode.episode), NOW
        )
        if isinstance(classification, EpisodeDownload):
            episode_downloads.append(classification)
    best = furthest(episode_downloads)
    for shuffled in (
        episode_downloads[::-1],
        sorted(episode_downloads, key=lambda c: c.release.title),
    ):
        again = furthest(shuffled)
        assert (again is None) == (best is None)
        if again is not None and best is not None:
            assert (again.stage, again.progress_ratio) == (best.stage, best.progress_ratio)
