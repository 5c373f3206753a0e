"""Deletions as rows, and back: what people may want to query is in columns, the rest in blobs."""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from episodarr.model.deletion import (
    BAD_STATUSES,
    CLOSED_STATUSES,
    Answer,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
    Verdict,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode, FirstVerdict, Rescan
from episodarr.model.evidence import NEVER_CHECKED, Evidence, Finding, sentence_of
from episodarr.model.health import System
from episodarr.model.ids import (
    EpisodeFileId,
    EpisodeNumber,
    SeriesKey,
    SonarrName,
    SonarrSeriesId,
    TvdbId,
)
from episodarr.model.inventory import Taken
from episodarr.model.request import RequestId
from episodarr.store.rows import unpack_inventory
from episodarr.store.values import Row, as_blob, as_number, as_text, text_of, time_of, time_or_none

WHOLE = -1
"""Season and episode of evidence about the deletion as a whole."""

_encoder = msgspec.msgpack.Encoder()
type _StoredFinding = Finding | tuple[Finding, str]
"""The finding, and why a later check made it doubtful, if one did."""

_finding_decoder: msgspec.msgpack.Decoder[_StoredFinding] = msgspec.msgpack.Decoder(_StoredFinding)


class _Progress(Struct, frozen=True, kw_only=True):
    """The parts of a record that are of no use to a person's query."""

    due_by_system: Mapping[System, datetime]
    rescan_by_system: Mapping[System, Rescan]
    answer_by_system: Mapping[System, Answer]
    first_verdict: FirstVerdict | None
    partial_at: datetime | None = None
    bad_at: datetime | None = None
    closed_at: datetime | None = None
    sonarr_id: SonarrSeriesId | None = None
    newest_request_id: RequestId | None = None
    lists_with_it: int = 0


_progress_decoder = msgspec.msgpack.Decoder(_Progress)

DELETION_COLUMNS = (
    "deletion_id",
    "sonarr",
    "tvdb_id",
    "series",
    "year",
    "scope",
    "noticed_by",
    "status",
    "episode_count",
    "file_count",
    "episodes_deleted",
    "episodes_failed",
    "episodes_unverified",
    "episodes_pending",
    "partial_deletion",
    "started_at",
    "detected_at",
    "finished_at",
    "acknowledged_at",
    "healed_at",
    "next_check_at",
    "first_verdict_at",
    "first_verdict_status",
    "held_group",
    "lingering_bytes",
    "notes",
    "progress",
)
"""All but `inventory`, which is written rarely and read last."""


def deletion_row(record: DeletionRecord) -> Row:
    """The row of the deletion log, in the order of `DELETION_COLUMNS`."""
    first = record.first_verdict
    progress = _Progress(
        due_by_system=record.due_by_system,
        rescan_by_system=record.rescan_by_system,
        answer_by_system=record.answer_by_system,
        first_verdict=first,
        partial_at=record.partial_at,
        bad_at=record.bad_at,
        closed_at=record.closed_at,
        sonarr_id=record.sonarr_id,
        newest_request_id=record.newest_request_id,
        lists_with_it=record.lists_with_it,
    )
    return (
        record.deletion_id,
        record.key.sonarr,
        record.key.tvdb_id,
        record.inventory.title,
        record.inventory.year,
        record.scope.value,
        record.noticed_by.value,
        record.status.value,
        len(record.expected),
        len({e.path for e in record.expected}),
        record.count(Verdict.DELETED),
        record.count(Verdict.FAILED),
        record.count(Verdict.UNVERIFIED),
        record.count(Verdict.PENDING),
        int(record.status is DeletionStatus.PARTIAL),
        text_of(record.started_at),
        text_of(record.detected_at),
        text_of(record.finished_at),
        text_of(record.acknowledged_at),
        text_of(record.healed_at),
        text_of(record.next_check_at),
        None if first is None else text_of(first.at),
        None if first is None else first.status.value,
        record.held_group,
        record.lingering_bytes,
        msgspec.json.encode(record.notes).decode(),
        _encoder.encode(progress),
    )


def episode_row(deletion_id: DeletionId, episode: ExpectedEpisode) -> Row:
    """The row of one expected episode."""
    return (
        deletion_id,
        *episode.number,
        episode.file_id,
        episode.path,
        episode.size_bytes,
        text_of(episode.noticed_at),
        episode.verdict.value,
        episode.record_id,
    )


def evidence_row(
    deletion_id: DeletionId,
    system: System,
    number: EpisodeNumber,
    evidence: Evidence,
    answer: Answer,
) -> Row:
    """The row of one system's latest evidence about one episode, or about the whole deletion."""
    return (
        deletion_id,
        system.value,
        *number,
        answer.value,
        text_of(evidence.checked_at),
        evidence.method,
        sentence_of(evidence.finding),
        _encoder.encode((evidence.finding, evidence.doubt) if evidence.doubt else evidence.finding),
    )


type StoredEvidence = tuple[EpisodeNumber, System, Evidence, Answer]
"""One system's latest evidence about one episode, or about the whole deletion."""


def evidence_of(row: Row) -> StoredEvidence:
    """The evidence that `evidence_row` wrote as this row."""
    _id, system, season, episode, answer, checked_at, method, _detail, finding = row
    stored = _finding_decoder.decode(as_blob(finding))
    found, doubt = stored if isinstance(stored, tuple) else (stored, "")
    evidence = Evidence(
        finding=found,
        checked_at=time_or_none(checked_at),
        method=as_text(method),
        doubt=doubt,
    )
    number = (as_number(season), as_number(episode))
    return number, System(as_text(system)), evidence, Answer(as_text(answer))


def lost_systems(rows: Sequence[Row], sound: Sequence[StoredEvidence]) -> frozenset[System]:
    """The systems of which some evidence was damaged; all, where the rows do not name them."""
    kept = {(number, system) for number, system, _, _ in sound}
    named = {system.value: system for system in System}
    lost: set[System] = set()
    for row in rows if len(rows) > len(sound) else ():
        system = named.get(str(row[1]))
        if system is None:
            return frozenset(System)
        if (row[2:4], system) not in kept:
            lost.add(system)
    return frozenset(lost)


def record_of(
    row: Row,
    episodes: Iterable[Row],
    evidence: Iterable[StoredEvidence],
    lost: Collection[System] = (),
) -> DeletionRecord:
    """The record back: `row` is `DELETION_COLUMNS` and the inventory; episodes in order.

    The systems in `lost`, whose evidence was damaged, are due at once.
    """
    value = dict(zip((*DELETION_COLUMNS, "inventory"), row, strict=True))
    progress = _progress_decoder.decode(as_blob(value["progress"]))
    found_by_number: dict[EpisodeNumber, dict[System, tuple[Evidence, Answer]]] = {}
    for number, system, one, answer in evidence:
        found_by_number.setdefault(number, {})[system] = (one, answer)
    detected_at, status = time_of(value["detected_at"]), DeletionStatus(as_text(value["status"]))
    due = {} if status in CLOSED_STATUSES else dict.fromkeys(lost, detected_at)
    listed = list(episodes)
    for number in ((WHOLE, WHOLE), *((as_number(one[1]), as_number(one[2])) for one in listed)):
        for system in lost:
            found_by_number.setdefault(number, {}).setdefault(
                system, (NEVER_CHECKED, Answer.UNKNOWN)
            )
    whole = found_by_number.get((WHOLE, WHOLE), {})
    inventory = unpack_inventory(value["inventory"])
    part = inventory.sonarr
    inventoried_id = part.value.sonarr_id if isinstance(part, Taken) else None
    return DeletionRecord(
        deletion_id=DeletionId(as_text(value["deletion_id"])),
        key=SeriesKey(SonarrName(as_text(value["sonarr"])), TvdbId(as_number(value["tvdb_id"]))),
        scope=DeletionScope(as_text(value["scope"])),
        noticed_by=NoticedBy(as_text(value["noticed_by"])),
        status=status,
        started_at=time_of(value["started_at"]),
        detected_at=detected_at,
        held_inventory=inventory,
        episodes=tuple(_episode_of(one, found_by_number) for one in listed),
        evidence_by_system={system: one for system, (one, _) in whole.items()},
        answer_by_system=progress.answer_by_system,
        due_by_system={**progress.due_by_system, **due},
        rescan_by_system=progress.rescan_by_system,
        first_verdict=progress.first_verdict,
        partial_at=progress.partial_at or _first_at(progress, {DeletionStatus.PARTIAL}),
        bad_at=progress.bad_at or _first_at(progress, BAD_STATUSES),
        closed_at=progress.closed_at,
        healed_at=time_or_none(value["healed_at"]),
        finished_at=time_or_none(value["finished_at"]),
        acknowledged_at=time_or_none(value["acknowledged_at"]),
        held_group=as_text(value["held_group"]),
        lingering_bytes=as_number(value["lingering_bytes"]),
        notes=msgspec.json.decode(as_text(value["notes"]), type=tuple[str, ...]),
        newest_request_id=progress.newest_request_id,
        lists_with_it=progress.lists_with_it,
        sonarr_id=inventoried_id if progress.sonarr_id is None else progress.sonarr_id,
    )


def _first_at(progress: _Progress, statuses: Container[DeletionStatus]) -> datetime | None:
    """The time of the first verdict where it is one of these; older versions counted nothing later."""
    first = progress.first_verdict
    return first.at if first is not None and first.status in statuses else None


def _episode_of(
    row: Row, found_by_number: Mapping[EpisodeNumber, Mapping[System, tuple[Evidence, Answer]]]
) -> ExpectedEpisode:
    _id, season, episode, file_id, path, size_bytes, noticed_at, verdict, record_id = row
    number = (as_number(season), as_number(episode))
    by_system = found_by_number.get(number, {})
    return ExpectedEpisode(
        number=number,
        file_id=None if file_id is None else EpisodeFileId(as_number(file_id)),
        path=as_text(path),
        size_bytes=as_number(size_bytes),
        noticed_at=time_of(noticed_at),
        evidence_by_system={system: one for system, (one, _) in by_system.items()},
        verdict=Verdict(as_text(verdict)),
        answer_by_system={system: answer for system, (_, answer) in by_system.items()},
        record_id=None if record_id is None else as_number(record_id),
    )
