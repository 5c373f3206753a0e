"""Spans of episodes in one file, distinguished from numbers that open an episode's title.

`S02E05-06` may hold two episodes, `S02E05-10 Things` is one whose title is `10 Things`. A bare
number behind a mark ends a span only if it is written as the first is, ends among the queued
episodes, covers none that another file of full size holds by itself, and the file is large enough.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from episodarr.matching.claims import Claim
from episodarr.matching.numbers.schemes import Numbering
from episodarr.matching.numbers.statements import Statement
from episodarr.matching.reading.lexicon import AND_WORDS
from episodarr.matching.reading.path import Reading
from episodarr.model.ids import EpisodeNumber

_AND = rf"(?:,|\s(?:[&+]|{AND_WORDS}))\s"
_BARE = re.compile(
    rf"(?<!\d)(?P<first>\d+)(?:[\s._]*[-~–][\s._]*|\s*[._][\s._]*|{_AND})(?P<last>\d+)$",
    re.IGNORECASE,
)
_NUMBERS = re.compile(rf"(?<!\d)\d+(?:[-~–]|{_AND})\d+", re.IGNORECASE)
_MARKED_AGAIN = re.compile(r"e(?P<first>\d+)\s-\se(?P<last>\d+)$", re.IGNORECASE)
_LONGEST_GROWING = 30
_NEXT_WORD = re.compile(r"[\s._]{1,2}[^\W\d_]{2}")
_FEW = 2
_LEAST_SHARE = 0.4
"""Every further episode adds at least this part of what a file of one episode takes."""
_FULL_SIZE_RATIO = 0.35
_ACROSS = re.compile(r"[\s._]{0,2}(?P<sign>[-~–+&,])[\s._]{0,2}")


class Singles(Struct, frozen=True):
    """The files of one torrent that state one episode each."""

    size_by_number: Mapping[tuple[int | None, int], int]
    """The largest file of each season and number, in bytes."""
    usual_size: int
    """Their median size in bytes; 0 when there is none, or all sizes are the same."""


def singles_of(files: Collection[Sequence[Statement]]) -> Singles:
    """The files whose likeliest statement is one number, by season and number."""
    sizes: dict[tuple[int | None, int], int] = {}
    for statements in files:
        if statements and len(statements[0].numbers) == 1:
            key = (statements[0].season, statements[0].numbers[0])
            sizes[key] = max(sizes.get(key, 0), statements[0].reading.size_bytes)
    listed = sorted(sizes.values())
    every = {statements[0].reading.size_bytes for statements in files if statements}
    is_measured = len(every) > 1  # Where all are the same, they were not measured.
    return Singles(sizes, listed[len(listed) // 2] if listed and is_measured else 0)


def without_titles_numbers(
    statements: list[Statement], singles: Singles, numbering: Numbering
) -> list[Statement]:
    """The statements of one file, with spans that cannot be as their first number alone."""
    return [
        replace(s, numbers=s.numbers[:1])
        if len(s.numbers) > 1 and not _is_span(s, singles, numbering)
        else s
        for s in statements
    ]


def _is_span(statement: Statement, singles: Singles, numbering: Numbering) -> bool:
    written = _written(statement)
    marked = _MARKED_AGAIN.search(written)
    if marked is not None and not _are_written_alike(marked["first"], marked["last"]):
        return False
    bare = _BARE.search(written)
    if bare is None:
        return not _is_held_by_others(statement, singles)
    if not _are_written_alike(bare["first"], bare["last"]):
        return False
    if not (_ends_among(statement, numbering.ends) or _holds_all(statement, singles, numbering)):
        return False
    held = [
        singles.size_by_number[statement.season, number]
        for number in statement.numbers
        if (statement.season, number) in singles.size_by_number
    ]
    if held and not singles.usual_size:
        return False
    if not singles.usual_size and len(statement.numbers) > _FEW and _is_named_on(statement):
        return False
    size = statement.reading.size_bytes
    least = singles.usual_size * (1 + _LEAST_SHARE * (len(statement.numbers) - 1))
    covers = any(one >= _FULL_SIZE_RATIO * singles.usual_size for one in held)
    return size >= (sum(held) * 0.75 if covers else least) and size >= least


def _is_held_by_others(statement: Statement, singles: Singles) -> bool:
    """Whether half or more of what a long span would cover has files of its own, and it is too small."""
    numbers = statement.numbers
    held = sum((statement.season, number) in singles.size_by_number for number in numbers[1:])
    least = singles.usual_size * (1 + _LEAST_SHARE * (len(numbers) - 1))
    is_large = bool(singles.usual_size) and statement.reading.size_bytes >= least
    return len(numbers) > _FEW and held * 2 >= len(numbers) - 1 and not is_large


def _is_named_on(statement: Statement) -> bool:
    """Whether a word follows right behind the numbers, as in `05-10 Things`."""
    masked = statement.reading.masked
    end = masked.find(_written(statement), statement.start) + len(_written(statement))
    return _NEXT_WORD.match(masked, end) is not None


def _written(statement: Statement) -> str:
    """How the numbers stand in the name, from the first one's mark to the last one."""
    if not statement.text.isdigit():
        return statement.text
    found = _NUMBERS.match(statement.reading.masked, statement.start)
    return found.group() if found else statement.text


def _are_written_alike(first: str, last: str) -> bool:
    """Whether both have as many digits, or the last one more because it counts on: `09-10`, `99-100`."""
    if len(first) >= len(last):
        return len(first) == len(last)
    return not last.startswith("0") and int(last) - int(first) <= _LONGEST_GROWING


def _holds_all(statement: Statement, singles: Singles, numbering: Numbering) -> bool:
    """Whether it spans all that is queued of its season, and no other file holds any of it."""
    queued = {number for season, number in numbering.direct if season == statement.season}
    return bool(queued) and not singles.size_by_number and queued <= set(statement.numbers)


def _ends_among(statement: Statement, ends: Collection[tuple[int | None, int]]) -> bool:
    return (statement.season, statement.numbers[-1]) in ends


def across_seasons(
    claims: Iterable[Claim], readings: Iterable[Reading], numbering: Numbering
) -> dict[str, Claim]:
    """By path, the claims of names like `S01E12-S02E01`, which hold both ends of a span."""
    by_path = {claim.reading.path: claim for claim in claims}
    singly = [c for c in by_path.values() if len(c.episodes) == 1]
    found: dict[str, Claim] = {}
    for reading in readings:
        claim = by_path.get(reading.path)
        held = _both_ends(reading, numbering) if claim is not None else ()
        others = {c.episodes[0] for c in singly if c.reading.path != reading.path}
        is_covered = len(held) > _FEW and 2 * len(others.intersection(held[1:])) >= len(held) - 1
        if claim is not None and held and not is_covered:
            found[reading.path] = replace(claim, episodes=held)
    return found


def _both_ends(reading: Reading, numbering: Numbering) -> tuple[EpisodeNumber, ...]:
    marks = sorted(reading.marks.explicit, key=lambda mark: mark.start)
    if len(marks) != 2 or None in (marks[0].season, marks[1].season):
        return ()
    begin, end = marks
    first = (begin.season or 0, begin.episodes[0])
    last = (end.season or 0, end.episodes[-1])
    between = _ACROSS.fullmatch(reading.masked[begin.end : end.start])
    if between is None or not 0 < first[0] < last[0]:
        return ()
    if begin.text[:1].isalpha() != end.text[:1].isalpha():
        return ()  # `S01E02 - 2x2` has a title of that name.
    if between["sign"] in "-~–":
        return tuple(c.number for c in numbering.regular if first <= c.number <= last)
    stated = [(m.season or 0, number) for m in marks for number in m.episodes]
    return tuple(number for number in stated if number in numbering.direct)
