"""Notices that wait for the deletion service: no event before 20,000 is lost, no list piles up."""

import logging
from collections import deque

from episodarr.deletions.detection.reports import LISTS_AGAINST_REPORT
from episodarr.model.notice import LibraryPoll, Notice

LOG = logging.getLogger(__name__)

WAITING_LIMIT = 20_000
"""Events that wait; a deletion of a season is a few dozen."""


class WaitingNotices:
    """A queue of notices, in the order in which they came.

    Lists come for as long as a check takes, and each is as large as the library. Of equal ones with
    no event between them as many are kept as can decide anything, and the newest among them.
    """

    def __init__(self, limit: int = WAITING_LIMIT) -> None:
        self._limit = limit
        self._notices: deque[Notice] = deque()

    def __len__(self) -> int:
        return len(self._notices)

    def put(self, notice: Notice) -> None:
        """Add one at the end; beyond the limit the oldest is forgotten."""
        if isinstance(notice, LibraryPoll):
            self._drop_surplus(notice)
        if len(self._notices) == self._limit:
            LOG.error("too many events wait for the deletion log: the oldest is forgotten")
            self._notices.popleft()
        self._notices.append(notice)

    def take(self) -> Notice:
        """Remove the oldest.

        Raises:
            IndexError: none waits.
        """
        return self._notices.popleft()

    def _drop_surplus(self, poll: LibraryPoll) -> None:
        """Of the equal lists at the end, leave one less than may decide anything."""
        places: list[int] = []
        for place, one in enumerate(reversed(self._notices), start=1):
            if not isinstance(one, LibraryPoll):
                break
            if one.sonarr != poll.sonarr:
                continue
            if not _is_same(one, poll):
                break
            places.append(-place)
        if len(places) >= LISTS_AGAINST_REPORT:
            del self._notices[places[0]]


def _is_same(one: LibraryPoll, other: LibraryPoll) -> bool:
    """Whether two lists of one Sonarr show the same series, whenever they were requested."""
    return (
        one.is_whole == other.is_whole
        and one.unread_ids == other.unread_ids
        and one.sonarr_id_by_tvdb_id == other.sonarr_id_by_tvdb_id
    )
