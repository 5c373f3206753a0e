"""How Shoko shows the files of Sonarr's episodes, and what of it counts for their stages.

"Not there" exists only where Shoko was seen to have the series; the types of every other case
(none of its files, no good answer) cannot express it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

from episodarr.model.ids import EpisodeNumber, ShokoFileId
from episodarr.model.reading import FailureReason
from episodarr.stages.availability import FileMatch
from episodarr.stages.classify import Availability


class ShokoMatch(StrEnum):
    """State in Shoko of the file of one episode."""

    MATCHED = "matched"
    UNMATCHED = "unmatched"
    """Shoko has the file, and AniDB's match is still to come."""
    ABSENT = "absent"
    """Shoko is proven to see this series' files, and does not have this one yet."""
    NOT_SEEN = "not_seen"
    """A good answer from which nothing follows: Shoko may not watch this folder at all."""
    UNKNOWN = "unknown"


class ShokoSees(Struct, frozen=True, kw_only=True, gc=False):
    """Shoko has at least one file of this series, and some were requested."""

    matched: frozenset[EpisodeNumber]
    unmatched: frozenset[EpisodeNumber]
    absent: frozenset[EpisodeNumber]
    unanswered: frozenset[EpisodeNumber] = frozenset()
    """Not requested in this read, or not given in the answer."""
    file_id_by_number: Mapping[EpisodeNumber, ShokoFileId] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """Also what ties the items of Jellyfin's plugin Shokofin to episodes."""


class ShokoNotSeen(Struct, frozen=True, kw_only=True, gc=False):
    """A good answer without any file of this series."""


class ShokoUnknown(Struct, frozen=True, kw_only=True, gc=False):
    """No good answer in this read."""

    reason: FailureReason | None
    """None: it was not requested yet."""
    last_known: ShokoSees | ShokoNotSeen | None = None


type ShokoMatches = ShokoSees | ShokoNotSeen | ShokoUnknown


def shoko_match(matches: ShokoMatches, number: EpisodeNumber) -> ShokoMatch:
    """State of the file of one episode by these matches."""
    match matches:
        case ShokoSees() if number in matches.matched:
            return ShokoMatch.MATCHED
        case ShokoSees() if number in matches.unmatched:
            return ShokoMatch.UNMATCHED
        case ShokoSees() if number in matches.absent:
            return ShokoMatch.ABSENT
        case ShokoSees() if number in matches.unanswered:
            return ShokoMatch.UNKNOWN
        case ShokoSees() | ShokoNotSeen():
            return ShokoMatch.NOT_SEEN
        case ShokoUnknown():
            return ShokoMatch.UNKNOWN


FILE_MATCHES: Mapping[ShokoMatch, FileMatch] = {
    ShokoMatch.MATCHED: FileMatch(Availability.YES),
    # What Shoko has and AniDB does not know stays so; only its absence is given up.
    ShokoMatch.UNMATCHED: FileMatch(Availability.NOT_YET, has_wait_end=False),
    ShokoMatch.ABSENT: FileMatch(Availability.NOT_YET),
    ShokoMatch.NOT_SEEN: FileMatch(None, has_wait_end=False),
    ShokoMatch.UNKNOWN: FileMatch(None, is_answered=False, has_wait_end=False),
}
"""What each of them shows of the file."""
