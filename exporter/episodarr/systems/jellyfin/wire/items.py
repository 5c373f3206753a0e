"""Pages of Jellyfin's items as model records.

What makes an item count as a file is decided here, once: its location is the file system. Where that
cannot be read (no `LocationType`, or a file without the path that was requested), an item that was
requested by id is `BadPayload`, and one in the list of everything is an episode without a path: it
is never read as "not there".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.ids import ShokoFileId
from episodarr.model.records import Records
from episodarr.model.steps import Steps
from episodarr.systems.jellyfin.records import (
    JellyfinEpisode,
    JellyfinId,
    JellyfinItem,
    JellyfinSeries,
    ProviderIds,
)
from episodarr.systems.jellyfin.wire.fields import Wire, id_of, normal_id, optional_id
from episodarr.systems.payload import Int64, decode, key_in, read_each_steps

_INDEX = re.compile(r"\[(\d+)\]")
_ON_DISK = "FileSystem"
_VIRTUAL_NAME = re.compile(r"\[shoko[ -](?P<what>series|file)[=-](?P<number>\d+)\]", re.IGNORECASE)
"""Shokofin's virtual file names end in "[Shoko Series=84] [Shoko File=123].mkv"."""
_LONGEST_MULTI_EPISODE = 50
"""A wider span is a misread name, as in "01-1080p"."""
_WHOLE_NUMBER = re.compile(r"(?<!0)0*([1-9][0-9]{0,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """One slice of a list, and the length of the whole list as the server reports it."""

    entries: Records[T]
    count: int
    """The number of all items on the page, with those that cannot be read."""
    start: int
    total: int

    def unread_ids(self) -> list[str]:
        """The id of each record that could not be read, or its place in the whole list."""
        return [
            normal_id(str(one.key)) or f"at {self.start + _index_of(one.place)}"
            for one in self.entries.unread
        ]


class _Source(Wire, frozen=True):
    path: str | None = None


class _Item(Wire, frozen=True):
    id: str
    type: str
    name: str | None = None
    path: str | None = None
    location_type: str | None = None
    provider_ids: dict[str, str | None] | None = None
    series_id: str | None = None
    season_id: str | None = None
    parent_index_number: Int64 | None = None
    index_number: Int64 | None = None
    index_number_end: Int64 | None = None
    media_sources: tuple[_Source, ...] | None = None
    media_source_count: Int64 | None = None


class _Items(Wire, frozen=True):
    items: tuple[msgspec.Raw, ...]
    total_record_count: Int64
    start_index: Int64 = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEpisode:
    """An episode item as a list shows it."""

    item_id: JellyfinId
    episode: JellyfinEpisode | None
    """None: it is no file, but virtual, missing or remote."""
    has_more_versions: bool = False
    """It has files besides the one that was listed."""


def series_page_steps(endpoint: str, body: bytes) -> Steps[Page[JellyfinSeries]]:
    """Series items; one that cannot be read is noted.

    Raises:
        BadPayload: not a page, or nothing on it is a series: the filter was not obeyed.
    """

    def series(wire: _Item, at: str) -> JellyfinSeries:
        _require_kind(endpoint, wire, "Series", at)
        return JellyfinSeries(
            item_id=id_of(endpoint, wire.id, f"{at}.Id"),
            name=wire.name or "",
            path=wire.path or None,
            provider_ids=_provider_ids(wire),
        )

    return _page_steps(endpoint, body, series, spares=True)


def episode_page_steps(endpoint: str, body: bytes) -> Steps[Page[ListedEpisode]]:
    """Episode items, also those that are no files; one that cannot be read is noted.

    One that may be a file or not, or whose path is missing, has no path: it can be any file, and
    proves nothing of the others.

    Raises:
        BadPayload: not a page, or something on it is no episode.
    """
    shared: dict[JellyfinId | None, JellyfinId | None] = {}
    """One object for each series and season: a library has a hundred thousand episodes."""

    def episode(wire: _Item, at: str) -> ListedEpisode:
        _require_kind(endpoint, wire, "Episode", at)
        item_id = id_of(endpoint, wire.id, f"{at}.Id")
        is_unclear = wire.location_type is None or (
            wire.location_type == _ON_DISK and not wire.path
        )
        if not is_unclear and not _is_file(endpoint, wire, at):
            return ListedEpisode(item_id=item_id, episode=None)
        series_id = optional_id(endpoint, wire.series_id, f"{at}.SeriesId")
        season_id = optional_id(endpoint, wire.season_id, f"{at}.SeasonId")
        found = JellyfinEpisode(
            item_id=item_id,
            series_id=shared.setdefault(series_id, series_id),
            season_id=shared.setdefault(season_id, season_id),
            paths=() if is_unclear else _paths(wire),
            season=wire.parent_index_number,
            episodes=_episodes(wire),
            provider_ids=_provider_ids(wire),
        )
        has_more_versions = (wire.media_source_count or 1) > 1
        return ListedEpisode(item_id=item_id, episode=found, has_more_versions=has_more_versions)

    return _page_steps(endpoint, body, episode, spares=True)


def unreadable_episode(item_id: JellyfinId) -> JellyfinEpisode:
    """An episode of which only its being listed is known."""
    return JellyfinEpisode(
        item_id=item_id,
        series_id=None,
        season_id=None,
        paths=(),
        season=None,
        episodes=(),
        provider_ids=ProviderIds(),
    )


def item_page_steps(endpoint: str, body: bytes) -> Steps[Page[JellyfinItem]]:
    """Items of any kind.

    Raises:
        BadPayload: not a page of items.
    """

    def item(wire: _Item, at: str) -> JellyfinItem:
        return JellyfinItem(
            item_id=id_of(endpoint, wire.id, f"{at}.Id"),
            kind=wire.type,
            name=wire.name or "",
            is_file=_is_file(endpoint, wire, at),
            paths=_paths(wire),
            series_id=optional_id(endpoint, wire.series_id, f"{at}.SeriesId"),
            season=wire.parent_index_number,
            episodes=_episodes(wire),
        )

    return _page_steps(endpoint, body, item)


def _page_steps[T](
    endpoint: str, body: bytes, read: Callable[[_Item, str], T], *, spares: bool = False
) -> Steps[Page[T]]:
    """One page; with `spares`, an item that cannot be read is noted and the others are kept."""

    def read_one(item: msgspec.Raw, at: str) -> T:
        return read(decode(endpoint, item, _Item, at=at), at)

    wire = decode(endpoint, body, _Items)
    if wire.total_record_count < 0:
        raise BadPayload(endpoint, "a negative number of records", path="$.TotalRecordCount")
    if spares:
        key_of = key_in("Id", str)
        entries = yield from read_each_steps(endpoint, wire.items, read_one, key_of, at="$.Items")
    else:
        entries = Records(read_one(item, f"$.Items[{i}]") for i, item in enumerate(wire.items))
    return Page(
        entries=entries,
        count=len(wire.items),
        start=wire.start_index,
        total=wire.total_record_count,
    )


def _index_of(place: str) -> int:
    found = _INDEX.search(place)
    return int(found[1]) if found else 0


def _require_kind(endpoint: str, wire: _Item, kind: str, at: str) -> None:
    if wire.type != kind:
        raise BadPayload(endpoint, f"something that is no {kind}", path=f"{at}.Type")


def _is_file(endpoint: str, wire: _Item, at: str) -> bool:
    if wire.location_type is None:
        raise BadPayload(endpoint, "an item without a location type", path=f"{at}.LocationType")
    if wire.location_type != _ON_DISK:
        return False
    if not wire.path:
        raise BadPayload(endpoint, "a file without the path that was asked for", path=f"{at}.Path")
    return True


def _paths(wire: _Item) -> tuple[str, ...]:
    listed = [wire.path, *(source.path for source in wire.media_sources or ())]
    return tuple(dict.fromkeys(path for path in listed if path))


def _episodes(wire: _Item) -> tuple[int, ...]:
    first, last = wire.index_number, wire.index_number_end
    if first is None:
        return ()
    if last is None or not first < last <= first + _LONGEST_MULTI_EPISODE:
        return (first,)
    return tuple(range(first, last + 1))


def _provider_ids(wire: _Item) -> ProviderIds:
    """Keys are compared without case: an nfo file may write them in any."""
    value_by_key = {
        key.strip().lower(): value.strip()
        for key, value in (wire.provider_ids or {}).items()
        if value is not None
    }
    virtual = {m["what"].lower(): m["number"] for m in _VIRTUAL_NAME.finditer(wire.path or "")}
    file_id = _number(value_by_key, "shoko file") or _number(virtual, "file")
    return ProviderIds(
        tvdb=_number(value_by_key, "tvdb"),
        tmdb=_number(value_by_key, "tmdb"),
        imdb=value_by_key.get("imdb", "").lower() or None,
        anidb=_number(value_by_key, "anidb"),
        shoko_series=_number(value_by_key, "shoko series") or _number(virtual, "series"),
        shoko_file=ShokoFileId(file_id) if file_id is not None else None,
    )


def _number(value_by_key: Mapping[str, str], key: str) -> int | None:
    found = _WHOLE_NUMBER.fullmatch(value_by_key.get(key, ""))
    return int(found[1]) if found else None
