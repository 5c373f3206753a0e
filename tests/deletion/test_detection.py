"""What notices mean: single decisions, apart from the lives they begin."""

from datetime import UTC, datetime, timedelta

import pytest

from exporter.deletion.detection import (
    Decision,
    HoldSeries,
    KeepFiles,
    MergeInto,
    NoteMissing,
    OpenDeletion,
    Supersede,
    Watched,
    decide,
)
from exporter.deletion.interventions import supersede
from exporter.deletion.opening import GoneFile, deletion_id_of, merge_deletion, open_deletion
from exporter.deletion.policy import Policy
from exporter.model.deletion import DeletionId, DeletionScope, DeletionStatus, NoticedBy
from exporter.model.deletion_log import DeletionRecord, Disappearance
from exporter.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from exporter.model.notice import (
    DeleteReason,
    EpisodesRead,
    FileDeleted,
    FileImported,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)
from tests.deletion.test_judges import DOUBLE, FIRST, KEY, SECOND, an_inventory

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND_LATER = NOW + timedelta(seconds=1)
TV = SonarrName("tv")


def a_record(
    gone: tuple[GoneFile, ...] | None = None, noticed_by: NoticedBy = NoticedBy.WEBHOOK
) -> DeletionRecord:
    return open_deletion(
        DeletionId("d"), an_inventory(), gone=gone, noticed_by=noticed_by, now=NOW, policy=Policy()
    )


def a_file_event(number: EpisodeNumber = FIRST, **changes: object) -> FileDeleted:
    values: dict[str, object] = {
        "key": KEY,
        "title": "A",
        "number": number,
        "path": DOUBLE.path,
        "reason": DeleteReason.MANUAL,
        "at": NOW,
        "is_webhook": False,
    }
    return FileDeleted(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def ask(notice: Notice, *records: DeletionRecord, now: datetime = NOW) -> tuple[Decision, ...]:
    watched = Watched(known={KEY: NOW - timedelta(hours=1)}, records=records)
    return decide(watched, notice, now, Policy())


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
    hook = SeriesDeleted(key=KEY, title="A", year=2015, has_deleted_files=True)
    (decision,) = ask(hook, first, now=NOW + timedelta(minutes=1))
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
    (later,) = ask(hook, first, now=NOW + timedelta(minutes=3))
    assert isinstance(later, OpenDeletion)


def test_the_same_file_told_twice_is_one_deletion() -> None:
    record = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    late = NOW + timedelta(minutes=10)
    assert ask(a_file_event(), record, now=late) == ()
    assert ask(a_file_event(path=""), record, now=late) == ()
    (other,) = ask(a_file_event(at=late), record, now=late)
    assert isinstance(other, OpenDeletion)


def test_a_file_that_was_replaced_and_deleted_again_is_another_deletion() -> None:
    record = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    superseded = supersede(record, frozenset({FIRST}), NOW, "newer").record
    again = a_file_event(at=NOW + timedelta(minutes=1))
    (decision,) = ask(again, superseded, now=NOW + timedelta(minutes=3))
    assert isinstance(decision, OpenDeletion)
    assert ask(a_file_event(at=NOW), superseded, now=NOW + timedelta(minutes=3)) == ()


def test_events_from_before_the_inventory_are_past() -> None:
    assert ask(a_file_event(at=NOW - timedelta(hours=2))) == ()
    assert ask(a_file_event(at=NOW - timedelta(hours=2), is_webhook=True)) != ()
    stranger = SeriesKey(TV, TvdbId(555))
    assert ask(a_file_event(key=stranger, at=NOW - timedelta(hours=1))) == ()
    assert ask(a_file_event(key=stranger, at=NOW - timedelta(minutes=1))) != ()


def test_an_import_supersedes_only_what_it_is_newer_than() -> None:
    record = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    old = FileImported(key=KEY, number=FIRST, at=NOW - timedelta(seconds=1))
    same = FileImported(key=KEY, number=FIRST, at=SECOND_LATER, file_id=DOUBLE.file_id)
    other = FileImported(key=KEY, number=(2, 1), at=SECOND_LATER)
    for event in (old, same, other):
        assert ask(event, record) == ()
    (decision,) = ask(
        FileImported(key=KEY, number=FIRST, at=SECOND_LATER, file_id=EpisodeFileId(11)), record
    )
    assert isinstance(decision, Supersede)
    assert decision.numbers == frozenset({FIRST})


def test_a_look_at_the_episodes_supersedes_like_an_import() -> None:
    record = a_record((GoneFile(number=FIRST, path=DOUBLE.path),))
    read = EpisodesRead(key=KEY, at=SECOND_LATER, file_id_by_episode={FIRST: EpisodeFileId(11)})
    (decision,) = ask(read, record)
    assert isinstance(decision, Supersede)
    early = EpisodesRead(key=KEY, at=NOW, file_id_by_episode={FIRST: EpisodeFileId(11)})
    same = EpisodesRead(key=KEY, at=SECOND_LATER, file_id_by_episode={FIRST: DOUBLE.file_id})
    none = EpisodesRead(key=KEY, at=SECOND_LATER, file_id_by_episode={})
    for harmless in (early, same, none):
        assert ask(harmless, record) == ()


def test_sonarr_that_kept_the_files_closes_or_opens_and_closes() -> None:
    hook = SeriesDeleted(key=KEY, title="A", year=2015, has_deleted_files=False)
    (fresh,) = ask(hook)
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
        (NoticedBy.POLL, 8, NOW, False),
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
        known=dict.fromkeys(keys, NOW),
        missing={
            k: Disappearance(key=k, missing_since=NOW - timedelta(minutes=5))
            for k in keys[:missing]
        },
    )
    poll = a_poll({k.tvdb_id: SonarrSeriesId(k.tvdb_id) for k in keys[missing:]})
    decisions = decide(watched, poll, NOW, Policy())
    held = [len(d.keys) for d in decisions if isinstance(d, HoldSeries)]
    opened = [d for d in decisions if isinstance(d, OpenDeletion)]
    assert (held, len(opened)) == (([missing], 0) if is_held else ([], missing))
    (noted,) = (d for d in decisions if isinstance(d, NoteMissing))
    assert len(noted.missing) == missing


def test_a_list_with_a_record_that_shows_no_number_misses_nothing() -> None:
    missing = {KEY: Disappearance(key=KEY, missing_since=NOW - timedelta(minutes=5))}
    watched = Watched(known={KEY: NOW}, missing=missing)
    poll = LibraryPoll(sonarr=TV, at=SECOND_LATER, sonarr_id_by_tvdb_id={}, is_whole=False)
    assert decide(watched, poll, NOW, Policy()) == ()


def test_another_sonarrs_poll_says_nothing_of_this_one() -> None:
    watched = Watched(known={KEY: NOW})
    poll = LibraryPoll(sonarr=SonarrName("anime"), at=NOW, sonarr_id_by_tvdb_id={})
    (noted,) = decide(watched, poll, NOW, Policy())
    assert isinstance(noted, NoteMissing)
    assert noted.missing == {}


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
