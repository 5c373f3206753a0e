"""How much another system's state of a file that Sonarr imported counts for its stage.

An absence counts only where the system is proven to see the series; when its state is unknown, the
last good answer for *this file* counts; if there never was one, Sonarr's report counts, except for
files imported while the system could not be reached.
"""

from episodarr.stages.classify import Availability


def availability_of(
    shown: Availability | None,
    last_good: Availability | None,
    *,
    is_answered: bool,
    is_imported_since_answer: bool,
    has_waited: bool,
) -> Availability:
    """The state of one file that counts for its stage.

    `shown` is what a good answer shows; None: nothing follows from it, or there was none, which
    `is_answered` tells apart. `last_good` is the result of an earlier good answer for this very
    file; `is_imported_since_answer`: the file came after the last good answer; `has_waited`: a scan
    which could have found it has ended well, or the longest wait is over.
    """
    state = shown if shown is not None else last_good
    if state is None:
        is_open = is_imported_since_answer and not is_answered
        return Availability.UNKNOWN_SINCE_IMPORT if is_open else Availability.UNMATCHED
    return Availability.UNMATCHED if state is Availability.NOT_YET and has_waited else state
