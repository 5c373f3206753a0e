"""A queued season that nothing claims, and files of a title that is ours and more: often a pair.

Sequels have names of their own that Sonarr does not always know. Its queue shows that the season is
in the torrent; if exactly one set of files fits it, those files are the season. Likewise the second
half of a season that the names call season 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from episodarr.matching.claims import Claim
from episodarr.matching.numbers.pools import Resolved
from episodarr.matching.numbers.statements import (
    Statement,
    explicit_statements,
    loose_statements,
)
from episodarr.matching.reading.heading import TitleKind
from episodarr.matching.reading.path import Reading
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

_FEWEST = 3
_SECOND = 2
_FULL_SIZE_RATIO = 0.5


def leftover_claims(
    readings: Iterable[Reading], queued: Sequence[Candidate], claims: Collection[Claim]
) -> Iterator[Claim]:
    """The claims of files on the one season that is queued whole and that no other file holds.

    They must be numbered from 1 to that season's last, be as large as the files that are sure,
    and be the only ones of their kind.
    """
    held = {episode for claim in claims for episode in claim.episodes}
    season = _unclaimed_season(queued, held)
    if season is None or not claims:
        return
    usual = sorted(claim.reading.size_bytes for claim in claims)[len(claims) // 2]
    wanted = set(range(1, len(season) + 1))
    fitting = [
        group
        for group in _numbered_alike(readings).values()
        if {s.numbers[0] for s in group} == wanted and len(group) == len(wanted)
        and min(s.reading.size_bytes for s in group) > usual * _FULL_SIZE_RATIO
    ]  # fmt: skip
    for statement in fitting[0] if len(fitting) == 1 else ():
        kind, title = statement.reading.title_kind(statement.start)
        yield Claim(
            reading=statement.reading,
            episodes=(season[statement.numbers[0] - 1],),
            rule="season-left-over",
            tokens=(title, statement.text),
            confidence=0.65,
            kind=kind,
            title=title,
        )


def second_half_claims(
    readings: Iterable[Reading], queued: Sequence[Candidate], claims: Collection[Claim]
) -> Iterator[Claim]:
    """The claims of files that name season 2 on the second half of the one season queued.

    They must be numbered from 1 and be as many as the episodes that the first half leaves.
    """
    held = {episode for claim in claims for episode in claim.episodes}
    regular = sorted(c.number for c in queued if c.season > 0)
    left = [number for number in regular if number not in held]
    if {season for season, _ in regular} != {1} or regular[0] in left or len(left) < _FEWEST:
        return
    listed = [s for reading in readings if (s := _of_season_two(reading)) is not None]
    numbers = sorted(s.numbers[0] for s in listed)
    if left != regular[-len(left) :] or numbers != list(range(1, len(left) + 1)):
        return
    for statement in listed:
        kind, title = statement.reading.title_kind(statement.start)
        if kind is not TitleKind.ALIEN:
            yield Claim(
                reading=statement.reading,
                episodes=(left[statement.numbers[0] - 1],),
                rule="second-half",
                tokens=("season 2", statement.text),
                confidence=0.65,
                kind=kind,
                title=title,
            )


def _of_season_two(reading: Reading) -> Statement | None:
    """What numbers a file of season 2, if its name or its folders put it there."""
    stated = explicit_statements(reading) or loose_statements(reading, reading.season_hint())
    likely = min(stated, key=lambda s: s.order, default=None)
    is_one = likely is not None and likely.season == _SECOND and len(likely.numbers) == 1
    return likely if is_one and not reading.special else None


def fits_a_later_season(chosen: Collection[Resolved], queued: Sequence[Candidate]) -> bool:
    """Whether files read as the first queued season are numbered from 1 to the end of another.

    Under a title that is not quite the series' they may be that sequel.
    """
    if any(one.statement.season is not None for one in chosen):
        return False
    first = queued[0].season if queued else 0
    numbers = {number for one in chosen for number in one.statement.numbers}
    lengths = Counter(candidate.season for candidate in queued)
    read_as_first = bool(chosen) and all(s == first for one in chosen for s, _ in one.episodes)
    whole = numbers == set(range(1, len(numbers) + 1)) and lengths[first] != len(numbers)
    return read_as_first and whole and len(numbers) in lengths.values()


def _unclaimed_season(
    queued: Sequence[Candidate], held: set[EpisodeNumber]
) -> list[EpisodeNumber] | None:
    """The numbers of the one queued season that no file holds any of, if it is queued whole."""
    seasons: dict[int, list[EpisodeNumber]] = {}
    for candidate in queued:
        if candidate.season > 0:
            seasons.setdefault(candidate.season, []).append(candidate.number)
    empty = [sorted(numbers) for numbers in seasons.values() if not held.intersection(numbers)]
    if len(empty) != 1 or len(empty[0]) < _FEWEST:
        return None
    whole = [episode for _, episode in empty[0]] == list(range(1, len(empty[0]) + 1))
    return empty[0] if whole else None


def _numbered_alike(readings: Iterable[Reading]) -> dict[str, list[Statement]]:
    groups: dict[str, list[Statement]] = {}
    for reading in readings:
        if reading.marks.explicit or reading.special or reading.season_hint() is not None:
            continue
        statements = loose_statements(reading, None)
        likely = min(statements, key=lambda s: s.order, default=None)
        if likely is None or len(likely.numbers) > 1:
            continue
        kind, title = reading.title_kind(likely.start)
        if kind is TitleKind.EXTENDED:
            groups.setdefault(title, []).append(likely)
    return groups
