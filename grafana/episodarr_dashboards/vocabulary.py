"""The words and colors of the dashboards.

The hues are Okabe and Ito's, which people with any color vision tell apart, each so dark or so light
that the letters which Grafana puts on it can be read. Good is blue, trouble is orange, and a word
stands beside every color. Their signs are in Inter, Grafana's font, and in DejaVu.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from episodarr.model.deletion import DeletionStatus
from episodarr.model.health import System
from episodarr.model.stage import Hold, Stage

BLUE = "#0072B2"
SKY = "#8CCBF2"
GREEN = "#00785A"
YELLOW = "#F0E442"
AMBER = "#F5B83D"
VERMILLION = "#B84E00"
PINK = "#A3527F"
GRAY = "#6B6B6B"
DARK_GRAY = "#4D4D4D"

NOT_KNOWN = -1
"""What a count that cannot be known is for a panel."""

SHOWN_SYSTEMS = {system.value: system.shown_name for system in System if system is not System.DISK}
"""The systems as their makers write them, by their values of the label `system`."""
SEVERAL_SYSTEMS = (System.SONARR.value, System.QBITTORRENT.value)
"""Those of which there may be several, each with a name of its own."""
SINGLE_SYSTEMS = tuple(system.value for system in System if system.value not in SEVERAL_SYSTEMS)
"""Those of which there is one, named like its kind."""


@dataclass(frozen=True, slots=True)
class Word:
    """What is shown for one value: text and color."""

    text: str
    color: str


STAGES: Mapping[Stage, Word] = {
    Stage.AVAILABLE: Word("✓ available", BLUE),
    Stage.IMPORTING: Word("⇥ importing", SKY),
    Stage.DOWNLOADING: Word("↓ downloading", GREEN),
    Stage.FOUND: Word("◌ found", YELLOW),
    Stage.SEARCHING: Word("↻ searching", PINK),
    Stage.FAILED: Word("✗ failed", VERMILLION),
    Stage.QUEUED: Word("□ queued", AMBER),
    Stage.UNAIRED: Word("· not aired", GRAY),
    Stage.UNMONITORED: Word("○ not asked for", DARK_GRAY),
}

HOLDS: Mapping[Hold, Word] = {
    Hold.IMPORT_BLOCKED: Word("import blocked: see Sonarr", VERMILLION),
    Hold.IMPORT_WARNING: Word("import warns: see Sonarr", AMBER),
    Hold.CLIENT_UNAVAILABLE: Word("download client does not answer", VERMILLION),
    Hold.CLIENT_ERROR: Word("the client reports an error", VERMILLION),
    Hold.METADATA: Word("fetching the torrent's metadata", AMBER),
    Hold.CHECKING: Word("checking files", SKY),
    Hold.PAUSED: Word("paused", GRAY),
    Hold.NO_SEEDS: Word("no seeds", VERMILLION),
    Hold.STALLED: Word("stalled: no bytes come", VERMILLION),
    Hold.PACK_INCOMPLETE: Word("waits for the rest of its pack", SKY),
    Hold.DELAY_PROFILE: Word("delay profile", GRAY),
    Hold.SHOKO_MATCH: Word("Shoko has not matched it", AMBER),
    Hold.JELLYFIN_SCAN: Word("Jellyfin has not scanned it", AMBER),
    Hold.JELLYFIN_UNKNOWN: Word("Jellyfin does not answer", AMBER),
    Hold.JELLYFIN_UNMATCHED: Word("Jellyfin does not list it", GRAY),
    Hold.FILE_SKIPPED: Word("deselected in the client", AMBER),
    Hold.NOT_MONITORED: Word("asked for, but not monitored", AMBER),
}

STUCK_HOLDS: Sequence[Hold] = (
    Hold.IMPORT_BLOCKED,
    Hold.IMPORT_WARNING,
    Hold.CLIENT_ERROR,
    Hold.METADATA,
    Hold.NO_SEEDS,
    Hold.STALLED,
    Hold.FILE_SKIPPED,
    Hold.NOT_MONITORED,
)
"""Holds that do not pass by waiting a little; an outage of the client is one row for all it holds."""

DELETION_STATUSES: Mapping[DeletionStatus, Word] = {
    DeletionStatus.COMPLETE: Word("✓ complete", BLUE),
    DeletionStatus.VERIFYING: Word("… being checked", SKY),
    DeletionStatus.LEFTOVERS: Word("✓ gone, records left", PINK),
    DeletionStatus.UNVERIFIED: Word("? not proven", AMBER),
    DeletionStatus.PARTIAL: Word("✗ partly deleted", VERMILLION),
    DeletionStatus.FAILED: Word("✗ not deleted", VERMILLION),
    DeletionStatus.HELD: Word("! held: too many at once", YELLOW),
    DeletionStatus.FILES_KEPT: Word("○ files kept", GRAY),
    DeletionStatus.SUPERSEDED: Word("↺ came back", GRAY),
}

CHECKS: Mapping[int, Word] = {
    5: Word("… has time", SKY),
    4: Word("✗ still there", VERMILLION),
    3: Word("? unknown", AMBER),
    2: Word("~ record left", PINK),
    1: Word("✓ gone", BLUE),
    0: Word("○ never there", GRAY),
}
"""The worst answer of one system over all episodes of a deletion, as the code the panels compute."""

CHECK_CODES: Mapping[str, int] = {
    "remaining": 4,
    "unknown": 3,
    "stale": 2,
    "removed": 1,
    "not_applicable": 0,
}

RECORDS: Mapping[str, Word] = {
    "remaining": Word("~ still there", PINK),
    "stale": Word("~ its file is gone", SKY),
    "unknown": Word("? unknown", AMBER),
    "removed": Word("✓ gone", BLUE),
    "not_applicable": Word("○ never there", GRAY),
}
"""What a system says of the whole deletion: what is left of that makes no episode fail."""

UP: Mapping[int, Word] = {1: Word("✓ answers", BLUE), 0: Word("✗ down", VERMILLION)}

DOWN_FOR: Mapping[int, Word] = {
    0: Word("✓ answers", BLUE),
    NOT_KNOWN: Word("✗ never answered", VERMILLION),
}
"""Of a number that is 0 while a system answers, and else for how many seconds it has not."""

UNKNOWN = Word("? unknown", PINK)

YES: Mapping[int, Word] = {1: Word("yes", GRAY)}
"""Nothing stands where it is no: most things need no acknowledgement."""

DOWNLOAD_STATES: Mapping[str, Word] = {
    "downloading": Word("↓ downloading", GREEN),
    "stalled": Word("! stalled", VERMILLION),
    "error": Word("✗ error", VERMILLION),
    "queued": Word("□ queued", AMBER),
    "metadata": Word("… metadata", AMBER),
    "checking": Word("… checking", SKY),
    "paused": Word("‖ paused", GRAY),
    "seeding": Word("↑ seeding", BLUE),
    "complete": Word("✓ complete", BLUE),
    "unknown": Word("? unknown", PINK),
}

REQUEST_STATUSES: Mapping[str, Word] = {
    "pending": Word("waits for approval", AMBER),
    "approved": Word("approved", GREEN),
    "failed": Word("✗ failed", VERMILLION),
    "completed": Word("✓ completed", BLUE),
    "declined": Word("○ declined", GRAY),
    "unknown": Word("? unknown", PINK),
}
