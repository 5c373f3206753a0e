"""Display texts for every stage, hold, answer, status, system and failure.

Each function matches exhaustively, so a new member anywhere is found by the type checker here.
Red and green never stand alone: every tone comes with a mark or a word.
"""

from enum import StrEnum

from episodarr.model.deletion import DeletionStatus, NoticedBy
from episodarr.model.health import System
from episodarr.model.reading import FailureReason
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from episodarr.views.text import EN_DASH, plain


class Tone(StrEnum):
    """The severity of a text; the terminal has a color for each and the page a class."""

    GOOD = "good"
    BUSY = "busy"
    WAITING = "waiting"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"
    PLAIN = "plain"


def stage_words(stage: Stage) -> tuple[str, str, Tone]:  # noqa: C901 - one case per member
    """Mark, word and tone of a stage."""
    match stage:
        case Stage.AVAILABLE:
            return "✓", "Available", Tone.GOOD
        case Stage.IMPORTING:
            return "⇥", "Importing", Tone.BUSY
        case Stage.DOWNLOADING:
            return "↓", "Downloading", Tone.BUSY
        case Stage.FOUND:
            return "◎", "Found", Tone.BUSY
        case Stage.SEARCHING:
            return "⌕", "Searching", Tone.BUSY
        case Stage.FAILED:
            return "✗", "Failed", Tone.BAD
        case Stage.QUEUED:
            return "⏳", "Queued", Tone.WAITING
        case Stage.UNAIRED:
            return "·", "Not aired", Tone.QUIET
        case Stage.UNMONITORED:
            return EN_DASH, "Not monitored", Tone.QUIET


def hold_words(hold: Hold) -> tuple[str, Tone]:  # noqa: C901 - one case per member
    """Words and tone for what an episode waits for; warning and bad need attention."""
    match hold:
        case Hold.IMPORT_BLOCKED:
            return "import blocked: Sonarr needs a hand", Tone.BAD
        case Hold.IMPORT_WARNING:
            return "import waits: Sonarr warns about it", Tone.WARNING
        case Hold.CLIENT_UNAVAILABLE:
            return "download client cannot be reached", Tone.WARNING
        case Hold.CLIENT_ERROR:
            return "the download client reports an error or missing files", Tone.BAD
        case Hold.METADATA:
            return "fetching metadata", Tone.QUIET
        case Hold.CHECKING:
            return "checking its files", Tone.QUIET
        case Hold.PAUSED:
            return "paused in the download client", Tone.WARNING
        case Hold.NO_SEEDS:
            return "stalled: no seeds", Tone.WARNING
        case Hold.STALLED:
            return "stalled: seeds send nothing", Tone.WARNING
        case Hold.PACK_INCOMPLETE:
            return "complete, the rest of its pack is not", Tone.QUIET
        case Hold.DELAY_PROFILE:
            return "waits for the delay profile", Tone.QUIET
        case Hold.SHOKO_MATCH:
            return "waits for Shoko to match it", Tone.QUIET
        case Hold.JELLYFIN_SCAN:
            return "waits for Jellyfin's scan", Tone.QUIET
        case Hold.JELLYFIN_UNKNOWN:
            return "Jellyfin does not answer", Tone.WARNING
        case Hold.JELLYFIN_UNMATCHED:
            return "by Sonarr's word: Jellyfin does not list it", Tone.QUIET
        case Hold.FILE_SKIPPED:
            return "deselected in the download client", Tone.WARNING
        case Hold.NOT_MONITORED:
            return "requested, but not monitored in Sonarr", Tone.WARNING


def needs_attention(stage: Stage, hold: Hold | None) -> bool:
    """Whether an episode needs a person's attention."""
    if hold is None:
        return stage is Stage.FAILED
    return stage is Stage.FAILED or hold_needs_attention(hold)


def hold_needs_attention(hold: Hold) -> bool:
    """Whether a hold does not resolve by itself."""
    return hold_words(hold)[1] in {Tone.WARNING, Tone.BAD}


def upstream_name(system: str, name: str) -> str:
    """As in "Sonarr tv"; an only one that has no name of its own is just "Jellyfin"."""
    shown = shown_system(system)
    return shown if name == system else f"{shown} {plain(name)}"


def shown_system(label: str) -> str:
    """The name of a system by its label; a newer server may have others."""
    try:
        return System(label).shown_name
    except ValueError:
        return plain(label)


def status_words(status: DeletionStatus) -> tuple[str, Tone]:  # noqa: C901 - one case per member
    """Text and tone of a deletion's status."""
    match status:
        case DeletionStatus.VERIFYING:
            return "VERIFYING", Tone.BUSY
        case DeletionStatus.PARTIAL:
            return "PARTIAL", Tone.BAD
        case DeletionStatus.FAILED:
            return "FAILED", Tone.BAD
        case DeletionStatus.UNVERIFIED:
            return "UNVERIFIED", Tone.WARNING
        case DeletionStatus.LEFTOVERS:
            return "LEFTOVERS", Tone.WAITING
        case DeletionStatus.COMPLETE:
            return "COMPLETE", Tone.GOOD
        case DeletionStatus.FILES_KEPT:
            return "FILES KEPT", Tone.QUIET
        case DeletionStatus.SUPERSEDED:
            return "SUPERSEDED", Tone.QUIET
        case DeletionStatus.HELD:
            return "HELD", Tone.WARNING


def noticed_words(noticed_by: NoticedBy) -> str:
    """Words for how a deletion was noticed."""
    match noticed_by:
        case NoticedBy.WEBHOOK:
            return "noticed by Sonarr's webhook"
        case NoticedBy.POLL:
            return "noticed because Sonarr no longer lists it"
        case NoticedBy.HISTORY:
            return "noticed in Sonarr's history"
        case NoticedBy.MISSING:
            return "noticed because Sonarr misses the files on disk"
        case NoticedBy.ANNOUNCED:
            return "announced beforehand"


NEEDS_A_PERSON = frozenset({RequestStatus.PENDING, RequestStatus.FAILED})
"""Requests that make no progress until a person acts in Seerr, whatever Sonarr has."""


def request_words(status: RequestStatus) -> tuple[str, Tone]:
    """Text and tone of a request's status."""
    match status:
        case RequestStatus.PENDING:
            return "waits for approval", Tone.WARNING
        case RequestStatus.APPROVED:
            return "approved", Tone.BUSY
        case RequestStatus.DECLINED:
            return "declined", Tone.QUIET
        case RequestStatus.FAILED:
            return "failed in Jellyseerr", Tone.BAD
        case RequestStatus.COMPLETED:
            return "completed", Tone.GOOD
        case RequestStatus.UNKNOWN:
            return "status unknown", Tone.WARNING


def remedy(reason: FailureReason, name: str) -> str:  # noqa: C901 - one case per member
    """What to do about an upstream that fails so, one sentence."""
    match reason:
        case FailureReason.TIMEOUT:
            return f"{name} took too long to answer: see whether it is busy, or raise its timeout."
        case FailureReason.UNREACHABLE:
            return f"{name} cannot be reached: see whether it runs, and check its URL."
        case FailureReason.UNAUTHORIZED:
            return f"{name} refuses the credentials: check its API key or password."
        case FailureReason.NOT_FOUND:
            return f"{name}'s address answers, but not with its API: check the URL and base path."
        case FailureReason.RATE_LIMITED:
            return f"{name} asks for fewer requests: it is asked again later."
        case FailureReason.SERVER_ERROR:
            return f"{name} reports an error of its own: its log names it."
        case FailureReason.REDIRECTED:
            return (
                f"{name} sends elsewhere, as login pages do: check the URL, scheme and base path."
            )
        case FailureReason.BAD_STATUS:
            return f"{name} gave an unexpected status: check the URL, and any proxy before it."
        case FailureReason.BAD_PAYLOAD:
            return (
                f"{name}'s answer could not be read: check the URL, and that its version is known."
            )
