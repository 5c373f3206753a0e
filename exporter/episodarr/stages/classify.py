"""Put each episode into exactly one stage (DESIGN.md section 3); first match wins.

Gives: a `Classification` per episode. Never raises; `now` decides, not the clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.library import Episode
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import ReleaseView
from episodarr.stages.downloads.episode import (
    EpisodeDownload,
    Failing,
    Skipped,
    from_grab,
    furthest,
)

SEARCHED_FOR = timedelta(minutes=15)
"""Sonarr's last search counts as searching for this long."""
FAILED_FOR = timedelta(days=7)
"""A failed download that nothing followed counts as failed for this long."""


class Availability(Enum):
    """Whether Jellyfin, or Shoko, has a file that Sonarr reports as imported."""

    NOT_ASKED = "not_asked"
    """Not configured, or not for this kind of series."""
    YES = "yes"
    NOT_YET = "not_yet"
    """Proven to see the series, and the file is not there."""
    UNKNOWN_SINCE_IMPORT = "unknown_since_import"
    """Imported during an outage: there was no answer for this file yet."""
    UNMATCHED = "unmatched"
    """The series cannot be found there: Sonarr's report alone counts."""


class EpisodeHistory(Struct, frozen=True, kw_only=True, gc=False):
    """The recent history of one episode, newest facts only."""

    last: HistoryRecord
    last_grab: HistoryRecord | None = None
    last_import_at: datetime | None = None
    noticed_at: datetime | None = None
    """When we read the last record, by our own clock; Sonarr's may differ by hours."""


class EpisodeFacts(Struct, frozen=True, kw_only=True, gc=False):
    """Everything that decides the stage of one episode."""

    episode: Episode
    is_series_monitored: bool
    episode_downloads: Sequence[EpisodeDownload | Failing | Skipped] = ()
    episode_history: EpisodeHistory | None = None
    grab_counts_until: datetime | None = None
    """Until when a grab without a queue row counts; None when it does not."""
    lost_as: Stage | None = None
    """The stage to show where the queue does not show the grab because of its client."""
    is_import_unread: bool = False
    """History has an import, and Sonarr's episodes were not read since."""
    searched_at: datetime | None = None
    """When Sonarr searched for it last, by our clock; None: Sonarr's own time counts."""
    searched_since: datetime | None = None
    """Since when a queued or running search command covers it; None if none does."""
    jellyfin: Availability = Availability.NOT_ASKED
    shoko: Availability = Availability.NOT_ASKED
    was_available: bool = False
    is_requested: bool = False
    file_added_at: datetime | None = None


class Classification(Struct, frozen=True, kw_only=True, gc=False):
    """The stage of one episode, with its hold and progress."""

    stage: Stage
    progress_ratio: float = 0.0
    hold: Hold | None = None
    release: ReleaseView | None = None
    eta_seconds: int | None = None
    messages: tuple[str, ...] = ()
    entered_at: datetime | None = None
    """By the upstreams' own times; None where they have none."""
    changes_at: datetime | None = None
    """When this may become something else without any new answer."""


def classify(facts: EpisodeFacts, now: datetime) -> Classification:
    """The one stage of an episode, with its hold and progress."""
    if facts.episode.file_id is not None:
        return _with_file(facts)
    episode_download = furthest(
        [s for s in facts.episode_downloads if isinstance(s, EpisodeDownload)]
    )
    is_in_no_queue = not facts.episode_downloads
    if is_in_no_queue and facts.grab_counts_until is not None and facts.episode_history is not None:
        grab = facts.episode_history.last_grab
        if grab is not None and now < facts.grab_counts_until:
            episode_download = from_grab(grab, facts.grab_counts_until)
            if facts.lost_as is not None:
                episode_download = _lost(episode_download, facts.lost_as)
    if facts.is_import_unread and (
        episode_download is None or episode_download.stage < Stage.IMPORTING
    ):
        return Classification(
            stage=Stage.IMPORTING,
            progress_ratio=1.0,
            entered_at=_imported_at(facts),
        )
    if episode_download is not None:
        return Classification(
            stage=episode_download.stage,
            progress_ratio=episode_download.progress_ratio,
            hold=episode_download.hold,
            release=episode_download.release,
            eta_seconds=episode_download.eta_seconds,
            messages=episode_download.messages,
            entered_at=episode_download.entered_at,
            changes_at=episode_download.changes_at,
        )
    return _without_download(facts, now)


def _with_file(facts: EpisodeFacts) -> Classification:
    hold = None if facts.was_available else _import_wait(facts)
    if hold is not None:
        return Classification(
            stage=Stage.IMPORTING,
            progress_ratio=1.0,
            hold=hold,
            entered_at=facts.file_added_at or _imported_at(facts),
        )
    is_unmatched = facts.jellyfin is Availability.UNMATCHED
    return Classification(
        stage=Stage.AVAILABLE,
        progress_ratio=1.0,
        hold=Hold.JELLYFIN_UNMATCHED if is_unmatched else None,
        entered_at=facts.file_added_at,
    )


def _imported_at(facts: EpisodeFacts) -> datetime | None:
    return facts.episode_history.last_import_at if facts.episode_history is not None else None


def _lost(episode_download: EpisodeDownload, stage: Stage) -> EpisodeDownload:
    """A grab in its last known stage; its present progress is unknown."""
    progress = 1.0 if stage is Stage.IMPORTING else 0.0
    return replace(
        episode_download, stage=stage, progress_ratio=progress, hold=Hold.CLIENT_UNAVAILABLE
    )


def _import_wait(facts: EpisodeFacts) -> Hold | None:
    """What an imported file still waits for before it is playable."""
    if facts.shoko in {Availability.NOT_YET, Availability.UNKNOWN_SINCE_IMPORT}:
        return Hold.SHOKO_MATCH
    if facts.jellyfin is Availability.NOT_YET:
        return Hold.JELLYFIN_SCAN
    if facts.jellyfin is Availability.UNKNOWN_SINCE_IMPORT:
        return Hold.JELLYFIN_UNKNOWN
    return None


def _without_download(facts: EpisodeFacts, now: datetime) -> Classification:
    episode = facts.episode
    is_skipped = any(isinstance(s, Skipped) for s in facts.episode_downloads)
    hold = Hold.FILE_SKIPPED if is_skipped else None
    if facts.searched_since is not None:
        return Classification(stage=Stage.SEARCHING, hold=hold, entered_at=facts.searched_since)
    searched_at = facts.searched_at or episode.last_search_at
    if searched_at is not None and now < searched_at + SEARCHED_FOR:
        return Classification(
            stage=Stage.SEARCHING,
            hold=hold,
            entered_at=searched_at,
            changes_at=searched_at + SEARCHED_FOR,
        )
    if not (facts.is_series_monitored and episode.is_monitored):
        if hold is None and facts.is_requested:
            hold = Hold.NOT_MONITORED
        return Classification(stage=Stage.UNMONITORED, hold=hold)
    failed = _failed(facts, now)
    if failed is not None:
        return failed
    if episode.air_at is None or now < episode.air_at:
        return Classification(stage=Stage.UNAIRED, hold=hold, changes_at=episode.air_at)
    return Classification(stage=Stage.QUEUED, hold=hold, entered_at=episode.air_at)


def _failed(facts: EpisodeFacts, now: datetime) -> Classification | None:
    failing = next((s for s in facts.episode_downloads if isinstance(s, Failing)), None)
    if failing is not None:
        return Classification(stage=Stage.FAILED, messages=failing.messages)
    last = facts.episode_history.last if facts.episode_history is not None else None
    if last is None or last.event is not HistoryEvent.FAILED or now >= last.at + FAILED_FOR:
        return None
    return Classification(
        stage=Stage.FAILED,
        messages=(last.message,) if last.message else (),
        entered_at=last.at,
        changes_at=last.at + FAILED_FOR,
    )


def _place(record: HistoryRecord) -> tuple[int, datetime]:
    """Where a record stands in history; a restored database gives a number a second time."""
    return record.record_id, record.at


def follow(
    episode_history: EpisodeHistory | None,
    record: HistoryRecord,
    noticed_at: datetime | None = None,
) -> EpisodeHistory:
    """The history of an episode after one more record; records may come twice and in any order.

    Their ids decide which is the last: Sonarr's clock may have been set back in between.
    """
    if episode_history is None:
        episode_history = EpisodeHistory(last=record, noticed_at=noticed_at)
    last, at = episode_history.last, episode_history.noticed_at
    if _place(record) > _place(last):
        last, at = record, noticed_at
    grab = episode_history.last_grab
    if record.event is HistoryEvent.GRABBED and (grab is None or _place(record) > _place(grab)):
        grab = record
    imported_at = episode_history.last_import_at
    if record.event in {HistoryEvent.IMPORTED, HistoryEvent.FOLDER_IMPORTED}:
        imported_at = record.at if imported_at is None else max(imported_at, record.at)
    return EpisodeHistory(last=last, last_grab=grab, last_import_at=imported_at, noticed_at=at)
