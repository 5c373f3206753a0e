"""Shoko and the download client after a deletion: what is listed now decides, with and without controls."""

from datetime import timedelta

import pytest
from msgspec.structs import replace as with_fields

from episodarr.deletions.judge.shoko import judge_shoko
from episodarr.deletions.judge.torrents import EMPTY_IS_BELIEVED_AFTER, judge_qbittorrent
from episodarr.deletions.machine import weigh
from episodarr.deletions.opening import open_deletion
from episodarr.deletions.policy import Policy
from episodarr.deletions.questions.servers import ControlSource, shoko_question
from episodarr.model.check import (
    CheckFailed,
    QbittorrentSeen,
    ShokoLocationSeen,
    ShokoSeen,
    TorrentSeen,
)
from episodarr.model.deletion import Answer, DeletionId, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import Control, Evidence, Proof, Removed, Sighting, answer_of
from episodarr.model.health import System
from episodarr.model.ids import InfoHash
from episodarr.model.inventory import (
    HeldTorrent,
    Part,
    PartMissing,
    QbittorrentHolding,
    SeriesInventory,
    ShokoHolding,
    ShokoLocation,
    Taken,
)
from episodarr.model.reading import FailureReason
from tests.deletions.test_judges import BEFORE, DOUBLE, LATER, NOW, an_inventory
from tests.replacing import replace

PROOF = Proof(
    sighting=Sighting(what="file", at=BEFORE), control=Control(what="another"), checked_at=LATER
)
NOTHING: Part[ShokoHolding] = Taken(
    at=BEFORE, value=ShokoHolding(server_id="k", series_ids=(), files=())
)
MISSING: Part[ShokoHolding] = PartMissing(message="it was down")


def a_deletion(
    inventory: SeriesInventory | None = None, *, is_proven: bool = False
) -> DeletionRecord:
    record = open_deletion(
        DeletionId("d"),
        inventory or an_inventory(),
        gone=None,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW,
        policy=Policy(),
    )
    if not is_proven:
        return record
    gone = {System.DISK: Evidence(finding=Removed(proof=PROOF), checked_at=LATER)}
    episodes = tuple(
        with_fields(e, evidence_by_system={**e.evidence_by_system, **gone}) for e in record.episodes
    )
    return with_fields(
        record, episodes=episodes, evidence_by_system={**record.evidence_by_system, **gone}
    )


def held() -> ShokoHolding:
    """What Shoko held at the inventory: one file."""
    part = an_inventory().shoko
    assert isinstance(part, Taken)
    return part.value


def a_check(**changes: object) -> ShokoSeen:
    seen = ShokoSeen(
        at=LATER,
        method="GET",
        server_id=held().server_id,
        is_unrestricted=True,
        locations_by_file_id={},
        file_count_by_series_id={},
        control_ids=frozenset(),
    )
    return replace(seen, **changes)


def a_check_that_finds_it() -> ShokoSeen:
    """The one file is where it was."""
    (file,) = held().files
    place = ShokoLocationSeen(location=file.locations[0], is_accessible=True)
    return a_check(locations_by_file_id={file.file_id: (place,)})


def answers(record: DeletionRecord, check: ShokoSeen | CheckFailed) -> set[Answer]:
    judged = judge_shoko(record, check)
    return {answer_of(finding) for finding in judged.finding_by_episode.values()}


def recorded(*, is_accessible: bool) -> dict[str, tuple[ShokoLocationSeen, ...]]:
    place = ShokoLocationSeen(
        location=ShokoLocation(1, "A/E01-E02.mkv"), is_accessible=is_accessible
    )
    return {DOUBLE.path: (place,)}


# --- the control is what is there now -----------------------------------------------------------


def test_the_last_series_of_a_shoko_is_its_own_control_while_it_is_recorded_without_files() -> None:
    """No other series has files any more: nothing was provable, for ever."""
    check = a_check(own_series_ids=frozenset({3}), file_count_by_series_id={3: 0})
    assert answers(a_deletion(), check) == {Answer.REMOVED}
    assert answer_of(judge_shoko(a_deletion(), check).record) is Answer.REMOVED
    assert answers(a_deletion(), a_check()) == {Answer.UNKNOWN}


def test_what_is_listed_needs_no_control() -> None:
    check = a_check_that_finds_it()
    assert answers(a_deletion(), check) == {Answer.REMAINING}
    counted = a_check(file_count_by_series_id=dict.fromkeys(held().series_ids, 2))
    assert answer_of(judge_shoko(a_deletion(), counted).record) is Answer.REMAINING
    stranger = replace(check, server_id="another")
    assert answers(a_deletion(), stranger) == {Answer.UNKNOWN}


def test_a_newer_list_without_the_file_takes_an_old_still_there_away() -> None:
    policy = Policy()
    found = {System.SHOKO: a_check_that_finds_it()}
    record = weigh(a_deletion(), found, LATER, policy).record
    assert {e.answer_by_system[System.SHOKO] for e in record.expected} == {Answer.REMAINING}
    later = LATER + timedelta(minutes=1)
    record = weigh(record, {System.SHOKO: a_check()}, later, policy).record
    assert {e.answer_by_system[System.SHOKO] for e in record.expected} == {Answer.UNKNOWN}


def test_a_shoko_that_shows_none_of_what_it_should_have_takes_nothing_away() -> None:
    """Another server at the address, with folders of the same names: no evidence at all."""
    policy = Policy()
    found = {System.SHOKO: a_check_that_finds_it()}
    record = weigh(a_deletion(), found, LATER, policy).record
    another = a_check(missing_control_ids=frozenset({8}))
    assert answers(a_deletion(), another) == {Answer.UNKNOWN}
    later = LATER + timedelta(minutes=1)
    record = weigh(record, {System.SHOKO: another}, later, policy).record
    assert {e.answer_by_system[System.SHOKO] for e in record.expected} == {Answer.REMAINING}


# --- what Shoko recorded after the inventory ----------------------------------------------------


@pytest.mark.parametrize("part", [NOTHING, MISSING], ids=["not there then", "not inventoried"])
def test_a_file_that_shoko_recorded_after_the_inventory_is_checked_by_its_path(
    part: Part[ShokoHolding],
) -> None:
    """A new episode is inventoried at its import, and hashed by Shoko minutes later."""
    record = a_deletion(with_fields(an_inventory(), shoko=part), is_proven=True)
    question = shoko_question(record, ControlSource(summary_by_key={}, records=(record,)))
    assert question is not None
    assert question.unheld_paths == (DOUBLE.path,)
    assert question.folder == record.inventory.path
    left = a_check(locations_by_path=recorded(is_accessible=False))
    assert answers(record, left) == {Answer.STALE}
    not_proven = a_deletion(with_fields(an_inventory(), shoko=part))
    assert answers(not_proven, left) == {Answer.UNKNOWN}
    expected = {Answer.NOT_APPLICABLE} if part is NOTHING else {Answer.UNKNOWN}
    assert answers(record, a_check()) == expected
    copy_elsewhere = a_check(locations_by_path=recorded(is_accessible=True))
    assert answers(record, copy_elsewhere) == expected


def test_a_series_that_shoko_never_had_does_not_wait_for_a_shoko_that_is_away() -> None:
    failed = CheckFailed(at=LATER, method="", reason=FailureReason.TIMEOUT, message="slow")
    record = a_deletion(with_fields(an_inventory(), shoko=NOTHING))
    assert answers(record, failed) == {Answer.NOT_APPLICABLE}
    assert answers(a_deletion(), failed) == {Answer.UNKNOWN}


def test_what_is_held_is_not_checked_by_path() -> None:
    record = a_deletion()
    question = shoko_question(record, ControlSource(summary_by_key={}, records=(record,)))
    assert question is not None
    assert question.file_ids
    assert question.unheld_paths == ()


# --- the download client ------------------------------------------------------------------------

TORRENT = InfoHash("a" * 40)


def with_torrent() -> DeletionRecord:
    held = HeldTorrent(info_hash=TORRENT, name="Pack", size_bytes=9)
    part = Taken(at=BEFORE, value=QbittorrentHolding(torrents=(held,)))
    return a_deletion(with_fields(an_inventory(), qbittorrent=part))


def torrents(listed: dict[InfoHash, TorrentSeen], after: timedelta) -> QbittorrentSeen:
    return QbittorrentSeen(at=NOW + after, method="GET", torrent_by_hash=listed)


def test_the_last_torrent_of_a_client_that_went_lingers_no_longer() -> None:
    policy = Policy()
    seen = TorrentSeen(name="Pack", size_bytes=9)
    there = {System.QBITTORRENT: torrents({TORRENT: seen}, timedelta(minutes=1))}
    record = weigh(with_torrent(), there, LATER, policy).record
    assert record.answer_by_system[System.QBITTORRENT] is Answer.REMAINING
    early = judge_qbittorrent(with_torrent(), torrents({}, timedelta(minutes=2)))
    assert answer_of(early.record) is Answer.UNKNOWN
    soon = {System.QBITTORRENT: torrents({}, timedelta(minutes=2))}
    record = weigh(record, soon, LATER, policy).record
    assert record.answer_by_system[System.QBITTORRENT] is Answer.REMAINING
    late = {System.QBITTORRENT: torrents({}, EMPTY_IS_BELIEVED_AFTER)}
    record = weigh(record, late, NOW + EMPTY_IS_BELIEVED_AFTER, policy).record
    assert record.answer_by_system[System.QBITTORRENT] is Answer.REMOVED
    assert record.lingering_bytes == 0


@pytest.mark.parametrize("hours", [-3, 0, 3])
def test_what_shoko_did_not_have_is_known_whatever_time_sonarr_gives_its_file(hours: int) -> None:
    """A Sonarr whose clock was ahead made each new file one that Shoko was asked about too early."""
    inventory = an_inventory(with_fields(DOUBLE, added_at=BEFORE + timedelta(hours=hours)))
    assert answers(a_deletion(with_fields(inventory, shoko=NOTHING)), a_check()) == {
        Answer.NOT_APPLICABLE
    }
