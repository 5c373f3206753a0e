"""Numbering marks in one name: what it states of season, episode, date and part.

The patterns read a name whose technical tokens (and, where known, the series' title) are blanked.
Each mark that is read is blanked in turn, so that no digit is read twice.
"""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice

from episodarr.matching.dates import DayMark, read_dates
from episodarr.matching.lexicon import CJK_DIGITS, COUNT_WORDS, ROMAN
from episodarr.matching.noise import blank
from episodarr.matching.patterns import (
    BARE_ORDINAL,
    DECIMAL,
    EPISODE,
    NUMBER,
    PART,
    ROMAN_NUMBER,
    SEASON,
    SEASON_EPISODE,
    SEASON_SPAN,
    SEASON_SPECIAL,
    SHORT_SEASON_EPISODE,
)

_SPAN_LIMIT = 2000
_SPACED_SPAN_LIMIT = 12
_MOST_NUMBERS = 16
_FIRST_YEAR = 1900
RESOLUTIONS = frozenset({360, 480, 540, 576, 720, 1080, 1440, 2160, 4320})
_APART = re.compile(r"(?<![\s._])(?:[\s._]+(?:\d{1,4}x|x)?\d+)+", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Mark:
    """One explicit statement: episodes, with their season when the mark names it."""

    season: int | None
    episodes: tuple[int, ...]
    start: int
    end: int
    text: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A bare number that may or may not count episodes; `slot` says how it stands in the name."""

    values: tuple[int, ...]
    start: int
    end: int
    text: str
    slot: str
    part: str = ""


@dataclass(slots=True)
class Marks:
    """All numbering marks of a name, each kind in the order of the name."""

    explicit: list[Mark] = field(default_factory=list)
    episodes: list[Mark] = field(default_factory=list)
    specials: list[Mark] = field(default_factory=list)
    seasons: list[Mark] = field(default_factory=list)
    parts: list[Mark] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    dates: list[DayMark] = field(default_factory=list)
    decimal: bool = False
    rest: str = ""

    @property
    def first_start(self) -> int | None:
        """Where the first explicit mark stands: what is before it is the title's place."""
        starts = [mark.start for mark in (*self.explicit, *self.episodes, *self.specials)]
        starts += [mark.start for mark in self.dates]
        return min(starts, default=None)


def read_marks(masked: str, *, of_file: bool = False) -> Marks:
    """All marks of a masked name; never raises, whatever the name.

    `S01-05` is an episode in the name `of_file`, and else a span of seasons.
    """
    marks = Marks()
    rest = masked
    rest = _take_dates(rest, marks)
    rest = _take(SEASON_EPISODE, rest, marks.explicit)
    if of_file and not marks.explicit:
        rest = _take(SHORT_SEASON_EPISODE, rest, marks.explicit)
    rest = _take((SEASON_SPECIAL,), rest, marks.specials)
    rest = _take(EPISODE, rest, marks.episodes)
    rest = _take_seasons(rest, marks, spans=not of_file)
    rest = _take_parts(rest, marks)
    decimals: list[str] = []
    for found in list(DECIMAL.finditer(rest)):
        decimals.append(_slot(found, rest))
        rest = blank(rest, found.start(), found.end())
    marks.rest = rest
    marks.numbers = _side_by_side(
        [_number(found, rest) for found in islice(NUMBER.finditer(rest), _MOST_NUMBERS)]
    )
    placed = any(n.slot in ("dash", "bracket") for n in marks.numbers)
    marks.decimal = bool(decimals) and ("dash" in decimals or "bracket" in decimals or not placed)
    if not (marks.numbers or marks.explicit or marks.episodes or marks.parts or marks.dates):
        marks.numbers = [_roman_number(found) for found in ROMAN_NUMBER.finditer(rest)]
    return marks


def _take_dates(rest: str, marks: Marks) -> str:
    marks.dates = read_dates(rest)
    for mark in marks.dates:
        rest = blank(rest, mark.start, mark.end)
    return rest


def _take(patterns: tuple[re.Pattern[str], ...], rest: str, into: list[Mark]) -> str:
    for pattern in patterns:
        for found in list(pattern.finditer(rest)):
            groups = found.groupdict()
            season = cardinal(groups["s"]) if groups.get("s") else None
            first = cardinal(groups["e"])
            if first is None:
                continue
            episodes, used = _episodes(first, groups.get("more") or "")
            end = found.end() - (
                0 if used else len(found.group()) - found.group().rfind(groups["more"])
            )
            part = (groups.get("part") or "").lower() if used else ""
            text = masked_text(rest[found.start() : end])
            into.append(Mark(season, episodes, found.start(), end, text, part))
            rest = blank(rest, found.start(), end)
    into.sort(key=lambda mark: mark.start)
    return rest


def _episodes(first: int, more: str) -> tuple[tuple[int, ...], bool]:
    """The episodes of a mark with its continuation; whether the continuation was one."""
    if not more or more == "x":
        return (first,), True
    cleaned = re.sub(r"s\d{1,4}[\s._]?(?=e)|\d{1,4}x", "", more, flags=re.IGNORECASE)
    following = [int(digits) for digits in _DIGITS.findall(cleaned)]
    if more[0] == "_" and len(following) == 1 and 100 <= first < following[0] < first + 100:
        return tuple(range(first, following[0] + 1)), True
    last = following[-1] if following else first
    if _APART.fullmatch(more):
        counts_on = last == first + len(following)
        return (tuple(range(first, last + 1)), True) if counts_on else ((first,), False)
    if len(following) == 1 and re.fullmatch(r"[-~–]\d+", more) and last <= first:
        return (first,), False
    if any(b <= a for a, b in zip([first, *following], following, strict=False)):
        return (first,), True
    if last - first > (_SPACED_SPAN_LIMIT if " - " in more else _SPAN_LIMIT):
        return (first,), False
    side_by_side = re.fullmatch(r"[eE]\d+", more) is not None and last > first + 2
    if side_by_side or re.search(r"[+&,]", more):
        return (first, *following), True
    return tuple(range(first, last + 1)), True


def _take_seasons(rest: str, marks: Marks, *, spans: bool) -> str:
    for pattern in (SEASON_SPAN, *SEASON) if spans else SEASON:
        for found in list(pattern.finditer(rest)):
            first = cardinal(found.group("s"))
            if first is None:
                continue
            more = found.group("more") or ""
            following = [int(digits) for digits in _DIGITS.findall(more)]
            last = following[-1] if following else first
            if last - first > 40 or (
                pattern is BARE_ORDINAL and _behind_number(found, rest, marks)
            ):
                continue
            listed = (
                (first, *following) if re.search(r"[+&,]", more) else tuple(range(first, last + 1))
            )
            text = masked_text(found.group())
            marks.seasons.append(Mark(first, listed or (first,), found.start(), found.end(), text))
            rest = blank(rest, found.start(), found.end())
    if any(mark.episodes[0] < _FIRST_YEAR for mark in marks.seasons):
        marks.seasons = [mark for mark in marks.seasons if mark.episodes[0] < _FIRST_YEAR]
    marks.seasons.sort(key=lambda mark: mark.start)
    return rest


def _behind_number(found: re.Match[str], rest: str, marks: Marks) -> bool:
    """Whether a number stands in front: `05 - July 4th` is of no 4th season."""
    first = marks.first_start
    marked = first is not None and first < found.start()
    return marked or _DIGITS.search(rest, 0, found.start()) is not None


def _take_parts(rest: str, marks: Marks) -> str:
    for pattern in PART:
        for found in list(pattern.finditer(rest)):
            number = cardinal(next(group for group in found.groups() if group)) or 1
            text = masked_text(found.group())
            marks.parts.append(Mark(None, (number,), found.start(), found.end(), text))
            rest = blank(rest, found.start(), found.end())
    marks.parts.sort(key=lambda mark: mark.start)
    return rest


def cardinal(text: str) -> int | None:
    """The number a token spells in digits, Roman, English or Chinese numerals, or None."""
    if text.isdecimal():
        return int(text)
    lowered = text.lower()
    if lowered == "i":
        return 1
    known = ROMAN.get(lowered) or COUNT_WORDS.get(lowered)
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


def masked_text(text: str) -> str:
    """A stretch of a masked name fit to show: without blanks and outer separators."""
    return text.replace("\x00", "").strip(" ._-")


def _number(found: re.Match[str], rest: str) -> Number:
    first = int(found.group("n"))
    values, _ = _episodes(first, found.group("more") or "")
    text = found.group("n")
    if (len(text) == 1 and len(values) > 2 and values[-1] > 9) or values[-1] in RESOLUTIONS:
        # Runs are written alike, `01-12`; `1-12` is rather season and episode, or a date.
        values = (first,)
    slot = _slot(found, rest)
    return Number(
        values, found.start(), found.end(), text, slot, (found.group("part") or "").lower()
    )


def _side_by_side(numbers: list[Number]) -> list[Number]:
    """The numbers, with `103.104` as one that counts two episodes."""
    merged: list[Number] = []
    for number in numbers:
        last = merged[-1] if merged else None
        if (
            last is not None
            and len(last.text) == len(number.text) == 3
            and last.end + 1 == number.start
            and number.values[0] == last.values[-1] + 1
            and number.values[0] not in RESOLUTIONS
        ):
            values = (*last.values, *number.values)
            merged[-1] = replace(last, values=values, end=number.end)
        else:
            merged.append(number)
    return merged


def _roman_number(found: re.Match[str]) -> Number:
    text = found.group()
    value = 10 if text == "X" else cardinal(text) or 0
    return Number((value,), found.start(), found.end(), text, "roman")


def _slot(found: re.Match[str], rest: str) -> str:
    before, after = rest[: found.start()], rest[found.end() :]
    closed = after.lstrip(" ._ENDend完v")[:1]
    if before[-1:] in "[【" and before and closed in "]】":
        return "bracket"
    if before[-1:] in "({（" and before and closed in ")}）":
        return "paren"
    if not re.search(r"[^\W_]|\x00", before):
        return "leading"
    led_up = before.rstrip(" _.")
    if led_up[-1:] in ("-", "–", "~") and led_up[-2:-1] in (" ", "_", "."):
        return "dash"
    if before and before[-1].isalnum():
        return "glued"
    if not re.search(r"[^\W_]", after):
        return "trailing"
    return "inner"
