"""Converts Jellyfin's records for inventories and evidence."""

from collections.abc import Mapping

from episodarr.model.check import JellyfinEntrySeen
from episodarr.model.ids import EpisodeNumber
from episodarr.model.inventory import JellyfinEntry, JellyfinHolding
from episodarr.systems.jellyfin.folders import Folders
from episodarr.systems.jellyfin.matches import JellyfinSees
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    JellyfinServer,
)


def nothing_held(server: JellyfinServer, others: tuple[str, ...]) -> JellyfinHolding:
    """The empty holding of a series not on this server; `others` are other series' folders."""
    return JellyfinHolding(
        server_id=server.server_id,
        library="",
        series_ids=(),
        season_ids=(),
        entries=(),
        other_folders=others,
    )


def held_of(
    server: JellyfinServer,
    folders: Folders,
    linked: tuple[JellyfinSeries, ...],
    entries: Mapping[JellyfinId, JellyfinEpisode],
    sees: JellyfinSees,
) -> JellyfinHolding:
    """The entries of the files, with the series and seasons of those entries, or of all if none."""
    numbers: dict[JellyfinId, list[EpisodeNumber]] = {}
    for number, entry_ids in sees.item_ids_by_number.items():
        for entry_id in entry_ids:
            numbers.setdefault(entry_id, []).append(number)
    ours = [entries[entry_id] for entry_id in numbers] or list(entries.values())
    seasons = dict.fromkeys(e.season_id for e in ours if e.season_id is not None)
    shown_in = {e.series_id for e in ours}
    linked = tuple(item for item in linked if item.item_id in shown_in) or linked
    folder_paths = tuple(item.path for item in linked if item.path)
    shown = (*folder_paths, *(path for e in ours for path in e.paths))
    return JellyfinHolding(
        server_id=server.server_id,
        library=folders.library_of(linked[0].path or ""),
        series_ids=tuple(item.item_id for item in linked),
        season_ids=tuple(seasons),
        entries=tuple(
            JellyfinEntry(
                entry_id=entry_id, episodes=tuple(sorted(found)), paths=entries[entry_id].paths
            )
            for entry_id, found in numbers.items()
        ),
        folder_paths=folder_paths,
        other_entry_ids=tuple(entry_id for entry_id in entries if entry_id not in numbers),
        control_folders=tuple(dict.fromkeys(f for path in shown if (f := folders.of(path)))),
    )


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


def seen_episode(episode: JellyfinEpisode) -> JellyfinEntrySeen:
    """A playable episode as evidence."""
    return JellyfinEntrySeen(
        entry_id=episode.item_id,
        kind="Episode",
        is_playable=True,
        paths=episode.paths,
        season=episode.season,
        episodes=episode.episodes,
    )
