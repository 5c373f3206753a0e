"""Choosing one numbering scheme for all files that are numbered alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporter.join.matching.reading import SLOT_ORDER, Reading
from exporter.join.matching.schemes import Scheme
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


@dataclass(frozen=True, slots=True)
class Resolved:
    """A statement with the episodes it means under the scheme chosen for its pool."""

    statement: Statement
    episodes: tuple[EpisodeNumber, ...]
    scheme: Scheme


def explicit_statements(reading: Reading) -> list[Statement]:
    """What `S01E02`-like marks of a name state: merged when several name the same season."""
    marks = reading.marks.explicit
    if not marks:
        return []
    season = marks[0].season
    numbers = tuple(dict.fromkeys(n for m in marks if m.season == season for n in m.episodes))
    if len(marks) > 1 and marks[0].text == marks[1].text:
        numbers = marks[0].episodes
    return [Statement(reading, season, numbers, marks[0].start, marks[0].text, "explicit", 0)]


def loose_statements(reading: Reading, season: int | None) -> list[Statement]:
    """Every way to read the numbers of a name that has no season-and-episode mark."""
    stated = [
        Statement(reading, season, mark.episodes, mark.start, mark.text, f"marked{place}", place)
        for place, mark in enumerate(reading.marks.episodes)
    ]
    seen: dict[str, int] = {}
    for number in reading.marks.numbers:
        place = seen[number.slot] = seen.get(number.slot, -1) + 1
        order = 10 + 10 * SLOT_ORDER.index(number.slot) + place
        first = number.values[0]
        if first in _YEARS or first in _RESOLUTIONS:
            order += 100
        slot = f"{number.slot}{place}"
        stated.append(
            Statement(reading, season, number.values, number.start, number.text, slot, order)
        )
    return stated


def choose(
    groups: Sequence[Sequence[Sequence[Statement]]], schemes: Iterable[Scheme]
) -> list[Resolved]:
    """The statements that the best scheme explains, one per file.

    `groups` holds, per set of files named alike, the statements of each file. One scheme is
    chosen for all of them, and within it one slot per group: by how many episodes are explained,
    then by how full the files are, then by the order of the schemes.
    """
    best: tuple[tuple[float, ...], list[Resolved]] | None = None
    for place, scheme in enumerate(schemes):
        resolved = [one for group in groups for one in _best_slot(group, scheme)]
        if not resolved:
            continue
        rank = _rank(resolved, place, groups)
        if best is None or rank > best[0]:
            best = (rank, resolved)
    return best[1] if best else []


def _rank(
    resolved: list[Resolved], place: int, groups: Sequence[Sequence[Sequence[Statement]]]
) -> tuple[float, ...]:
    episodes = {episode for one in resolved for episode in one.episodes}
    beyond = _numbers_beyond(resolved, groups)
    size = sum(one.statement.reading.size_bytes for one in resolved)
    unmarked_late = _unmarked_late(resolved)
    return (len(episodes), len(resolved), -unmarked_late, -beyond, size, -place)


def _unmarked_late(resolved: list[Resolved]) -> int:
    """Numbers without a season that are read as those of a later season: less likely."""
    return sum(
        one.statement.season is None
        and one.scheme.name in ("season-episode", "scene")
        and one.episodes[0][0] > 1
        for one in resolved
    )


def _numbers_beyond(
    resolved: list[Resolved], groups: Sequence[Sequence[Sequence[Statement]]]
) -> int:
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
    if not by_slot:
        return []
    chosen = max(
        by_slot.values(),
        key=lambda ones: (
            len({e for one in ones for e in one.episodes}),
            -ones[0].statement.order,
            ones[0].statement.slot,
        ),
    )
    return chosen + _stragglers(group, scheme, chosen)


def _stragglers(
    group: Sequence[Sequence[Statement]], scheme: Scheme, chosen: list[Resolved]
) -> list[Resolved]:
    """Files that lack the chosen slot but have a single number, whose episode is still free."""
    slot = chosen[0].statement.slot
    taken = {episode for one in chosen for episode in one.episodes}
    free: list[Resolved] = []
    for statements in group:
        if len(statements) != 1 or statements[0].slot == slot:
            continue
        episodes = resolve(statements[0], scheme)
        if episodes and not taken.intersection(episodes):
            free.append(Resolved(statements[0], episodes, scheme))
    return free


def resolve(statement: Statement, scheme: Scheme) -> tuple[EpisodeNumber, ...]:
    """The episodes a statement means under a scheme; those that are no candidates are left out."""
    found = (scheme.rule(statement.season, number) for number in statement.numbers)
    return tuple(dict.fromkeys(episode for episode in found if episode is not None))
