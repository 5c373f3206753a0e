"""Numbering marks in one name: what it says about season, episode, date and part.

The patterns read a name whose technical tokens (and, where known, the series' title) are blanked.
Each mark that is read is blanked in turn, so that no digit is read twice.
"""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from exporter.join.matching.dates import read_dates
from exporter.join.matching.lexicon import (
    BARE_COUNTED_SEASON_WORDS,
    CJK_DIGITS,
    COUNT_WORDS,
    COUNTED_SEASON_WORDS,
    EPISODE_WORDS,
    ROMAN,
    SEASON_WORDS,
)
from exporter.join.matching.noise import blank

_SEP = r"[\s._\-\x00\[\](),:/#~№|]"
_SPAN_LIMIT = 2000
_SPACED_SPAN_LIMIT = 12
_MOST_NUMBERS = 16
_FIRST_YEAR = 1900

_CONT_MARKED = r"(?:[\s._]?[-~+&,–]?[\s._]?(?:and[\s._])?(?:s\d{1,4}[\s._]?)?(?:ep|e|x|\d{1,2}x)[\s._]?\d{1,5})"
_CONT_BARE = r"(?:[-~&+,–]\d{1,5}(?![\dA-Za-z]|[.]\d(?!\d)))"
_CONT_NEXT = r"(?:[._]\d{2,4}(?![\dA-Za-z]|[._]\d))"
_TAIL = rf"(?P<more>(?:{_CONT_MARKED}|{_CONT_BARE})+|{_CONT_NEXT}|(?:[\s._]?(?:to|à|[-~–])[\s._]?(?:ep|e)\d{{1,5}})|(?:\s[-~–]\s\d{{3,4}}(?![^\W_])))?"

_SEASON_EPISODE = (
    re.compile(
        rf"(?<![A-Za-z])[st](?P<s>\d{{1,4}})(?:{_SEP}{{0,3}}|x)(?:episode|ep|e|x){_SEP}{{0,2}}(?P<e>\d{{1,5}})"
        rf"(?!\d|[.]5(?:[\s\]\[)(_\x00-]|$)){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![0-9A-Za-z])(?<!\d[.])(?P<s>\d{{1,4}})[xX×](?:ep?)?(?P<e>\d{{1,4}})(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![^\W_])(?:{SEASON_WORDS}){_SEP}{{0,3}}(?P<s>\d{{1,4}}){_SEP}{{1,4}}(?:\(?\d{{4}}\)?{_SEP}+)?"
        rf"(?:{EPISODE_WORDS}){_SEP}{{0,3}}(?P<e>\d{{1,5}})(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        re.IGNORECASE,
    ),
    re.compile(
        rf"第?(?P<s>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s?[季期]{_SEP}*第?(?P<e>\d{{1,4}})\s?[話话集回](?P<more>x)?(?P<part>x)?"
    ),
    re.compile(
        rf"(?<![^\W_])(?P<s>\d{{1,2}})(?:st|nd|rd|th){_SEP}season{_SEP}{{1,4}}"
        rf"(?:{EPISODE_WORDS}){_SEP}{{0,3}}(?P<e>\d{{1,5}})(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        re.IGNORECASE,
    ),
)
_SHORT_SEASON_EPISODE = (
    re.compile(
        r"(?<![A-Za-z])s(?P<s>\d{1,2})[._-](?P<e>\d{2,3})(?![\dA-Za-z]|[-.]\d)", re.IGNORECASE
    ),
    re.compile(r"#(?P<s>\d{1,2})[.](?P<e>\d{1,3})(?!\d)"),
    re.compile(r"(?<![^\W_])(?P<s>\d{1,2})e(?P<e>\d{2,3})(?![^\W_])", re.IGNORECASE),
    re.compile(r"(?<![^\W_])(?P<s>\d{1,2})\sx\s(?P<e>\d{1,3})(?![^\W_])", re.IGNORECASE),
)
_SEASON_SPECIAL = re.compile(
    r"(?<![A-Za-z])s(?P<s>\d{1,2})[\s._-]?(?:sp|ova|oad|special)[\s._-]?(?P<e>\d{1,3})(?!\d)",
    re.IGNORECASE,
)
_EPISODE = (
    re.compile(
        rf"(?:(?<![^\W_\d])(?:{EPISODE_WORDS}){_SEP}{{0,3}}|(?<![^\W_])e)(?P<e>\d{{1,5}})(?![\d]|[.]\d(?!\d)){_TAIL}"
        rf"(?:v\d)?(?P<part>[a-d](?![a-z0-9]))?",
        re.IGNORECASE,
    ),
    re.compile(r"第\s?(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?\s?[話话集回夜화회](?P<part>x)?"),
    re.compile(
        r"第\s?(?P<e>[一二三四五六七八九十百〇]{1,5})(?P<more>x)?\s?[話话集回夜화회](?P<part>x)?"
    ),
    re.compile(r"(?<!\d)(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?\s?[話话集화회](?P<part>x)?"),
    re.compile(
        rf"(?<![^\W_])(?:episode|chapter|folge|épisode|episodio)[\s._-](?P<e>{'|'.join(COUNT_WORDS)})(?![^\W_])(?P<more>x)?(?P<part>x)?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![^\W_])(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?[\s._]{0,2}(?:blm|b[öo]l[üu]m|сери[яи]|seri[jy]a)"
        r"(?![^\W_])(?P<part>x)?",
        re.IGNORECASE,
    ),
    re.compile(
        r"[#№]\s?(?P<e>\d{1,4})(?P<more>[-~]#?\d{1,4}(?!\d))?(?P<part>[a-d](?![a-z0-9]))?(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![0-9A-Za-z])(?<!\d[.])(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?(?P<part>x)?[\s._]{0,2}(?:of|из|з|sur|von|de|van|/)"
        r"[\s._]{0,2}\d{1,4}(?!\d)",
        re.IGNORECASE,
    ),
)
_SEASON = (
    re.compile(rf"(?<![^\W_])(?P<s>\d{{1,2}})(?:(?:st|nd|rd|th|º|ª|a\.?|er|e|ème|-?й)[\s._-]?(?:{COUNTED_SEASON_WORDS})|\.?[\s._-]?(?:{BARE_COUNTED_SEASON_WORDS}))(?![^\W_])(?P<more>x)?", re.IGNORECASE),
    re.compile(rf"(?<![^\W_])(?P<s>\d{{1,2}})(?:nd|rd|th)(?![^\W_])(?P<more>x)?(?!{_SEP}(?:cour|part|anniv|opening|ending|ed|op))", re.IGNORECASE),
    re.compile(rf"(?<![^\W_])(?:seasons?|saison|staffel)[\s._-](?P<s>{'|'.join([*COUNT_WORDS, *ROMAN, 'i'])})(?![^\W_])(?P<more>x)?", re.IGNORECASE),
    re.compile(rf"(?<![^\W_])(?P<s>{'|'.join(w for w in COUNT_WORDS if COUNT_WORDS[w])})[\s._-](?:season|saison|stagione|temporada)(?![^\W_])(?P<more>x)?", re.IGNORECASE),
    re.compile(r"第\s?(?P<s>\d{1,2}|[一二三四五六七八九十]{1,3})\s?(?P<more>[-~]\d{1,2})?[季期部]"),
    re.compile(
        rf"(?<![^\W_])(?:(?:{SEASON_WORDS})(?!['’])(?:[\s._:#]{{0,3}}|-)|s)(?P<s>\d{{1,2}}|(?:19|20)\d\d)(?P<more>(?:[-~+&,–]\d{{1,2}}(?!\d)|"
        rf"\s?(?:[-~+&,–]|to|and|и)\s?(?:s|season\s?)\d{{1,2}}|\s(?:[+&,]|to|and|и)\s\d{{1,2}}(?!\d))+)?(?=D\d|DVD|S\d|[^0-9A-Za-z]|$)",
        re.IGNORECASE,
    ),
)  # fmt: skip
_SEASON_SPAN = re.compile(
    r"(?<![^\W_])(?:seasons?[\s._]?|saisons?[\s._]?|temporadas?[\s._]?|staffeln?[\s._]?|сезоны?[\s._:]{0,2}|s)(?P<s>\d{1,2})"
    r"(?P<more>(?:(?:[\s._]?(?:[&+,]|and|to|à|и)[\s._]?|[\s._]+(?:and|to|à|и)[\s._]+|[-~–]|\s(?!0)|\s?[,&+]\s?(?:and|&)\s)"
    r"(?:seasons?\s|s)?\d{1,2}(?![^\W_]))+)",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"(?<![^\W_])(?:part|pt|parte|partie|teil|cour|часть)[\s._-]?(?P<n>\d{{1,2}}|{'|'.join([*ROMAN, 'i', *list(COUNT_WORDS)[:10]])})(?![^\W_])"
    r"|(?<![^\W_])(?P<ordinal>\d)(?:st|nd|rd|th)[\s._-](?:cour|part|half)(?![^\W_])",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"(?<![\d.])\d{1,4}[.][1-9](?![\d])(?![.]\d)")
_NUMBER = re.compile(r"(?<!\d)(?P<n>\d{1,5})(?P<more>(?:(?:[-~+&]|\s~\s|\sao\s)\d{1,4}(?=TV|END|FIN|[^\dA-Za-z]|$))+)?(?:[\s._]?v\d{1,2}|end|fin|tv|完結?|终|終)?(?P<part>[a-d])?(?![^\W_])(?!\d)", re.IGNORECASE)  # fmt: skip
_ROMAN_NUMBER = re.compile(r"(?<![^\W_])(?:I{1,3}|IV|VI{0,3}|IX|X)(?![^\W_])")
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
    """Everything a name says about numbering, each part in the order of the name."""

    explicit: list[Mark] = field(default_factory=list)
    episodes: list[Mark] = field(default_factory=list)
    specials: list[Mark] = field(default_factory=list)
    seasons: list[Mark] = field(default_factory=list)
    parts: list[Mark] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    dates: list[tuple[tuple[date, ...], int, int]] = field(default_factory=list)
    decimal: bool = False
    rest: str = ""

    @property
    def first_start(self) -> int | None:
        """Where the first explicit mark stands: what is before it is the title's place."""
        starts = [mark.start for mark in (*self.explicit, *self.episodes, *self.specials)]
        starts += [start for _, start, _ in self.dates]
        return min(starts, default=None)


def read_marks(masked: str, *, of_file: bool = False) -> Marks:
    """All marks of a masked name; never raises, whatever the name.

    `S01-05` is an episode in the name `of_file`, and else a span of seasons.
    """
    marks = Marks()
    rest = masked
    rest = _take_dates(rest, marks)
    rest = _take(_SEASON_EPISODE, rest, marks.explicit)
    if of_file and not marks.explicit:
        rest = _take(_SHORT_SEASON_EPISODE, rest, marks.explicit)
    rest = _take((_SEASON_SPECIAL,), rest, marks.specials)
    rest = _take(_EPISODE, rest, marks.episodes)
    rest = _take_seasons(rest, marks, spans=not of_file)
    rest = _take_parts(rest, marks)
    decimals: list[str] = []
    for found in list(_DECIMAL.finditer(rest)):
        decimals.append(_slot(found, rest))
        rest = blank(rest, found.start(), found.end())
    marks.rest = rest
    marks.numbers = [
        _number(found, rest) for found in islice(_NUMBER.finditer(rest), _MOST_NUMBERS)
    ]
    placed = any(n.slot in ("dash", "bracket") for n in marks.numbers)
    marks.decimal = bool(decimals) and ("dash" in decimals or "bracket" in decimals or not placed)
    if not (marks.numbers or marks.explicit or marks.episodes or marks.parts or marks.dates):
        marks.numbers = [_roman_number(found) for found in _ROMAN_NUMBER.finditer(rest)]
    return marks


def _take_dates(rest: str, marks: Marks) -> str:
    for days, start, end in read_dates(rest):
        marks.dates.append((days, start, end))
        rest = blank(rest, start, end)
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
    cleaned = re.sub(r"s\d{1,4}[\s._]?(?=e)|\d{1,2}x", "", more, flags=re.IGNORECASE)
    following = [int(digits) for digits in _DIGITS.findall(cleaned)]
    if more[0] == "_" and len(following) == 1 and 100 <= first < following[0] < first + 100:
        return tuple(range(first, following[0] + 1)), True
    if more[0] in "._" and not re.search(r"[a-z]", more, re.IGNORECASE):
        return ((first, following[0]), True) if following[:1] == [first + 1] else ((first,), False)
    last = following[-1] if following else first
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
    for pattern in (_SEASON_SPAN, *_SEASON) if spans else _SEASON:
        for found in list(pattern.finditer(rest)):
            first = cardinal(found.group("s"))
            if first is None:
                continue
            more = found.group("more") or ""
            following = [int(digits) for digits in _DIGITS.findall(more)]
            last = following[-1] if following else first
            if last - first > 40:
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


def _take_parts(rest: str, marks: Marks) -> str:
    for found in list(_PART.finditer(rest)):
        number = cardinal(found.group("n") or found.group("ordinal")) or 1
        text = masked_text(found.group())
        marks.parts.append(Mark(None, (number,), found.start(), found.end(), text))
        rest = blank(rest, found.start(), found.end())
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
    slot = _slot(found, rest)
    return Number(
        values, found.start(), found.end(), text, slot, (found.group("part") or "").lower()
    )


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
