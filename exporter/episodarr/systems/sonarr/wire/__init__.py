"""Sonarr's answers as model records; the only place that knows Sonarr's field names.

Only fields that are used are decoded: a `/series` of 1,700 series is 7.7 MB, most of it images.
What Sonarr always sends is required and its absence is `BadPayload`; Sonarr omits nulls, so what may
be null is optional here. Values that a newer Sonarr may add become UNKNOWN.

Source: Sonarr v4.0.19 OpenAPI document and source, API v3.
"""

from episodarr.systems.sonarr.wire.activity import (
    parse_history_record,
    parse_queue_page,
    parse_queue_row,
)
from episodarr.systems.sonarr.wire.fields import Body
from episodarr.systems.sonarr.wire.library import (
    parse_episode,
    parse_episode_file,
    parse_series,
    split_list,
)
from episodarr.systems.sonarr.wire.system import (
    UnreachableClients,
    parse_commands,
    parse_recycle_bin,
    parse_root_folders,
    parse_status,
    parse_unreachable_clients,
)

__all__ = [
    "Body",
    "UnreachableClients",
    "parse_commands",
    "parse_episode",
    "parse_episode_file",
    "parse_history_record",
    "parse_queue_page",
    "parse_queue_row",
    "parse_recycle_bin",
    "parse_root_folders",
    "parse_series",
    "parse_status",
    "parse_unreachable_clients",
    "split_list",
]
