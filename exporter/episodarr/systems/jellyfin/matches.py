"""How Jellyfin shows Sonarr's episodes, and what of it counts for their stages.

"Not there" exists only where Jellyfin was seen to know the series; the types of every other case
(no such series, no good answer) cannot express it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct, field

from episodarr.model.ids import EpisodeNumber
from episodarr.model.reading import FailureReason
from episodarr.stages.availability import FileMatch
from episodarr.stages.classify import Availability
from episodarr.systems.jellyfin.records import JellyfinId


class JellyfinMatch(StrEnum):
    """State in Jellyfin of one episode that has a file in Sonarr."""

    PLAYABLE = "playable"
    ABSENT = "absent"
    """Jellyfin is proven to see this series, and lists nothing that could be this episode."""
    UNMATCHED = "unmatched"
    """A good answer from which nothing follows for this episode."""
    UNKNOWN = "unknown"


class JellyfinSees(Struct, frozen=True, kw_only=True, gc=False):
    """Jellyfin has this series, and its episodes were requested."""

    series_ids: tuple[JellyfinId, ...]
    playable: frozenset[EpisodeNumber]
    absent: frozenset[EpisodeNumber]
    """Only what is proven: see `JellyfinMatch.ABSENT`. Disjoint from `playable`."""
    item_ids_by_number: Mapping[EpisodeNumber, tuple[JellyfinId, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    """The items that `playable` rests on."""


class JellyfinUnmatched(Struct, frozen=True, kw_only=True, gc=False):
    """A good and complete answer in which no series is this one."""


class JellyfinUnknown(Struct, frozen=True, kw_only=True, gc=False):
    """No good answer in this read."""

    reason: FailureReason | None
    """None: it was not requested yet."""
    last_known: JellyfinSees | JellyfinUnmatched | None = None
    """From an older answer that is still young enough to be shown."""


type JellyfinMatches = JellyfinSees | JellyfinUnmatched | JellyfinUnknown


def jellyfin_match(matches: JellyfinMatches, number: EpisodeNumber) -> JellyfinMatch:
    """State of one episode by these matches."""
    match matches:
        case JellyfinSees() if number in matches.playable:
            return JellyfinMatch.PLAYABLE
        case JellyfinSees() if number in matches.absent:
            return JellyfinMatch.ABSENT
        case JellyfinSees() | JellyfinUnmatched():
            return JellyfinMatch.UNMATCHED
        case JellyfinUnknown():
            return JellyfinMatch.UNKNOWN


FILE_MATCHES: Mapping[JellyfinMatch, FileMatch] = {
    JellyfinMatch.PLAYABLE: FileMatch(Availability.YES),
    JellyfinMatch.ABSENT: FileMatch(Availability.NOT_YET),
    JellyfinMatch.UNMATCHED: FileMatch(None),
    JellyfinMatch.UNKNOWN: FileMatch(None, is_answered=False),
}
"""What each of them shows of the file."""
