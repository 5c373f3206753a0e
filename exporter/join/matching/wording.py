"""What the words of a name say about episode titles, next to what its numbers say."""

from __future__ import annotations

import re

from exporter.join.matching.fold import Indexed, compact, unpadded, words_of
from exporter.join.matching.marks import read_marks
from exporter.join.matching.pools import explicit_statements
from exporter.join.matching.reading import Reading

_MORE_WORDS = re.compile(
    r" (?!(?:web|hd|sd|blu|bd|dvd|uhd|nf|amzn|dsnp|hmax|atvp|repack|proper|multi|dual)\w*(?![^\W_]))[^\W\d_]",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\[[^\]]*\]|\([^)]*\)")


def after_title(reading: Reading) -> str:
    """The name of a file without its series' title and technical tokens."""
    masked = reading.masked
    if reading.alias_span:
        masked = f"{masked[: reading.alias_span[0]]} {masked[reading.alias_span[1] :]}"
    return masked.replace("\x00", " ")


def unbracketed(text: str) -> str:
    """The text without what stands in brackets."""
    return _BRACKETED.sub(" ", text)


def stands_out(text: str, title: str) -> bool:
    """Whether a title of a single word is told apart: first in the text, not one of a sentence."""
    if len(words_of(title)) > 1:
        return True
    text = unpadded(text)
    at = Indexed(text).find(compact(unpadded(title)))
    if at is None:
        return False
    led_up = unbracketed(text[: at[0]])
    return not words_of(led_up) and _MORE_WORDS.match(text[at[1] :]) is None


def leaves_it_to_the_title(reading: Reading, text: str, title: str) -> bool:
    """Whether a file has no number of its own but those of the title, or a special's."""
    stated = explicit_statements(reading)
    if stated:
        return stated[0].numbers == (0,) or stated[0].season == 0
    text = unpadded(text)
    at = Indexed(text).find(compact(unpadded(title)))
    rest = read_marks(text if at is None else f"{text[: at[0]]} {text[at[1] :]}")
    return not rest.episodes and all(number.slot == "roman" for number in rest.numbers)
