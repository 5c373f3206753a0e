"""Comparable forms of titles and names: one form for different spellings.

Folding forgets case, accents, width, punctuation and the length marks of romanised Japanese
(`Shitennou` and `Shitennoh`, `Yuukaku` and `Yukaku`), and keeps word borders, so that a title is
found in a name only as whole words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from msgspec import Struct

_SPACELESS = re.compile(r"([぀-ヿ㐀-䶿一-鿿豈-﫿가-힯々〆ー]+)")
_WORD = re.compile(r"[^\W_]+|&")
_ASCII_WORD = re.compile(r"[0-9A-Za-z]+|&")
_LONG_VOWELS = re.compile(r"ou|oo|oh(?![aeiou])|uu|(?<=[bcdfghjkmnprstz])wo$")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_GLUED_NUMBER = re.compile(r"(?<=[^\W\d_])\d{2,}$")
_BACKWARDS = re.compile(r"(?:^|[-._ ])\d{2,3}[eE]\d{2}[sS](?:[-._ ]|$)")
_DOTTED_AND_DOTLESS = str.maketrans("İı", "ii")
"""The Turkish letters; the lower case of the first one would be two characters."""
_ARTICLES = frozenset({"the", "a", "an"})


class Word(Struct, frozen=True, gc=False):
    """A word of a text: its folded form and where it stands (`start`:`end`) in the text."""

    folded: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def fold_word(word: str) -> str:
    """The comparable form of a single word; never empty for a word of letters or digits."""
    if word == "&":
        return "and"
    lowered = word.casefold()
    if lowered.isascii():
        plain = lowered
    else:
        decomposed = unicodedata.normalize("NFKD", lowered)
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
        plain = unicodedata.normalize("NFKC", plain) or lowered
    if plain == "wo":
        return "o"
    return _LONG_VOWELS.sub(lambda found: "u" if found.group().startswith("u") else "o", plain)


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text in order; scripts without spaces are split from Latin ones only."""
    if text.isascii():
        return tuple(
            [Word(fold_word(at.group()), at.start(), at.end()) for at in _ASCII_WORD.finditer(text)]
        )
    words: list[Word] = []
    for found in _WORD.finditer(text):
        at = found.start()
        for run in _SPACELESS.split(found.group()):
            if run:
                words.append(Word(fold_word(run), at, at + len(run)))
                at += len(run)
    return tuple(words)


@lru_cache(maxsize=4096)
def compact(text: str) -> str:
    """The folded words of a text written as one, for comparing whole titles."""
    return "".join(word.folded for word in words_of(text))


@lru_cache(maxsize=4096)
def content_words(text: str) -> tuple[str, ...]:
    """The folded words of a text without its articles, for comparing titles loosely."""
    return tuple(w.folded for w in words_of(text) if w.folded not in _ARTICLES)


def unpadded(text: str) -> str:
    """The text with its numbers written without leading zeros."""
    return _ZEROS.sub("", text)


def normal(text: str) -> str:
    """The text with full-width and other compatibility forms of characters made plain."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.replace("№", "#"))


def lowered(text: str) -> str:
    """The text in lower case, every character in its place; patterns are written for such texts.

    They start and run much faster than patterns that ignore case.
    """
    return text.lower() if text.isascii() else text.translate(_DOTTED_AND_DOTLESS).lower()


def upright(text: str) -> str:
    """The text, turned round if it is written backwards: `20E10S.emaN`."""
    return text[::-1] if _BACKWARDS.search(text) else text


class Indexed:
    """A text in which titles are found by whole words, whatever separates the words."""

    __slots__ = ("_ends", "_starts", "compacted", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words_of(text)
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        parts: list[str] = []
        position = 0
        for word in self.words:
            self._starts[position] = word.start
            parts.append(word.folded)
            position += len(word.folded)
            self._ends[position] = word.end
            if word.folded[-1].isdigit():
                glued = _GLUED_NUMBER.search(text[word.start : word.end])
                if glued:
                    self._ends[position - len(glued.group())] = word.end - len(glued.group())
        self.compacted = "".join(parts)

    def word_starts(self, length: int) -> set[str]:
        """The first `length` characters of the text from each word on."""
        return {self.compacted[at : at + length] for at in self._starts}

    def find(self, wanted: str) -> tuple[int, int] | None:
        """Where the compact title first stands as whole words in the text, or None.

        A number of two or more digits glued to the last word counts as a word of its own.
        """
        at = self.compacted.find(wanted) if wanted else -1
        while at >= 0:
            start, end = self._starts.get(at), self._ends.get(at + len(wanted))
            if start is not None and end is not None:
                return (start, end)
            at = self.compacted.find(wanted, at + 1)
        return None
