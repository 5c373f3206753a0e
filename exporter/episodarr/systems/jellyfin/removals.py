"""Items that Jellyfin may have removed: it does not say which went, only how many there are.

They are asked for by their ids, which takes a request or two where the whole list takes a hundred.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from itertools import batched
from typing import Protocol

from episodarr.errors import BadPayload
from episodarr.systems.jellyfin.known import Known
from episodarr.systems.jellyfin.packed import hashed
from episodarr.systems.jellyfin.records import JellyfinId, JellyfinItem

ASKED_AT_ONCE = 99
"""Items in one request, which has a control besides: without one, they might be hidden."""
_SUSPECTED_SECONDS = 86_400.0
_OF_THE_LIST = 10
"""At most a tenth of the list is asked for by id: a page of the list has so many more items."""


class ItemSource(Protocol):
    """The part of Jellyfin's client that gives items by their ids."""

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """The given items that exist."""


async def existing(
    source: ItemSource, item_ids: Iterable[JellyfinId], control: JellyfinId
) -> dict[JellyfinId, JellyfinItem]:
    """Those of some items that Jellyfin still has.

    Raises:
        UpstreamError: also if the control, which is listed, did not come with them.
    """
    found: dict[JellyfinId, JellyfinItem] = {}
    for some in batched(item_ids, ASKED_AT_ONCE):
        answer = await source.fetch_items([control, *some])
        if control not in answer:
            message = "an episode that is listed did not come; reading it again"
            raise BadPayload("items", message)
        found.update((one, item) for one, item in answer.items() if one != control)
    return found


class Suspects:
    """Items that may be gone: a deletion asked for them, or others of their series changed."""

    def __init__(self) -> None:
        self._items: dict[JellyfinId, float] = {}
        """By id, when each was suspected last."""
        self._series: dict[JellyfinId, float] = {}

    def note(
        self, item_ids: Iterable[JellyfinId], series_ids: Iterable[JellyfinId], now: float
    ) -> None:
        """Suspect these items and all items of these series for a day from `now`, in seconds."""
        self._items = _since(now - _SUSPECTED_SECONDS, self._items) | dict.fromkeys(item_ids, now)
        self._series = _since(now - _SUSPECTED_SECONDS, self._series) | dict.fromkeys(
            series_ids, now
        )

    async def gone_from(
        self, known: Known, changed: AbstractSet[JellyfinId | None], source: ItemSource
    ) -> AbstractSet[JellyfinId]:
        """The suspected items of a list that Jellyfin has no more; those of changed series too.

        Empty also if there are more of them than it is worth to ask for, or nothing to prove by.
        Whoever calls proves by the count that nothing else went.

        Raises:
            UpstreamError: no good answer.
        """
        most = max(ASKED_AT_ONCE, known.count // _OF_THE_LIST)
        asked = self._listed(known, changed)
        if len(asked) + len(known.others) <= most:
            asked |= known.others
        control = _beside(known, asked)
        if control is None or len(asked) > most:
            return frozenset()
        return asked - (await existing(source, sorted(asked), control)).keys()

    def _listed(self, known: Known, changed: AbstractSet[JellyfinId | None]) -> set[JellyfinId]:
        """The suspected items that are on the list and are files; one that cannot be read is not."""
        hashes = set(map(hashed, self._items))
        found: set[JellyfinId] = set()
        for series_id, part in known.by_series.items():
            if series_id in changed or series_id in self._series:
                found.update(e.item_id for e in part.unpacked() if e.paths)
            elif not hashes.isdisjoint(part.ids):
                suspected = (e for e in part.unpacked() if e.item_id in self._items)
                found.update(e.item_id for e in suspected if e.paths)
        return found


def _beside(known: Known, asked: AbstractSet[JellyfinId]) -> JellyfinId | None:
    """Any listed episode that can be read and is not among these; None if there is none."""
    hashes = set(map(hashed, asked))
    return next(
        (
            episode.item_id
            for part in known.by_series.values()
            if not hashes.issuperset(part.ids)
            for episode in part.unpacked()
            if episode.paths and episode.item_id not in asked
        ),
        None,
    )


def _since(moment: float, noted: Mapping[JellyfinId, float]) -> dict[JellyfinId, float]:
    return {one: at for one, at in noted.items() if at >= moment}
