"""Every family there is, in the order in which they are shown."""

from collections.abc import Mapping
from types import MappingProxyType

from episodarr.metrics.deletions import DELETION_RECORDS, DELETION_ROWS
from episodarr.metrics.downloads import DOWNLOAD_ROWS
from episodarr.metrics.episodes import EPISODE_RECORDS, EPISODE_ROWS
from episodarr.metrics.family import Family, RecordedFamily
from episodarr.metrics.health import (
    PROCESS_RECORDS,
    SELF_RECORDS,
    SNAPSHOT_ROWS,
    UPSTREAM_RECORDS,
    UPSTREAM_ROWS,
)
from episodarr.metrics.library import SEASON_ROWS, SERIES_ROWS
from episodarr.metrics.requests import REQUEST_ROWS

SUBJECTS: Mapping[str, tuple[Family, ...]] = MappingProxyType(
    {
        "Series": SERIES_ROWS,
        "Seasons": SEASON_ROWS,
        "Episodes": (*EPISODE_ROWS, *EPISODE_RECORDS),
        "Downloads": DOWNLOAD_ROWS,
        "Requests": REQUEST_ROWS,
        "Deletions": (*DELETION_ROWS, *DELETION_RECORDS),
        "Upstreams": (*UPSTREAM_ROWS, *UPSTREAM_RECORDS),
        "The exporter itself": (*SNAPSHOT_ROWS, *SELF_RECORDS, *PROCESS_RECORDS),
    }
)
"""The families under the heads that METRICS.md gives them."""

FAMILIES: tuple[Family, ...] = tuple(row for rows in SUBJECTS.values() for row in rows)

RECORDED: Mapping[str, RecordedFamily] = MappingProxyType(
    {row.name: row for row in FAMILIES if isinstance(row, RecordedFamily)}
)
"""The families that `Counters` can fill, by name."""
