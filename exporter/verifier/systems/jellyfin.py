"""Jellyfin as a witness."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from msgspec.structs import replace

from exporter.errors import BadPayload
from exporter.join.jellyfin import SeriesIndex, all_of_show, index_series, link_series
from exporter.join.jellyfin_files import Clues, compare
from exporter.join.rivals import Owner, Rival, owner_of_file
from exporter.model.ids import EpisodeNumber
from exporter.model.inventory import (
    JellyfinEntry,
    JellyfinHolding,
    LibraryFile,
    ShokoHolding,
    Taken,
)
from exporter.model.library import Series
from exporter.model.look import JellyfinEntrySeen, JellyfinQuestion, JellyfinSeen
from exporter.model.testimony import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinLibrary,
    JellyfinSees,
    JellyfinSeries,
    JellyfinServer,
    ShokoFileId,
)
from exporter.verifier.systems.shared import OncePer, episodes_of, file_by_id

LISTS_LIFETIME = timedelta(seconds=30)
"""The list of series serves a batch of inventories; looks of one moment share theirs."""

_NO_MAPPINGS: Mapping[str, str] = MappingProxyType({})


class JellyfinSource(Protocol):
    """What is needed of Jellyfin's client."""

    async def fetch_identity(self) -> JellyfinServer:
        """Which server answers."""

    async def fetch_all_series(self) -> tuple[JellyfinSeries, ...]:
        """Every series of every library."""

    async def fetch_libraries(self) -> tuple[JellyfinLibrary, ...]:
        """All libraries with their folders."""

    async def fetch_episodes(
        self, series_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, tuple[JellyfinEpisode, ...]]:
        """The episodes that are files, by series."""

    async def fetch_items(
        self, item_ids: Iterable[JellyfinId]
    ) -> Mapping[JellyfinId, JellyfinItem]:
        """Those of the given items that exist."""

    async def report_media_updated(self, paths: Sequence[str]) -> None:
        """Asks Jellyfin to look again at its own paths."""


class JellyfinTestifier:
    """Jellyfin as a witness. Its API key belongs to no user, so nothing is hidden from it."""

    def __init__(
        self, source: JellyfinSource, path_mappings: Mapping[str, str] = _NO_MAPPINGS
    ) -> None:
        """`path_mappings` lead from Sonarr's folders to Jellyfin's; names match without any."""
        self._source = source
        self._path_mappings = path_mappings
        self._server = OncePer(source.fetch_identity, LISTS_LIFETIME)
        self._series = OncePer(source.fetch_all_series, LISTS_LIFETIME)
        self._libraries = OncePer(source.fetch_libraries, LISTS_LIFETIME)
        self._server_now = OncePer(source.fetch_identity, timedelta(0))
        self._series_now = OncePer(source.fetch_all_series, timedelta(0))
        self._index: tuple[tuple[JellyfinSeries, ...], SeriesIndex] | None = None

    async def holding(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        now: datetime,
        rivals: tuple[Rival, ...] = (),
    ) -> Taken[JellyfinHolding]:
        """The entries that these files back; `rivals` are the same series in other Sonarrs.

        A series that Jellyfin does not have is a complete answer without entries. Where it has the
        series, and it cannot be told of each file whether an entry shows it, the answer is incomplete.
        """
        server = await self._server.get(now)
        listed = await self._series.get(now)
        index = self._index_of(listed)
        every = all_of_show(series, index, self._path_mappings)
        linked = link_series(series, index, self._path_mappings, rivals)
        others = tuple(item.path for item in every if item not in linked and item.path)
        if not linked:
            return Taken(at=now, value=_nothing(server, others))
        by_series = await self._source.fetch_episodes(item.item_id for item in linked)
        entries = {e.item_id: e for found in by_series.values() for e in found}
        sees = self._compare(series, files, shoko, linked, tuple(entries.values()), rivals)
        numbers = {number for file in files for number in file.episodes}
        libraries = await self._libraries.get(now)
        is_whole = all(item.item_id in by_series for item in linked)
        held = _holding(server, libraries, linked, entries, sees)
        own = tuple(self._own(entry, series, rivals) for entry in held.entries)
        return Taken(
            at=now,
            is_complete=is_whole and numbers <= {*sees.playable, *sees.absent},
            value=replace(held, entries=own, other_folders=others),
        )

    def _own(
        self, entry: JellyfinEntry, series: Series, rivals: tuple[Rival, ...]
    ) -> JellyfinEntry:
        """The entry with the versions that are another Sonarr's set apart."""
        theirs = tuple(
            path
            for path in entry.paths
            if owner_of_file(path, series.path, rivals, self._path_mappings) is Owner.THEIRS
        )
        if not theirs:
            return entry
        own = tuple(path for path in entry.paths if path not in theirs)
        return replace(entry, paths=own, other_paths=theirs)

    def _index_of(self, listed: tuple[JellyfinSeries, ...]) -> SeriesIndex:
        """Made once per list: a first inventory asks for it once per series."""
        if self._index is None or self._index[0] is not listed:
            self._index = listed, index_series(listed)
        return self._index[1]

    def _compare(
        self,
        series: Series,
        files: tuple[LibraryFile, ...],
        shoko: ShokoHolding | None,
        linked: tuple[JellyfinSeries, ...],
        entries: tuple[JellyfinEpisode, ...],
        rivals: tuple[Rival, ...],
    ) -> JellyfinSees:
        """As for the stages: by names, by ids, by numbers only where both sides count alike."""
        in_shoko = {} if shoko is None else {f.episodes: f.file_id for f in shoko.files}
        clues = Clues(
            mappings=self._path_mappings,
            shoko_file_ids={
                file.file_id: ShokoFileId(in_shoko[file.episodes])
                for file in files
                if file.episodes in in_shoko
            },
            rivals=rivals,
        )
        return compare(series, episodes_of(files), file_by_id(files), linked, entries, clues)

    async def look(self, question: JellyfinQuestion, now: datetime) -> JellyfinSeen:
        """The asked entries beside their controls, and all episodes of the series as it is now."""
        server = await self._server_now.get(now)
        asked = [JellyfinId(i) for i in (*question.control_ids, *question.entry_ids)]
        found = await self._source.fetch_items(asked)
        twins = await self._episodes_now(question, now)
        entries = [_seen(item) for i, item in found.items() if i not in question.control_ids]
        entries += [_seen_episode(e) for e in twins if e.item_id not in found]
        return JellyfinSeen(
            at=now,
            method=f"GET /Items of {len(asked)} ids",
            server_id=server.server_id,
            is_unrestricted=True,
            entries=tuple(entries),
            control_ids=frozenset(
                i for i in question.control_ids if (c := found.get(JellyfinId(i))) and c.is_file
            ),
        )

    async def _episodes_now(
        self, question: JellyfinQuestion, now: datetime
    ) -> list[JellyfinEpisode]:
        """Episodes of every series that goes by these ids at this moment, and is not another's."""
        series_ids = [
            s.item_id
            for s in await self._series_now.get(now)
            if s.path not in question.other_folders
            and (
                s.provider_ids.tvdb == question.tvdb_id
                or (question.tmdb_id and s.provider_ids.tmdb == question.tmdb_id)
            )
        ]
        listed = await self._source.fetch_episodes(series_ids)
        if len(listed) < len(series_ids):
            raise BadPayload("episodes", "a series went away while it was looked at; looking again")
        return [episode for found in listed.values() for episode in found]

    async def rescan(self, paths: tuple[str, ...]) -> None:
        """Tell Jellyfin to look at these of its own paths again."""
        await self._source.report_media_updated(paths)


def _nothing(server: JellyfinServer, others: tuple[str, ...]) -> JellyfinHolding:
    return JellyfinHolding(
        server_id=server.server_id,
        library="",
        series_ids=(),
        season_ids=(),
        entries=(),
        other_folders=others,
    )


def _holding(
    server: JellyfinServer,
    libraries: tuple[JellyfinLibrary, ...],
    linked: tuple[JellyfinSeries, ...],
    entries: Mapping[JellyfinId, JellyfinEpisode],
    sees: JellyfinSees,
) -> JellyfinHolding:
    """What backs the files; series and seasons only of entries that do, where any does."""
    numbers: dict[JellyfinId, list[EpisodeNumber]] = {}
    for number, entry_ids in sees.item_ids_by_number.items():
        for entry_id in entry_ids:
            numbers.setdefault(entry_id, []).append(number)
    ours = [entries[entry_id] for entry_id in numbers] or list(entries.values())
    seasons = dict.fromkeys(e.season_id for e in ours if e.season_id is not None)
    shown_in = {e.series_id for e in ours}
    linked = tuple(item for item in linked if item.item_id in shown_in) or linked
    return JellyfinHolding(
        server_id=server.server_id,
        library=_library_of(linked[0], libraries),
        series_ids=tuple(item.item_id for item in linked),
        season_ids=tuple(seasons),
        entries=tuple(
            JellyfinEntry(
                entry_id=entry_id, episodes=tuple(sorted(found)), paths=entries[entry_id].paths
            )
            for entry_id, found in numbers.items()
        ),
        folder_paths=tuple(item.path for item in linked if item.path),
        other_entry_ids=tuple(entry_id for entry_id in entries if entry_id not in numbers),
    )


def _library_of(item: JellyfinSeries, libraries: tuple[JellyfinLibrary, ...]) -> str:
    """The library whose folder holds the series; empty where none does, as under Shokofin."""
    best = ("", "")
    for library in libraries:
        for location in library.locations:
            folder = location.rstrip("/\\")
            is_inside = (item.path or "").startswith((folder + "/", folder + "\\"))
            if is_inside and len(folder) > len(best[0]):
                best = (folder, library.library_id or library.name)
    return best[1]


def _seen(item: JellyfinItem) -> JellyfinEntrySeen:
    return JellyfinEntrySeen(
        entry_id=item.item_id,
        kind=item.kind,
        is_playable=item.is_file,
        paths=item.paths,
        season=item.season,
        episodes=item.episodes,
    )


def _seen_episode(episode: JellyfinEpisode) -> JellyfinEntrySeen:
    return JellyfinEntrySeen(
        entry_id=episode.item_id,
        kind="Episode",
        is_playable=True,
        paths=episode.paths,
        season=episode.season,
        episodes=episode.episodes,
    )
