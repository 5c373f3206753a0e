"""Health of the upstreams, for the health metrics and the page."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from episodarr.model.reading import FailureReason


class System(StrEnum):
    """The kinds of upstream, and the disk; values of the label `system`."""

    SONARR = "sonarr"
    QBITTORRENT = "qbittorrent"
    JELLYFIN = "jellyfin"
    SHOKO = "shoko"
    JELLYSEERR = "jellyseerr"
    DISK = "disk"

    @property
    def shown_name(self) -> str:
        """The name in text for people: "qBittorrent" keeps its small q."""
        return "qBittorrent" if self is System.QBITTORRENT else self.value.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamHealth:
    """One configured upstream as of the last read."""

    name: str
    system: System
    is_up: bool | None
    """False if any needed endpoint failed in the last read; None before any answer or failure."""
    last_success_at: datetime | None = None
    version: str | None = None
    failing_endpoint: str | None = None
    reason: FailureReason | None = None
    message: str | None = None
    """For the page: what failed and what to do, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SonarrStatus:
    """Which Sonarr answers."""

    version: str
    started_at: datetime | None
    """When its process started, by its own clock; None: not reported."""
