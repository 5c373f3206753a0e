"""Commands of people: announce a deletion, acknowledge its verdict, check again now."""

from dataclasses import dataclass
from datetime import datetime

from episodarr.deletions.interventions import acknowledge, recheck
from episodarr.deletions.inventory.witnessing import WitnessReport, witness_reports
from episodarr.deletions.policy import Policy
from episodarr.deletions.service.inventories.keeping import Inventories
from episodarr.deletions.service.log import DeletionLog
from episodarr.model.deletion import DeletionId, DeletionStatus
from episodarr.model.deletion_log import Announcement
from episodarr.model.inventory import SeriesInventory
from episodarr.model.library import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementReport:
    """The inventory whose deletion is announced, or would be, with the witnesses."""

    inventory: SeriesInventory
    witnesses: tuple[WitnessReport, ...]
    is_dry_run: bool
    expires_at: datetime | None
    """Until when a deletion counts as announced; None for a dry run."""


class Commands:
    """Changes to the deletions by command; each is written before its method returns."""

    def __init__(self, deletion_log: DeletionLog, inventories: Inventories, policy: Policy) -> None:
        self._log = deletion_log
        self._inventories = inventories
        self._policy = policy

    async def announce(
        self, series: Series, now: datetime, *, is_dry_run: bool
    ) -> AnnouncementReport:
        """Take an inventory at once and, unless it is a dry run, announce the deletion."""
        inventory = await self._inventories.fresh(series, now)
        expires_at = None
        if not is_dry_run:
            expires_at = now + self._policy.announcement_lifetime
            announcement = Announcement(key=series.key, announced_at=now, expires_at=expires_at)
            if self._inventories.put(inventory, now):
                announcements = {**self._log.announcements, series.key: announcement}
                self._log.set_announcements(announcements)
            await self._log.write(now)
        return AnnouncementReport(
            inventory=inventory,
            witnesses=witness_reports(inventory),
            is_dry_run=is_dry_run,
            expires_at=expires_at,
        )

    async def acknowledge(self, deletion_id: DeletionId, now: datetime) -> bool:
        """Acknowledge the verdict on a deletion; False for an unknown id.

        Acknowledging a held one releases all deletions held with it.
        """
        record = self._log.records.get(deletion_id)
        if record is None:
            return False
        group = record.held_group if record.status is DeletionStatus.HELD else ""
        for other in list(self._log.records.values()):
            is_held_with = bool(group) and other.held_group == group
            if other is record or (is_held_with and other.status is DeletionStatus.HELD):
                self._log.apply(acknowledge(other, now))
        await self._log.write(now)
        return True

    async def recheck(self, deletion_id: DeletionId, now: datetime) -> bool:
        """Have all unproven systems of a deletion checked at once; False for an unknown id."""
        record = self._log.records.get(deletion_id)
        if record is None:
            return False
        self._log.apply(recheck(record, now))
        await self._log.write(now)
        return True
