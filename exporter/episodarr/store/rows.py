"""Rows of all tables but the deletion log as records, and what of a record is packed into a blob.

A row that was damaged raises one of `damage.DAMAGE`.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from episodarr.model.deletion import DeletionStatus
from episodarr.model.deletion_log import (
    Announcement,
    Counters,
    DeletionReport,
    Disappearance,
    ProcessedRecord,
)
from episodarr.model.ids import EpisodeKey, SeriesKey, SonarrName, TvdbId
from episodarr.model.inventory import InventorySummary, SeriesInventory
from episodarr.model.stage import Stage
from episodarr.store.values import Row, as_blob, as_number, as_text, time_of

_encoder = msgspec.msgpack.Encoder()
_inventory_decoder = msgspec.msgpack.Decoder(SeriesInventory)
_summary_decoder = msgspec.msgpack.Decoder(InventorySummary)
_report_decoder = msgspec.msgpack.Decoder(DeletionReport)

STATUS_PREFIX = "deletions/"
RESCAN_PREFIX = "rescans/"
NUMBERS = (
    "episodes_expected",
    "episodes_deleted",
    "episodes_failed",
    "episodes_unverified",
    "partial",
    "healed",
)

_Total = Annotated[int, msgspec.Meta(ge=0)]


def pack_inventory(inventory: SeriesInventory) -> bytes:
    """The inventory, encoded and compressed; repeated paths shrink it to about a tenth."""
    return zlib.compress(_encoder.encode(inventory), 6)


def unpack_inventory(content: object) -> SeriesInventory:
    """The inventory back."""
    return _inventory_decoder.decode(zlib.decompress(as_blob(content)))


def summary_of(row: Row) -> InventorySummary:
    """The summary of one inventory, whose key is in columns too."""
    sonarr, tvdb_id, content = row
    summary = _summary_decoder.decode(as_blob(content))
    if summary.key != _key(sonarr, tvdb_id):
        raise ValueError("the key is another one")
    return summary


def announcement_of(row: Row) -> Announcement:
    """One announcement."""
    sonarr, tvdb_id, at, until = row
    return Announcement(
        key=_key(sonarr, tvdb_id), announced_at=time_of(at), expires_at=time_of(until)
    )


def disappearance_of(row: Row, now: datetime) -> Disappearance:
    """One series that a list missed, since `now` at the latest."""
    sonarr, tvdb_id, since = row
    return Disappearance(key=_key(sonarr, tvdb_id), missing_since=min(time_of(since), now))


def report_of(row: Row) -> DeletionReport:
    """One webhook about a deleted series; the columns before the content are its key."""
    return _report_decoder.decode(as_blob(row[2]))


def sonarr_of(row: Row) -> SonarrName:
    """The Sonarr that a row begins with."""
    return SonarrName(as_text(row[0]))


def processed_of(row: Row) -> tuple[SonarrName, ProcessedRecord]:
    """One processed record of that Sonarr's history."""
    return sonarr_of(row), ProcessedRecord(as_number(row[1]), time_of(row[2]))


def clock_of(row: Row) -> tuple[EpisodeKey, tuple[Stage, datetime]]:
    """One episode's stage, and since when it is in it."""
    sonarr, tvdb_id, season, episode, stage, at = row
    series = _key(sonarr, tvdb_id)
    key = EpisodeKey(series.sonarr, series.tvdb_id, as_number(season), as_number(episode))
    return key, (Stage(as_number(stage)), time_of(at))


def total_of(row: Row) -> tuple[str, int]:
    """The name of one counter and its total, which is not negative."""
    return msgspec.convert(row, tuple[str, _Total])


def counters_of(totals: Mapping[str, int]) -> Counters:
    """The counters with these totals by name; zero where a name is missing."""
    return Counters(
        deletions_by_status={
            status: totals.get(STATUS_PREFIX + status.value, 0) for status in DeletionStatus
        },
        rescans_by_result={
            name.removeprefix(RESCAN_PREFIX): count
            for name, count in totals.items()
            if name.startswith(RESCAN_PREFIX)
        },
        **{name: totals.get(name, 0) for name in NUMBERS},
    )


def totals_of(counters: Counters) -> dict[str, int]:
    """The totals of all counters by name, as `counters_of` takes them."""
    return {
        **{name: getattr(counters, name) for name in NUMBERS},
        **{STATUS_PREFIX + s.value: count for s, count in counters.deletions_by_status.items()},
        **{RESCAN_PREFIX + result: count for result, count in counters.rescans_by_result.items()},
    }


def _key(sonarr: object, tvdb_id: object) -> SeriesKey:
    return SeriesKey(SonarrName(as_text(sonarr)), TvdbId(as_number(tvdb_id)))
