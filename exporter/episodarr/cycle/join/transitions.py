"""Which episodes left one stage for another between two published views."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from episodarr.model.ids import EpisodeKey
from episodarr.model.stage import Stage
from episodarr.model.view import SeriesView
from episodarr.stages.series import clocks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One episode that was seen to leave one stage for another."""

    key: EpisodeKey
    left: Stage
    left_entered_at: datetime | None
    entered: Stage
    at: datetime
    grabbed_at: datetime | None = None
    """When the release it has now was grabbed, if history has it."""


def transitions(
    before: SeriesView | None,
    after: SeriesView,
    now: datetime,
    grabbed_at: Mapping[tuple[int, int], datetime],
) -> list[Transition]:
    """Episodes that are in another stage than in the former view; none without a former one."""
    if before is None:
        return []
    known = {id(season) for season in before.seasons}
    changed = [season for season in after.seasons if id(season) not in known]
    if not changed:
        return []
    numbers = {season.season for season in changed}
    known_seasons = tuple(season for season in before.seasons if season.season in numbers)
    clocks = clocks_of(known_seasons)
    if not clocks:
        return []
    return [
        Transition(
            key=e.key,
            left=clock.stage,
            left_entered_at=clock.entered_at,
            entered=e.stage,
            at=now,
            grabbed_at=grabbed_at.get((e.key.season, e.key.episode)),
        )
        for season in changed
        for e in season.episodes or ()
        if (clock := clocks.get((e.key.season, e.key.episode))) is not None
        and clock.stage is not e.stage
    ]
