"""Shoko's files packed page by page while they are listed: a library has a hundred thousand.

As objects they take half a kilobyte each, packed a tenth of it. A page is unpacked for the series
that has files on it, which the hashes beside it show.
"""

import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec
from msgspec import Struct

from episodarr.stages.paths import parts_of
from episodarr.systems.shoko.records import ShokoFileRecord, ShokoFolderId

_LEVEL = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[ShokoFileRecord, ...]).decode

type FolderPaths = Mapping[ShokoFolderId | None, str]
"""Paths of import folders, without a slash at their end."""


class PackedPage(Struct, frozen=True, eq=False, gc=False):
    """Some files in their order."""

    data: bytes
    tails: array[int]
    """Hash of each place's tail."""

    def may_have(self, hashes: AbstractSet[int]) -> bool:
        """False: no file of this page has a place with a tail of these hashes."""
        return not hashes.isdisjoint(self.tails)

    def with_tails(
        self, tails: AbstractSet[str], folders: FolderPaths
    ) -> tuple[ShokoFileRecord, ...]:
        """The files that have a place with one of these tails."""
        files = _decode(zlib.decompress(self.data))
        return tuple(file for file in files if not tails.isdisjoint(_tails_of(file, folders)))


def packed(files: Sequence[ShokoFileRecord], folders: FolderPaths) -> PackedPage:
    """These files, packed."""
    return PackedPage(
        data=zlib.compress(_encode(files), _LEVEL),
        tails=array("q", (hash(tail) for file in files for tail in _tails_of(file, folders))),
    )


def _tails_of(file: ShokoFileRecord, folders: FolderPaths) -> Iterator[str]:
    for place in file.places:
        above = folders.get(place.folder_id, "")
        yield tail_of(place.absolute_path or f"{above}/{place.relative_path}")


def tail_of(path: str) -> str:
    """The file's name and its folder's, folded as paths are: these are the same in Sonarr and Shoko."""
    path = path.replace("\\", "/")
    if path.isascii():  # Nearly all are, and a library has a hundred thousand.
        return "/".join(path.strip("/").split("/")[-2:]).lower()
    return "/".join(parts_of(path)[-2:])
