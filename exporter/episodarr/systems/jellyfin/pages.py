"""Jellyfin's lists, read page by page though they change meanwhile."""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from episodarr.errors import BadPayload
from episodarr.model.records import Records, Unread
from episodarr.model.steps import Steps, with_pauses
from episodarr.runtime.backpressure import next_turn
from episodarr.systems.http import HttpConnection, QueryParams
from episodarr.systems.jellyfin import wire
from episodarr.systems.jellyfin.records import JellyfinId

_LARGEST_PAGE = 1000
_TRIES = 3
"""Attempts to read a list that changes while it is read."""
_STEADY_OVERLAP, _MOVING_OVERLAP = 1, 100
"""How many entries of one page come again on the next: so many may be removed between the two."""


class Listed(Protocol):
    """An entry of a list."""

    @property
    def item_id(self) -> JellyfinId:
        """What it is told from others by."""
        ...


class Collector[T](Protocol):
    """Receives the entries of a list, page by page."""

    def begin(self) -> None:
        """Forget what was taken: the list is read from its start."""
        ...

    def take_steps(self, entries: Sequence[T]) -> Steps[None]:
        """Take more entries."""
        ...

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note entries that cannot be read."""
        ...


class _Gathered[T]:
    """Collects the entries of a list, and those that cannot be read."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what was taken."""
        self.entries: list[T] = []
        self.unread: list[Unread] = []

    def take_steps(self, entries: Sequence[T]) -> Steps[None]:
        """Take more entries."""
        self.entries += entries
        yield

    def leave_out(self, unread: Sequence[Unread]) -> None:
        """Note entries that cannot be read."""
        self.unread += unread


@dataclass(slots=True)
class Reading[T]:
    """One list that is read page by page."""

    endpoint: str
    path: str
    params: QueryParams
    parse: Callable[[str, bytes], Steps[wire.Page[T]]]
    may_change: bool = False
    """Items that came or went while it is read may be missing, or listed still."""
    asked_at: datetime | None = None
    """When the first page came, by Jellyfin's clock."""
    has_changed: bool = False
    overlap: int = _STEADY_OVERLAP


class _ListChanged(BadPayload):
    """The pages do not make up one list."""


class PagedLists:
    """Reads lists over one connection."""

    def __init__(self, http: HttpConnection) -> None:
        self._http = http

    async def read_all[T: Listed](self, reading: Reading[T]) -> Records[T]:
        """All entries of a list in its order."""
        gathered = _Gathered[T]()
        await self.read_into(reading, gathered)
        return Records(gathered.entries, gathered.unread)

    async def read_into[T: Listed](self, reading: Reading[T], collector: Collector[T]) -> None:
        """Have the collector take the whole list; one that changed is read again at once."""
        for _ in range(_TRIES - 1):
            try:
                await self._read_once(reading, collector)
            except _ListChanged:
                reading.overlap = _MOVING_OVERLAP
                continue
            return
        await self._read_once(reading, collector)

    async def _read_once[T: Listed](self, reading: Reading[T], collector: Collector[T]) -> None:
        """As many entries as the server reports, with those that cannot be read.

        Each page begins with the last entries of the one before: what is removed or added between
        two pages would else shift the rest, and one would be missed where the total ends up the same.
        """
        collector.begin()
        came: set[int | str] = set()
        page: wire.Page[T] | None = None
        last: AbstractSet[str] = frozenset()
        count, end = -1, 0
        reading.asked_at, reading.has_changed = None, False
        while page is None or (count < len(came) and end < page.total):
            count = len(came)
            start = _next_start(end, reading.overlap, page)
            before, page = page, await self._fetch_page(reading, start)
            good = {entry.item_id: entry for entry in page.entries}
            bad = dict(zip(page.unread_ids(), page.entries.unread, strict=True))
            here = good.keys() | bad.keys()
            _require_next(reading, before, page, last, here)
            await next_turn()
            new = [entry for one, entry in good.items() if _short(one) not in came]
            await with_pauses(collector.take_steps(new), next_turn)
            collector.leave_out([unread for one, unread in bad.items() if _short(one) not in came])
            came.update(map(_short, here))
            last, end = here, start + page.count
        if len(came) != page.total and (end < page.total or not reading.has_changed):
            message = f"{len(came)} of {page.total} records came"
            raise _ListChanged(reading.endpoint, message, path="$.Items")

    async def _fetch_page[T: Listed](self, reading: Reading[T], start: int) -> wire.Page[T]:
        params = {**reading.params, "startIndex": start, "limit": _LARGEST_PAGE}
        answer = await self._http.send(reading.endpoint, "GET", reading.path, params=params)
        reading.asked_at = reading.asked_at or answer.sent_at
        return await with_pauses(reading.parse(reading.endpoint, answer.body), next_turn)


def _next_start[T](end: int, overlap: int, page: wire.Page[T] | None) -> int:
    """Where the next page begins; small pages, of a server that gives no larger ones, go on too."""
    if page is None:
        return 0
    return max(0, end - max(1, min(overlap, page.count // 2)))


def _require_next[T](
    reading: Reading[T],
    before: wire.Page[T] | None,
    page: wire.Page[T],
    last: AbstractSet[str],
    here: AbstractSet[str],
) -> None:
    """Note a list that changes.

    Raises:
        BadPayload: this page does not follow the one before, or holds an entry twice.
    """
    is_steady = before is None or before.total == page.total
    if (before is not None and not last & here) or not (is_steady or reading.may_change):
        raise _ListChanged(reading.endpoint, "the list changed while it was read")
    if len(here) != page.count:
        message = "the list changed while it was read: one came twice"
        raise _ListChanged(reading.endpoint, message)
    reading.has_changed = reading.has_changed or not is_steady


def _short(item_id: str) -> int | str:
    """The id as a number, if it is one: as texts a library's take eight megabytes."""
    try:
        return int(item_id, 16)
    except ValueError:
        return item_id
