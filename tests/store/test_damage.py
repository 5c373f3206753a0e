"""Damage within the file: rows are set aside one by one, the others stand, and nothing raises."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from episodarr.deletions.inventory.summary import summarize
from episodarr.errors import StoreError
from episodarr.model.deletion import Answer, DeletionStatus, Verdict
from episodarr.model.deletion_log import Announcement, Counters, Disappearance
from episodarr.model.evidence import NEVER_CHECKED
from episodarr.model.health import System
from episodarr.model.ids import EpisodeKey, SeriesKey, TvdbId
from episodarr.model.stage import Stage
from episodarr.store.store import Store
from episodarr.store.writing import Changes
from tests.store.test_store import KEY, NOW, a_record, an_inventory, with_evidence

OTHER = SeriesKey(KEY.sonarr, TvdbId(267440))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with two of everything."""
    path = tmp_path / "episodarr.sqlite"
    store = Store.open(path, NOW)
    inventories = [an_inventory(), replace(an_inventory(), key=OTHER)]
    store.commit(
        Changes(
            deletions=(with_evidence(a_record("a")), with_evidence(a_record("b"))),
            counters=Counters(
                deletions_by_status=dict.fromkeys(DeletionStatus, 3),
                episodes_expected=7,
                rescans_by_result={"shoko/finished": 1},
            ),
            inventories=tuple((summarize(one, NOW), one) for one in inventories),
            announcements={
                k: Announcement(key=k, announced_at=NOW, expires_at=NOW + timedelta(hours=1))
                for k in (KEY, OTHER)
            },
            disappearances={k: Disappearance(key=k, missing_since=NOW) for k in (KEY, OTHER)},
        ),
        NOW,
    )
    keys = [EpisodeKey(KEY.sonarr, KEY.tvdb_id, 1, n) for n in (1, 2)]
    store.save_stage_clocks(dict.fromkeys(keys, (Stage.FOUND, NOW)), (), NOW)
    store.close()
    return path


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(statement)
        connection.commit()


def loaded(store: Store) -> dict[str, int]:
    """How much is left of each kind."""
    return {
        "deletions": len(store.load_deletions()),
        "counter": store.load_counters().episodes_expected,
        "summaries": len(store.load_summaries()),
        "inventories": sum(store.load_inventory(k) is not None for k in (KEY, OTHER)),
        "announcements": len(store.load_announcements()),
        "disappearances": len(store.load_disappearances()),
        "clocks": len(dict(store.load_stage_clocks())),
    }


WHOLE = {
    "deletions": 2,
    "counter": 7,
    "summaries": 2,
    "inventories": 2,
    "announcements": 2,
    "disappearances": 2,
    "clocks": 2,
}


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("UPDATE deletion SET inventory = x'00' WHERE deletion_id = 'a'", {"deletions": 1}),
        ("UPDATE deletion SET progress = x'ff' WHERE deletion_id = 'a'", {"deletions": 1}),
        ("UPDATE deletion SET status = 'novel' WHERE deletion_id = 'a'", {"deletions": 1}),
        ("UPDATE deletion SET notes = '{' WHERE deletion_id = 'a'", {"deletions": 1}),
        ("UPDATE deletion SET started_at = '2026-13' WHERE deletion_id = 'a'", {"deletions": 1}),
        ("UPDATE deletion SET sonarr = CAST(x'ff' AS TEXT) WHERE deletion_id = 'a'", {"deletions": 1}),
        (
            "UPDATE deletion_episode SET verdict = 'delated' WHERE deletion_id = 'a'",
            {"deletions": 1},
        ),
        ("UPDATE counter SET value = -1 WHERE name = 'episodes_expected'", {"counter": 0}),
        ("UPDATE inventory SET summary = x'ff' WHERE tvdb_id = 267440", {"summaries": 1, "inventories": 1}),
        ("UPDATE inventory SET content = x'ff' WHERE tvdb_id = 267440", {"inventories": 1}),
        ("UPDATE inventory SET sonarr = CAST(x'ff' AS TEXT) WHERE tvdb_id = 267440", {"summaries": 1, "inventories": 1}),
        ("UPDATE announcement SET expires_at = '' WHERE tvdb_id = 267440", {"announcements": 1}),
        ("UPDATE disappearance SET missing_since = 'x' WHERE tvdb_id = 267440", {"disappearances": 1}),
        ("UPDATE stage_clock SET stage = 7 WHERE episode = 2", {"clocks": 1}),
    ],
)  # fmt: skip
def test_a_damaged_row_is_set_aside_named_and_costs_nothing_else(
    path: Path, statement: str, lost: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    change(path, statement)
    store = Store.open(path, NOW)
    assert not store.was_rebuilt
    assert loaded(store) == {**WHOLE, **lost}
    (name,) = store.damaged_rows
    assert name.split()[0] in statement
    assert name in caplog.text
    store.close()
    again = Store.open(path, NOW)
    left = {**WHOLE, **lost}
    # Its summary goes with it: the series counts as never inventoried.
    assert loaded(again) == {**left, "summaries": left["inventories"]}
    assert again.damaged_rows == []
    again.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM set_aside").fetchall() == [(name,)]


def test_a_system_with_damaged_evidence_is_checked_again(path: Path) -> None:
    change(path, "UPDATE deletion_evidence SET finding = x'ff' WHERE system = 'disk' AND episode=1")
    store = Store.open(path, NOW)
    first, second = store.load_deletions()
    for record in (first, second):
        episode = record.episodes[0]
        assert episode.evidence_by_system[System.DISK] == NEVER_CHECKED
        assert episode.answer_by_system[System.DISK] is Answer.UNKNOWN
        assert episode.verdict is Verdict.PENDING
        assert record.due_by_system[System.DISK] <= NOW
    assert len(store.damaged_rows) == 2
    store.close()


def test_a_row_that_cannot_be_written_is_named_and_the_rest_of_its_step_is_written(
    tmp_path: Path,
) -> None:
    """A name of a file that is no text, a number beyond 64 bits, a bug: each costs its own row."""
    store = Store.open(tmp_path / "store", NOW)
    odd = replace(a_record("odd"), notes=("Caf\udce9.mkv",))
    huge = replace(a_record("huge"), key=SeriesKey(KEY.sonarr, TvdbId(2**64)))
    good, key = a_record("good"), SeriesKey(KEY.sonarr, TvdbId(2**64))
    inventory = an_inventory()
    bad = replace(inventory, key=key, title="\ud800")
    refused = store.commit(
        Changes(
            deletions=(odd, huge, good),
            inventories=((summarize(bad, NOW), bad), (summarize(inventory, NOW), inventory)),
            disappearances={k: Disappearance(key=k, missing_since=NOW) for k in (key, KEY)},
        ),
        NOW,
    )
    assert refused.deletions == {"odd", "huge"}
    assert refused.inventories == {key}
    assert refused.is_waiting
    assert len(refused.reasons) == 4
    assert [r.deletion_id for r in store.load_deletions()] == ["good"]
    assert list(store.load_summaries()) == list(store.load_disappearances()) == [KEY]
    clocks = {
        EpisodeKey(KEY.sonarr, tvdb_id, 1, 1): (Stage.FOUND, NOW)
        for tvdb_id in (TvdbId(2**64), KEY.tvdb_id)
    }
    assert len(store.save_stage_clocks(clocks, (), NOW)) == 1
    assert len(dict(store.load_stage_clocks())) == 1
    store.close()


def test_a_bug_in_one_deletions_write_stops_no_other(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "commit:deletion-row" and next(passages) == 0:
            raise RuntimeError("a bug")

    passages = iter(range(10))
    checkpoint: Callable[[str], None] = fail
    store = Store.open(tmp_path / "store", NOW, checkpoint)
    refused = store.commit(Changes(deletions=(a_record("a"), a_record("b"))), NOW)
    assert refused.deletions == {"a"}
    assert "a bug" in refused.reasons[0]
    assert [r.deletion_id for r in store.load_deletions()] == ["b"]
    store.close()


def test_flipped_bytes_anywhere_never_stop_the_start(path: Path) -> None:
    """By row or whole it is set aside; what is left can be read and written."""
    content, random = path.read_bytes(), Random(16)  # noqa: S311 a test
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(random.choice((1, 1, 3))):
            damaged[random.randrange(100, len(damaged))] ^= 1 << random.randrange(8)
        for old in path.parent.glob("episodarr.sqlite*"):
            old.unlink()
        path.write_bytes(damaged)
        store = Store.open(path, NOW)
        try:
            loaded(store)
            store.commit(Changes(deletions=(a_record("new"),)), NOW)
        except StoreError as error:
            pytest.fail(f"{error}: neither read nor set aside")
        finally:
            store.close()
