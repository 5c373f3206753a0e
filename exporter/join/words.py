"""What Jellyfin's and Shoko's testimony adds to Sonarr's word that a file is here.

DESIGN.md section 3, "Jellyfin's word": their absence counts only where they are proven to see the
series; when they are unknown, the last good answer for *this file* counts; if there never was one,
Sonarr's word counts, except for files imported while they could not be asked.
"""

from exporter.join.classify import Word
from exporter.model.testimony import JellyfinWord, ShokoWord


def jellyfin_says(
    word: JellyfinWord, last_good: Word | None, *, is_imported_since_answer: bool
) -> Word:
    """The word that counts for one file.

    `last_good` is what an earlier good answer made of this very file; `is_imported_since_answer`
    says that the file came after Jellyfin's last good answer.
    """
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


def shoko_says(word: ShokoWord, last_good: Word | None, *, is_imported_since_answer: bool) -> Word:
    """The word that counts for one file; as for Jellyfin."""
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
