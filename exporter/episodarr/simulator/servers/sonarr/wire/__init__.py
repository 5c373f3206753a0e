"""Sonarr's answers as plain data. Properties that are null are left out, as Sonarr leaves them."""

from episodarr.simulator.servers.sonarr.wire.activity import (
    command_json,
    detail_rows,
    history_json,
    queue_rows,
)
from episodarr.simulator.servers.sonarr.wire.fields import Json
from episodarr.simulator.servers.sonarr.wire.library import episode_json, file_json, series_json
from episodarr.simulator.servers.sonarr.wire.system import health_json, status_json

__all__ = [
    "Json",
    "command_json",
    "detail_rows",
    "episode_json",
    "file_json",
    "health_json",
    "history_json",
    "queue_rows",
    "series_json",
    "status_json",
]
