"""What Jellyfin holds, as its API gives it."""

from datetime import datetime
from typing import NewType

from msgspec import Struct

from episodarr.model.ids import ShokoFileId

JellyfinId = NewType("JellyfinId", str)
"""32 lower-case hex digits without dashes."""


class ProviderIds(Struct, frozen=True, kw_only=True, gc=False):
    """Numbers that other databases give a thing; None where Jellyfin knows none."""

    tvdb: int | None = None
    tmdb: int | None = None
    imdb: str | None = None
    """Lower case, as in "tt16755706"."""
    anidb: int | None = None
    shoko_series: int | None = None
    shoko_file: ShokoFileId | None = None
    """From the plugin Shokofin: of the item, or of its virtual path."""


class JellyfinServer(Struct, frozen=True, kw_only=True, gc=False):
    """Which server answered."""

    server_id: str
    version: str
    name: str = ""


class JellyfinSeries(Struct, frozen=True, kw_only=True, gc=False):
    """One series item; the same show in two libraries is two of them."""

    item_id: JellyfinId
    name: str
    path: str | None
    """Jellyfin's view of the folder."""
    provider_ids: ProviderIds


class JellyfinEpisode(Struct, frozen=True, kw_only=True, gc=False):
    """One episode item that is a file on a disk: virtual and remote items never become one."""

    item_id: JellyfinId
    series_id: JellyfinId | None
    season_id: JellyfinId | None
    paths: tuple[str, ...]
    """Jellyfin's view of the file, and of its other versions; empty where not given."""
    season: int | None
    episodes: tuple[int, ...]
    """Jellyfin's numbers: several of a double episode, none of a name it could not read."""
    provider_ids: ProviderIds


class JellyfinItem(Struct, frozen=True, kw_only=True, gc=False):
    """Any item that was requested by id."""

    item_id: JellyfinId
    kind: str
    """Series, Season, Episode, …; Jellyfin's own value."""
    name: str
    is_file: bool
    """On a disk by Jellyfin's own account: neither virtual nor remote."""
    paths: tuple[str, ...]
    series_id: JellyfinId | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()


class JellyfinLibrary(Struct, frozen=True, kw_only=True, gc=False):
    """One library of Jellyfin with its folders."""

    library_id: JellyfinId | None
    name: str
    locations: tuple[str, ...]


class LibraryScan(Struct, frozen=True, kw_only=True, gc=False):
    """Jellyfin's scan of all libraries, by Jellyfin's clock."""

    is_running: bool
    progress_ratio: float | None = None
    last_started_at: datetime | None = None
    has_completed: bool = False
    """The last one ran to its end: neither cancelled nor failed."""
    asked_at: datetime | None = None
    """When Jellyfin answered, by its own clock; None where the answer had no date."""
