"""The stages of an episode and what it can wait for (DESIGN.md section 3).

Codes are part of the metrics: spaced, never renumbered.
"""

from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """Exactly one holds for each episode; a larger code is nearer to the viewer."""

    UNMONITORED = 0
    UNAIRED = 10
    QUEUED = 20
    FAILED = 30
    SEARCHING = 40
    FOUND = 50
    DOWNLOADING = 60
    IMPORTING = 70
    AVAILABLE = 80

    @property
    def label(self) -> str:
        """The value of the metric label `episode_stage`."""
        return _LABELS[self]


_LABELS = {stage: stage.name.lower() for stage in Stage}

TRACKED_STAGES = tuple(stage for stage in Stage if stage is not Stage.UNMONITORED)

UNDER_WAY_STAGES = (
    Stage.FAILED,
    Stage.SEARCHING,
    Stage.FOUND,
    Stage.DOWNLOADING,
    Stage.IMPORTING,
)
"""Any of these makes a season active."""

TELLING_ORDER = (
    Stage.DOWNLOADING,
    Stage.IMPORTING,
    Stage.FOUND,
    Stage.SEARCHING,
    Stage.FAILED,
    Stage.QUEUED,
    Stage.AVAILABLE,
    Stage.UNAIRED,
)
"""The stage of a season or series is the first of these that one of its tracked episodes has."""


class Hold(StrEnum):
    """The one thing an episode waits for; the first that applies, in this order."""

    IMPORT_BLOCKED = "import_blocked"
    IMPORT_WARNING = "import_warning"
    CLIENT_UNAVAILABLE = "client_unavailable"
    CLIENT_ERROR = "client_error"
    METADATA = "metadata"
    CHECKING = "checking"
    PAUSED = "paused"
    NO_SEEDS = "no_seeds"
    STALLED = "stalled"
    PACK_INCOMPLETE = "pack_incomplete"
    DELAY_PROFILE = "delay_profile"
    SHOKO_MATCH = "shoko_match"
    JELLYFIN_SCAN = "jellyfin_scan"
    JELLYFIN_UNKNOWN = "jellyfin_unknown"
    JELLYFIN_UNMATCHED = "jellyfin_unmatched"
    FILE_SKIPPED = "file_skipped"
    NOT_MONITORED = "not_monitored"


HOLD_ORDER = {hold: rank for rank, hold in enumerate(Hold)}
