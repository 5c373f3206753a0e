"""Shoko's answers as model records; the only place that knows Shoko's field names.

The shapes of 4.2, 5 and 6 are read by the same types: lists come bare (4) or in an envelope (5, 6),
folders are import folders (4, 5) or managed folders (6), ids of TMDB are a list (4) or split (5, 6).

Source: ShokoServer v4.2.2, v5.3.3 and v6.0.0-dev.425, `Shoko.Server/API/v3/Models`.
"""

import re

import msgspec

from episodarr.errors import BadPayload
from episodarr.model.ids import ShokoFileId
from episodarr.systems.payload import Int64, decode
from episodarr.systems.shoko.records import (
    ShokoFileRecord,
    ShokoFolder,
    ShokoFolderId,
    ShokoLink,
    ShokoPlace,
    ShokoSeries,
    ShokoSeriesId,
    ShokoServer,
)

_MAJOR = re.compile(r"v?(\d{1,3})\.")


class _Wire(msgspec.Struct, rename="pascal", frozen=True):
    """What all payloads share: PascalCase, nulls written, further fields ignored."""


class _Component(_Wire, frozen=True):
    version: str


class _Version(_Wire, frozen=True):
    server: _Component


class _Blocked(_Wire, frozen=True):
    blocked: bool = False
    reason: str | None = None


class _Status(_Wire, frozen=True):
    state: str
    startup_message: str | None = None
    database_blocked: _Blocked | None = None


class _Ids(msgspec.Struct, frozen=True):
    shoko: Int64 | None = msgspec.field(name="ID", default=None)


class _Sizes(_Wire, frozen=True):
    local: dict[str, Int64] | None = None


class _Series(msgspec.Struct, frozen=True):
    ids: _Ids = msgspec.field(name="IDs")
    sizes: _Sizes | None = msgspec.field(name="Sizes", default=None)


class _Location(msgspec.Struct, frozen=True):
    relative_path: str | None = msgspec.field(name="RelativePath", default=None)
    absolute_path: str | None = msgspec.field(name="AbsolutePath", default=None)
    import_folder_id: Int64 | None = msgspec.field(name="ImportFolderID", default=None)
    managed_folder_id: Int64 | None = msgspec.field(name="ManagedFolderID", default=None)
    is_accessible: bool | None = msgspec.field(name="IsAccessible", default=None)
    accessible: bool | None = msgspec.field(name="Accessible", default=None)


class _Link(msgspec.Struct, frozen=True):
    series: _Ids | None = msgspec.field(name="SeriesID", default=None)
    episodes: tuple[_Ids, ...] | None = msgspec.field(name="EpisodeIDs", default=None)


class _File(msgspec.Struct, frozen=True):
    id: Int64 = msgspec.field(name="ID")
    size: Int64 = msgspec.field(name="Size")
    locations: tuple[_Location, ...] = msgspec.field(name="Locations")
    links: tuple[_Link, ...] | None = msgspec.field(name="SeriesIDs", default=None)


class _Folder(msgspec.Struct, frozen=True):
    id: Int64 = msgspec.field(name="ID")
    path: str | None = msgspec.field(name="Path", default=None)
    name: str | None = msgspec.field(name="Name", default=None)


class _FileList(_Wire, frozen=True):
    total: Int64
    list: tuple[_File, ...]


class _Key(msgspec.Struct, frozen=True):
    apikey: str


class _User(_Wire, frozen=True):
    restricted_tags: tuple[object, ...] | None = None


def parse_server(endpoint: str, version: bytes, status: bytes) -> ShokoServer:
    """Which Shoko answers and whether its answers mean anything yet.

    Raises:
        BadPayload: either body has another shape, or the version is no version.
    """
    text = decode(endpoint, version, _Version).server.version
    major = _MAJOR.match(text)
    if major is None:
        raise BadPayload(endpoint, "a version without a number", path="$.Server.Version")
    is_ready, state = parse_status(endpoint, status)
    return ShokoServer(version=text, major=int(major[1]), is_ready=is_ready, state=state)


def parse_status(endpoint: str, body: bytes) -> tuple[bool, str]:
    """Whether Shoko has started, and a text of its state.

    Raises:
        BadPayload: the body is no status.
    """
    wire = decode(endpoint, body, _Status)
    blocked = wire.database_blocked or _Blocked()
    if blocked.blocked:
        return False, f"database blocked: {blocked.reason or 'no reason given'}"
    is_ready = wire.state == "Started"
    words = wire.state if is_ready else f"{wire.state} {wire.startup_message or ''}".strip()
    return is_ready, words


def parse_key(endpoint: str, body: bytes) -> str:
    """The API key of a login.

    Raises:
        BadPayload: the body has no key.
    """
    key = decode(endpoint, body, _Key).apikey
    if not key:
        raise BadPayload(endpoint, "an empty key", path="$.apikey")
    return key


def parse_is_unrestricted(endpoint: str, body: bytes) -> bool:
    """Whether nothing is hidden from this user; unknown counts as restricted.

    Raises:
        BadPayload: the body is no user.
    """
    return decode(endpoint, body, _User).restricted_tags == ()


def parse_series(endpoint: str, body: bytes) -> ShokoSeries:
    """One series.

    Raises:
        BadPayload: the body is no series.
    """
    wire = decode(endpoint, body, _Series)
    if not wire.ids.shoko:
        raise BadPayload(endpoint, "a series without an id", path="$.IDs.ID")
    local = wire.sizes.local if wire.sizes is not None else None
    return ShokoSeries(local_episode_count=sum(local.values()) if local is not None else None)


def parse_files(endpoint: str, body: bytes) -> tuple[ShokoFileRecord, ...]:
    """Files, bare or in an envelope that must be complete.

    Raises:
        BadPayload: not a list of files, or fewer than its total.
    """
    wire = decode(endpoint, body, _LISTED_FILES)
    listed = _complete(endpoint, wire.total, wire.list) if isinstance(wire, _FileList) else wire
    return tuple(_file(one) for one in listed)


def parse_file_page(endpoint: str, body: bytes) -> tuple[tuple[ShokoFileRecord, ...], int]:
    """One page of files, and how many the whole list has.

    Raises:
        BadPayload: not a page of files.
    """
    wire = decode(endpoint, body, _FileList)
    return tuple(_file(one) for one in wire.list), wire.total


def parse_file(endpoint: str, body: bytes) -> ShokoFileRecord:
    """One file.

    Raises:
        BadPayload: the body is no file.
    """
    return _file(decode(endpoint, body, _File))


def parse_folders(endpoint: str, body: bytes) -> tuple[ShokoFolder, ...]:
    """All import or managed folders.

    Raises:
        BadPayload: not a list of folders, or one without a path.
    """
    folders: list[ShokoFolder] = []
    for i, wire in enumerate(decode(endpoint, body, tuple[_Folder, ...])):
        if not wire.path:
            raise BadPayload(endpoint, "a folder without a path", path=f"$[{i}].Path")
        folder_id = ShokoFolderId(wire.id)
        folders.append(ShokoFolder(folder_id=folder_id, name=wire.name or "", path=wire.path))
    return tuple(folders)


_LISTED_FILES: type[tuple[_File, ...] | _FileList] = tuple[_File, ...] | _FileList  # type: ignore[assignment]  # a union is a shape to msgspec


def _complete[T](endpoint: str, total: int, listed: tuple[T, ...]) -> tuple[T, ...]:
    if len(listed) != total:
        raise BadPayload(endpoint, f"{len(listed)} of {total} records came", path="$.List")
    return listed


def _file(wire: _File) -> ShokoFileRecord:
    return ShokoFileRecord(
        file_id=ShokoFileId(wire.id),
        size_bytes=wire.size,
        places=tuple(_place(location) for location in wire.locations),
        links=tuple(_link(link) for link in wire.links) if wire.links is not None else None,
    )


def _place(wire: _Location) -> ShokoPlace:
    folder_id = wire.managed_folder_id or wire.import_folder_id
    return ShokoPlace(
        folder_id=ShokoFolderId(folder_id) if folder_id else None,
        relative_path=(wire.relative_path or "").replace("\\", "/").lstrip("/"),
        absolute_path=wire.absolute_path or None,
        is_accessible=wire.is_accessible if wire.is_accessible is not None else wire.accessible,
    )


def _link(wire: _Link) -> ShokoLink:
    ids = wire.series or _Ids()
    return ShokoLink(
        series_id=ShokoSeriesId(ids.shoko) if ids.shoko else None,
        episode_count=len(wire.episodes or ()),
    )
