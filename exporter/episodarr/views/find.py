"""Finds a series by its id, TVDB id, slug, or part of its title."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

SUGGESTIONS_LIMIT = 8

_WORD_LETTERS = 4
"""Minimum length of words compared for similarity; shorter ones match too many others."""
_APOSTROPHES = "'\u2019"
"""Dropped, not turned into a gap: people type "Dont" for "Don't"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A series with the fields it is found by."""

    id: str
    title: str
    title_slug: str
    tvdb_id: int
    year: int


@dataclass(frozen=True, slots=True)
class Found:
    """Exactly one series is meant."""

    series: Named


@dataclass(frozen=True, slots=True)
class NotFound:
    """No series or several match; `sentence` explains, `suggestions` lists candidates."""

    sentence: str
    suggestions: tuple[Named, ...]
    is_ambiguous: bool


def find_series(query: str, library: Iterable[Named]) -> Found | NotFound:
    """The one series that the query matches, or why there is none.

    An id ("tv:267440"), a TVDB number, a slug or a whole title wins over a part of a title;
    case, accents and punctuation do not matter. The same series in two Sonarrs is ambiguous.
    """
    everything = tuple(library)
    wanted = folded(query)
    if not wanted:
        return NotFound("No series was named.", (), is_ambiguous=False)
    for matches in (
        [series for series in everything if series.id == query.strip().lower()],
        [series for series in everything if str(series.tvdb_id) == query.strip()],
        [series for series in everything if wanted in _whole_names(series)],
        [series for series in everything if wanted in folded(series.title)],
    ):
        if len(matches) == 1:
            return Found(matches[0])
        if matches:
            sentence = f"{len(matches)} series match “{query.strip()[:80]}”."
            return NotFound(sentence, tuple(matches[:SUGGESTIONS_LIMIT]), is_ambiguous=True)
    sentence = f"No series matches “{query.strip()[:80]}”."
    return NotFound(sentence, _similar(wanted, everything), is_ambiguous=False)


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
    """Letters and digits only, without case and accents, words parted by one space."""
    compatible = unicodedata.normalize("NFKD", text).casefold()
    decomposed = unicodedata.normalize("NFKD", compatible)
    kept = "".join(
        character if character.isalnum() else " "
        for character in decomposed
        if not unicodedata.combining(character) and character not in _APOSTROPHES
    )
    return " ".join(kept.split())


def _whole_names(series: Named) -> tuple[str, ...]:
    title = folded(series.title)
    return (title, f"{title} {series.year}", folded(series.title_slug))


def _similar(wanted: str, library: Sequence[Named]) -> tuple[Named, ...]:
    """Series whose title, or a word of it, is spelled similarly."""
    named_so: dict[str, list[Named]] = {}
    for series in library:
        title = folded(series.title)
        for name in {title, *(word for word in title.split() if len(word) >= _WORD_LETTERS)}:
            named_so.setdefault(name, []).append(series)
    close = get_close_matches(wanted, named_so, n=SUGGESTIONS_LIMIT, cutoff=0.6)
    once = {series.id: series for name in close for series in named_so[name]}
    return tuple(once.values())[:SUGGESTIONS_LIMIT]
