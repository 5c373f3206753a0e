"""What Shoko holds, as its API gives it."""

from collections.abc import Sequence
from typing import NewType

from msgspec import Struct

from episodarr.model.ids import ShokoFileId

ShokoSeriesId = NewType("ShokoSeriesId", int)

ShokoFolderId = NewType("ShokoFolderId", int)


class ShokoServer(Struct, frozen=True, kw_only=True, gc=False):
    """Which Shoko answered. It has no identity of its own but its folders."""

    version: str
    major: int
    is_ready: bool
    """Started, and its database is not blocked: before that, its answers mean nothing."""
    state: str
    """For people: Starting, Started, Failed, Waiting, with what it is busy with."""


class ShokoFolder(Struct, frozen=True, kw_only=True, gc=False):
    """An import folder (4, 5) or managed folder (6)."""

    folder_id: ShokoFolderId
    name: str
    path: str
    """Shoko's view."""


class ShokoPlace(Struct, frozen=True, kw_only=True, gc=False):
    """A place where Shoko believes a file to be."""

    folder_id: ShokoFolderId | None
    relative_path: str
    """Below the folder, with "/" and none at the start."""
    absolute_path: str | None
    is_accessible: bool | None
    """Whether the path exists, checked by Shoko at the moment of the request; None: not given."""


class ShokoLink(Struct, frozen=True, kw_only=True, gc=False):
    """The AniDB series that a file is linked to."""

    series_id: ShokoSeriesId | None
    """None: AniDB's link exists, Shoko's series does not yet."""
    episode_count: int


class ShokoFileRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One file record."""

    file_id: ShokoFileId
    size_bytes: int
    places: tuple[ShokoPlace, ...]
    links: tuple[ShokoLink, ...] | None
    """Empty: not matched to AniDB. None: not given in the answer."""

    @property
    def is_matched(self) -> bool | None:
        """Whether an AniDB episode is linked to it; None where not given."""
        if self.links is None:
            return None
        return any(link.episode_count for link in self.links)


class ShokoSeries(Struct, frozen=True, kw_only=True, gc=False):
    """One AniDB series in Shoko; a series of Sonarr is often several of them."""

    local_episode_count: int | None
    """Episodes that have a file record, accessible or not; None: not given."""


class ShokoSeriesFiles(Struct, frozen=True, kw_only=True, gc=False):
    """The files of one Shoko series, after a good answer."""

    series_id: ShokoSeriesId
    is_there: bool
    """False: Shoko itself answers that it has no such series."""
    files: tuple[ShokoFileRecord, ...]


class ShokoPathCheck(Struct, frozen=True, kw_only=True, gc=False):
    """What Shoko has at some of Sonarr's paths. Means nothing for paths that were not requested."""

    asked_paths: frozenset[str]
    """Sonarr's view."""
    files: Sequence[ShokoFileRecord]
