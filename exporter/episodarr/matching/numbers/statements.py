"""The ways to read the numbers of one file, and of files side by side."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from episodarr.matching.reading.marks import RESOLUTIONS, Mark, Number
from episodarr.matching.reading.path import SLOT_ORDER, Reading
from episodarr.model.ids import EpisodeNumber

_YEARS = range(1920, 2100)
_SPLIT = re.compile(r"(?<![^\W_])(?P<s>\d{1,2})[-_.](?P<e>\d{2,3})(?![^\W_]|[-_.]\d)")
_UNLIKE = re.compile(r"\d[-_]0\d")
"""`3-01`: a span would be written alike, `3-4` or `03-04`."""


class Statement(Struct, frozen=True):
    """One way to read one file's numbers: `slot` tells where in the name they stand."""

    reading: Reading
    season: int | None
    numbers: tuple[int, ...]
    start: int
    text: str
    slot: str
    order: int

    @property
    def is_spelled(self) -> bool:
        """Whether a mark like `S01E02` states season and episode, rather than a bare number."""
        return self.slot.startswith("explicit")


def explicit_statements(reading: Reading) -> list[Statement]:
    """What the `S01E02`-like marks of a name state, one statement for each season they name."""
    by_season: dict[int | None, list[Mark]] = {}
    for mark in sorted(reading.marks.explicit, key=lambda mark: not _is_spelled(mark)):
        by_season.setdefault(mark.season, []).append(mark)
    stated: list[Statement] = []
    for place, (season, marks) in enumerate(by_season.items()):
        first, slot = marks[0], f"explicit{place}"
        numbers = _joined(marks)
        stated.append(Statement(reading, season, numbers, first.start, first.text, slot, place))
    titled = reading.alias.season if reading.alias is not None else None
    if titled is not None and stated[:1] and stated[0].season == 1 != titled:
        # A sequel's title with a season 1 of its own: the title's season is the likelier one.
        stated.append(replace(stated[0], season=titled, slot="explicit of title", order=-1))
    return sorted(stated, key=lambda s: s.order)


def _is_spelled(mark: Mark) -> bool:
    """Whether letters mark season and episode; `2x04` may be something else."""
    return mark.text[:1].isalpha()


def _joined(marks: Sequence[Mark]) -> tuple[int, ...]:
    """The episodes of a season's marks, of which one apart from the first must count on from it."""
    numbers = list(marks[0].episodes)
    for mark in marks[1:]:
        if mark.episodes[0] == numbers[-1] + 1 and _is_spelled(mark) == _is_spelled(marks[0]):
            numbers += mark.episodes
    return tuple(dict.fromkeys(numbers))


def loose_statements(reading: Reading, season: int | None) -> list[Statement]:
    """Every way to read the numbers of a name that has no season-and-episode mark."""
    stated = [
        Statement(
            reading, season, mark.episodes, mark.start, mark.text, f"marked{place}",
            _mark_order(reading, mark) + place,
        )
        for place, mark in enumerate(reading.marks.episodes)
    ]  # fmt: skip
    seen: dict[str, int] = {}
    joined = _split_numbers(reading)
    beyond_doubt = {s.start for s in joined if _UNLIKE.fullmatch(s.text)}
    for number in reading.marks.numbers:
        if number.start in beyond_doubt:
            continue
        place = seen[number.slot] = seen.get(number.slot, -1) + 1
        order = 10 + 10 * SLOT_ORDER.index(number.slot) + place + _doubt(number)
        slot = f"{number.slot}{place}"
        stated.append(
            Statement(reading, season, number.values, number.start, number.text, slot, order)
        )
    stated += joined
    stated += [
        Statement(reading, season, mark.episodes, mark.start, mark.text, f"part{place}", 90 + place)
        for place, mark in enumerate(reading.marks.parts)
    ]
    return stated


def _mark_order(reading: Reading, mark: Mark) -> int:
    """Sort key of a mark: `#1` behind a word may number something else than episodes."""
    led_up = reading.marks.rest[: mark.start].rstrip(" ._")
    return 36 if mark.text[:1] == "#" and led_up[-1:].isalpha() else 0


def _doubt(number: Number) -> int:
    first = number.values[0]
    technical = first in _YEARS or first in RESOLUTIONS
    if technical and number.slot not in ("dash", "bracket"):
        return 100
    return 50 if number.slot == "paren" and len(number.text) == 1 else 0


def by_folder(files: Sequence[list[Statement]]) -> list[list[list[Statement]]]:
    """The statements of each file, with the files of one folder together."""
    folders: dict[tuple[str, ...], list[list[Statement]]] = {}
    for statements in files:
        folders.setdefault(statements[0].reading.folders, []).append(statements)
    return [folders[folder] for folder in sorted(folders)]


def parts_counted_on(files: Sequence[list[Statement]]) -> list[list[Statement]]:
    """The same statements, where `Part 2` of a season starts from 1 again counted on from `Part 1`.

    Files that name no part are of the first one, unless others name that.
    """
    numbers: dict[int, set[int]] = {}
    likely = [min(statements, key=lambda s: s.order) for statements in files]
    unnamed = 0 if 1 in {part_of(statement) for statement in likely} else 1
    for statement in likely:
        numbers.setdefault(part_of(statement) or unnamed, set()).update(statement.numbers)
    if len(numbers) < 2 or 0 in numbers:
        return list(files)
    offsets: dict[int, int] = {}
    reached = 0
    for part in sorted(numbers):
        offsets[part] = reached if min(numbers[part]) <= reached and min(numbers[part]) == 1 else 0
        reached = max(numbers[part]) + offsets[part]
    return [
        [
            replace(s, numbers=tuple(n + offsets[part_of(s) or unnamed] for n in s.numbers))
            if (part_of(s) or unnamed) in offsets
            else s
            for s in statements
        ]
        for statements in files
    ]


def is_lone_later_part(files: Sequence[list[Statement]], queued: Collection[EpisodeNumber]) -> bool:
    """Whether all files are of one later part that counts from 1 again, and more are queued.

    Then the number of episodes before it is unknown. `Part 3` alone may be season 3.
    """
    likely = [min(statements, key=lambda s: s.order) for statements in files]
    parts = {part_of(statement) for statement in likely}
    if len(parts) != 1 or (part := parts.pop()) < 2 or any(s.is_spelled for s in likely):
        return False
    seasons = {statement.season for statement in likely}
    season = seasons.pop() if len(seasons) == 1 else None
    meant = {number for number in queued if season in (None, number[0])}
    is_season = season is None and {s for s, _ in meant} == {part}
    lowest = min((number for s in likely for number in s.numbers), default=0)
    return not is_season and lowest <= 1 and len(meant) > len(likely)


def part_of(statement: Statement) -> int:
    """The part of its season that a file is of, by its name, folders or torrent; 0 if unnamed."""
    parts = [m for m in statement.reading.marks.parts if m.end <= statement.start]
    return parts[-1].episodes[0] if parts else statement.reading.folder_part


def _split_numbers(reading: Reading) -> list[Statement]:
    """Numbers that may be season and episode without a mark for either: `4-13`, `03_01`."""
    return [
        Statement(
            reading,
            int(found["s"]),
            (int(found["e"]),),
            found.start(),
            found.group(),
            f"split{place}",
            15 + place,
        )
        for place, found in enumerate(_SPLIT.finditer(reading.marks.rest))
    ]
