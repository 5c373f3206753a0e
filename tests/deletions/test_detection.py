"""What notices mean: single decisions, apart from the lives they begin."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest
from msgspec.structs import replace

from episodarr.deletions.detection import decide
from episodarr.deletions.detection.decisions import (
    Decision,
    KeepFiles,
    KeepReports,
    MergeInto,
    NoteMissing,
    OpenDeletion,
    Renumber,
    Supersede,
)
from episodarr.deletions.detection.reports import LISTS_AGAINST_REPORT
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.interventions import acknowledge, supersede
from episodarr.deletions.inventory.summary import summarize
from episodarr.deletions.opening import GoneFile, deletion_id_of, merge_deletion, open_deletion
from episodarr.deletions.policy import Policy
from episodarr.model.deletion import DeletionId, DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.deletion_log import DeletionRecord, DeletionReport, Disappearance
from episodarr.model.download import DeleteReason
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.notice import (
    EpisodesRead,
    FileDeleted,
    FileImported,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)
from tests.deletions.test_judges import DOUBLE, FIRST, KEY, SECOND, an_inventory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND_LATER = NOW + timedelta(seconds=1)
TV = SonarrName("tv")


def a_record(
    gone: tuple[GoneFile, ...] | None = None, noticed_by: NoticedBy = NoticedBy.WEBHOOK
) -> DeletionRecord:
    return open_deletion(
        DeletionId("d"), an_inventory(), gone=gone, noticed_by=noticed_by, now=NOW, policy=Policy()
    )


def a_gone_file(number: EpisodeNumber = FIRST, record_id: int | None = None) -> GoneFile:
    return GoneFile(number=number, path=DOUBLE.path, record_id=record_id)


def a_file_event(number: EpisodeNumber = FIRST, **changes: object) -> FileDeleted:
    values: dict[str, object] = {
        "key": KEY,
        "title": "A",
        "number": number,
        "path": DOUBLE.path,
        "reason": DeleteReason.MANUAL,
        "record_id": 100,
    }
    return FileDeleted(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def ask(
    notice: Notice,
    *records: DeletionRecord,
    now: datetime = NOW,
    reports: Mapping[SeriesKey, DeletionReport] = MappingProxyType({}),
) -> tuple[Decision, ...]:
    watched = Watched(known={KEY}, records=records, reports=reports)
    return decide(watched, notice, now, Policy())


def a_hook(**changes: object) -> SeriesDeleted:
    values: dict[str, object] = {
        "key": KEY,
        "title": "A",
        "year": 2015,
        "has_deleted_files": True,
        "sonarr_id": SonarrSeriesId(7),
    }
    return SeriesDeleted(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def a_report(hook: SeriesDeleted | None = None) -> dict[SeriesKey, DeletionReport]:
    """What stands after this webhook."""
    (decision,) = ask(hook or a_hook())
    assert isinstance(decision, KeepReports)
    return dict(decision.waiting)


@pytest.mark.parametrize(
    ("reason", "noticed_by"),
    [
        (DeleteReason.MANUAL, NoticedBy.HISTORY),
        (DeleteReason.OTHER, NoticedBy.HISTORY),
        (DeleteReason.MISSING_FROM_DISK, NoticedBy.MISSING),
        (DeleteReason.UPGRADE, None),
        (DeleteReason.MANUAL_OVERRIDE, None),
        (DeleteReason.NO_LINKED_EPISODES, None),
    ],
)
def test_the_reason_in_history_decides(reason: DeleteReason, noticed_by: NoticedBy | None) -> None:
    decisions = ask(a_file_event(reason=reason))
    assert [d.noticed_by for d in decisions if isinstance(d, OpenDeletion)] == (
        [] if noticed_by is None else [noticed_by]
    )


def test_the_second_half_of_a_double_episode_joins_the_first() -> None:
    first = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    (decision,) = ask(a_file_event(SECOND), first, now=NOW + timedelta(seconds=90))
    assert isinstance(decision, MergeInto)
    assert first.scope is DeletionScope.EPISODES
    merged = merge_deletion(
        first,
        an_inventory(),
        gone=decision.gone,
        noticed_by=decision.noticed_by,
        now=NOW + timedelta(seconds=90),
        policy=Policy(),
    )
    assert merged.scope is DeletionScope.SEASON
    assert [e.number for e in merged.expected] == [FIRST, SECOND]
    assert merged.detected_at == NOW + timedelta(seconds=90)
    assert merged.started_at == NOW


def test_a_series_deleted_right_after_its_files_is_one_deletion_of_the_series() -> None:
    first = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    reports = a_report()
    *_, decision = ask(a_poll({}), first, now=NOW + timedelta(minutes=1), reports=reports)
    assert isinstance(decision, MergeInto)
    merged = merge_deletion(
        first,
        an_inventory(),
        gone=None,
        noticed_by=NoticedBy.WEBHOOK,
        now=NOW + timedelta(minutes=1),
        policy=Policy(),
    )
    assert merged.scope is DeletionScope.SERIES
    *_, later = ask(a_poll({}), first, now=NOW + timedelta(minutes=3), reports=reports)
    assert isinstance(later, OpenDeletion)


def test_a_record_of_history_reported_twice_is_one_deletion_however_late() -> None:
    record = a_record((a_gone_file(record_id=100),))
    for late in (timedelta(0), timedelta(minutes=10), timedelta(days=3), -timedelta(hours=2)):
        assert ask(a_file_event(), record, now=NOW + late) == ()
        assert ask(a_file_event(path=""), record, now=NOW + late) == ()
    (other,) = ask(a_file_event(SECOND, record_id=101), record, now=NOW + timedelta(minutes=10))
    assert isinstance(other, OpenDeletion)


def test_what_was_superseded_and_is_deleted_again_is_another_deletion_however_soon() -> None:
    record = a_record((a_gone_file(record_id=100),))
    superseded = supersede(record, frozenset({FIRST}), NOW, "newer").record
    for later in (timedelta(seconds=1), timedelta(minutes=3)):
        (decision,) = ask(a_file_event(record_id=105), superseded, now=NOW + later)
        assert isinstance(decision, OpenDeletion)
    assert ask(a_file_event(), superseded) == ()


def test_one_of_two_that_is_superseded_and_deleted_again_is_another_deletion() -> None:
    record = a_record((a_gone_file(record_id=100), a_gone_file(SECOND, record_id=101)))
    superseded = supersede(record, frozenset({FIRST}), NOW, "newer").record
    (decision,) = ask(a_file_event(record_id=105), superseded, now=NOW + timedelta(seconds=9))
    assert isinstance(decision, OpenDeletion)


def test_two_drops_of_one_episode_are_two_deletions_though_no_import_was_seen() -> None:
    """A rescan that finds a file again writes nothing into history."""
    record = a_record((a_gone_file(record_id=100),))
    supersedes, opens = ask(a_file_event(record_id=102), record, now=NOW + timedelta(seconds=1))
    assert isinstance(supersedes, Supersede)
    assert isinstance(opens, OpenDeletion)


def test_a_file_of_a_series_that_is_deleted_as_a_whole_is_no_further_deletion() -> None:
    assert ask(a_file_event(), a_record(None)) == ()


def test_an_import_supersedes_only_what_it_is_newer_than() -> None:
    record = a_record((a_gone_file(record_id=100),))
    old = FileImported(key=KEY, number=FIRST, record_id=99, file_id=EpisodeFileId(11))
    same = FileImported(key=KEY, number=FIRST, record_id=101, file_id=DOUBLE.file_id)
    other = FileImported(key=KEY, number=(2, 1), record_id=101)
    for event in (old, same, other):
        assert ask(event, record) == ()
    (decision,) = ask(
        FileImported(key=KEY, number=FIRST, record_id=101, file_id=EpisodeFileId(11)), record
    )
    assert isinstance(decision, Supersede)
    assert decision.numbers == frozenset({FIRST})


@pytest.mark.parametrize("now", [NOW, NOW - timedelta(days=1), NOW + timedelta(days=1)])
def test_an_episode_with_another_file_is_superseded_whatever_the_clocks_say(now: datetime) -> None:
    record = a_record((a_gone_file(record_id=100),))
    read = EpisodesRead(key=KEY, file_id_by_episode={FIRST: EpisodeFileId(11)})
    (decision,) = ask(read, record, now=now)
    assert isinstance(decision, Supersede)
    same = EpisodesRead(key=KEY, file_id_by_episode={FIRST: DOUBLE.file_id})
    none = EpisodesRead(key=KEY, file_id_by_episode={})
    for harmless in (same, none):
        assert ask(harmless, record, now=now) == ()


def test_a_webhook_alone_opens_nothing() -> None:
    """The next list decides: one that misses the series."""
    (kept,) = ask(a_hook())
    assert isinstance(kept, KeepReports)
    *_, opened = ask(a_poll({}), reports=kept.waiting)
    assert isinstance(opened, OpenDeletion)
    assert (opened.noticed_by, opened.title) == (NoticedBy.WEBHOOK, "A")


def test_a_webhook_about_a_series_that_stays_listed_is_forgotten_and_counted() -> None:
    reports = a_report()
    for n in range(LISTS_AGAINST_REPORT):
        decisions = ask(a_poll({KEY.tvdb_id: SonarrSeriesId(7)}), reports=reports)
        (kept,) = (d for d in decisions if isinstance(d, KeepReports))
        assert not any(isinstance(d, OpenDeletion | MergeInto | Supersede) for d in decisions)
        is_over = n == LISTS_AGAINST_REPORT - 1
        assert (len(kept.waiting), len(kept.refuted)) == ((0, 1) if is_over else (1, 0))
        reports = dict(kept.waiting)


def test_a_webhook_about_another_sonarrs_series_of_the_same_number_is_not_believed() -> None:
    """Two Sonarrs that send to one address: the series has another number in ours."""
    decisions = ask(a_poll({KEY.tvdb_id: SonarrSeriesId(8)}), reports=a_report())
    (kept,) = (d for d in decisions if isinstance(d, KeepReports))
    assert (kept.waiting, len(kept.refuted)) == ({}, 1)


@pytest.mark.parametrize("was_listed", [True, False])
def test_a_webhook_about_a_series_that_was_never_listed_opens_nothing(was_listed: bool) -> None:
    stranger = SeriesKey(TV, TvdbId(555))
    reports = a_report(a_hook(key=stranger, was_listed=was_listed))
    decisions = ask(a_poll({KEY.tvdb_id: SonarrSeriesId(7)}), reports=reports)
    (kept,) = (d for d in decisions if isinstance(d, KeepReports))
    assert len(kept.refuted) == (0 if was_listed else 1)
    assert kept.waiting == {}
    assert any(isinstance(d, OpenDeletion) for d in decisions) is was_listed


def test_the_same_webhook_twice_is_one_deletion() -> None:
    watched = Watched(known={KEY}, reports=a_report())
    assert decide(watched, a_hook(), NOW, Policy()) == ()
    assert decide(watched, a_hook(has_deleted_files=False), NOW, Policy()) == ()
    assert ask(a_hook(), a_record(None)) == ()


@pytest.mark.parametrize(
    ("status", "acknowledged_at", "is_kept"),
    [
        (DeletionStatus.VERIFYING, None, True),
        (DeletionStatus.HELD, None, True),
        (DeletionStatus.PARTIAL, None, False),
        (DeletionStatus.FAILED, None, False),
        (DeletionStatus.UNVERIFIED, None, False),
        (DeletionStatus.PARTIAL, NOW, True),
    ],
)
def test_a_message_makes_no_bad_verdict_good_that_nobody_has_seen(
    status: DeletionStatus, acknowledged_at: datetime | None, is_kept: bool
) -> None:
    record = replace(a_record(None, NoticedBy.POLL), status=status, acknowledged_at=acknowledged_at)
    decisions = ask(a_hook(has_deleted_files=False), record)
    assert any(isinstance(d, KeepFiles) for d in decisions) is is_kept


def test_a_second_message_does_not_take_the_first_one_back() -> None:
    assert ask(a_hook(has_deleted_files=False), a_record(None, NoticedBy.WEBHOOK)) == ()


@pytest.mark.parametrize("files", [True, False])
def test_a_message_about_the_series_that_was_added_again_says_nothing_of_the_deleted_one(
    files: bool,
) -> None:
    """Added again, and taken out with its files kept: the files of the first were "kept" too."""
    noticed = a_record(None, noticed_by=NoticedBy.POLL)
    hook = a_hook(has_deleted_files=files, sonarr_id=SonarrSeriesId(8))
    assert ask(hook, noticed) == ()
    assert ask(a_hook(has_deleted_files=files), noticed)
    assert ask(a_hook(has_deleted_files=files, sonarr_id=None), noticed)


def test_sonarrs_own_report_counts_for_more_than_a_list() -> None:
    (decision,) = ask(a_hook(), a_record(None, NoticedBy.POLL))
    assert isinstance(decision, MergeInto)
    merged = merge_deletion(
        a_record(None, NoticedBy.POLL),
        an_inventory(),
        gone=None,
        noticed_by=decision.noticed_by,
        now=NOW,
        policy=Policy(),
    )
    assert merged.noticed_by is NoticedBy.WEBHOOK


def test_sonarr_that_kept_the_files_closes_or_opens_and_closes() -> None:
    hook = a_hook(has_deleted_files=False)
    *_, fresh = ask(a_poll({}), reports=a_report(hook))
    assert isinstance(fresh, KeepFiles)
    assert fresh.deletion_id is None
    (closing,) = ask(hook, a_record(noticed_by=NoticedBy.POLL))
    assert isinstance(closing, KeepFiles)
    assert closing.deletion_id == "d"


def a_poll(listed: dict[TvdbId, SonarrSeriesId], at: datetime = SECOND_LATER) -> LibraryPoll:
    return LibraryPoll(sonarr=TV, at=at, sonarr_id_by_tvdb_id=listed)


@pytest.mark.parametrize(
    ("noticed_by", "sonarr_id", "at", "is_superseded"),
    [
        (NoticedBy.WEBHOOK, 7, SECOND_LATER, False),
        (NoticedBy.WEBHOOK, 8, SECOND_LATER, True),
        (NoticedBy.POLL, 7, SECOND_LATER, True),
        (NoticedBy.POLL, 8, NOW - timedelta(days=1), True),
    ],
)
def test_when_a_series_is_back(
    noticed_by: NoticedBy, sonarr_id: int, at: datetime, is_superseded: bool
) -> None:
    poll = a_poll({KEY.tvdb_id: SonarrSeriesId(sonarr_id)}, at)
    decisions = ask(poll, a_record(noticed_by=noticed_by))
    assert any(isinstance(d, Supersede) for d in decisions) is is_superseded


@pytest.mark.parametrize(
    ("known", "missing", "is_held"),
    [(15, 15, False), (100, 20, False), (100, 21, True), (400, 40, False), (400, 41, True)],
)
def test_how_many_are_too_many(known: int, missing: int, is_held: bool) -> None:
    keys = [SeriesKey(TV, TvdbId(n)) for n in range(1, known + 1)]
    watched = Watched(
        known=set(keys),
        missing={
            k: Disappearance(key=k, missing_since=NOW - timedelta(minutes=5))
            for k in keys[:missing]
        },
    )
    poll = a_poll({k.tvdb_id: SonarrSeriesId(k.tvdb_id) for k in keys[missing:]})
    decisions = decide(watched, poll, NOW, Policy())
    opened = [d for d in decisions if isinstance(d, OpenDeletion)]
    assert len(opened) == missing
    (group,) = {d.held_group for d in opened}
    assert bool(group) is is_held
    (noted,) = (d for d in decisions if isinstance(d, NoteMissing))
    assert len(noted.missing) == missing


def test_a_list_with_a_record_that_shows_no_number_misses_nothing() -> None:
    missing = {KEY: Disappearance(key=KEY, missing_since=NOW - timedelta(minutes=5))}
    watched = Watched(known={KEY: NOW}, missing=missing)
    poll = LibraryPoll(sonarr=TV, at=SECOND_LATER, sonarr_id_by_tvdb_id={}, is_whole=False)
    assert decide(watched, poll, NOW, Policy()) == ()


def test_another_sonarrs_poll_says_nothing_of_this_one() -> None:
    watched = Watched(known={KEY})
    poll = LibraryPoll(sonarr=SonarrName("anime"), at=NOW, sonarr_id_by_tvdb_id={})
    (noted,) = decide(watched, poll, NOW, Policy())
    assert isinstance(noted, NoteMissing)
    assert noted.missing == {}


@pytest.mark.parametrize(
    ("sonarr_id", "path", "is_same"),
    [(7, None, True), (8, None, False), (7, "/tv/another", False), (7, "", False)],
)
def test_a_series_under_another_tvdb_id_is_the_same_by_sonarrs_id_and_its_folder(
    sonarr_id: int, path: str | None, is_same: bool
) -> None:
    """TVDB merges duplicates; a deletion was opened, and failed where the disk was not seen."""
    summary = summarize(an_inventory(), NOW)
    assert summary.sonarr_id == 7
    watched = Watched(
        known={KEY},
        summaries={KEY: summary},
        missing={KEY: Disappearance(key=KEY, missing_since=NOW - timedelta(minutes=5))},
    )
    new = TvdbId(KEY.tvdb_id + 1)
    poll = LibraryPoll(
        sonarr=TV,
        at=SECOND_LATER,
        sonarr_id_by_tvdb_id={new: SonarrSeriesId(sonarr_id)},
        path_by_tvdb_id={new: summary.series_path if path is None else path},
    )
    noted, decision = decide(watched, poll, NOW, Policy())
    assert isinstance(noted, NoteMissing)
    assert (KEY not in noted.missing) is is_same
    assert isinstance(decision, Renumber if is_same else OpenDeletion)
    assert getattr(decision, "tvdb_id", None) == (new if is_same else None)


def test_ids_are_unique_readable_and_safe() -> None:
    key = SeriesKey(SonarrName("my tv/Ω"), TvdbId(5))
    first = deletion_id_of(key, NOW, set())
    assert first == "my-tv---5-20260301T120000"
    assert deletion_id_of(key, NOW, {first}) == f"{first}-2"


def test_a_superseded_whole_is_closed_and_counted_once() -> None:
    step = supersede(a_record(), None, NOW, "It came back.")
    assert step.record.status is DeletionStatus.SUPERSEDED
    assert step.record.finished_at == NOW
    assert step.record.due_by_system == {}
    assert supersede(step.record, None, SECOND_LATER, "again").record is step.record


@pytest.mark.parametrize(
    ("status", "is_taken"),
    [
        (DeletionStatus.LEFTOVERS, True),
        (DeletionStatus.SUPERSEDED, True),
        (DeletionStatus.COMPLETE, True),
        (DeletionStatus.UNVERIFIED, True),
        (DeletionStatus.VERIFYING, False),
    ],
)
def test_whatever_an_alert_tells_of_can_be_acknowledged_but_nothing_before_its_end(
    status: DeletionStatus, is_taken: bool
) -> None:
    record = replace(a_record(), status=status)
    step = acknowledge(record, SECOND_LATER)
    assert step.record.acknowledged_at == (SECOND_LATER if is_taken else None)


def test_that_it_came_back_is_news_though_its_verdict_was_acknowledged() -> None:
    record = replace(a_record(), status=DeletionStatus.PARTIAL, acknowledged_at=NOW)
    came_back = supersede(record, None, SECOND_LATER, "It came back.").record
    assert came_back.status is DeletionStatus.SUPERSEDED
    assert came_back.acknowledged_at is None
