"""Formats numbers, times and titles for people."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

EN_DASH = "\u2013"
"""Between the ends of a range, and for what does not apply."""

TITLE_LIMIT_CHARACTERS = 240
"""Maximum length, longer than any real release name, so that no title fills a screen."""

_JOINERS = "\u200c\u200d"
"""Invisible, but letters of Persian and of emoji depend on them; they cannot reorder a line."""
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_MINUTE_SECONDS = 60
_HOUR_SECONDS = 3600
_DAY_SECONDS = 86_400


def plain(text: str, *, limit: int = TITLE_LIMIT_CHARACTERS) -> str:
    """The text on one line, without control, bidirectional and unassigned characters.

    Escape sequences lose the character that starts them, so a terminal shows the rest as it is.
    At most `limit` characters; what was longer ends in "…".
    """
    kept = "".join(_plain_character(character) for character in text[: limit * 4])
    line = " ".join(kept.split())
    if len(line) <= limit and len(text) <= limit * 4:
        return line
    return line[: limit - 1].rstrip() + "…"


def escaped(text: str) -> str:
    """The text with everything that would steer a terminal, or begin a line, written out.

    For logs and terminals, where a system's message is to be shown unchanged otherwise.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in _JOINERS
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def _plain_character(character: str) -> str:
    if character.isspace():
        return " "
    if character in _JOINERS:
        return character
    return "" if unicodedata.category(character) in _FORBIDDEN_CATEGORIES else character


def percent(ratio: float) -> str:
    """As in "45 %"; "0 %" and "100 %" only when it is exactly so."""
    if ratio <= 0:
        return "0 %"
    if ratio >= 1:
        return "100 %"
    rounded = round(ratio * 100)
    return "<1 %" if rounded == 0 else f"{min(rounded, 99)} %"


def duration(seconds: float) -> str:
    """As in "12 min", "3 h 20 min", "2 days": as exact as people need."""
    if seconds < _MINUTE_SECONDS:
        return "<1 min"
    minutes = int(seconds // _MINUTE_SECONDS)
    if seconds < _HOUR_SECONDS:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if seconds < 10 * _HOUR_SECONDS and rest:
        return f"{hours} h {rest} min"
    if seconds < 2 * _DAY_SECONDS:
        return f"{hours} h"
    return f"{int(seconds // _DAY_SECONDS)} days"


def age(then: datetime, now: datetime) -> str:
    """As in "3 days ago"; a time that is still to come, by a clock that is off, is "just now"."""
    passed = (now - then) / timedelta(seconds=1)
    if passed < _MINUTE_SECONDS:
        return "just now"
    if passed < _HOUR_SECONDS:
        return f"{int(passed // _MINUTE_SECONDS)} min ago"
    if passed < _DAY_SECONDS:
        return counted(int(passed // _HOUR_SECONDS), "hour") + " ago"
    return counted(int(passed // _DAY_SECONDS), "day") + " ago"


def size(size_bytes: int) -> str:
    """As in "1.4 GiB"."""
    amount = float(max(size_bytes, 0))
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def counted(count: int, noun: str, plural: str = "") -> str:
    """As in "1 file", "13 files"."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def runs(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Unbroken ranges, first and last number of each, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def span(first: int, last: int) -> str:
    """As in "4" or "4-12"."""
    return str(first) if first == last else f"{first}{EN_DASH}{last}"


def seasons(numbers: Sequence[int]) -> str:
    """As in "season 2", "seasons 1-2, 4", "specials", "season 1 and specials"; "" for none."""
    regular = [number for number in numbers if number > 0]
    words = ""
    if regular:
        noun = "season" if len(set(regular)) == 1 else "seasons"
        words = f"{noun} {', '.join(span(first, last) for first, last in runs(regular))}"
    if len(regular) == len(numbers):
        return words
    return f"{words} and specials" if words else "specials"


def sentence_list(words: Sequence[str], *, limit: int = 50) -> str:
    """As in "a, b, c and 4 more"."""
    if len(words) <= limit:
        return ", ".join(words)
    return f"{', '.join(words[:limit])} and {len(words) - limit} more"
