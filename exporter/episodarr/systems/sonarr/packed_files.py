"""The files of one series, packed: they are needed when something happens to the series only."""

import zlib
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import override

import msgspec

from episodarr.model.ids import EpisodeFileId
from episodarr.model.library import EpisodeFile

_LEVEL = 1
_UNPACKED_AT_ONCE = 16
"""Series whose files stand unpacked: those that are worked on."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[EpisodeFile, ...]).decode


class PackedFiles(Mapping[EpisodeFileId, EpisodeFile]):
    """The files of a series by id, in a tenth of the memory of a dict of them.

    A file that is taken out is an object of its own each time; equal ones are equal.
    """

    __slots__ = ("_data", "_ids")

    def __init__(self, files: Mapping[EpisodeFileId, EpisodeFile]) -> None:
        self._ids = array("q", files)
        self._data = zlib.compress(_encode(tuple(files.values())), _LEVEL)

    @override
    def __getitem__(self, file_id: EpisodeFileId) -> EpisodeFile:
        return _unpacked(self._data)[file_id]

    @override
    def __iter__(self) -> Iterator[EpisodeFileId]:
        return map(EpisodeFileId, self._ids)

    @override
    def __len__(self) -> int:
        return len(self._ids)


@lru_cache(maxsize=_UNPACKED_AT_ONCE)
def _unpacked(data: bytes) -> dict[EpisodeFileId, EpisodeFile]:
    return {file.file_id: file for file in _decode(zlib.decompress(data))}
