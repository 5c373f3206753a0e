"""Deadlines and switches of verification, as configured."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long each system may take, counted from detection, and what may be done meanwhile."""

    deadline_sonarr: timedelta = timedelta(minutes=15)
    deadline_disk: timedelta = timedelta(minutes=15)
    deadline_jellyfin: timedelta = timedelta(hours=13)
    """Its own scan runs every 12 hours."""
    deadline_jellyfin_rescan: timedelta = timedelta(minutes=30)
    """Replaces `deadline_jellyfin` once its rescan was requested."""
    deadline_shoko: timedelta = timedelta(minutes=30)
    """After its rescan, where there is one."""
    deadline_jellyseerr: timedelta = timedelta(hours=26)
    """Its own sync runs daily."""
    rescan_shoko: bool = False
    rescan_jellyfin: bool = False
    coalesce: timedelta = timedelta(minutes=2)
    """Deletions of one series within this are one deletion."""
    check_interval: timedelta = timedelta(seconds=30)
    """Between checks while a deletion is young; later checks are rarer in proportion to its age."""
    announcement_lifetime: timedelta = timedelta(hours=24)
    retention: timedelta = timedelta(days=90)
    held_minimum: int = 20
    """More series than this, and than the ratio, vanishing at once are held."""
    held_ratio: float = 0.1
    held_window: timedelta = timedelta(hours=1)
    """How long a rescan of a whole library may take: losses within it count as simultaneous."""
    inventory_age: timedelta = timedelta(days=1)

    def crowd_limit(self, known: int) -> float:
        """How many of `known` series may vanish at once and still be believed."""
        return max(self.held_minimum, self.held_ratio * known)

    @property
    def settling(self) -> timedelta:
        """How long files may be missing before their inventory is given up."""
        return self.coalesce + timedelta(seconds=30)

    @property
    def slow_interval(self) -> timedelta:
        """Between checks after the deadlines: an hour by default."""
        return 120 * self.check_interval
