"""Where in the names of one folder's files the number of the episode stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set

from episodarr.matching.numbers.statements import Statement, by_folder
from episodarr.matching.reading.marks import Mark
from episodarr.matching.reading.path import Reading

_WEAK_SLOTS = ("trailing", "paren", "inner", "glued", "roman")
"""Slots where numbers of titles, years and groups stand as well."""
_PAIR = re.compile(r"(\d\d)-(\d\d)")
_FEW = 2
_OUTVOTED_RATIO = 3
_CONSTANT_RATIO = 0.8


def numbered_alike(
    files: Iterable[list[Statement]],
) -> Iterator[list[Statement]]:
    """For each file the statements that may number its episode, the likeliest first.

    The episode's number stands where the folder's names have the most different numbers: in
    `Show 011 - Room 5` the 11, for its neighbours have their number there too. A number that is the
    same in all of them, or that only a few have, numbers no episode.
    """
    for listed in by_folder([statements for statements in files if statements]):
        folder = _without_split_pairs(listed)
        numbers: dict[str, list[tuple[int, ...]]] = {}
        for statements in folder:
            for statement in statements:
                numbers.setdefault(statement.slot, []).append(statement.numbers)
        different = {slot: len(set(listed)) for slot, listed in numbers.items()}
        still = {
            slot
            for slot, listed in numbers.items()
            if len(listed) > _FEW and different[slot] == 1 and slot.startswith(_WEAK_SLOTS)
        }
        for statements in folder:
            usual = max((different[s.slot] for s in statements), default=0)
            telling = [
                s
                for s in statements
                if s.slot not in still and different[s.slot] * _OUTVOTED_RATIO > usual
            ]
            telling.sort(key=lambda s: (-different[s.slot], s.order))
            if telling:
                yield telling


def _without_split_pairs(folder: list[list[Statement]]) -> list[list[Statement]]:
    """The statements without `01-02` read as season and episode where all are such pairs."""
    split = [s.text for statements in folder for s in statements if s.slot.startswith("split")]
    if len(split) < _FEW or not all(map(_is_pair, split)):
        return folder
    kept = ([s for s in each if not s.slot.startswith("split")] for each in folder)
    return [statements for statements in kept if statements]


def _is_pair(text: str) -> bool:
    found = _PAIR.fullmatch(text)
    return found is not None and int(found[2]) == int(found[1]) + 1


def drop_constant_marks(readings: Sequence[Reading], queued_seasons: Set[int]) -> None:
    """Drop marks like `16x9` and `[0x539]`, which are the same in name after name.

    They number no episode where the names have other numbers that differ, or if the season that
    they seem to name is not queued.
    """
    often = Counter(
        (mark.season, mark.episodes) for reading in readings for mark in set(reading.marks.explicit)
    )
    numbers = {number for reading in readings for number in _other_numbers(reading)}
    usual = max(_FEW, _CONSTANT_RATIO * len(readings))

    def is_noise(mark: Mark, reading: Reading) -> bool:
        if mark.text[:1].isalpha() or not _other_numbers(reading):
            return False
        is_constant = often[mark.season, mark.episodes] >= usual
        if mark.season in queued_seasons:
            return is_constant and len(numbers) > 1
        return is_constant or len(readings) == 1

    for reading in readings:
        reading.marks.explicit = [m for m in reading.marks.explicit if not is_noise(m, reading)]


def _other_numbers(reading: Reading) -> set[tuple[int, ...]]:
    """The numbers of a name besides its marks of season and episode."""
    marks = reading.marks
    numbers = {n.values for n in marks.numbers if n.slot != "roman"}
    return numbers | {mark.episodes for mark in marks.episodes}


def drop_marks_of_titles(readings: Sequence[Reading]) -> None:
    """Drop the `2x4` of `05 - 2x4` where nearly all files of a folder are numbered like the 05."""
    folders: dict[tuple[str, ...], list[Reading]] = {}
    for reading in readings:
        folders.setdefault(reading.folders, []).append(reading)
    for listed in folders.values():
        plain = Counter(_first_slot(r) for r in listed if not r.marks.explicit)
        explicit = [r for r in listed if r.marks.explicit]
        for reading in explicit:
            slot = _first_slot(reading)
            if slot and plain[slot] >= _OUTVOTED_RATIO * len(explicit):
                reading.marks.explicit = []


def _first_slot(reading: Reading) -> str:
    """Where the first number stands that no season goes with, if it comes first."""
    marks = reading.marks
    numbers = [(mark.start, "marked") for mark in marks.episodes]
    numbers += [
        (number.start, "inner" if number.slot == "trailing" else number.slot)
        for number in marks.numbers
        if number.slot != "roman"
    ]
    start, slot = min(numbers, default=(0, ""))
    return slot if all(start < mark.start for mark in marks.explicit) else ""
