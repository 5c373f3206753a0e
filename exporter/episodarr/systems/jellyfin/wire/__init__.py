"""Jellyfin's answers as model records; the only place that knows Jellyfin's field names.

Source: Jellyfin OpenAPI documents 10.9 to 12.0; `BaseItemDto`, `TaskInfo`, `VirtualFolderInfo`.
"""

from episodarr.systems.jellyfin.wire.fields import normal_id
from episodarr.systems.jellyfin.wire.items import (
    ListedEpisode,
    Page,
    parse_episode_page,
    parse_item_page,
    parse_series_page,
    unreadable_episode,
)
from episodarr.systems.jellyfin.wire.server import (
    parse_libraries,
    parse_library_scan,
    parse_server,
)

__all__ = [
    "ListedEpisode",
    "Page",
    "normal_id",
    "parse_episode_page",
    "parse_item_page",
    "parse_libraries",
    "parse_library_scan",
    "parse_series_page",
    "parse_server",
    "unreadable_episode",
]
