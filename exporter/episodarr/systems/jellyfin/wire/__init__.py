"""Jellyfin's answers as model records; the only place that knows Jellyfin's field names.

Source: Jellyfin OpenAPI documents 10.9 to 12.0; `BaseItemDto`, `TaskInfo`, `VirtualFolderInfo`.
"""

from episodarr.systems.jellyfin.wire.fields import normal_id
from episodarr.systems.jellyfin.wire.items import (
    ListedEpisode,
    Page,
    episode_page_steps,
    item_page_steps,
    series_page_steps,
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
    "episode_page_steps",
    "item_page_steps",
    "normal_id",
    "parse_libraries",
    "parse_library_scan",
    "parse_server",
    "series_page_steps",
    "unreadable_episode",
]
