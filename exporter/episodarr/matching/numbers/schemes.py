"""Numbering schemes: what episode a number in a file name means under each of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum

from msgspec import Struct

from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

type Rule = Callable[[int | None, int], EpisodeNumber | None]


class Scheme(Struct, frozen=True):
    """A way to read (season or none, number); `rule` gives the candidate's number or None."""

    name: str
    rule: Rule
    confidence: float
    is_running: bool = False
    """Whether it counts through all seasons."""


class Shift(Enum):
    """How the numbers of a torrent may be out of step with the season queued for it."""

    CONTINUED = "a season numbered on from the one before"
    RESTARTED = "a later part numbered from 1 again"
    FROM_ZERO = "a season numbered from 0"


class Numbering:
    """The candidates by each of their numbers."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = tuple(sorted(candidates, key=lambda c: c.number))
        self.direct = {c.number: c.number for c in self.candidates}
        self.scene = _unique(
            ((c.scene_season if c.scene_season is not None else c.season,
              c.scene_episode if c.scene_episode is not None else c.episode), c.number)
            for c in self.candidates
        )  # fmt: skip
        self._scene_season = {c.number: c.scene_season for c in self.candidates}
        self.regular = tuple(c for c in self.candidates if c.season > 0)
        self.absolute = _unique((c.absolute, c.number) for c in self.regular if c.absolute)
        self.before = {c.season: c.absolute - c.episode for c in self.regular if c.absolute}
        """How many episodes come before a season, by the absolute numbers."""
        self.scene_absolute = _unique(
            (c.scene_absolute, c.number) for c in self.regular if c.scene_absolute
        )
        self.specials = tuple(c for c in self.candidates if c.season == 0)
        seasons = {c.season for c in self.regular}
        self.sole_season = next(iter(seasons)) if len(seasons) == 1 else None
        self.seasons = seasons | {c.scene_season for c in self.candidates if c.scene_season}
        self.ends = self._ends()
        """Season (None where a name states none) and number that some name of a candidate ends in."""
        self.has_scene = any(_differs(c) for c in self.candidates)
        self.by_order = _in_order(self.regular)

    def _ends(self) -> frozenset[tuple[int | None, int]]:
        numbers = {*self.direct, *self.scene}
        running = {*self.absolute, *self.scene_absolute, *(number for _, number in numbers)}
        in_one = {(s, s * 100 + number) for s, number in numbers if s and number < 100}
        joined = {number for _, number in in_one}
        within = {*in_one, *((c.season, c.absolute) for c in self.regular if c.absolute)}
        first = {(1, number) for number in (*self.absolute, *self.scene_absolute)}
        return frozenset(
            {*numbers, *within, *first, *((None, number) for number in running | joined)}
        )

    def schemes(self) -> tuple[Scheme, ...]:
        """Every scheme that the candidates' numbers allow, the preferred first on equal evidence."""
        listed = [
            Scheme("scene", self._scene, 0.95) if self.has_scene else None,
            Scheme("season-episode", self._direct, 0.97),
            Scheme("absolute", self._absolute, 0.93, is_running=True) if self.absolute else None,
            Scheme("scene-absolute", self._scene_absolute, 0.9, is_running=True)
            if self.scene_absolute
            else None,
            Scheme("season-and-episode-in-one", self._joined, 0.9),
            Scheme("running-number", self._by_order, 0.8, is_running=True)
            if self.by_order
            else None,
        ]
        return tuple(scheme for scheme in listed if scheme is not None)

    def _season(self, season: int | None) -> int | None:
        return self.sole_season if season is None else season

    def _direct(self, season: int | None, number: int) -> EpisodeNumber | None:
        meant = self._season(season)
        return None if meant is None else self.direct.get((meant, number))

    def _scene(self, season: int | None, number: int) -> EpisodeNumber | None:
        if season is None:
            scene_seasons = {s for s, _ in self.scene}
            season = next(iter(scene_seasons)) if len(scene_seasons) == 1 else None
        return None if season is None else self.scene.get((season, number))

    def _absolute(self, season: int | None, number: int) -> EpisodeNumber | None:
        return self._within(self.absolute.get(number), season)

    def _scene_absolute(self, season: int | None, number: int) -> EpisodeNumber | None:
        return self._within(self.scene_absolute.get(number), season)

    def _joined(self, season: int | None, number: int) -> EpisodeNumber | None:
        if number < 100 or (season is not None and number // 100 != season):
            return None
        return self.direct.get((number // 100, number % 100))

    def _by_order(self, season: int | None, number: int) -> EpisodeNumber | None:
        return self._within(self.by_order.get(number), season)

    def _within(self, found: EpisodeNumber | None, season: int | None) -> EpisodeNumber | None:
        """A running number written with a season counts if it is season 1 (all in one) or the right one."""
        if found is None or season in (None, 1, found[0], self._scene_season[found]):
            return found
        return None


def shifted(
    numbering: Numbering, numbers: Sequence[int], allowed: frozenset[Shift]
) -> Scheme | None:
    """The scheme that maps a run of numbers to the queued episodes in order, or None.

    It exists only if the numbers are a run without gaps, as long as the queue, and the queue has
    no gaps either.
    """
    run = sorted(set(numbers))
    queue = [c.number for c in numbering.regular]
    if len(run) < 2 or len(run) != len(queue) or run[-1] - run[0] + 1 != len(run):
        return None
    if any(b not in ((a[0], a[1] + 1), (a[0] + 1, 1)) for a, b in itertools.pairwise(queue)):
        return None
    continued = queue[0][0] > 1 and queue[0][1] == 1 and run[0] > 1
    restarted = queue[0][1] > 1 and run[0] == 1
    from_zero = run[0] == 0 and queue[0][1] == 1 and not numbering.specials
    fits = {
        Shift.CONTINUED: continued,
        Shift.RESTARTED: restarted,
        Shift.FROM_ZERO: from_zero,
    }
    if not any(fits[shift] for shift in allowed):
        return None
    placed = dict(zip(run, queue, strict=True))
    return Scheme("in-order", lambda _season, number: placed.get(number), 0.7)


def _unique[K](pairs: Iterable[tuple[K, EpisodeNumber]]) -> dict[K, EpisodeNumber]:
    listed = list(pairs)
    often = Counter(key for key, _ in listed)
    return {key: number for key, number in listed if often[key] == 1}


def _differs(candidate: Candidate) -> bool:
    season, episode = candidate.scene_season, candidate.scene_episode
    return season is not None and episode is not None and (season, episode) != candidate.number


def _in_order(regular: Sequence[Candidate]) -> dict[int, EpisodeNumber]:
    """Running numbers of a series without absolute ones; empty unless it is queued from its start."""
    if any(c.absolute is not None for c in regular):
        return {}
    previous: EpisodeNumber = (1, 0)
    if not regular or regular[0].number != (1, 1):
        return {}
    for candidate in regular:
        season, episode = candidate.number
        if (season, episode) not in ((previous[0], previous[1] + 1), (previous[0] + 1, 1)):
            return {}
        previous = candidate.number
    return {place: candidate.number for place, candidate in enumerate(regular, start=1)}
