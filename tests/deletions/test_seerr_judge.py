"""Jellyseerr after a deletion: the lists read now decide, by kind, server and record."""

from datetime import timedelta

import pytest
from msgspec.structs import replace as with_fields

from episodarr.deletions.judge.requests import judge_jellyseerr
from episodarr.deletions.machine import weigh
from episodarr.deletions.opening import GoneFile, open_deletion
from episodarr.deletions.policy import Policy
from episodarr.deletions.shown.view import view_deletion
from episodarr.model.check import CheckFailed, JellyseerrCheck, JellyseerrSeen
from episodarr.model.deletion import Answer, DeletionId, NoticedBy
from episodarr.model.deletion_log import DeletionRecord
from episodarr.model.evidence import Finding, Unclear, answer_of, sentence_of
from episodarr.model.health import System
from episodarr.model.ids import SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import (
    HeldRequest,
    HeldServer,
    JellyseerrHolding,
    PartMissing,
    Taken,
)
from episodarr.model.reading import FailureReason
from episodarr.model.request import (
    MediaRequest,
    MediaStatus,
    RequestId,
    RequestStatus,
    SeasonMedia,
    SeerrMedia,
)
from episodarr.model.seerr_servers import SeerrServers, SeerrSonarr
from tests.deletions.test_judges import (
    BEFORE,
    DOUBLE,
    FIRST,
    KEY,
    LATER,
    NOW,
    SECOND,
    UNRELATED,
    _request,
    an_inventory,
)
from tests.replacing import replace

HELD = HeldRequest(
    request_id=RequestId(1), status=RequestStatus.APPROVED, seasons=(1,), is_4k=False
)
HD = SeerrSonarr(server_id=0, url="http://a:8989", is_4k=False, is_default=True)
UHD = SeerrSonarr(server_id=1, url="http://b:8989", is_4k=True, is_default=True)
SERVERS = SeerrServers(servers=(HD, UHD), name_by_server={0: KEY.sonarr, 1: SonarrName("uhd")})


def a_holding(*requests: HeldRequest, **changes: object) -> JellyseerrHolding:
    held = JellyseerrHolding(
        server_id="sonarr-0+sonarr-1",
        tmdb_id=99,
        requests=requests,
        other_request_ids=(RequestId(2),),
        servers=(HeldServer(server_id=0, is_4k=False),),
    )
    return with_fields(held, **changes)


def a_deletion(
    held: JellyseerrHolding | PartMissing, gone: tuple[GoneFile, ...] | None = None
) -> DeletionRecord:
    part = held if isinstance(held, PartMissing) else Taken(at=BEFORE, value=held)
    return open_deletion(
        DeletionId("d"),
        with_fields(an_inventory(), jellyseerr=part),
        gone=gone,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW,
        policy=Policy(),
    )


def a_check(*requests: MediaRequest, **changes: object) -> JellyseerrSeen:
    seen = JellyseerrSeen(
        at=LATER,
        method="GET",
        server_id="sonarr-0+sonarr-1",
        is_unrestricted=True,
        requests=requests,
        media=(),
        servers=SERVERS,
        expected_request_ids=frozenset({UNRELATED.request_id}),
    )
    return replace(seen, **changes)


def a_media(status: MediaStatus, **changes: object) -> SeerrMedia:
    media = SeerrMedia(
        media_id=4,
        tmdb_id=99,
        tvdb_id=KEY.tvdb_id,
        status=status,
        status_4k=MediaStatus.UNKNOWN,
    )
    return with_fields(media, **changes)


def found(record: DeletionRecord, check: JellyseerrCheck) -> Finding:
    return judge_jellyseerr(record, check).record


def answer(record: DeletionRecord, check: JellyseerrCheck) -> Answer:
    return answer_of(found(record, check))


# --- what is listed after the deletion decides --------------------------------------------------


@pytest.mark.parametrize("status", [RequestStatus.PENDING, RequestStatus.APPROVED])
@pytest.mark.parametrize(
    "held",
    [a_holding(), a_holding(HELD), PartMissing(message="it was down")],
    ids=["not requested then", "requested then", "not inventoried"],
)
def test_a_request_made_after_the_inventory_is_still_there(
    held: JellyseerrHolding | PartMissing, status: RequestStatus
) -> None:
    new = _request(request_id=RequestId(300), status=status)
    assert sentence_of(found(a_deletion(held), a_check(new, UNRELATED))) == (
        f"still there: request 300 is {status.value}"
    )


def test_a_request_is_identified_by_its_tmdb_number_or_sonarrs_own_where_seerr_knows_no_other() -> (
    None
):
    pending = {"request_id": RequestId(300), "status": RequestStatus.PENDING, "tvdb_id": None}
    record = a_deletion(a_holding(tmdb_id=None))
    by_tmdb = with_fields(record, held_inventory=with_fields(record.inventory, tmdb_id=99))
    assert answer(by_tmdb, a_check(_request(**pending), UNRELATED)) is Answer.REMAINING
    part = record.inventory.sonarr
    assert isinstance(part, Taken)
    own = _request(**pending, tmdb_id=None, sonarr_series_id=part.value.sonarr_id)
    assert answer(record, a_check(own, UNRELATED)) is Answer.REMAINING


def test_nothing_requested_then_or_now_is_found_only_after_a_good_check() -> None:
    record = a_deletion(a_holding())
    assert answer(record, a_check(UNRELATED)) is Answer.NOT_APPLICABLE
    early = a_check(UNRELATED, at=NOW - timedelta(seconds=1))
    assert answer(record, early) is Answer.UNKNOWN
    failed = CheckFailed(at=LATER, method="", reason=FailureReason.TIMEOUT, message="slow")
    assert found(record, failed) == Unclear(
        why="could not check: slow", reason=FailureReason.TIMEOUT
    )
    assert answer(record, a_check(UNRELATED, is_unrestricted=False)) is Answer.UNKNOWN


def test_a_wish_made_after_the_deletion_is_a_new_one_whatever_the_clocks_say() -> None:
    """By the ids of Seerr's own list: its clock may be hours off."""
    policy = Policy()
    wish = _request(
        request_id=RequestId(300),
        status=RequestStatus.PENDING,
        created_at=BEFORE - timedelta(hours=9),
    )
    failing = {
        System.JELLYSEERR: CheckFailed(
            at=LATER, method="", reason=FailureReason.TIMEOUT, message="slow"
        ),
    }
    waiting = _request(status=RequestStatus.APPROVED)
    first = {System.JELLYSEERR: a_check(waiting, UNRELATED)}
    record = weigh(a_deletion(a_holding(HELD)), failing, LATER, policy).record
    assert record.newest_request_id is None
    record = weigh(record, first, LATER, policy).record
    assert record.newest_request_id == UNRELATED.request_id
    assert answer(record, a_check(wish, UNRELATED)) is Answer.REMOVED
    assert answer(record, a_check(waiting, wish, UNRELATED)) is Answer.REMAINING


def test_an_old_remaining_gives_way_to_a_newer_list() -> None:
    policy = Policy()
    record = a_deletion(a_holding(HELD, other_request_ids=(RequestId(8),)))
    there = {
        System.JELLYSEERR: a_check(_request(status=RequestStatus.APPROVED), UNRELATED),
    }
    record = weigh(record, there, LATER, policy).record
    assert record.answer_by_system[System.JELLYSEERR] is Answer.REMAINING
    gone = {System.JELLYSEERR: a_check(UNRELATED)}
    record = weigh(record, gone, LATER + timedelta(minutes=5), policy).record
    assert record.answer_by_system[System.JELLYSEERR] is Answer.REMOVED


# --- the control is what is listed now ----------------------------------------------------------


def test_the_requests_that_the_inventory_knew_may_all_be_gone() -> None:
    """Twelve series are deleted with their requests, four younger requests stay."""
    frozen = a_holding(HELD, other_request_ids=tuple(RequestId(n) for n in range(2, 12)))
    younger = _request(request_id=RequestId(187), tvdb_id=TvdbId(7), tmdb_id=7)
    assert answer(a_deletion(frozen), a_check(younger)) is Answer.REMOVED


def test_an_empty_list_is_proven_by_settings_where_no_other_request_is_expected() -> None:
    record = a_deletion(a_holding(HELD))
    assert answer(record, a_check(expected_request_ids=frozenset())) is Answer.REMOVED
    assert answer(record, a_check(media=(a_media(MediaStatus.DELETED),))) is Answer.REMOVED
    suspicious = found(record, a_check())
    assert isinstance(suspicious, Unclear)
    assert not suspicious.is_not_listed
    bare = a_check(expected_request_ids=frozenset(), server_id="", servers=SeerrServers())
    assert answer(record, bare) is Answer.UNKNOWN
    hidden = a_check(expected_request_ids=frozenset(), is_unrestricted=False)
    assert answer(record, hidden) is Answer.UNKNOWN


def test_an_empty_list_where_others_are_expected_takes_nothing_away_but_says_so() -> None:
    """It may be another server's: evidence neither for nor against."""
    policy = Policy()
    there = a_check(_request(status=RequestStatus.APPROVED), UNRELATED)
    checks = {System.JELLYSEERR: there}
    record = weigh(a_deletion(a_holding(HELD)), checks, LATER, policy).record
    empty = {System.JELLYSEERR: a_check()}
    record = weigh(record, empty, LATER + timedelta(minutes=5), policy).record
    assert record.answer_by_system[System.JELLYSEERR] is Answer.REMAINING
    assert any("still the same server?" in note for note in view_deletion(record).notes)


@pytest.mark.parametrize(
    "unreadable",
    [
        {"status": RequestStatus.UNKNOWN},
        {"status": RequestStatus.PENDING},
    ],
)
def test_a_record_that_cannot_be_read_may_be_of_this_series(unreadable: dict[str, object]) -> None:
    odd = _request(request_id=RequestId(9), tvdb_id=None, tmdb_id=None, **unreadable)
    assert answer(a_deletion(a_holding(HELD)), a_check(odd, UNRELATED)) is Answer.UNKNOWN
    waiting = _request(status=RequestStatus.APPROVED)
    assert answer(a_deletion(a_holding(HELD)), a_check(odd, waiting)) is Answer.REMAINING


@pytest.mark.parametrize(
    ("unread", "expected"),
    [
        ({"unread_ids": frozenset({1})}, Answer.UNKNOWN),
        ({"unread_ids": frozenset({41})}, Answer.UNKNOWN),
        ({"unread_ids": frozenset({40})}, Answer.REMOVED),
        ({"unread_media_ids": frozenset({4})}, Answer.UNKNOWN),
        ({"unread_media_ids": frozenset({5})}, Answer.REMOVED),
        ({"is_whole": False}, Answer.UNKNOWN),
    ],
)
def test_a_record_of_which_only_the_number_is_read_may_be_of_this_series_if_it_is_new(
    unread: dict[str, object], expected: Answer
) -> None:
    """One that the inventory's list had and could not read either costs no other."""
    held = a_holding(HELD, media_id=4, newest_request_id=RequestId(40))
    assert answer(a_deletion(held), a_check(UNRELATED, **unread)) is expected


def test_presence_needs_no_settings() -> None:
    check = a_check(_request(status=RequestStatus.PENDING), is_unrestricted=False, server_id="")
    assert answer(a_deletion(a_holding(HELD)), check) is Answer.REMAINING


# --- which server it is -------------------------------------------------------------------------


def test_editing_a_sonarr_in_seerr_does_not_make_it_another_seerr() -> None:
    moved = SeerrServers(
        servers=(replace_url(HD, "http://elsewhere:1234"), replace_url(UHD, "https://new/4k"))
    )
    record = a_deletion(a_holding(HELD))
    assert answer(record, a_check(UNRELATED, servers=moved)) is Answer.REMOVED
    waiting = _request(status=RequestStatus.APPROVED)
    assert answer(record, a_check(waiting, UNRELATED, servers=moved)) is Answer.REMAINING
    for_4k = _request(
        request_id=RequestId(6), status=RequestStatus.APPROVED, is_4k=True, server_id=1
    )
    assert answer(record, a_check(for_4k, UNRELATED, servers=moved)) is Answer.REMOVED


def replace_url(server: SeerrSonarr, url: str) -> SeerrSonarr:
    return with_fields(server, url=url)


@pytest.mark.parametrize("server_id", ["sonarr-0", "sonarr-0+sonarr-1+sonarr-2"])
def test_adding_or_removing_a_sonarr_in_seerr_does_not_either(server_id: str) -> None:
    record = a_deletion(a_holding(HELD))
    assert answer(record, a_check(UNRELATED, server_id=server_id)) is Answer.REMOVED


def test_an_inventory_of_an_earlier_version_knew_addresses_and_counts_all_the_same() -> None:
    old = a_holding(HELD, server_id="0123456789ab+ba9876543210", servers=())
    assert answer(a_deletion(old), a_check(UNRELATED)) is Answer.REMOVED


def test_where_it_is_another_seerr_the_reason_is_shown_even_after_an_older_still_there() -> None:
    policy = Policy()
    waiting = _request(status=RequestStatus.APPROVED)
    there = {System.JELLYSEERR: a_check(waiting, UNRELATED)}
    record = weigh(a_deletion(a_holding(HELD)), there, LATER, policy).record
    other = {System.JELLYSEERR: a_check(UNRELATED, server_id="sonarr-7")}
    record = weigh(record, other, LATER + timedelta(minutes=5), policy).record
    notes = " ".join(view_deletion(record).notes)
    assert "still there: request 1 is approved" in notes
    assert "another Jellyseerr answered" in notes
    again = weigh(record, there, LATER + timedelta(minutes=10), policy).record
    assert "another Jellyseerr" not in " ".join(view_deletion(again).notes)


def test_a_seerr_whose_request_of_the_same_number_is_for_another_series_is_another_one() -> None:
    stranger = _request(tvdb_id=TvdbId(500), tmdb_id=500)
    finding = found(a_deletion(a_holding(HELD)), a_check(stranger))
    assert isinstance(finding, Unclear)
    assert "its request 1 is for another series" in finding.why


# --- HD and 4K ----------------------------------------------------------------------------------

NO_NAMES = SeerrServers(servers=(HD, UHD))


@pytest.mark.parametrize("servers", [SERVERS, NO_NAMES], ids=["named", "unnamed"])
@pytest.mark.parametrize(
    ("sonarr", "is_4k", "expected"),
    [
        ("tv", False, Answer.REMAINING),
        ("tv", True, Answer.NOT_APPLICABLE),
        ("uhd", True, Answer.REMAINING),
        ("uhd", False, Answer.NOT_APPLICABLE),
    ],
)
@pytest.mark.parametrize("server_id", [None, "own"])
def test_a_request_of_one_kind_never_stands_for_a_sonarr_of_the_other(
    servers: SeerrServers, sonarr: str, *, is_4k: bool, server_id: str | None, expected: Answer
) -> None:
    record = a_deletion(a_holding(servers=()))
    key = SeriesKey(SonarrName(sonarr), KEY.tvdb_id)
    record = with_fields(record, key=key)
    request = _request(
        request_id=RequestId(13),
        status=RequestStatus.PENDING,
        is_4k=is_4k,
        server_id=None if server_id is None else int(is_4k),
    )
    assert answer(record, a_check(request, UNRELATED, servers=servers)) is expected


@pytest.mark.parametrize(
    ("status", "status_4k", "sonarr", "expected"),
    [
        (MediaStatus.AVAILABLE, MediaStatus.UNKNOWN, "tv", Answer.REMAINING),
        (MediaStatus.AVAILABLE, MediaStatus.UNKNOWN, "uhd", Answer.NOT_APPLICABLE),
        (MediaStatus.DELETED, MediaStatus.AVAILABLE, "tv", Answer.NOT_APPLICABLE),
        (MediaStatus.DELETED, MediaStatus.PARTIALLY_AVAILABLE, "uhd", Answer.REMAINING),
    ],
)
def test_the_media_record_counts_by_its_kind(
    status: MediaStatus, status_4k: MediaStatus, sonarr: str, expected: Answer
) -> None:
    record = a_deletion(a_holding(servers=()))
    record = with_fields(record, key=SeriesKey(SonarrName(sonarr), KEY.tvdb_id))
    check = a_check(UNRELATED, media=(a_media(status, status_4k=status_4k),))
    assert answer(record, check) is expected


# --- the media record ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (MediaStatus.UNKNOWN, Answer.REMOVED),
        (MediaStatus.DELETED, Answer.REMOVED),
        (MediaStatus.AVAILABLE, Answer.REMAINING),
        (MediaStatus.PARTIALLY_AVAILABLE, Answer.REMAINING),
        (MediaStatus.PROCESSING, Answer.REMAINING),
        (MediaStatus.PENDING, Answer.REMAINING),
        (MediaStatus.OTHER, Answer.UNKNOWN),
    ],
)
def test_all_requests_are_gone_and_the_media_record_tells_whether_it_is_cleared(
    status: MediaStatus, expected: Answer
) -> None:
    record = a_deletion(a_holding(HELD))
    assert answer(record, a_check(UNRELATED, media=(a_media(status),))) is expected
    by_tmdb = a_media(status, tvdb_id=None)
    assert answer(record, a_check(UNRELATED, media=(by_tmdb,))) is expected
    other = a_media(status, tvdb_id=TvdbId(600))
    assert answer(record, a_check(UNRELATED, media=(other,))) is Answer.REMOVED


def test_a_record_that_nobody_requested_is_proven_gone_once_it_was_seen() -> None:
    record = a_deletion(a_holding(media_id=4))
    media = (a_media(MediaStatus.AVAILABLE),)
    assert sentence_of(found(record, a_check(UNRELATED, media=media))) == (
        "still there: its media is available"
    )
    cleared = (a_media(MediaStatus.DELETED),)
    assert answer(record, a_check(UNRELATED, media=cleared)) is Answer.REMOVED


def test_a_seasons_record_tells_of_the_season() -> None:
    gone = tuple(GoneFile(number=number, path=DOUBLE.path) for number in (FIRST, SECOND))
    record = a_deletion(a_holding(HELD), gone)

    def check(first: MediaStatus) -> JellyseerrSeen:
        seasons = tuple(
            SeasonMedia(season=season, status=status, status_4k=MediaStatus.UNKNOWN)
            for season, status in ((1, first), (2, MediaStatus.AVAILABLE))
        )
        partly = a_media(MediaStatus.PARTIALLY_AVAILABLE, seasons=seasons)
        return a_check(UNRELATED, media=(partly,))

    assert answer(record, check(MediaStatus.DELETED)) is Answer.REMOVED
    assert sentence_of(found(record, check(MediaStatus.AVAILABLE))) == (
        "still there: season 1 of its media is available"
    )
