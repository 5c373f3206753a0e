"""Which systems could confirm the deletion of a series now: the answer of a dry run."""

from dataclasses import dataclass

from episodarr.deletions.systems import VERIFIED, VerifiedSystem
from episodarr.model.deletion import ALL_SYSTEMS
from episodarr.model.health import System
from episodarr.model.inventory import PartMissing, PartNotConfigured, SeriesInventory, Taken


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
    return tuple(_report(VERIFIED[system], inventory) for system in ALL_SYSTEMS)


def _report(row: VerifiedSystem, inventory: SeriesInventory) -> WitnessReport:
    part = inventory.part_by_system[row.system]
    held = row.held(inventory)
    if isinstance(part, PartNotConfigured):
        sentence = "not configured"
    elif isinstance(part, PartMissing):
        sentence = f"could not be asked: {part.message}" if part.message else "not asked yet"
    else:
        counted = row.noun.removesuffix("s") if held == 1 else row.noun
        total = len(inventory.numbers)
        sentence = f"{held} of {total} {row.noun}" if row.episodes else f"{held} {counted}"
    return WitnessReport(
        system=row.system,
        is_witness=isinstance(part, Taken) and held > 0,
        held_count=held,
        sentence=sentence,
    )
