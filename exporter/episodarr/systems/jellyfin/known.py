"""The list of everything that Jellyfin has, as it is known, and how changes go into it."""

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from episodarr.model.memo import are_same
from episodarr.systems.jellyfin.client import EpisodeList
from episodarr.systems.jellyfin.packed import NO_EPISODES, PackedEpisodes, hashed, packed
from episodarr.systems.jellyfin.records import JellyfinId

_PARTS_PER_TURN = 100
"""Series that are searched for an item before others have their turn."""

type BySeries = dict[JellyfinId | None, PackedEpisodes]


@dataclass(slots=True)
class Known:
    """A good list, and by Jellyfin's clock when its newest part was requested."""

    server_id: str
    read_at: float
    """When it was read whole, by the monotonic clock."""
    asked_at: datetime | None
    answered_at: float
    """When that part had come, by the monotonic clock."""
    by_series: BySeries
    others: AbstractSet[JellyfinId] = frozenset()
    """Items that are no files."""

    @property
    def count(self) -> int:
        """The number of items that Jellyfin should report."""
        return sum(map(len, self.by_series.values())) + len(self.others)


async def with_changes(known: Known, saved: EpisodeList, answered_at: float) -> Known:
    """The known list, with these items as they are now; unchanged parts are the same objects."""
    by_series = dict(known.by_series)
    files: set[JellyfinId] = set()
    arrived: dict[JellyfinId, JellyfinId | None] = {}
    for series_id, changes in saved.by_series.items():
        part = by_series.get(series_id, NO_EPISODES)
        if part.data == changes.data:
            continue
        await asyncio.sleep(0)  # After a scan of everything these are all series there are.
        episodes = changes.unpacked()
        files.update(episode.item_id for episode in episodes)
        before = {e.item_id: e for e in part.unpacked()}
        after = {**before, **{episode.item_id: episode for episode in episodes}}
        arrived.update((item_id, series_id) for item_id in after.keys() - before.keys())
        if after != before:
            by_series[series_id] = packed(tuple(after.values()))
    # Before anything is counted: an item that stood in two places would hide that one is missing.
    await _leave_former_places(by_series, arrived, saved.others - known.others)
    others = (known.others - files) | saved.others
    is_same = are_same(list(by_series.values()), list(known.by_series.values()))
    return replace(
        known,
        asked_at=saved.asked_at,
        answered_at=answered_at,
        by_series=known.by_series if is_same else by_series,
        others=known.others if others == known.others else others,
    )


async def without(known: Known, removed: AbstractSet[JellyfinId]) -> Known:
    """The known list without these items; unchanged parts are the same objects."""
    by_series = dict(known.by_series)
    await _leave_former_places(by_series, {}, removed)
    return replace(known, by_series=by_series, others=known.others - removed)


async def _leave_former_places(
    by_series: BySeries,
    arrived: Mapping[JellyfinId, JellyfinId | None],
    gone: AbstractSet[JellyfinId],
) -> None:
    """Take these items out of every series but the one in which they arrived, if in any."""
    hashes = set(map(hashed, (*arrived, *gone)))
    for place, (series_id, part) in enumerate(tuple(by_series.items()) if hashes else ()):
        if place % _PARTS_PER_TURN == 0:
            await asyncio.sleep(0)
        if hashes.isdisjoint(part.ids):
            continue
        await asyncio.sleep(0)
        episodes = part.unpacked()
        kept = [
            episode
            for episode in episodes
            if episode.item_id not in gone and arrived.get(episode.item_id, series_id) == series_id
        ]
        if not kept:
            del by_series[series_id]
        elif len(kept) < len(episodes):
            by_series[series_id] = packed(kept)
