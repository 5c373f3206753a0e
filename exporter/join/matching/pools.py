"""Choosing one numbering scheme for all files that are numbered alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from exporter.join.matching.marks import Mark, Number
from exporter.join.matching.reading import SLOT_ORDER, Reading
from exporter.join.matching.schemes import Numbering, Scheme, Shift, shifted
from exporter.model.matching import EpisodeNumber

_YEARS = range(1920, 2100)
_RESOLUTIONS = frozenset({360, 480, 540, 576, 720, 1080, 1440, 2160, 4320})


@dataclass(frozen=True, slots=True)
class Statement:
    """One way to read one file's numbers: `slot` tells where in the name they stand."""

    reading: Reading
    season: int | None
    numbers: tuple[int, ...]
    start: int
    text: str
    slot: str
    order: int


_SPLIT = re.compile(r"(?<![^\W_])(?P<s>\d{1,2})[-_.](?P<e>\d{2,3})(?![^\W_]|[-_.]\d)")

type Groups = Sequence[Sequence[Sequence[Statement]]]
"""Per set of files named alike, per file, the ways to read it."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A statement with the episodes it means under the scheme chosen for its pool."""

    statement: Statement
    episodes: tuple[EpisodeNumber, ...]
    scheme: Scheme

    @property
    def assumes_season(self) -> bool:
        """Whether a number without a season is read as one of a later season."""
        by_season = self.scheme.name in ("season-episode", "scene")
        return by_season and self.statement.season is None and self.episodes[0][0] > 1


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
    """Whether letters say what is season and episode; `2x04` may be something else."""
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
    for number in reading.marks.numbers:
        place = seen[number.slot] = seen.get(number.slot, -1) + 1
        order = 10 + 10 * SLOT_ORDER.index(number.slot) + place + _doubt(number)
        slot = f"{number.slot}{place}"
        stated.append(
            Statement(reading, season, number.values, number.start, number.text, slot, order)
        )
    stated += _split_numbers(reading)
    stated += [
        Statement(reading, season, mark.episodes, mark.start, mark.text, f"part{place}", 90 + place)
        for place, mark in enumerate(reading.marks.parts)
    ]
    return stated


def _mark_order(reading: Reading, mark: Mark) -> int:
    """A `#1` behind a word may count something else than episodes."""
    led_up = reading.marks.rest[: mark.start].rstrip(" ._")
    return 36 if mark.text[:1] == "#" and led_up[-1:].isalpha() else 0


def _doubt(number: Number) -> int:
    first = number.values[0]
    technical = first in _YEARS or first in _RESOLUTIONS
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
    """The same statements, where `Part 2` of a season starts from 1 again counted on from `Part 1`."""
    numbers: dict[int, set[int]] = {}
    for statements in files:
        likely = min(statements, key=lambda s: s.order)
        numbers.setdefault(_part_before(likely), set()).update(likely.numbers)
    if len(numbers) < 2 or 0 in numbers:
        return list(files)
    offsets: dict[int, int] = {}
    reached = 0
    for part in sorted(numbers):
        offsets[part] = reached if min(numbers[part]) <= reached and min(numbers[part]) == 1 else 0
        reached = max(numbers[part]) + offsets[part]
    return [
        [
            replace(s, numbers=tuple(n + offsets[_part_before(s)] for n in s.numbers))
            if _part_before(s) in offsets
            else s
            for s in statements
        ]
        for statements in files
    ]


def _part_before(statement: Statement) -> int:
    parts = [m for m in statement.reading.marks.parts if m.end <= statement.start]
    return parts[-1].episodes[0] if parts else 0


def _split_numbers(reading: Reading) -> list[Statement]:
    """Numbers that may be season and episode with nothing to say so: `4-13`, `03_01`."""
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


def choose(groups: Groups, numbering: Numbering, *, shifts: frozenset[Shift]) -> list[Resolved]:
    """The statements that the best scheme explains, one per file.

    `groups` holds, per set of files named alike, the statements of each file. One scheme is
    chosen for all of them, and within it one slot per group: by how many episodes are explained,
    then by how full the files are, then by the order of the schemes. Numbers are laid
    on the queue in order only in the ways of `shifts`.
    """
    schemes = [*numbering.schemes(), *_shifted(groups, numbering, shifts)]
    ranked: list[tuple[tuple[float, ...], list[Resolved]]] = []
    for place, scheme in enumerate(schemes):
        if not _is_refuted(scheme, groups, numbering):
            resolved = [one for group in groups for one in _best_slot(group, scheme)]
            if resolved:
                ranked.append((_rank(resolved, place, groups), resolved))
    ranked.sort(key=lambda each: each[0], reverse=True)
    if len(ranked) > 1 and _is_unlikely(ranked[0][1], groups):
        best, other = ranked[0][1], ranked[1][1]
        if len(other) * 2 >= len(best) and not _is_unlikely(other, groups):
            return other
    if not ranked or (not numbering.absolute and _is_unlikely(ranked[0][1], groups)):
        return []
    return ranked[0][1]


def _is_unlikely(resolved: list[Resolved], groups: Groups) -> bool:
    """Numbers without a season that would run past the end of the one later season queued."""
    assumed = any(one.assumes_season for one in resolved)
    return assumed and _numbers_beyond(resolved, groups) > 0


def _is_refuted(scheme: Scheme, groups: Groups, numbering: Numbering) -> bool:
    """Whether numbers of a named season are too low to count through all seasons."""
    if not scheme.is_running:
        return False
    likely = (min(statements, key=lambda s: s.order) for group in groups for statements in group)
    return any(
        0 < min(s.numbers) <= numbering.before.get(s.season, 0)
        for s in likely
        if s.season is not None and s.season > 1
    )


def _shifted(groups: Groups, numbering: Numbering, shifts: frozenset[Shift]) -> list[Scheme]:
    numbers: dict[str, list[int]] = {}
    for group in groups:
        for statements in group:
            for statement in statements:
                if len(statement.numbers) == 1:
                    numbers.setdefault(statement.slot, []).append(statement.numbers[0])
    found = (shifted(numbering, numbers[slot], shifts) for slot in sorted(numbers))
    return [scheme for scheme in found if scheme is not None]


def _rank(resolved: list[Resolved], place: int, groups: Groups) -> tuple[float, ...]:
    beyond = _numbers_beyond(resolved, groups)
    size = sum(one.statement.reading.size_bytes for one in resolved)
    assumed = sum(one.assumes_season for one in resolved)
    return (_explained(resolved), len(resolved), -assumed, -beyond, size, -place)


def _numbers_beyond(resolved: list[Resolved], groups: Groups) -> int:
    """How many files are numbered past the last explained one; a season's end leaves none."""
    last = max(max(one.statement.numbers) for one in resolved)
    slots = {one.statement.slot for one in resolved}
    return sum(
        any(s.slot in slots and min(s.numbers) > last for s in statements)
        for group in groups
        for statements in group
    )


def _best_slot(group: Sequence[Sequence[Statement]], scheme: Scheme) -> list[Resolved]:
    by_slot: dict[str, list[Resolved]] = {}
    for statements in group:
        for statement in statements:
            episodes = resolve(statement, scheme)
            if episodes:
                by_slot.setdefault(statement.slot, []).append(Resolved(statement, episodes, scheme))
    constant = _constant_slots(group)
    by_slot = {slot: ones for slot, ones in by_slot.items() if slot not in constant}
    if not by_slot:
        return []
    chosen = max(
        by_slot.values(),
        key=lambda ones: (
            _explained(ones),
            -ones[0].statement.order,
            ones[0].statement.slot,
        ),
    )
    return chosen + _stragglers(group, scheme, chosen)


def _explained(resolved: Sequence[Resolved]) -> int:
    """How many episodes a slot explains; runs that overlap (`1-02`, `1-03`) are not runs at all."""
    several = {one.episodes for one in resolved if len(one.episodes) > 1}
    runs = [episode for run in several for episode in run]
    distinct = {episode for one in resolved for episode in one.episodes}
    return len(distinct) - 2 * (len(runs) - len(set(runs)))


def _constant_slots(group: Sequence[Sequence[Statement]]) -> set[str]:
    """Slots with one and the same number in file after file: they do not count the files."""
    values: dict[str, list[tuple[int, ...]]] = {}
    for statements in group:
        for statement in statements:
            values.setdefault(statement.slot, []).append(statement.numbers)
    return {slot for slot, numbers in values.items() if len(numbers) > 2 and len(set(numbers)) == 1}


def _stragglers(
    group: Sequence[Sequence[Statement]], scheme: Scheme, chosen: list[Resolved]
) -> list[Resolved]:
    """Files that lack the chosen slot, and of whose numbers just one means a free episode."""
    slot = chosen[0].statement.slot
    taken = {episode for one in chosen for episode in one.episodes}
    free: list[Resolved] = []
    for statements in group:
        if any(statement.slot == slot for statement in statements):
            continue
        possible = [
            Resolved(statement, episodes, scheme)
            for statement in statements
            if (episodes := resolve(statement, scheme)) and not taken.intersection(episodes)
        ]
        if len(possible) == 1:
            free += possible
    return free


def resolve(statement: Statement, scheme: Scheme) -> tuple[EpisodeNumber, ...]:
    """The episodes a statement means under a scheme; those that are no candidates are left out."""
    found = (scheme.rule(statement.season, number) for number in statement.numbers)
    return tuple(dict.fromkeys(episode for episode in found if episode is not None))
