"""A new deletion record from a detected deletion and the inventory taken before it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from episodarr.deletions.inventory.merging import unite_inventories
from episodarr.deletions.machine import weigh
from episodarr.deletions.policy import Policy
from episodarr.deletions.verdict import record_answers
from episodarr.model.check import CheckFailed
from episodarr.model.deletion import (
    ALL_SYSTEMS,
    EPISODE_SYSTEMS,
    Answer,
    DeletionId,
    DeletionScope,
    DeletionStatus,
    NoticedBy,
)
from episodarr.model.deletion_log import DeletionRecord, ExpectedEpisode
from episodarr.model.evidence import NEVER_CHECKED
from episodarr.model.ids import EpisodeFileId, EpisodeNumber, SeriesKey, SonarrSeriesId
from episodarr.model.inventory import SeriesInventory, Taken

type EpisodeOfFile = tuple[EpisodeNumber, EpisodeFileId]
"""An episode with its file: a file may hold several, and history may report only one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneFile:
    """One episode whose file an event reported gone."""

    number: EpisodeNumber
    path: str
    """Sonarr's view; empty if the event has none."""
    file_id: EpisodeFileId | None = None
    record_id: int | None = None
    """The record of Sonarr's history that reported it."""


def deletion_id_of(key: SeriesKey, now: datetime, taken: AbstractSet[DeletionId]) -> DeletionId:
    """A readable id, unique among `taken`, safe in URLs and labels."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in key.sonarr)
    first = f"{name}-{key.tvdb_id}-{now:%Y%m%dT%H%M%S}"
    deletion_id, n = DeletionId(first), 1
    while deletion_id in taken:
        n += 1
        deletion_id = DeletionId(f"{first}-{n}")
    return deletion_id


def unknown_inventory(key: SeriesKey, title: str, year: int = 0) -> SeriesInventory:
    """An inventory with every part missing, for a series deleted before one was taken."""
    return SeriesInventory(key=key, title=title, title_slug="", series_type="", year=year, path="")


def open_deletion(
    deletion_id: DeletionId,
    inventory: SeriesInventory,
    *,
    gone: tuple[GoneFile, ...] | None,
    noticed_by: NoticedBy,
    now: datetime,
    policy: Policy,
    covered: AbstractSet[EpisodeOfFile] = frozenset(),
    held_group: str = "",
    sonarr_id: SonarrSeriesId | None = None,
) -> DeletionRecord:
    """The record of a new deletion: of the whole series for `gone` None, else of those files.

    `covered` are episodes, each with its file, that another deletion follows already. Systems that
    need no check, because they are not configured or never held an episode, are judged at once; all
    others are due at once.
    """
    episodes = _expected(inventory, gone, now, covered)
    record = DeletionRecord(
        deletion_id=deletion_id,
        key=inventory.key,
        scope=DeletionScope.SERIES if gone is None else scope_of(inventory, episodes),
        noticed_by=noticed_by,
        status=DeletionStatus.VERIFYING,
        started_at=now,
        detected_at=now,
        held_inventory=inventory,
        episodes=episodes,
        evidence_by_system={},
        answer_by_system=dict.fromkeys(ALL_SYSTEMS, Answer.UNKNOWN),
        due_by_system={},
        rescan_by_system={},
        notes=_notes_of(inventory),
        sonarr_id=_sonarr_id(inventory, sonarr_id),
    )
    if held_group:
        return replace(record, status=DeletionStatus.HELD, held_group=held_group)
    return _with_first_answers(record, now, policy)


def _sonarr_id(
    inventory: SeriesInventory, otherwise: SonarrSeriesId | None
) -> SonarrSeriesId | None:
    return inventory.sonarr.value.sonarr_id if isinstance(inventory.sonarr, Taken) else otherwise


def merge_deletion(
    record: DeletionRecord,
    inventory: SeriesInventory,
    *,
    gone: tuple[GoneFile, ...] | None,
    noticed_by: NoticedBy,
    now: datetime,
    policy: Policy,
    covered: AbstractSet[EpisodeOfFile] = frozenset(),
) -> DeletionRecord:
    """The record with more files, or the whole series, added; deadlines count from now.

    `covered` are episodes, each with its file, that another deletion counted already.
    """
    known = {e.number for e in record.expected}
    more = tuple(e for e in _expected(inventory, gone, now, covered) if e.number not in known)
    added = {e.number for e in more}
    kept = (e for e in record.episodes if e.number not in added)
    episodes = tuple(sorted((*kept, *more), key=lambda e: e.number))
    is_series = gone is None or record.scope is DeletionScope.SERIES
    scope = DeletionScope.SERIES if is_series else scope_of(inventory, episodes)
    noticed_by = _stronger(record.noticed_by, noticed_by)
    if not more and scope is record.scope:
        is_same = noticed_by is record.noticed_by
        return record if is_same else replace(record, noticed_by=noticed_by)
    merged = replace(
        record,
        scope=scope,
        noticed_by=noticed_by,
        detected_at=now,
        held_inventory=unite_inventories(record.inventory, inventory),
        episodes=episodes,
        evidence_by_system={},
        sonarr_id=_sonarr_id(inventory, record.sonarr_id),
    )
    if record.status is DeletionStatus.HELD:
        return merged
    return _with_first_answers(merged, now, policy)


def _stronger(first: NoticedBy, second: NoticedBy) -> NoticedBy:
    """The explicit one of two sources: a poll yields to it, for only a poll may mean files kept."""
    return second if first is NoticedBy.POLL else first


def _expected(
    inventory: SeriesInventory,
    gone: tuple[GoneFile, ...] | None,
    now: datetime,
    covered: AbstractSet[EpisodeOfFile],
) -> tuple[ExpectedEpisode, ...]:
    file_by_number = {number: file for file in inventory.files for number in file.episodes}
    if gone is None:
        gone = tuple(
            GoneFile(number=number, path=file.path)
            for number, file in file_by_number.items()
            if (number, file.file_id) not in covered
        )
    expected: dict[EpisodeNumber, ExpectedEpisode] = {}
    for one in gone:
        file = file_by_number.get(one.number)
        is_renamed = file is not None and file.file_id == one.file_id
        if file is not None and one.path and file.path != one.path and not is_renamed:
            file = None
        inventoried_id = None if file is None else file.file_id
        expected[one.number] = ExpectedEpisode(
            number=one.number,
            file_id=one.file_id or inventoried_id,
            path=one.path or ("" if file is None else file.path),
            size_bytes=0 if file is None else file.size_bytes,
            noticed_at=now,
            evidence_by_system=dict.fromkeys(EPISODE_SYSTEMS, NEVER_CHECKED),
            answer_by_system=dict.fromkeys(EPISODE_SYSTEMS, Answer.UNKNOWN),
            record_id=one.record_id,
        )
    return tuple(expected[number] for number in sorted(expected))


def scope_of(inventory: SeriesInventory, episodes: tuple[ExpectedEpisode, ...]) -> DeletionScope:
    """Season if the files are exactly all files of one or more seasons, else episodes."""
    numbers = {e.number for e in episodes}
    seasons = {season for season, _ in numbers}
    held = {n for file in inventory.files for n in file.episodes if n[0] in seasons}
    return DeletionScope.SEASON if held and held <= numbers else DeletionScope.EPISODES


def _with_first_answers(record: DeletionRecord, now: datetime, policy: Policy) -> DeletionRecord:
    nothing = CheckFailed(at=now, method="", reason=None, message="not checked yet")
    checks = dict.fromkeys(ALL_SYSTEMS, nothing)
    weighed = weigh(record, checks, record.detected_at, policy).record
    return replace(
        weighed,
        answer_by_system=record_answers(weighed, policy),
        due_by_system=dict.fromkeys(ALL_SYSTEMS, now),
    )


def _notes_of(inventory: SeriesInventory) -> tuple[str, ...]:
    if isinstance(inventory.sonarr, Taken):
        return ()
    return ("It was deleted before its files were inventoried: what it held is not known.",)
