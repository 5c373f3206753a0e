"""What the poller needs from the rest of the program: publisher, observer, deletions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from episodarr.cycle.join.transitions import Transition
from episodarr.metrics.counters import Counters
from episodarr.model.deletion import DeletionView
from episodarr.model.download import HistoryRecord
from episodarr.model.ids import SeriesKey, SonarrName
from episodarr.model.view import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrRecord:
    """A record of history, and the name of its Sonarr."""

    sonarr: SonarrName
    record: HistoryRecord
    is_old: bool = False
    """It happened before this program's first read."""


class Publisher(Protocol):
    """Renders snapshots, and shows the newest one."""

    async def publish(
        self,
        snapshot: Snapshot,
        records: Sequence[SonarrRecord],
        transitions: Sequence[Transition],
    ) -> None:
        """Show this snapshot from now on; records and transitions are new since the last one."""
        ...

    async def republish(self) -> None:
        """Show the last snapshot with the counters of this moment."""
        ...


class CycleObserver(Protocol):
    """Counts the cycles."""

    def cycle_ended(self, duration_seconds: float, *, failed: bool) -> None:
        """Count one cycle that has ended."""
        ...


class DeletionReports(Protocol):
    """The deletions as they are shown, and the state of their log."""

    @property
    def unknown(self) -> str | None:
        """Why nothing is known of deletions; None while their log could be read."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why their log cannot be written; None while it is."""
        ...

    @property
    def damaged(self) -> Sequence[str]:
        """The rows of the store that were set aside."""
        ...

    @property
    def bugs(self) -> int:
        """How many unforeseen errors there were since the start."""
        ...

    def views(self) -> tuple[DeletionView, ...]:
        """The deletions to show, newest first."""
        ...

    def held(self) -> Mapping[SonarrName, int]:
        """How many vanished series of each Sonarr are held."""
        ...

    def inventoried(self) -> Collection[SeriesKey]:
        """The series whose files are on record."""
        ...

    def totals(self) -> Counters:
        """The counters of their log."""
        ...


class DeletionWatch(Protocol):
    """Follows deletions."""

    @property
    def reports(self) -> DeletionReports:
        """Their views, counters and troubles."""
        ...

    def take_cycle(self, records: Mapping[SonarrName, Sequence[HistoryRecord]]) -> None:
        """Process the reads of a cycle; `records` of history came since the last one."""
        ...
