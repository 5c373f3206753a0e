"""How Jellyfin's and Shoko's state of a file that Sonarr imported counts for its stage.

DESIGN.md section 3, "Jellyfin's word": an absence counts only where they are proven to see the
series; when their state is unknown, the last good answer for *this file* counts; if there never was
one, Sonarr's report counts, except for files imported while they could not be reached.
"""

from datetime import timedelta

from episodarr.model.testimony import JellyfinWord, ShokoWord
from episodarr.stages.classify import Word

LONGEST_WAIT = timedelta(hours=24)
"""A file that is not listed so long after its import counts as Sonarr reports it."""


def jellyfin_says(
    word: JellyfinWord,
    last_good: Word | None,
    *,
    is_imported_since_answer: bool,
    has_waited: bool = False,
) -> Word:
    """The state of one file in Jellyfin that counts for its stage.

    `last_good` is the result of an earlier good answer for this very file;
    `is_imported_since_answer`: the file came after Jellyfin's last good answer; `has_waited`: a
    scan which could have found it has ended well, or the longest wait is over.
    """
    said = _jellyfin_says(word, last_good, is_imported_since_answer=is_imported_since_answer)
    return Word.UNMATCHED if said is Word.NOT_YET and has_waited else said


def _jellyfin_says(
    word: JellyfinWord, last_good: Word | None, *, is_imported_since_answer: bool
) -> Word:
    match word:
        case JellyfinWord.PLAYABLE:
            return Word.YES
        case JellyfinWord.ABSENT:
            return Word.NOT_YET
        case JellyfinWord.UNMATCHED:
            return last_good if last_good is not None else Word.UNMATCHED
        case JellyfinWord.UNKNOWN:
            if last_good is not None:
                return last_good
            return Word.UNKNOWN_SINCE_IMPORT if is_imported_since_answer else Word.UNMATCHED


def shoko_says(
    word: ShokoWord,
    last_good: Word | None,
    *,
    is_imported_since_answer: bool,
    has_waited: bool = False,
) -> Word:
    """The state of one file in Shoko that counts for its stage; as for Jellyfin."""
    said = _shoko_says(word, last_good, is_imported_since_answer=is_imported_since_answer)
    return Word.UNMATCHED if said is Word.NOT_YET and has_waited else said


def _shoko_says(word: ShokoWord, last_good: Word | None, *, is_imported_since_answer: bool) -> Word:
    match word:
        case ShokoWord.MATCHED:
            return Word.YES
        case ShokoWord.UNMATCHED | ShokoWord.ABSENT:
            return Word.NOT_YET
        case ShokoWord.NOT_SEEN:
            return last_good if last_good is not None else Word.UNMATCHED
        case ShokoWord.UNKNOWN:
            if last_good is not None:
                return last_good
            return Word.UNKNOWN_SINCE_IMPORT if is_imported_since_answer else Word.UNMATCHED
