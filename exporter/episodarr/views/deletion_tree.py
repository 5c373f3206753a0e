"""The second picture: whether the deleted files are gone, system by system."""

from datetime import datetime

from episodarr.deletions.systems import VERIFIED
from episodarr.model.deletion import Answer, DeletionScope, DeletionStatus, NoticedBy
from episodarr.model.health import System
from episodarr.views.deletion_documents import (
    DeletionDocument,
    DeletionSummary,
    FailureDocument,
    SystemDocument,
)
from episodarr.views.text import EN_DASH, age, counted, plain, sentence_list, size
from episodarr.views.tree import Branch, Picture, Row, season_name
from episodarr.views.words import Tone, noticed_words, shown_system, status_words

NAMED_FAILURES_LIMIT = 12
"""Failed episodes named in one sentence; the rows and the API name more."""

ADVISORY_SYSTEMS = frozenset(s.value for s, row in VERIFIED.items() if row.is_advisory)
RECORD_BY_SYSTEM = {s.value: row.record for s, row in VERIFIED.items()}
"""What is left in a system that has records left; a newer server may have others."""

MARKS = {
    Answer.REMOVED: ("✓", Tone.GOOD),
    Answer.REMAINING: ("✗", Tone.BAD),
    Answer.STALE: ("~", Tone.WAITING),
    Answer.UNKNOWN: ("?", Tone.WARNING),
    Answer.NOT_APPLICABLE: (EN_DASH, Tone.QUIET),
}
WAITING_MARK = ("…", Tone.BUSY)
"""Mark and tone of a system that still lists it before its deadline: not bad yet."""


def deletion_picture(deletion: DeletionSummary, now: datetime) -> Picture:
    """Heading, verdict, one row per system with ✓ ✗ ? - (… while there is time, ~ for a record)."""
    state, tone = shown_status(deletion.status)
    title = plain(deletion.series) or deletion.series_id
    year = f" ({deletion.year})" if deletion.year else ""
    heading = title if title.endswith(year) else title + year
    return Picture(
        key=deletion.id,
        heading=heading,
        state=state + (" (acknowledged)" if deletion.is_acknowledged else ""),
        mark=_mark_of(tone),
        tone=tone,
        summary=verdict_sentence(deletion),
        ratio=deletion.deleted / deletion.expected if deletion.expected else None,
        remarks=(_story(deletion, now),),
        rows=(_count_row(deletion), *(_system_row(s, deletion) for s in deletion.systems)),
        advice=tuple(plain(line, limit=400) for line in deletion.advice),
        notes=tuple(plain(line, limit=400) for line in deletion.notes),
    )


def evidence_branches(deletion: DeletionDocument) -> tuple[Branch, ...]:
    """Every episode with its verdict, by season: what `deletions ID` adds to the picture."""
    by_season: dict[int, list[Row]] = {}
    for episode in deletion.episodes:
        mark, tone = _verdict_mark(episode.verdict)
        checks = (
            f"{shown_system(one.system)}: {plain(one.answer).replace('_', ' ')} — "
            f"{plain(one.detail)} ({plain(one.method)})"
            for one in episode.evidence
        )
        row = Row(
            key=episode.code,
            label=f"E{episode.episode:02d}",
            mark=mark,
            words=episode.verdict,
            tone=tone,
            tail=", ".join(shown_system(system) for system in episode.holders),
            tail_tone=Tone.BAD,
            notes=tuple(checks),
        )
        by_season.setdefault(episode.season, []).append(row)
    return tuple(
        Branch(
            key=f"S{season:02d}",
            heading=season_name(season),
            summary="",
            tone=Tone.PLAIN,
            rows=tuple(rows),
        )
        for season, rows in sorted(by_season.items())
    )


def verdict_sentence(deletion: DeletionSummary) -> str:
    """As in "Deleted 23/25 episodes, 2 failed: S02E11 (disk), S02E12 (disk, Jellyfin)"."""
    if deletion.status == DeletionStatus.FILES_KEPT:
        return f"Series removed, {_kept(deletion)}"
    if deletion.status == DeletionStatus.SUPERSEDED and not deletion.expected:
        return "Nothing is expected to go any more"
    parts = [f"Deleted {deletion.deleted}/{deletion.expected} episodes"]
    if deletion.failed:
        named = sentence_list(
            [_failure_words(failure) for failure in deletion.failures][:NAMED_FAILURES_LIMIT]
        )
        more = deletion.failed - min(len(deletion.failures), NAMED_FAILURES_LIMIT)
        parts.append(f"{deletion.failed} failed: {named}" + (f" and {more} more" * (more > 0)))
    if deletion.unverified:
        parts.append(f"{deletion.unverified} not verified")
    elif deletion.status == DeletionStatus.UNVERIFIED:
        parts.append(_unknown_records(deletion))
    if deletion.pending:
        parts.append(f"{deletion.pending} still being checked")
    return ", ".join(parts)


def _kept(deletion: DeletionSummary) -> str:
    count = deletion.kept_files
    files = counted(count, "file") if count else "its files"
    is_reported = deletion.noticed_by != NoticedBy.POLL
    return f"{files} kept, as reported" if is_reported else f"{files} kept"


def _unknown_records(deletion: DeletionSummary) -> str:
    """The systems whose records are unknown although every episode is deleted."""
    names = [
        shown_system(document.system)
        for document in deletion.systems
        if document.record == Answer.UNKNOWN and document.system not in ADVISORY_SYSTEMS
    ]
    if not names:
        return "what it held is not known"
    return f"what {sentence_list(names)} still has could not be checked"


def shown_status(label: str) -> tuple[str, Tone]:
    """Text and tone of a status by its label; the label itself for one of a newer server."""
    try:
        return status_words(DeletionStatus(label))
    except ValueError:
        return plain(label).upper(), Tone.PLAIN


def _failure_words(failure: FailureDocument) -> str:
    systems = ["disk" if name == System.DISK else shown_system(name) for name in failure.systems]
    return f"{plain(failure.code)} ({', '.join(systems)})" if systems else plain(failure.code)


def _mark_of(tone: Tone) -> str:
    return {
        Tone.GOOD: "✓",
        Tone.BAD: "✗",
        Tone.WARNING: "?",
        Tone.BUSY: "…",
        Tone.WAITING: "~",
    }.get(tone, EN_DASH)


def _verdict_mark(verdict: str) -> tuple[str, Tone]:
    return {
        "deleted": MARKS[Answer.REMOVED],
        "failed": MARKS[Answer.REMAINING],
        "unverified": MARKS[Answer.UNKNOWN],
        "pending": WAITING_MARK,
    }.get(verdict, MARKS[Answer.NOT_APPLICABLE])


def _story(deletion: DeletionSummary, now: datetime) -> str:
    """When and how the deletion was noticed, for the summary."""
    try:
        how = noticed_words(NoticedBy(deletion.noticed_by))
    except ValueError:
        how = ""
    when = age(datetime.fromisoformat(deletion.started_at), now)
    return f"{when}, {how}" if how else when


def _count_row(deletion: DeletionSummary) -> Row:
    return Row(
        key="episodes",
        label="Episodes",
        mark="",
        words=f"{deletion.deleted}/{deletion.expected} deleted",
        tone=Tone.PLAIN,
        tail=_count_tail(deletion),
        tail_tone=Tone.BAD if deletion.failed else Tone.WARNING,
    )


def _count_tail(deletion: DeletionSummary) -> str:
    sentence = verdict_sentence(deletion)
    return sentence.partition(" episodes, ")[2]


def _system_row(document: SystemDocument, deletion: DeletionSummary) -> Row:
    words = _words_without_expectation(document, deletion)
    mark, tone = MARKS[Answer.NOT_APPLICABLE] if words else _mark(document)
    words = words or _sentence(document, deletion)
    return Row(
        key=document.system,
        label=shown_system(document.system),
        mark=mark,
        words=words,
        tone=tone,
    )


def _words_without_expectation(document: SystemDocument, deletion: DeletionSummary) -> str:
    """A system's text if no episode is expected to go: files kept, or back; else ""."""
    if deletion.status == DeletionStatus.FILES_KEPT:
        if document.system == System.SONARR:
            return f"series removed, {_kept(deletion)}"
        return "not expected to go"
    is_back = deletion.status == DeletionStatus.SUPERSEDED and not deletion.expected
    return "no longer expected to go" if is_back else ""


def _mark(document: SystemDocument) -> tuple[str, Tone]:
    """Mark of the system's worst answer on any episode or the whole; records are never bad."""
    if document.system in ADVISORY_SYSTEMS:
        is_gone = Answer.REMOVED in {document.record, *_answers(document)}
        is_left = Answer.REMAINING in {document.record, *_answers(document)}
        return MARKS[Answer.REMOVED if is_gone and not is_left else Answer.NOT_APPLICABLE]
    answers = _answers(document)
    if document.failed:
        return MARKS[Answer.REMAINING]
    if Answer.REMAINING in answers:
        return WAITING_MARK
    for answer in (Answer.UNKNOWN, Answer.STALE):
        if answer in answers or document.record == answer:
            return MARKS[answer]
    if document.record == Answer.REMAINING:
        return MARKS[Answer.STALE]
    is_removed = Answer.REMOVED in answers or document.record == Answer.REMOVED
    return MARKS[Answer.REMOVED if is_removed else Answer.NOT_APPLICABLE]


def _answers(document: SystemDocument) -> dict[str, int]:
    return {answer: count for answer, count in document.episodes_by_answer.items() if count}


def _sentence(document: SystemDocument, deletion: DeletionSummary) -> str:
    match document.system:
        case System.QBITTORRENT:
            return _lingering(document, deletion)
        case System.JELLYSEERR:
            return _record_only(document)
        case _:
            return _episodes_sentence(document, deletion)


def _lingering(document: SystemDocument, deletion: DeletionSummary) -> str:
    is_left = Answer.REMAINING in {document.record, *_answers(document)}
    if is_left:
        amount = f", {size(deletion.lingering_bytes)}" if deletion.lingering_bytes else ""
        return f"torrent still there{amount} (seeding is fine)"
    is_gone = Answer.REMOVED in {document.record, *_answers(document)}
    return "torrent removed" if is_gone else "no torrent known"


def _record_only(document: SystemDocument) -> str:
    return {
        Answer.REMOVED.value: "request cleared",
        Answer.REMAINING.value: "request still there",
        Answer.STALE.value: "request left, its media is gone",
        Answer.UNKNOWN.value: "request not known",
    }.get(document.record or "", "nothing was requested")


def _episodes_sentence(document: SystemDocument, deletion: DeletionSummary) -> str:
    answers = _answers(document)
    gone = answers.get(Answer.REMOVED, 0)
    if set(answers) - {Answer.REMOVED, Answer.NOT_APPLICABLE}:
        return ", ".join(
            f"{count} {_answer_words(answer, deletion)}" for answer, count in answers.items()
        )
    if gone or document.record == Answer.REMOVED:
        words = _all_gone(document, deletion, gone)
    else:
        words = "never seen there"
    unseen = answers.get(Answer.NOT_APPLICABLE, 0)
    if gone and unseen:
        words += f", {unseen} {_ANSWER_WORDS[Answer.NOT_APPLICABLE]}"
    return words + _record_left(document)


def _answer_words(answer: str, deletion: DeletionSummary) -> str:
    is_early = answer == Answer.UNKNOWN and deletion.pending > 0
    return "not known yet" if is_early else _ANSWER_WORDS.get(answer, plain(answer))


_ANSWER_WORDS: dict[str, str] = {
    Answer.REMOVED: "gone",
    Answer.REMAINING: "still there",
    Answer.STALE: "left as records, their files are gone",
    Answer.UNKNOWN: "could not be checked",
    Answer.NOT_APPLICABLE: "never seen there",
}


def _record_left(document: SystemDocument) -> str:
    """Text on a system's records that are left although every episode is gone."""
    match document.record:
        case Answer.REMAINING | Answer.STALE:
            return f", {RECORD_BY_SYSTEM.get(document.system, 'a record is left')}"
        case Answer.UNKNOWN:
            return ", the rest could not be checked"
        case _:
            return ""


def _all_gone(document: SystemDocument, deletion: DeletionSummary, gone: int) -> str:
    is_whole = deletion.scope == DeletionScope.SERIES and document.record == Answer.REMOVED
    match document.system:
        case System.SONARR:
            return "series removed" if is_whole else f"{counted(gone, 'episode file')} removed"
        case System.DISK if gone:
            return f"{counted(document.file_count or gone, 'file')} gone"
        case System.SHOKO:
            return "series unlinked" if is_whole else f"{counted(gone, 'file')} unlinked"
        case _ if gone:
            return f"{counted(gone, 'episode')} removed"
        case _:
            return "nothing left"
