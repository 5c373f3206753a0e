"""Which systems could confirm the deletion of a series now: the answer of a dry run."""

from dataclasses import dataclass

from episodarr.model.health import System
from episodarr.model.inventory import (
    FileSeen,
    Part,
    PartMissing,
    PartNotConfigured,
    SeriesInventory,
    Taken,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessReport:
    """What one system holds of a series' episodes."""

    system: System
    is_witness: bool
    """Whether it holds anything whose disappearance it could show."""
    held_count: int
    """Number of episodes it holds; of requests or torrents for systems without episodes."""
    sentence: str


def witness_reports(inventory: SeriesInventory) -> tuple[WitnessReport, ...]:
    """One report per system, Sonarr first."""
    numbers = {number for file in inventory.files for number in file.episodes}
    total = len(numbers)
    return (
        _report(System.SONARR, inventory.sonarr, total, total, "episodes with a file"),
        _report(System.DISK, inventory.disk, _seen_on_disk(inventory), total, "episodes on disk"),
        _report(System.SHOKO, inventory.shoko, _in_shoko(inventory), total, "episodes"),
        _report(System.JELLYFIN, inventory.jellyfin, _in_jellyfin(inventory), total, "episodes"),
        _report(
            System.JELLYSEERR,
            inventory.jellyseerr,
            len(inventory.jellyseerr.value.requests)
            if isinstance(inventory.jellyseerr, Taken)
            else 0,
            None,
            "requests",
        ),
        _report(
            System.QBITTORRENT,
            inventory.qbittorrent,
            len(inventory.qbittorrent.value.torrents)
            if isinstance(inventory.qbittorrent, Taken)
            else 0,
            None,
            "torrents",
        ),
    )


def _report[T](
    system: System, part: Part[T], held: int, total: int | None, noun: str
) -> WitnessReport:
    if isinstance(part, PartNotConfigured):
        sentence = "not configured"
    elif isinstance(part, PartMissing):
        sentence = f"could not be asked: {part.message}" if part.message else "not asked yet"
    else:
        counted = noun.removesuffix("s") if held == 1 else noun
        sentence = f"{held} {counted}" if total is None else f"{held} of {total} {noun}"
    return WitnessReport(
        system=system,
        is_witness=isinstance(part, Taken) and held > 0,
        held_count=held,
        sentence=sentence,
    )


def _seen_on_disk(inventory: SeriesInventory) -> int:
    if not isinstance(inventory.disk, Taken):
        return 0
    by_path = inventory.disk.value.sighting_by_path
    return sum(
        len(file.episodes)
        for file in inventory.files
        if isinstance(by_path.get(file.path), FileSeen)
    )


def _in_jellyfin(inventory: SeriesInventory) -> int:
    if not isinstance(inventory.jellyfin, Taken):
        return 0
    return len({n for entry in inventory.jellyfin.value.entries for n in entry.episodes})


def _in_shoko(inventory: SeriesInventory) -> int:
    if not isinstance(inventory.shoko, Taken):
        return 0
    return len({n for file in inventory.shoko.value.files for n in file.episodes})
