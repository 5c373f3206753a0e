"""How much another system's state of a file that Sonarr imported counts for its stage.

An absence counts only where the system is proven to see the series; when its state is unknown, the
last good answer for *this file* counts; if there never was one, Sonarr's report counts, except for
files imported while the system could not be reached.
"""

from typing import NamedTuple

from episodarr.stages.classify import Availability


class FileMatch(NamedTuple):
    """What one read of the system shows of one file."""

    shown: Availability | None
    """None: nothing follows from the answer, or there was none."""
    is_answered: bool = True
    has_wait_end: bool = True
    """Whether its absence is given up after a scan which could have found it, or a long wait."""


def availability_of(
    match: FileMatch,
    last_good: Availability | None,
    *,
    is_imported_since_answer: bool,
    has_waited: bool,
) -> Availability:
    """The state of one file that counts for its stage.

    `last_good` is the result of an earlier good answer for this very file;
    `is_imported_since_answer`: the file came after the last good answer; `has_waited`: its wait is
    over.
    """
    state = match.shown if match.shown is not None else last_good
    if state is None:
        is_open = is_imported_since_answer and not match.is_answered
        return Availability.UNKNOWN_SINCE_IMPORT if is_open else Availability.UNMATCHED
    return Availability.UNMATCHED if state is Availability.NOT_YET and has_waited else state
