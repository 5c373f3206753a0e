"""Turns library polls, history and webhooks into decisions about deletions; executes none.

    a series missing from two good lists in a row     open or merge, noticed by poll or announced
    from one, after Sonarr's webhook for it           open or merge by webhook, or keep files
    one that is listed again under its id             supersede; after a webhook by three lists
    one that is listed under another TVDB id          no deletion: its inventory follows it
    far too many missing at once                      hold, until they come back
    a file dropped by hand or missing from disk       open or merge; an upgrade is none
    far too many series that miss files at once       hold, until the files come back
    a series or another file there again              supersede

Events are ordered and deduplicated by the ids of Sonarr's records and files; no two clocks are
compared. A lost webhook only delays the time at which something is noticed.

series     what is missing from a list, or back; `crowds`: too much at once
files      what history has of files
reports    webhooks about deleted series, until a list agrees
watched    what all of these compare a notice with
decisions  the results
"""

from datetime import datetime

from episodarr.deletions.detection.decisions import Decision
from episodarr.deletions.detection.files import episodes_read, file_deleted, file_imported
from episodarr.deletions.detection.reports import series_deleted
from episodarr.deletions.detection.series import returned, vanished
from episodarr.deletions.detection.watched import Watched
from episodarr.deletions.policy import Policy
from episodarr.model.notice import (
    EpisodesRead,
    FileDeleted,
    FileImported,
    HistoryProcessed,
    LibraryPoll,
    Notice,
    SeriesDeleted,
)


def decide(watched: Watched, notice: Notice, now: datetime, policy: Policy) -> tuple[Decision, ...]:
    """Decisions that follow from one notice, in order; empty if it brings nothing new."""
    match notice:
        case LibraryPoll():
            return (*returned(watched, notice), *vanished(watched, notice, now, policy))
        case SeriesDeleted():
            return series_deleted(watched, notice)
        case FileDeleted():
            return file_deleted(watched, notice, now, policy)
        case FileImported():
            return file_imported(watched, notice)
        case EpisodesRead():
            return episodes_read(watched, notice)
        case HistoryProcessed():
            return ()
