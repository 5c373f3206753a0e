"""qBittorrent's answers become records, whole or in changes, with the state names of 4.x and 5.x."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import qbittorrentapi
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.model.download import Torrent, TorrentFile, TorrentState
from episodarr.model.ids import InfoHash
from episodarr.model.steps import in_one_go
from episodarr.systems.qbittorrent import wire
from tests.systems.qbittorrent.qbittorrent_stub import a_torrent, full

A, B, C = ("a" * 40, "b" * 40, "c" * 40)


def body(payload: object) -> bytes:
    return json.dumps(payload).encode()


def read(payload: object, known: wire.Torrents | None = None) -> wire.Torrents:
    return in_one_go(wire.apply_maindata(known or wire.Torrents(), body(payload), "main"))


def one(**over: Any) -> Torrent:
    return read(full(1, **{A: a_torrent(**over)})).torrent_by_hash[InfoHash(A)]


def test_a_torrent_with_all_its_fields() -> None:
    assert one() == Torrent(
        client="main",
        info_hash=InfoHash(A),
        other_hashes=(),
        name="Pack",
        state=TorrentState.DOWNLOADING,
        size_bytes=1000,
        completed_bytes=400,
        remaining_bytes=600,
        progress_ratio=0.4,
        received_bytes=450,
        eta_seconds=120,
        connected_seeds=3,
        swarm_seeds=9,
        has_metadata=True,
        added_at=datetime(2026, 1, 31, 17, 20, tzinfo=UTC),
        completed_at=None,
        last_activity_at=datetime(2026, 1, 31, 17, 36, 40, tzinfo=UTC),
        has_deselected_files=True,
    )


@pytest.mark.parametrize("word", [state.value for state in qbittorrentapi.TorrentState])
def test_every_state_that_the_library_knows_is_parsed(word: str) -> None:
    assert (one(state=word).state is TorrentState.UNKNOWN) == (word == "unknown")


@pytest.mark.parametrize(
    ("of_4", "of_5", "state"),
    [
        ("pausedDL", "stoppedDL", TorrentState.PAUSED),
        ("pausedUP", "stoppedUP", TorrentState.COMPLETE),
    ],
)
def test_paused_and_stopped_are_the_same(of_4: str, of_5: str, state: TorrentState) -> None:
    assert one(state=of_4).state is one(state=of_5).state is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("metaDL", TorrentState.METADATA),
        ("forcedMetaDL", TorrentState.METADATA),
        ("queuedDL", TorrentState.QUEUED),
        ("stalledDL", TorrentState.STALLED),
        ("forcedDL", TorrentState.DOWNLOADING),
        ("checkingResumeData", TorrentState.CHECKING),
        ("checkingUP", TorrentState.CHECKING),
        ("queuedUP", TorrentState.SEEDING),
        ("stalledUP", TorrentState.SEEDING),
        ("moving", TorrentState.MOVING),
        ("missingFiles", TorrentState.ERROR),
        ("somethingNew", TorrentState.UNKNOWN),
    ],
)
def test_states(word: str, state: TorrentState) -> None:
    assert one(state=word).state is state


@pytest.mark.parametrize("word", ["moving", "error", "missingFiles", "uploading"])
def test_completeness_comes_from_the_bytes_whatever_the_state(word: str) -> None:
    done = one(state=word, amount_left=0, completed=1000, progress=1, completion_on=1769881000)
    assert done.is_complete
    assert done.completed_at == datetime(2026, 1, 31, 17, 36, 40, tzinfo=UTC)
    assert not one(state=word).is_complete


def test_a_magnet_without_metadata_is_neither_complete_nor_sized() -> None:
    magnet = one(
        state="metaDL", size=-1, total_size=-1, amount_left=0, completed=0, progress=0, name=A
    )
    assert not magnet.has_metadata
    assert not magnet.is_complete
    assert magnet.size_bytes == 0


def test_5_says_itself_whether_it_has_metadata() -> None:
    assert not one(has_metadata=False, amount_left=0).is_complete
    assert one(has_metadata=True).has_metadata
    assert one(has_metadata=None).has_metadata


@pytest.mark.parametrize(
    ("over", "eta_seconds"),
    [
        ({"eta": 8640000}, None),
        ({"eta": 9000000}, None),
        ({"eta": -1}, None),
        ({"eta": 0}, 0),
        ({"eta": 8639999}, 8639999),
        # of a seed it is the time to its share limit
        ({"eta": 500, "amount_left": 0}, None),
    ],
)
def test_the_time_left_is_none_when_it_is_unknown(
    over: dict[str, int], eta_seconds: int | None
) -> None:
    assert one(**over).eta_seconds == eta_seconds


def test_numbers_that_mean_unknown_are_none() -> None:
    torrent = one(num_complete=-1, added_on=-1, completion_on=0, last_activity=0)
    assert torrent.swarm_seeds is None
    assert (torrent.added_at, torrent.completed_at, torrent.last_activity_at) == (None, None, None)
    assert one(num_complete=0).swarm_seeds == 0
    # 4.x writes -1 as an unsigned number
    assert one(amount_left=0, completion_on=4294967295).completed_at is None


def test_a_hybrid_is_known_by_all_its_hashes() -> None:
    v2 = "A" * 40 + "9" * 24
    assert one(infohash_v1="B" * 40, infohash_v2=v2).other_hashes == (InfoHash(B),)
    assert one(infohash_v1=A, infohash_v2="C" * 64).other_hashes == (InfoHash(C),)
    assert one(infohash_v1="", infohash_v2=v2).other_hashes == ()


# --- changes ----------------------------------------------------------------------------------------


def test_a_change_is_merged_and_leaves_the_others_the_same_objects() -> None:
    first = read(full(1, **{A: a_torrent(), B: a_torrent(name="Other")}))
    second = read({"rid": 2, "torrents": {A: {"progress": 0.5, "amount_left": 500}}}, first)
    assert second.rid == 2
    changed = second.torrent_by_hash[InfoHash(A)]
    assert (changed.progress_ratio, changed.remaining_bytes, changed.name) == (0.5, 500, "Pack")
    assert second.torrent_by_hash[InfoHash(B)] is first.torrent_by_hash[InfoHash(B)]


def test_changes_that_nobody_reads_change_nothing() -> None:
    first = read(full(1, **{A: a_torrent()}))
    second = read({"rid": 2, "torrents": {A: {"time_active": 6, "ratio": 0.2}}}, first)
    third = read({"rid": 3}, second)
    assert third.rid == 3
    assert third.torrent_by_hash is first.torrent_by_hash


def test_torrents_come_and_go() -> None:
    first = read(full(1, **{A: a_torrent()}))
    change = {"rid": 2, "torrents": {B: a_torrent()}, "torrents_removed": [A, C]}
    assert set(read(change, first).torrent_by_hash) == {B}


def test_a_magnet_that_changes_its_hash_is_removed_and_added() -> None:
    first = read(full(1, **{A: a_torrent(state="metaDL", total_size=-1)}))
    change = {
        "rid": 2,
        "torrents_removed": [A],
        "torrents": {B: a_torrent(infohash_v1=A, infohash_v2="b" * 64)},
    }
    torrent = read(change, first).torrent_by_hash[InfoHash(B)]
    assert torrent.other_hashes == (InfoHash(A),)


def test_a_full_answer_replaces_everything_and_keeps_identity() -> None:
    first = read(full(1, **{A: a_torrent(), B: a_torrent()}))
    again = read(full(9, **{A: a_torrent()}), first.from_scratch())
    assert set(again.torrent_by_hash) == {A}
    assert again.torrent_by_hash[InfoHash(A)] is first.torrent_by_hash[InfoHash(A)]


def test_a_full_answer_without_torrents_means_that_there_are_none() -> None:
    first = read(full(1, **{A: a_torrent()}))
    assert read({"rid": 1, "full_update": True}, first).torrent_by_hash == {}


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({}, "$"),
        ({"rid": 1}, "$.full_update"),
        ({"rid": 1, "torrents": {A: a_torrent()}}, "$.full_update"),
        ({"rid": 1, "full_update": True, "torrents": []}, "$.torrents"),
        ({"rid": 1, "full_update": True, "torrents": {A: {"name": "x"}}}, f"$.torrents.{A}"),
        ({"rid": 1, "full_update": True, "torrents": {"zz": a_torrent()}}, "$.torrents.zz"),
        (full(1, **{A: a_torrent(progress="x")}), f"$.torrents.{A}.progress"),
    ],
)
def test_what_is_no_full_answer_is_refused(payload: object, path: str) -> None:
    with pytest.raises(BadPayload) as caught:
        read(payload)
    assert caught.value.path == path


def test_a_change_to_a_torrent_that_is_not_known_must_be_whole() -> None:
    first = read(full(1, **{A: a_torrent()}))
    after = read({"rid": 2, "torrents": {B: {"progress": 0.5}}}, first)
    assert set(after.torrent_by_hash) == {A}
    assert [one.key for one in after.unread] == [B]
    assert "missing required field" in after.unread[0].message


@pytest.mark.parametrize("odd", [{"progress": None}, {"size": 2**64}, {"state": 7}, {"name": []}])
def test_one_odd_torrent_stays_as_it_was_and_costs_no_other(odd: dict[str, object]) -> None:
    first = read(full(1, **{A: a_torrent(), B: a_torrent(name="b")}))
    for answer in (
        full(2, **{A: a_torrent(**odd), B: a_torrent(name="c")}),
        {"rid": 2, "torrents": {A: odd, B: {"name": "c"}}},
    ):
        after = read(answer, first)
        assert after.torrent_by_hash[InfoHash(A)] is first.torrent_by_hash[InfoHash(A)]
        assert after.torrent_by_hash[InfoHash(B)].name == "c"
        assert [one.key for one in after.unread] == [A]
        mended = read(full(3, **{A: a_torrent(), B: a_torrent(name="c")}), after)
        assert not mended.unread


def test_after_an_odd_change_a_torrent_is_unread_until_it_is_sent_whole() -> None:
    """The content of the odd change is lost, so a later one leads to nothing that can be believed."""
    known = read(full(1, **{A: a_torrent(), B: a_torrent()}))
    known = read({"rid": 2, "torrents": {A: {"completed": 900, "size": None}}}, known)
    known = read({"rid": 3, "torrents": {A: {"state": "stalledDL"}, B: {"eta": 7}}}, known)
    assert [one.key for one in known.unread] == [A]
    assert known.torrent_by_hash[InfoHash(A)].completed_bytes == 400
    assert known.torrent_by_hash[InfoHash(B)].eta_seconds == 7
    known = read(full(4, **{A: a_torrent(completed=900), B: a_torrent()}), known)
    assert not known.unread
    assert known.torrent_by_hash[InfoHash(A)].completed_bytes == 900


def calls(act: Callable[[], object]) -> int:
    """How many functions are called by it: work that can be counted on any machine."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "passing",
    [
        {"time_active": 9, "seeding_time": 9},
        {"time_active": 9, "eta": 60, "last_activity": 1769882000},
    ],
    ids=["it seeds", "it uploads"],
)
def test_seeds_that_every_answer_names_cost_next_to_nothing(passing: dict[str, int]) -> None:
    """Five thousand of them cost a tenth of a second of each cycle."""
    done = a_torrent(state="stalledUP", completed=1000, amount_left=0, progress=1)
    hashes = [f"{n:040x}" for n in range(500)]
    whole = body(full(1, **dict.fromkeys(hashes, done)))
    delta = body({"rid": 2, "torrents": dict.fromkeys(hashes, passing)})
    known = read(full(1, **dict.fromkeys(hashes, done)))
    after = known

    def read_delta() -> None:
        nonlocal after
        after = in_one_go(wire.apply_maindata(known, delta, "main"))

    of_delta = calls(read_delta)
    of_whole = calls(lambda: in_one_go(wire.apply_maindata(wire.Torrents(), whole, "main")))
    assert after.torrent_by_hash is known.torrent_by_hash
    assert after.rid == 2
    assert of_delta < 12 * len(hashes)
    assert of_delta < of_whole / 2


def test_a_removed_torrent_is_not_kept_for_having_been_odd() -> None:
    first = read(full(1, **{A: a_torrent(), B: a_torrent()}))
    odd = read({"rid": 2, "torrents": {A: {"size": "x"}}}, first)
    after = read({"rid": 3, "torrents_removed": [A]}, odd)
    assert set(after.torrent_by_hash) == {B}
    assert not after.unread


# --- files and version ------------------------------------------------------------------------------


def test_files_with_their_own_progress() -> None:
    files = [
        {"index": 0, "name": "Pack/E01.mkv", "size": 10, "progress": 0.25, "priority": 1,
         "is_seed": False, "piece_range": [0, 3], "availability": 1},
        {"index": 2, "name": "Pack/sample.mkv", "size": 0, "progress": 1, "priority": 0},
        {"name": "Pack/E03.mkv", "size": 30, "progress": 1.0000001, "priority": 7},
    ]  # fmt: skip
    assert wire.parse_files(body(files)) == (
        TorrentFile(
            index=0, path="Pack/E01.mkv", size_bytes=10, progress_ratio=0.25, is_wanted=True
        ),
        TorrentFile(
            index=2, path="Pack/sample.mkv", size_bytes=0, progress_ratio=1.0, is_wanted=False
        ),
        TorrentFile(
            index=2, path="Pack/E03.mkv", size_bytes=30, progress_ratio=1.0, is_wanted=True
        ),
    )
    assert wire.parse_files(b"[]") == ()


@pytest.mark.parametrize("name", ["name", "size", "progress", "priority"])
def test_a_file_without_its_progress_has_not_none(name: str) -> None:
    whole = {"index": 0, "name": "E01.mkv", "size": 10, "progress": 0.25, "priority": 1}
    with pytest.raises(BadPayload, match=name):
        wire.parse_files(body([{key: value for key, value in whole.items() if key != name}]))


@pytest.mark.parametrize(
    ("text", "version"),
    [("v4.5.2", "4.5.2"), ("v5.2.0rc1", "5.2.0rc1"), ("5.1.4\n", "5.1.4")],
)
def test_versions(text: str, version: str) -> None:
    assert wire.parse_version(text) == version


@pytest.mark.parametrize("text", ["", "Ok.", "<html>", "v", "not a version 4.5"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        wire.parse_version(text)


# --- laws -------------------------------------------------------------------------------------------

HASHES = st.sampled_from([A, B, C])
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "progress": st.floats(0, 1),
        "amount_left": st.integers(0, 2000),
        "state": st.sampled_from(sorted(wire.STATE_BY_WORD)),
        "num_complete": st.integers(-1, 5),
        "ratio": st.floats(0, 9),
    },
)


@given(steps=st.lists(st.tuples(HASHES, CHANGES | st.none()), max_size=12))
def test_changes_one_by_one_give_what_a_full_answer_gives(
    steps: list[tuple[str, dict[str, Any] | None]],
) -> None:
    truth: dict[str, dict[str, Any]] = {}
    known = read(full(1))
    for number, (info_hash, change) in enumerate(steps, start=2):
        answer: dict[str, Any] = {"rid": number}
        if change is None:
            truth.pop(info_hash, None)
            answer["torrents_removed"] = [info_hash]
        else:
            answer["torrents"] = {info_hash: change if info_hash in truth else a_torrent(**change)}
            truth[info_hash] = {**truth.get(info_hash, a_torrent()), **change}
        known = read(answer, known)
    assert known.torrent_by_hash == read(full(1, **truth)).torrent_by_hash


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(HASHES | st.sampled_from(["name", "state", "size"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(
    damage=st.dictionaries(
        st.sampled_from(["rid", "full_update", "torrents", "torrents_removed"]), VALUES
    ),
    torrent=st.dictionaries(st.sampled_from(sorted(a_torrent())), VALUES, max_size=3),
)
def test_damaged_answers_are_read_or_refused_and_nothing_else(
    damage: dict[str, Any], torrent: dict[str, Any]
) -> None:
    first = read(full(1, **{A: a_torrent()}))
    for payload in (
        full(2, **{A: a_torrent(**torrent)}),
        {"rid": 2, "torrents": {A: torrent}},
        {**full(2, **{A: a_torrent()}), **damage},
    ):
        try:
            result = read(payload, first)
        except BadPayload:
            continue
        assert all(0 <= one.progress_ratio <= 1 for one in result.torrent_by_hash.values())


@given(value=VALUES, raw=st.binary(max_size=30))
def test_any_files_are_read_or_refused_and_nothing_else(value: object, raw: bytes) -> None:
    for given_body in (body(value), raw):
        try:
            files = wire.parse_files(given_body)
        except BadPayload:
            continue
        assert all(0 <= one.progress_ratio <= 1 for one in files)
