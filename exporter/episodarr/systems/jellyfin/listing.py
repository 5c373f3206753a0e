"""What Jellyfin lists of a deletion: entries by id, by path and of the series, and those beside them."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from episodarr.model.check import JellyfinEntrySeen, JellyfinQuestion, JellyfinSeen
from episodarr.stages.paths import below, is_tail, parts_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_all, owner_of_folder
from episodarr.systems.jellyfin.linking import SeriesIndex
from episodarr.systems.jellyfin.packed import JellyfinCatalog, Listing, file_name
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
)


def seen_in(
    catalog: JellyfinCatalog,
    index: SeriesIndex,
    listing: Listing,
    question: JellyfinQuestion,
    now: datetime,
    shells: Iterable[JellyfinEntrySeen],
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> JellyfinSeen:
    """The listed entries of a deletion, with controls; `shells` are its series or seasons."""
    items = _series_of(question, index)
    twins = catalog.episodes_of(item.item_id for item in items)
    at_paths = _entries_at(question, listing, {e.item_id for e in twins}, same_series_elsewhere)
    asked = listing.with_ids(set(map(JellyfinId, question.entry_ids)))
    found = {e.item_id: e for e in (*asked, *(e for es in at_paths.values() for e in es))}
    claim = {*found, *map(JellyfinId, question.entry_ids)}
    if question.series_ids:
        claim.update(e.item_id for e in twins)
        claim.update(e.item_id for e in catalog.episodes_of(map(JellyfinId, question.series_ids)))
    controls = {f: c for f in question.control_folders if (c := listing.control(f, claim))}
    found.update((e.item_id, e) for e in twins)
    left = _left_elsewhere(question)
    owners = {i: owner_of_all(e.paths, question.series_path, left) for i, e in found.items()}
    return JellyfinSeen(
        at=now,
        method="GET /Items of all episodes",
        server_id=catalog.server.server_id,
        is_unrestricted=True,
        entries=(*map(_seen_episode, found.values()), *shells),
        entry_ids_by_path={
            path: tuple(e.item_id for e in entries) for path, entries in at_paths.items()
        },
        control_by_folder=controls,
        is_whole=listing.is_whole,
        ids_elsewhere=frozenset(i for i, owner in owners.items() if owner is Owner.THEIRS),
    )


def _series_of(question: JellyfinQuestion, index: SeriesIndex) -> list[JellyfinSeries]:
    """Every listed series with the question's ids, except those in other series' folders."""
    same = [
        *index.by_tvdb.get(question.key.tvdb_id, ()),
        *(index.by_tmdb.get(question.tmdb_id, ()) if question.tmdb_id else ()),
    ]
    return [item for item in same if item.path not in question.other_folders]


def _entries_at(
    question: JellyfinQuestion,
    listing: Listing,
    of_series: AbstractSet[JellyfinId],
    same_series_elsewhere: Sequence[SeriesElsewhere],
) -> Mapping[str, tuple[JellyfinEpisode, ...]]:
    """The entries listed at each path, by Sonarr's path; `of_series` are known to be of the series.

    An entry of another series counts only if its path agrees down to the series' folder. One that
    may be another Sonarr's is left out.
    """
    folder = question.series_path
    starts = tuple(f"{f.rstrip('/')}/" for f in question.other_folders)
    named = listing.named(set(map(file_name, question.paths)))
    found: dict[str, tuple[JellyfinEpisode, ...]] = {}
    for path in question.paths:
        rest = below(path, folder)
        whole = parts_of(path)
        tail = (*parts_of(folder)[-1:], *rest)
        entries = [
            e
            for e in named[file_name(path)]
            if any(
                parts == whole
                or (len(tail) > 1 and is_tail(parts, tail))
                or (e.item_id in of_series and len(rest) > 1 and is_tail(parts, rest))
                for parts in map(parts_of, e.paths)
            )
        ]
        ours = {
            e.item_id: e
            for e in entries
            if not (starts and all(p.startswith(starts) for p in e.paths))
            and owner_of_all(e.paths, folder, same_series_elsewhere) is Owner.OURS
        }
        if ours:
            found[path] = tuple(ours.values())
    return found


def _left_elsewhere(question: JellyfinQuestion) -> list[SeriesElsewhere]:
    """The same series where other Sonarrs left it."""
    return [SeriesElsewhere(folder=folder, names=None) for folder in question.left_elsewhere]


def series_elsewhere(question: JellyfinQuestion, catalog: JellyfinCatalog) -> set[JellyfinId]:
    """Those of the deletion's series entries that lie where another Sonarr left the series."""
    left = _left_elsewhere(question)
    return {
        item.item_id
        for item in catalog.series
        if item.item_id in question.series_ids
        and owner_of_folder(item.path, question.series_path, left) is Owner.THEIRS
    }


def seen_series(
    question: JellyfinQuestion, catalog: JellyfinCatalog, elsewhere: AbstractSet[JellyfinId]
) -> list[JellyfinEntrySeen]:
    """The deletion's own series entries that are listed, without their paths."""
    return [
        JellyfinEntrySeen(entry_id=item.item_id, kind="Series", is_playable=False)
        for item in catalog.series
        if item.item_id in question.series_ids and item.item_id not in elsewhere
    ]


def seen_item(item: JellyfinItem) -> JellyfinEntrySeen:
    """An item as evidence."""
    return JellyfinEntrySeen(
        entry_id=item.item_id,
        kind=item.kind,
        is_playable=item.is_file and item.kind == "Episode",
        paths=item.paths,
        season=item.season,
        episodes=item.episodes,
    )


def _seen_episode(episode: JellyfinEpisode) -> JellyfinEntrySeen:
    """A playable episode as evidence."""
    return JellyfinEntrySeen(
        entry_id=episode.item_id,
        kind="Episode",
        is_playable=True,
        paths=episode.paths,
        season=episode.season,
        episodes=episode.episodes,
    )
