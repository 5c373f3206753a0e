"""Numbering marks in one name: what it states of season, episode, date and part.

The patterns read a name whose technical tokens (and, where known, the series' title) are blanked.
Each mark that is read is blanked in turn, so that no digit is read twice.
"""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from episodarr.matching.reading.dates import DayMark, read_dates
from episodarr.matching.reading.fold import lowered
from episodarr.matching.reading.lexicon import AND_WORDS
from episodarr.matching.reading.noise import BLANK, blank
from episodarr.matching.reading.numerals import cardinal
from episodarr.matching.reading.patterns import (
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
    SHORT_SEASON,
    SHORT_SEASON_EPISODE,
    TELEVISION_SEASON,
    Form,
)

_SPAN_LIMIT = 2000
_SPACED_SPAN_LIMIT = 12
_MOST_NUMBERS = 16
_FIRST_YEAR = 1900
RESOLUTIONS = frozenset({360, 480, 540, 576, 720, 1080, 1440, 2160, 4320})
_DIGITS = re.compile(r"\d+")
_APART = re.compile(r"(?<![\s._])(?:[\s._]+(?:\d{1,4}x|x)?\d+)+")
_SEASON_AGAIN = re.compile(r"s\d{1,4}[\s._]?(?=e)|\d{1,4}x")
_BARE_END = re.compile(r"[-~–]\d+")
_NEXT_EPISODE = re.compile(r"e\d+")
_LISTING = re.compile(r"[+&,]")
_AND = re.compile(rf"(?:,|\s(?:[&+]|{AND_WORDS}))\s(\d+)")
_BETWEEN_MARKS = re.compile(r"[\s._+&,/・·-]{0,3}")
_WORD_OR_BLANK = re.compile(r"[^\W_]|\x00")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


class Mark(Struct, frozen=True):
    """One explicit statement: episodes, with their season when the mark names it."""

    season: int | None
    episodes: tuple[int, ...]
    start: int
    end: int
    text: str
    part: str = ""


class Number(Struct, frozen=True):
    """A bare number that may or may not count episodes; `slot` says how it stands in the name."""

    values: tuple[int, ...]
    start: int
    end: int
    text: str
    slot: str
    part: str = ""


class Marks(Struct):
    """All numbering marks of a name, each kind in the order of the name."""

    explicit: list[Mark] = []
    episodes: list[Mark] = []
    specials: list[Mark] = []
    seasons: list[Mark] = []
    parts: list[Mark] = []
    numbers: list[Number] = []
    dates: list[DayMark] = []
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
    unread = _Unread(masked)
    marks.dates = read_dates(unread.lowered)
    for mark in marks.dates:
        unread.take(mark.start, mark.end)
    _take(SEASON_EPISODE, unread, marks.explicit)
    if of_file and not marks.explicit:
        _take(SHORT_SEASON_EPISODE, unread, marks.explicit)
    _take((SEASON_SPECIAL,), unread, marks.specials)
    _take(EPISODE, unread, marks.episodes)
    marks.episodes = _counted_on(marks.episodes, masked)
    _take_seasons(unread, marks, spans=not of_file)
    _take_parts(unread, marks)
    decimals: list[str] = []
    for found in list(DECIMAL.finditer(unread.lowered)):
        decimals.append(_slot(found, unread.text))
        unread.take(found.start(), found.end())
    marks.rest = unread.text
    marks.numbers = _side_by_side(
        [
            _number(found, marks.rest)
            for found in islice(NUMBER.finditer(unread.lowered), _MOST_NUMBERS)
        ]
    )
    placed = any(n.slot in ("dash", "bracket") for n in marks.numbers)
    marks.decimal = bool(decimals) and ("dash" in decimals or "bracket" in decimals or not placed)
    if not (marks.numbers or marks.explicit or marks.episodes or marks.parts or marks.dates):
        marks.numbers = [_roman_number(found) for found in ROMAN_NUMBER.finditer(marks.rest)]
    return marks


class _Unread:
    """What of a masked name is not read yet, as it stands and in lower case."""

    __slots__ = ("lowered", "text")

    def __init__(self, masked: str) -> None:
        self.text = masked
        self.lowered = lowered(masked)

    def take(self, start: int, end: int) -> str:
        """The text of what is read now, fit to show; it is blanked."""
        taken = self.text[start:end].replace(BLANK, "").strip(" ._-")
        self.text = blank(self.text, start, end)
        self.lowered = blank(self.lowered, start, end)
        return taken


def _take(forms: Iterable[Form], unread: _Unread, into: list[Mark]) -> None:
    for form in forms:
        for found in form.found_in(unread.lowered):
            groups = found.groupdict()
            season = cardinal(groups["s"]) if groups.get("s") else None
            first = cardinal(groups["e"])
            if first is None:
                continue
            more = groups.get("more") or ""
            episodes, used = _episodes(first, more)
            start, end = found.start(), found.end() if used else found.start("more")
            part = groups.get("part") or "" if used else ""
            into.append(Mark(season, episodes, start, end, unread.take(start, end), part))
    into.sort(key=_start_of)


def _counted_on(marks: list[Mark], masked: str) -> list[Mark]:
    """The marks, with `#1 #2` as one of two episodes."""
    merged: list[Mark] = []
    for mark in marks:
        last = merged[-1] if merged else None
        if (
            last is not None
            and mark.text[:1] == last.text[:1]
            and mark.episodes[0] == last.episodes[-1] + 1
            and _BETWEEN_MARKS.fullmatch(masked[last.end : mark.start])
        ):
            episodes = (*last.episodes, *mark.episodes)
            merged[-1] = replace(last, episodes=episodes, end=mark.end)
        else:
            merged.append(mark)
    return merged


def _episodes(first: int, more: str) -> tuple[tuple[int, ...], bool]:
    """The episodes of a mark with its continuation; whether the continuation was one."""
    if not more or more == "x":
        return (first,), True
    if joined := _AND.fullmatch(more):
        counts_on = int(joined[1]) == first + 1
        return (first, first + 1) if counts_on else (first,), counts_on
    cleaned = _SEASON_AGAIN.sub("", more)
    following = [int(digits) for digits in _DIGITS.findall(cleaned)]
    if more[0] == "_" and len(following) == 1 and 100 <= first < following[0] < first + 100:
        return tuple(range(first, following[0] + 1)), True
    last = following[-1] if following else first
    if _APART.fullmatch(more):
        counts_on = last == first + len(following)
        return (tuple(range(first, last + 1)), True) if counts_on else ((first,), False)
    if len(following) == 1 and _BARE_END.fullmatch(more) and last <= first:
        return (first,), False
    return _run(first, following, more)


def _run(first: int, following: list[int], more: str) -> tuple[tuple[int, ...], bool]:
    """The episodes from the first number to the last, or those that are listed."""
    last = following[-1] if following else first
    if any(b <= a for a, b in zip([first, *following], following, strict=False)):
        return (first,), True
    if last - first > (_SPACED_SPAN_LIMIT if " - " in more else _SPAN_LIMIT):
        return (first,), False
    side_by_side = _NEXT_EPISODE.fullmatch(more) is not None and last > first + 2
    if side_by_side or _LISTING.search(more):
        return (first, *following), True
    return tuple(range(first, last + 1)), True


def _take_seasons(unread: _Unread, marks: Marks, *, spans: bool) -> None:
    forms = SEASON if marks.explicit else (*SEASON, TELEVISION_SEASON)
    for form in (SEASON_SPAN, *forms, SHORT_SEASON) if spans else forms:
        for found in form.found_in(unread.lowered):
            first = cardinal(found["s"])
            if first is None:
                continue
            more = found["more"] or ""
            following = [int(digits) for digits in _DIGITS.findall(more)]
            last = following[-1] if following else first
            if last - first > 40 or (form is BARE_ORDINAL and _behind_number(found, unread, marks)):
                continue
            listed = (first, *following) if _LISTING.search(more) else tuple(range(first, last + 1))
            start, end = found.span()
            marks.seasons.append(
                Mark(first, listed or (first,), start, end, unread.take(start, end))
            )
    if any(mark.episodes[0] < _FIRST_YEAR for mark in marks.seasons):
        marks.seasons = [mark for mark in marks.seasons if mark.episodes[0] < _FIRST_YEAR]
    marks.seasons.sort(key=_start_of)


def _behind_number(found: re.Match[str], unread: _Unread, marks: Marks) -> bool:
    """Whether a number stands in front: `05 - July 4th` is of no 4th season."""
    first = marks.first_start
    marked = first is not None and first < found.start()
    return marked or _DIGITS.search(unread.lowered, 0, found.start()) is not None


def _take_parts(unread: _Unread, marks: Marks) -> None:
    for form in PART:
        for found in form.found_in(unread.lowered):
            number = cardinal(next((group for group in found.groups() if group), "2")) or 1
            start, end = found.span()
            marks.parts.append(Mark(None, (number,), start, end, unread.take(start, end)))
    marks.parts.sort(key=_start_of)


def _start_of(mark: Mark) -> int:
    return mark.start


def _number(found: re.Match[str], rest: str) -> Number:
    first = int(found.group("n"))
    values, _ = _episodes(first, found.group("more") or "")
    text = found.group("n")
    if (len(text) == 1 and len(values) > 2 and values[-1] > 9) or values[-1] in RESOLUTIONS:
        # Runs are written alike, `01-12`; `1-12` is rather season and episode, or a date.
        values = (first,)
    slot = _slot(found, rest)
    return Number(values, found.start(), found.end(), text, slot, found["part"] or "")


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
    if not _WORD_OR_BLANK.search(before):
        return "leading"
    led_up = before.rstrip(" _.")
    if led_up[-1:] in ("-", "–", "~") and led_up[-2:-1] in (" ", "_", "."):
        return "dash"
    if before and before[-1].isalnum():
        return "glued"
    if not _LETTER_OR_DIGIT.search(after):
        return "trailing"
    return "inner"
