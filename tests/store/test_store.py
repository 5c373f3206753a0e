"""The store on a real file: what goes in comes out, and what goes wrong is reported."""

import logging
import os
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from episodarr.deletions.interventions import hold, keep_files
from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.opening import open_deletion
from episodarr.deletions.policy import Policy
from episodarr.errors import StoreTooNew, StoreUnwritable
from episodarr.model.deletion import DeletionId, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionRecord,
    DeletionReport,
    Disappearance,
    FirstVerdict,
    ProcessedRecord,
    Rescan,
    RescanResult,
    RescanRun,
)
from episodarr.model.evidence import Control, Evidence, Proof, RecordLeft, Removed, Sighting
from episodarr.model.health import System
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeKey,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.inventory import (
    DiskHolding,
    FileNotFound,
    FileSeen,
    FolderIdentity,
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    ShokoFile,
    ShokoHolding,
    ShokoLocation,
    SonarrHolding,
    Taken,
)
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestId
from episodarr.model.stage import Stage
from episodarr.store.deletion_rows import DELETION_COLUMNS, deletion_row, episode_row
from episodarr.store.rows import pack_inventory
from episodarr.store.schema import MIGRATIONS
from episodarr.store.store import Store
from episodarr.store.writing import Changes
from tests.bench.memory import by_part

NOW = datetime(2026, 3, 1, 12, 0, 30, 123456, tzinfo=UTC)
TV, UHD = SonarrName("tv"), SonarrName("uhd")
KEY = SeriesKey(TV, TvdbId(299963))


def an_inventory(episodes: int = 3) -> SeriesInventory:
    files = tuple(
        LibraryFile(
            file_id=EpisodeFileId(n),
            episodes=((1, n),),
            path=f"/tv/Charlotte/Ünïcode {n}.mkv",
            size_bytes=10_000_000_000 + n,
            added_at=NOW - timedelta(days=n),
        )
        for n in range(1, episodes + 1)
    )
    root = FolderIdentity(path="/media", mount="/media", device=3, inode=4)
    seen = FileSeen(
        local_path="/media/x",
        root="/media",
        mount="/media",
        device=1,
        inode=2,
        link_count=3,
        size_bytes=4,
    )
    return SeriesInventory(
        key=KEY,
        title="Charlotte",
        title_slug="charlotte",
        series_type="anime",
        year=2015,
        path="/tv/Charlotte",
        tmdb_id=62550,
        mark="a mark",
        sonarr=Taken(
            at=NOW - timedelta(hours=1),
            value=SonarrHolding(server_id="s", sonarr_id=SonarrSeriesId(7), files=files),
        ),
        disk=Taken(
            at=NOW - timedelta(hours=1),
            value=DiskHolding(
                sighting_by_path={files[0].path: seen, "other": FileNotFound(local_path="y")},
                roots=(root,),
                folder=None,
            ),
        ),
        jellyfin=Taken(
            at=NOW,
            is_complete=False,
            value=JellyfinHolding(
                server_id="j",
                library="l",
                series_ids=("a",),
                season_ids=("b",),
                entries=(JellyfinEntry(entry_id="e", episodes=files[0].episodes, paths=("p",)),),
            ),
        ),
        shoko=Taken(
            at=NOW,
            value=ShokoHolding(
                server_id="k",
                series_ids=(1, 2),
                files=(
                    ShokoFile(
                        file_id=5, episodes=files[1].episodes, locations=(ShokoLocation(1, "x"),)
                    ),
                ),
            ),
        ),
        jellyseerr=PartMissing(reason=FailureReason.TIMEOUT, message="slow"),
        qbittorrent=PartNotConfigured(),
    )


def a_record(name: str = "tv-299963-1", episodes: int = 3) -> DeletionRecord:
    return open_deletion(
        DeletionId(name),
        an_inventory(episodes),
        gone=None,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW,
        policy=Policy(),
    )


def with_evidence(record: DeletionRecord) -> DeletionRecord:
    """The record with a proof, a stale record and a rescan in it."""
    proof = Proof(
        sighting=Sighting(what="it", at=NOW - timedelta(days=1)),
        control=Control(what="another"),
        checked_at=NOW + timedelta(seconds=1),
    )
    first = record.episodes[0]
    evidence = {
        **first.evidence_by_system,
        System.DISK: Evidence(finding=Removed(proof=proof), checked_at=NOW, method="lstat"),
        System.SHOKO: Evidence(
            finding=RecordLeft(what="file 5", disk_proof=proof), checked_at=NOW, method="GET"
        ),
    }
    return replace(
        record,
        episodes=(replace(first, evidence_by_system=evidence), *record.episodes[1:]),
        rescan_by_system={
            System.SHOKO: Rescan(
                started_at=NOW,
                finished_at=NOW,
                result=RescanResult.FINISHED,
                before=RescanRun(started_at=NOW, finished_at=NOW),
                tries=2,
            )
        },
        notes=("a note", 'with "quotes"'),
        lingering_bytes=12,
        acknowledged_at=NOW,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "episodarr.sqlite"


def test_a_deletion_comes_back_as_it_was(path: Path) -> None:
    record = with_evidence(a_record())
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(record,)), NOW)
    store.close()
    assert Store.open(path, NOW).load_deletions() == (record,)


def test_every_field_of_a_deletion_comes_back(path: Path) -> None:
    """Seerr's newest request was forgotten, and after a restart a later one was a leftover."""
    later = NOW - timedelta(minutes=1)
    record = replace(
        with_evidence(a_record()),
        first_verdict=FirstVerdict(
            at=NOW, status=DeletionStatus.PARTIAL, expected=3, deleted=1, failed=2, unverified=0
        ),
        partial_at=later,
        bad_at=later,
        healed_at=NOW,
        finished_at=NOW,
        closed_at=NOW,
        held_group="tv-1",
        newest_request_id=RequestId(7),
        lists_with_it=1,
    )
    fields = zip(record.__struct_fields__[::-1], record.__struct_defaults__[::-1], strict=False)
    assert not [name for name, default in fields if getattr(record, name) == default]
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(record,)), NOW)
    store.close()
    assert Store.open(path, NOW).load_deletions() == (record,)


def test_what_was_seen_of_a_deletion_that_is_held_does_not_come_back(path: Path) -> None:
    record = replace(a_record(), noticed_by=NoticedBy.MISSING)
    held = hold(record, "a group").record
    assert record.evidence_by_system
    assert not held.evidence_by_system
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(record,)), NOW)
    store.commit(Changes(deletions=(held,)), NOW)
    store.close()
    assert Store.open(path, NOW).load_deletions() == (held,)


def test_times_of_a_clock_that_was_ahead_are_set_right_once_and_for_all(path: Path) -> None:
    """Each start took them for its own time again, for they were never written."""
    record = with_evidence(a_record())
    inventory = an_inventory()
    store = Store.open(path, NOW)
    changes = Changes(deletions=(record,), inventories=((summarize(inventory, NOW), inventory),))
    store.commit(changes, NOW)
    store.close()
    then = NOW - timedelta(days=3)
    store = Store.open(path, then)
    (bounded,) = store.load_deletions()
    assert bounded.detected_at == then
    assert not store.is_saved(bounded)
    early = store.load_inventory(KEY)
    assert early is not None
    assert isinstance(early.jellyfin, Taken)
    assert early.jellyfin.at == then
    store.commit(Changes(deletions=(bounded,)), then)
    store.close()
    store = Store.open(path, then + timedelta(hours=1))
    assert store.load_deletions() == (bounded,)
    assert store.is_saved(store.load_deletions()[0])


def test_a_machine_that_has_no_time_yet_sets_no_stored_time(path: Path) -> None:
    record = with_evidence(a_record())
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(record,)), NOW)
    store.close()
    assert Store.open(path, datetime(1970, 1, 1, tzinfo=UTC)).load_deletions() == (record,)


def test_writing_again_changes_rows_in_place(path: Path) -> None:
    store = Store.open(path, NOW)
    record = a_record()
    store.commit(Changes(deletions=(record,)), NOW)
    store.commit(Changes(deletions=(with_evidence(record),)), NOW)
    closed = keep_files(with_evidence(record), NOW, "kept").record
    store.commit(Changes(deletions=(closed,)), NOW)
    store.close()
    assert Store.open(path, NOW).load_deletions() == (closed,)
    with sqlite3.connect(path) as connection:
        row = connection.execute(
            "SELECT episode_count, file_count, episodes_deleted, episodes_failed, partial_deletion,"
            " noticed_by, status, finished_at FROM deletion"
        ).fetchall()
        episodes = connection.execute("SELECT count(*) FROM deletion_episode").fetchone()
        evidence = connection.execute(
            "SELECT answer, method FROM deletion_evidence WHERE system = 'disk' AND episode = 1"
        ).fetchone()
    connection.close()
    assert row == [(0, 0, 0, 0, 0, "webhook", "files_kept", NOW.isoformat())]
    assert episodes == (3,)
    assert evidence[1] == "lstat"


def test_a_purged_deletion_takes_its_rows_with_it(path: Path) -> None:
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(a_record("a"), a_record("b"))), NOW)
    store.commit(Changes(purged=(DeletionId("a"),)), NOW)
    assert [r.deletion_id for r in store.load_deletions()] == ["b"]
    store.close()
    with sqlite3.connect(path) as connection:
        for table in ("deletion_episode", "deletion_evidence"):
            query = f"SELECT DISTINCT deletion_id FROM {table}"  # noqa: S608 names of ours
            left = connection.execute(query).fetchall()
            assert left == [("b",)]
    connection.close()


def test_everything_else_comes_back_too(path: Path) -> None:
    store = Store.open(path, NOW)
    inventory = an_inventory()
    summary = summarize(inventory, NOW)
    counters = Counters(
        deletions_by_status={s: n for n, s in enumerate(DeletionStatus, start=1)},
        episodes_expected=100,
        episodes_deleted=90,
        episodes_failed=6,
        episodes_unverified=4,
        partial=2,
        healed=1,
        rescans_by_result={"shoko/finished": 3},
    )
    announcement = Announcement(key=KEY, announced_at=NOW, expires_at=NOW + timedelta(days=1))
    disappearance = Disappearance(key=KEY, missing_since=NOW)
    changes = Changes(
        inventories=((summary, inventory),),
        counters=counters,
        announcements={KEY: announcement},
        disappearances={KEY: disappearance},
    )
    store.commit(changes, NOW)
    store.commit(changes, NOW)
    store.close()
    again = Store.open(path, NOW)
    assert again.load_summaries() == {KEY: summary}
    assert again.load_inventory(KEY) == inventory
    assert again.load_counters() == counters
    assert again.load_announcements() == {KEY: announcement}
    assert again.load_disappearances() == {KEY: disappearance}
    again.commit(Changes(dropped_inventories=(KEY,), announcements={}, disappearances={}), NOW)
    assert again.load_inventory(KEY) is None
    assert again.load_announcements() == {}
    assert again.load_disappearances() == {}


def test_a_new_store_counts_from_zero(path: Path) -> None:
    counters = Store.open(path, NOW).load_counters()
    assert counters.deletions_by_status == dict.fromkeys(DeletionStatus, 0)
    assert counters.episodes_expected == counters.healed == 0


def test_stage_clocks_are_kept_and_forgotten(path: Path) -> None:
    one, other = (EpisodeKey(KEY.sonarr, KEY.tvdb_id, 1, n) for n in (1, 2))
    store = Store.open(path, NOW)
    store.save_stage_clocks({one: (Stage.FOUND, NOW), other: (Stage.QUEUED, NOW)}, (), NOW)
    store.save_stage_clocks({one: (Stage.DOWNLOADING, NOW)}, (other,), NOW)
    store.close()
    again = Store.open(path, NOW)
    assert dict(again.load_stage_clocks()) == {one: (Stage.DOWNLOADING, NOW)}


def test_stage_clocks_are_read_one_by_one_those_of_a_series_in_a_row(path: Path) -> None:
    """A library has a hundred thousand; their texts, keys and times would take 30 MiB at once."""
    keys = [
        EpisodeKey(KEY.sonarr, TvdbId(1 + number % 10), 1, number) for number in range(1, 10_001)
    ]
    store = Store.open(path, NOW)
    store.save_stage_clocks(dict.fromkeys(keys, (Stage.QUEUED, NOW)), (), NOW)
    in_a_row: list[TvdbId] = []
    tracemalloc.start()
    for key, _ in store.load_stage_clocks():
        if in_a_row[-1:] != [key.tvdb_id]:
            in_a_row.append(key.tvdb_id)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    store.close()
    assert in_a_row == [TvdbId(number) for number in range(1, 11)]
    assert peak < 100_000


def test_little_of_the_file_is_kept_in_memory(path: Path) -> None:
    before = by_part({})["store"]
    store = Store.open(path, NOW)
    keys = [EpisodeKey(KEY.sonarr, KEY.tvdb_id, 1, number) for number in range(1, 30_001)]
    store.save_stage_clocks(dict.fromkeys(keys, (Stage.QUEUED, NOW)), (), NOW)
    assert sum(1 for _ in store.load_stage_clocks()) == 30_000
    assert sum(one.stat().st_size for one in path.parent.iterdir()) > 1_500_000
    assert by_part({})["store"] - before < 700_000
    store.close()


def test_a_newer_store_is_refused_and_left_alone(path: Path) -> None:
    Store.open(path, NOW).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="schema 99"):
        Store.open(path, NOW)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, None])
def test_a_broken_file_is_set_aside_and_shown(
    path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(a_record(episodes=500),)), NOW)
    store.close()
    if content is None:
        whole = bytearray(path.read_bytes())
        whole[4096 : len(whole) // 2] = os.urandom(len(whole) // 2 - 4096)
        content = bytes(whole)
    path.write_bytes(content)
    with caplog.at_level(logging.CRITICAL):
        store = Store.open(path, NOW)
    assert store.was_rebuilt
    assert store.load_deletions() == ()
    store.commit(Changes(deletions=(a_record(),)), NOW)
    (aside,) = path.parent.glob("*.broken-*")
    assert aside.read_bytes() == content
    assert "set aside" in caplog.text


def test_what_cannot_be_opened_is_neither_read_as_empty_nor_written_before_it_was_read(
    tmp_path: Path,
) -> None:
    blocker = tmp_path / "state"
    blocker.write_text("a file where the folder should be")
    store = Store.open(blocker / "episodarr.sqlite", NOW)
    assert "state" in store.trouble
    with pytest.raises(StoreUnwritable):
        store.load_deletions()
    with pytest.raises(StoreUnwritable):
        store.commit(Changes(deletions=(a_record(),)), NOW)
    blocker.unlink()
    with pytest.raises(StoreUnwritable):
        store.commit(Changes(deletions=(a_record(),)), NOW)
    assert store.reopen(NOW)
    assert store.load_deletions() == ()
    store.commit(Changes(deletions=(a_record(),)), NOW)
    assert len(store.load_deletions()) == 1


def test_what_would_go_into_a_file_that_is_gone_is_a_failed_write(tmp_path: Path) -> None:
    """SQLite writes on into a removed file, and all of it was lost at the next start, unsaid."""
    folder, away = tmp_path / "state", tmp_path / "away"
    store = Store.open(folder / "episodarr.sqlite", NOW)
    store.commit(Changes(deletions=(a_record("first"),)), NOW)
    folder.rename(away)
    for _ in range(2):
        with pytest.raises(StoreUnwritable, match="not there any more"):
            store.commit(Changes(deletions=(a_record("second"),)), NOW)
        with pytest.raises(StoreUnwritable, match="not there any more"):
            store.save_stage_clocks({}, [], NOW)
        folder.mkdir(exist_ok=True)  # A folder that is mounted empty is not the one that was there.
    folder.rmdir()
    away.rename(folder)
    store.commit(Changes(deletions=(a_record("second"),)), NOW)
    store.close()
    assert len(Store.open(folder / "episodarr.sqlite", NOW).load_deletions()) == 2


def test_a_full_disk_writes_nothing_and_the_same_step_works_later(path: Path) -> None:
    store = Store.open(path, NOW)
    store.commit(Changes(deletions=(a_record("small"),)), NOW)
    limit = "PRAGMA max_page_count = %d"
    connection = store._connection._connection
    assert connection is not None
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(limit % pages)
    big = Changes(deletions=(a_record("big", episodes=2000),))
    with pytest.raises(StoreUnwritable, match="full"):
        store.commit(big, NOW)
    assert [r.deletion_id for r in store.load_deletions()] == ["small"]
    connection.execute(limit % 1_000_000)
    store.commit(big, NOW)
    assert {r.deletion_id for r in store.load_deletions()} == {"small", "big"}
    store.close()


def test_an_inventory_is_small_on_disk(path: Path) -> None:
    store = Store.open(path, NOW)
    inventory = an_inventory(1500)
    store.commit(Changes(inventories=((summarize(inventory, NOW), inventory),)), NOW)
    store.close()
    assert path.stat().st_size < 250_000


def test_a_store_of_before_record_ids_is_read_and_follows_no_history_yet(path: Path) -> None:
    record = a_record()
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as old:
        MIGRATIONS[0](old)
        row = (*deletion_row(record), pack_inventory(record.inventory))
        old.execute(
            f"INSERT INTO deletion VALUES ({', '.join('?' * len(row))})",  # noqa: S608 our own
            _by_column(old, row),
        )
        old.executemany(
            "INSERT INTO deletion_episode VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [episode_row(record.deletion_id, e)[:8] for e in record.episodes],
        )
        old.execute("PRAGMA user_version = 1")
        old.commit()
    store = Store.open(path, NOW)
    (loaded,) = store.load_deletions()
    assert [e.record_id for e in loaded.episodes] == [None] * len(record.episodes)
    assert loaded.sonarr_id == SonarrSeriesId(7)
    assert store.load_processed() == {}
    processed = (
        ProcessedRecord(5, NOW - timedelta(days=70)),
        ProcessedRecord(6, NOW),
        ProcessedRecord(7, NOW),
    )
    report = DeletionReport(
        key=KEY,
        title="Charlotte",
        year=2015,
        sonarr_id=SonarrSeriesId(7),
        has_deleted_files=True,
        was_listed=True,
    )
    store.commit(Changes(processed={TV: processed, UHD: ()}, reports={KEY: report}), NOW)
    store.close()
    again = Store.open(path, NOW)
    assert again.load_processed() == {TV: set(processed[1:]), UHD: set()}
    assert again.load_reports() == {KEY: report}
    again.close()


def _by_column(old: sqlite3.Connection, row: tuple[object, ...]) -> tuple[object, ...]:
    """The row in the order of the table's columns."""
    value = dict(zip((*DELETION_COLUMNS, "inventory"), row, strict=True))
    return tuple(value[name] for _, name, *_ in old.execute("PRAGMA table_info(deletion)"))


def test_a_proof_is_stored_under_the_name_that_released_files_have() -> None:
    stored = msgspec.msgpack.encode(
        {
            "type": "removed",
            "proof": {
                "sighting": {"what": "/a", "at": NOW},
                "control": {"what": "/b"},
                "looked_at": NOW + timedelta(seconds=1),
            },
        }
    )
    found = msgspec.msgpack.decode(stored, type=Removed)
    assert found.proof.checked_at == NOW + timedelta(seconds=1)
    assert msgspec.msgpack.encode(found) == stored
