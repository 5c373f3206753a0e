"""Sonarr: no longer has the file; no longer has the series."""

from episodarr.deletions.judge.proof import (
    Judgement,
    failed,
    other_server,
    prove,
    same_for_all,
    without_part,
)
from episodarr.model.check import CheckFailed, SonarrCheck, SonarrSeen
from episodarr.model.deletion import DeletionScope
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import Control, Finding, NotApplicable, Remaining, Sighting, Unclear
from episodarr.model.ids import SeriesKey
from episodarr.model.inventory import SonarrHolding, Taken


def judge_sonarr(record: DeletionRecord, check: SonarrCheck) -> Judgement:
    """Sonarr's findings, one per episode and one on the series.

    The control is another series that is listed under its own id, unless more are listed under
    other ids, for small ids agree by chance. Only where there are none, for the last series of a
    Sonarr, its own identity has to suffice.
    """
    numbers = tuple(e.number for e in record.expected)
    part = without_part(record.inventory.sonarr, "Sonarr")
    blocked: Finding
    if isinstance(check, CheckFailed):
        blocked = failed(check)
    elif not isinstance(part, Taken):
        blocked = part
    else:
        control = _control(record.key, part.value, check)
        if isinstance(control, Control):
            return _judge(record, part, check, control)
        blocked = control
    return same_for_all(numbers, blocked, at=check.at, method=check.method)


def _control(
    key: SeriesKey,
    held: SonarrHolding,
    check: SonarrSeen,
) -> Control | Unclear:
    stranger = other_server("Sonarr", held.server_id, check.server_id)
    if stranger is not None:
        return stranger
    listed = check.sonarr_id_by_tvdb_id
    if key.tvdb_id not in listed and (held.sonarr_id in check.unread_ids or not check.is_whole):
        return Unclear(why="Sonarr lists a series whose record cannot be read: it may be this one")
    others = check.expected_others.items()
    known = [(listed.get(t), sonarr_id, t) for t, sonarr_id in others if t != key.tvdb_id]
    same = [tvdb_id for found, sonarr_id, tvdb_id in known if found == sonarr_id]
    renumbered = sum(1 for found, sonarr_id, _ in known if found not in {None, sonarr_id})
    if same and len(same) > renumbered:
        return Control(what=f"series {same[0]}, one of {len(listed)} listed")
    if same:
        return Unclear(why="most other known series are listed under other numbers: another Sonarr")
    if known:
        return Unclear(why="none of the other known series is listed: another or an empty library")
    if held.server_id and check.server_id:
        return Control(what="the same Sonarr, in which it was the only series")
    return Unclear(why="no other series to compare with")


def _judge(
    record: DeletionRecord, part: Taken[SonarrHolding], check: SonarrSeen, control: Control
) -> Judgement:
    return Judgement(
        at=check.at,
        method=check.method,
        finding_by_episode={
            e.number: _judge_episode(record, e, part, check, control) for e in record.expected
        },
        record=_judge_series(record, part, check, control),
    )


def _judge_episode(
    record: DeletionRecord,
    episode: ExpectedEpisode,
    part: Taken[SonarrHolding],
    check: SonarrSeen,
    control: Control,
) -> Finding:
    if episode.file_id is None:
        return Unclear(why="the file was never inventoried")
    listed_id = check.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
    if listed_id is not None:
        if listed_id != part.value.sonarr_id:
            return Unclear(why="the series was added again")
        if check.files is None:
            return Unclear(why="the series is listed, but its files were not read")
        if episode.file_id in check.files.file_ids:
            return Remaining(what=f"episode file {episode.file_id}")
        if episode.number in check.files.file_id_by_episode:
            return Unclear(why="the episode has a newer file")
    return prove(
        Sighting(what=f"episode file {episode.file_id}", at=part.at),
        control,
        checked_at=check.at,
        noticed_at=episode.noticed_at,
    )


def _judge_series(
    record: DeletionRecord, part: Taken[SonarrHolding], check: SonarrSeen, control: Control
) -> Finding:
    if record.scope is not DeletionScope.SERIES:
        return NotApplicable(why="the series itself was not deleted")
    listed_id = check.sonarr_id_by_tvdb_id.get(record.key.tvdb_id)
    if listed_id == part.value.sonarr_id:
        return Remaining(what="the series")
    if listed_id is not None:
        return Unclear(why="the series was added again")
    return prove(
        Sighting(what=f"series {part.value.sonarr_id}", at=part.at),
        control,
        checked_at=check.at,
        noticed_at=record.detected_at,
    )
