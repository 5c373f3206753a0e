"""Find Sonarr's series in Jellyfin, and decide which of its episodes are playable there.

Gives: `JellyfinMatches`. Law: missing knowledge of Jellyfin never makes an episode absent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from episodarr.model.ids import EpisodeFileId
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.reading import FailureReason, Fresh, Missing, Reading, Stale
from episodarr.stages.paths import Parts, parts_of
from episodarr.stages.same_series import Owner, SeriesElsewhere, owner_of_folder
from episodarr.systems.jellyfin.files import Clues, compare
from episodarr.systems.jellyfin.matches import (
    JellyfinMatches,
    JellyfinSees,
    JellyfinUnknown,
    JellyfinUnmatched,
)
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, JellyfinSeries

type EpisodesBySeries = Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesIndex:
    """Jellyfin's series by each of their ids and by folder."""

    by_tvdb: Mapping[int, tuple[JellyfinSeries, ...]]
    by_tmdb: Mapping[int, tuple[JellyfinSeries, ...]]
    by_imdb: Mapping[str, tuple[JellyfinSeries, ...]]
    by_path: Mapping[Parts, tuple[JellyfinSeries, ...]]


def index_series(series: Iterable[JellyfinSeries]) -> SeriesIndex:
    """The index over all series items of one complete answer."""
    listed = sorted(series, key=lambda s: s.item_id)
    return SeriesIndex(
        by_tvdb=_grouped((s.provider_ids.tvdb, s) for s in listed),
        by_tmdb=_grouped((s.provider_ids.tmdb, s) for s in listed),
        by_imdb=_grouped((s.provider_ids.imdb, s) for s in listed),
        by_path=_grouped((parts_of(s.path) if s.path else None, s) for s in listed),
    )


def link_series(
    series: Series,
    index: SeriesIndex,
    same_series_elsewhere: Sequence[SeriesElsewhere] = (),
) -> tuple[JellyfinSeries, ...]:
    """All of Jellyfin's items that are this series, in the order of their ids.

    The first database that knows both sides decides (TVDB, TMDB, IMDb); an item in the series' very
    folder is always it, whatever ids it has. An item in the folder of another Sonarr's copy is not.
    """
    return tuple(
        item
        for item in all_of_show(series, index)
        if owner_of_folder(item.path, series.path, same_series_elsewhere) is not Owner.THEIRS
    )


def lists_folder_of(
    series: Series, same_series_elsewhere: Sequence[SeriesElsewhere], index: SeriesIndex
) -> bool:
    """Whether Jellyfin lists the series at the folder of this Sonarr, and so reads that folder."""
    return any(
        owner_of_folder(item.path, series.path, same_series_elsewhere) is Owner.OURS
        for item in all_of_show(series, index)
    )


def all_of_show(series: Series, index: SeriesIndex) -> tuple[JellyfinSeries, ...]:
    """All items of the show, whichever Sonarr has their files."""
    folder = parts_of(series.path)
    candidates = [
        *index.by_tvdb.get(series.key.tvdb_id, ()),
        *(index.by_tmdb.get(series.tmdb_id, ()) if series.tmdb_id else ()),
        *(index.by_imdb.get(series.imdb_id.lower(), ()) if series.imdb_id else ()),
        *(index.by_path.get(folder, ()) if folder else ()),
    ]
    linked = {
        item.item_id: item
        for item in candidates
        if (folder and item.path and parts_of(item.path) == folder) or _is_same_show(series, item)
    }
    return tuple(item for _, item in sorted(linked.items()))


def _is_same_show(series: Series, item: JellyfinSeries) -> bool:
    theirs = item.provider_ids
    imdb_id = series.imdb_id.lower() if series.imdb_id else None
    pairs = (
        (series.key.tvdb_id, theirs.tvdb),
        (series.tmdb_id, theirs.tmdb),
        (imdb_id, theirs.imdb),
    )
    return next((ours == their_id for ours, their_id in pairs if ours and their_id), False)


_NO_CLUES = Clues()


def match_jellyfin(
    series: Series,
    episodes: Sequence[Episode],
    file_by_id: Mapping[EpisodeFileId, EpisodeFile],
    linked: Reading[tuple[JellyfinSeries, ...]],
    listed: Reading[EpisodesBySeries],
    clues: Clues = _NO_CLUES,
) -> JellyfinMatches:
    """Jellyfin's state of each episode that has a file in Sonarr.

    `listed` is keyed by the series item that was requested. If one of `linked` is not in it, the
    answer is incomplete, and everything is unknown.
    """
    if isinstance(linked, Missing):
        return JellyfinUnknown(reason=linked.reason)
    if not linked.value:
        return _aged(JellyfinUnmatched(), linked)
    if isinstance(listed, Missing):
        return JellyfinUnknown(reason=listed.reason)
    if any(item.item_id not in listed.value for item in linked.value):
        return JellyfinUnknown(reason=FailureReason.NOT_FOUND)
    items = {item.item_id: item for asked in linked.value for item in listed.value[asked.item_id]}
    sees = compare(series, episodes, file_by_id, linked.value, tuple(items.values()), clues)
    return _aged(sees, linked, listed)


def _aged(
    known: JellyfinSees | JellyfinUnmatched, *readings: Fresh[object] | Stale[object]
) -> JellyfinMatches:
    for reading in readings:
        if isinstance(reading, Stale):
            return JellyfinUnknown(reason=reading.reason, last_known=known)
    return known


def _grouped[K](
    pairs: Iterable[tuple[K | None, JellyfinSeries]],
) -> dict[K, tuple[JellyfinSeries, ...]]:
    groups: dict[K, list[JellyfinSeries]] = {}
    for key, series in pairs:
        if key is not None:
            groups.setdefault(key, []).append(series)
    return {key: tuple(group) for key, group in groups.items()}
