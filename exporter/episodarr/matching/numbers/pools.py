"""Choosing one numbering scheme for all files that are numbered alike."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from episodarr.matching.numbers.schemes import Numbering, Scheme, Shift, shifted
from episodarr.matching.numbers.statements import Statement
from episodarr.model.ids import EpisodeNumber

_FEW_FROM_ZERO = 3

type Groups = Sequence[Sequence[Sequence[Statement]]]
"""Per set of files named alike, per file, the ways to read it, the likeliest first."""


class Resolved(Struct, frozen=True):
    """A statement with the episodes it means under the scheme chosen for its pool."""

    statement: Statement
    episodes: tuple[EpisodeNumber, ...]
    scheme: Scheme

    @property
    def assumes_season(self) -> bool:
        """Whether a number without a season is read as one of a later season."""
        by_season = self.scheme.name in ("season-episode", "scene")
        return by_season and self.statement.season is None and self.episodes[0][0] > 1


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
    if _leaves_a_season_from_zero(ranked[0][1], groups, numbering):
        return []
    return _undisputed(ranked)


def _undisputed(ranked: Sequence[tuple[tuple[float, ...], list[Resolved]]]) -> list[Resolved]:
    """The best reading, without the files that an equally good one takes for other episodes.

    That is so where an absolute number of one episode is the number of another: `15` of a season
    whose 16th episode is the 15th of all. Marks that spell a season, and seasons in the name, are
    beyond such doubt, and so are files that outnumber what the other reading explains.
    """
    best_rank, best = ranked[0]
    disputed: dict[str, set[tuple[EpisodeNumber, ...]]] = {}
    for rank, resolved in ranked:
        if rank[:-1] == best_rank[:-1]:
            for one in resolved:
                disputed.setdefault(one.statement.reading.path, set()).add(one.episodes)
    return [
        one
        for one in best
        if one.statement.season is not None
        or one.statement.is_spelled
        or len(disputed[one.statement.reading.path]) == 1
    ]


def _leaves_a_season_from_zero(
    resolved: list[Resolved], groups: Groups, numbering: Numbering
) -> bool:
    """Whether a season seems to be numbered from 0, but not so that each queued episode has a file.

    The 0 may be a prologue before the first episode, or the first episode itself.
    """
    if numbering.specials or resolved[0].scheme.name == "in-order":
        return False
    slots = {one.statement.slot for one in resolved}
    numbers = {
        number
        for group in groups
        for statements in group
        for s in statements
        if s.slot in slots and not s.is_spelled
        for number in s.numbers
    }
    if 0 not in numbers or numbers != set(range(len(numbers))) or len(numbers) < _FEW_FROM_ZERO:
        return False
    held = {episode for one in resolved for episode in one.episodes}
    seasons = {season for season, _ in held}
    return any(c.number not in held for c in numbering.regular if c.season in seasons)


def _is_unlikely(resolved: list[Resolved], groups: Groups) -> bool:
    """Numbers without a season that would run past the end of the one later season queued."""
    assumed = any(one.assumes_season for one in resolved)
    return assumed and _numbers_beyond(resolved, groups) > 0


def _is_refuted(scheme: Scheme, groups: Groups, numbering: Numbering) -> bool:
    """Whether numbers of a named season are too low to count through all seasons."""
    if not scheme.is_running:
        return False
    likely = (statements[0] for group in groups for statements in group)
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
    by_slot = {
        slot: ones
        for slot, ones in by_slot.items()
        if slot not in constant and _explained(ones) > 0
    }
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
    """Slots with one and the same number in file after file: they do not number the files."""
    values: dict[str, list[tuple[int, ...]]] = {}
    for statements in group:
        for statement in statements:
            values.setdefault(statement.slot, []).append(statement.numbers)
    return {
        slot
        for slot, numbers in values.items()
        if len(numbers) > 2 and len(set(numbers)) == 1 and not slot.startswith("explicit")
    }


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
    """The episodes that a statement means under a scheme, each once; only candidates."""
    found = (scheme.rule(statement.season, number) for number in statement.numbers)
    return tuple(dict.fromkeys(episode for episode in found if episode is not None))
