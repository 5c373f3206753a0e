"""How Jellyfin's and Shoko's state of a file that Sonarr imported counts for its stage.

DESIGN.md section 3, "Jellyfin's word": an absence counts only where they are proven to see the
series; when their state is unknown, the last good answer for *this file* counts; if there never was
one, Sonarr's report counts, except for files imported while they could not be reached.
"""

from datetime import timedelta

from episodarr.model.match import JellyfinMatch, ShokoMatch
from episodarr.stages.classify import Availability

LONGEST_WAIT = timedelta(hours=24)
"""A file that is not listed so long after its import counts as Sonarr reports it."""


def jellyfin_availability(
    availability: JellyfinMatch,
    last_good: Availability | None,
    *,
    is_imported_since_answer: bool,
    has_waited: bool = False,
) -> Availability:
    """The state of one file in Jellyfin that counts for its stage.

    `last_good` is the result of an earlier good answer for this very file;
    `is_imported_since_answer`: the file came after Jellyfin's last good answer; `has_waited`: a
    scan which could have found it has ended well, or the longest wait is over.
    """
    said = _jellyfin_availability(
        availability, last_good, is_imported_since_answer=is_imported_since_answer
    )
    return Availability.UNMATCHED if said is Availability.NOT_YET and has_waited else said


def _jellyfin_availability(
    availability: JellyfinMatch, last_good: Availability | None, *, is_imported_since_answer: bool
) -> Availability:
    match availability:
        case JellyfinMatch.PLAYABLE:
            return Availability.YES
        case JellyfinMatch.ABSENT:
            return Availability.NOT_YET
        case JellyfinMatch.UNMATCHED:
            return last_good if last_good is not None else Availability.UNMATCHED
        case JellyfinMatch.UNKNOWN:
            if last_good is not None:
                return last_good
            return (
                Availability.UNKNOWN_SINCE_IMPORT
                if is_imported_since_answer
                else Availability.UNMATCHED
            )


def shoko_availability(
    availability: ShokoMatch,
    last_good: Availability | None,
    *,
    is_imported_since_answer: bool,
    has_waited: bool = False,
) -> Availability:
    """The state of one file in Shoko that counts for its stage; as for Jellyfin."""
    said = _shoko_availability(
        availability, last_good, is_imported_since_answer=is_imported_since_answer
    )
    return Availability.UNMATCHED if said is Availability.NOT_YET and has_waited else said


def _shoko_availability(
    availability: ShokoMatch, last_good: Availability | None, *, is_imported_since_answer: bool
) -> Availability:
    match availability:
        case ShokoMatch.MATCHED:
            return Availability.YES
        case ShokoMatch.UNMATCHED | ShokoMatch.ABSENT:
            return Availability.NOT_YET
        case ShokoMatch.NOT_SEEN:
            return last_good if last_good is not None else Availability.UNMATCHED
        case ShokoMatch.UNKNOWN:
            if last_good is not None:
                return last_good
            return (
                Availability.UNKNOWN_SINCE_IMPORT
                if is_imported_since_answer
                else Availability.UNMATCHED
            )
