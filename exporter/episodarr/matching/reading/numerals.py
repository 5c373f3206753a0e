"""Numbers as names spell them."""

from __future__ import annotations

from episodarr.matching.reading.lexicon import (
    CJK_DIGITS,
    COUNT_WORDS,
    ROMAN,
    SEASON_COUNT_WORDS,
)


def cardinal(text: str) -> int | None:
    """The number a token spells in digits, in words, in Roman or Chinese numerals, or None."""
    if text.isdecimal():
        return int(text)
    lowered = text.lower()
    if lowered == "i":
        return 1
    known = ROMAN.get(lowered) or COUNT_WORDS.get(lowered) or SEASON_COUNT_WORDS.get(lowered)
    return known if known is not None else _chinese(text)


def _chinese(text: str) -> int | None:
    total, current = 0, 0
    for char in text:
        if char in CJK_DIGITS:
            current = CJK_DIGITS[char]
        elif char in "十百":
            total += (current or 1) * (10 if char == "十" else 100)
            current = 0
        else:
            return None
    return total + current
