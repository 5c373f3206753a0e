"""Grabs without a queue row because their client cannot be reached.

Rows that this process saw vanish are held by `episodarr.stages.holding`. A process that starts
while a client is down never saw them: only history shows that something was grabbed and not ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.model.download import HistoryEvent
from episodarr.model.ids import SonarrEpisodeId
from episodarr.model.stage import Stage
from episodarr.stages.classify import EpisodeHistory
from episodarr.stages.holding import HOLD_FOR, SETTLE_FOR
from episodarr.stages.series import StageClock

AGAIN_AFTER = timedelta(minutes=1)
"""How long such a grab counts before it is thought of again."""
YOUNG = timedelta(hours=24)
"""A grab this old counts even where nothing was stored of it."""
_UNDER_WAY = frozenset({Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING})


@dataclass(frozen=True, slots=True)
class _Lost:
    record_id: int
    since: datetime
    unreachable_at: datetime


class LostGrabs:
    """The grabs of one Sonarr that are waited for, each for an hour at most."""

    def __init__(self) -> None:
        self._lost: dict[SonarrEpisodeId, _Lost] = {}

    def __bool__(self) -> bool:
        """Whether any is waited for."""
        return bool(self._lost)

    def counts_until(
        self,
        episode_id: SonarrEpisodeId,
        episode_history: EpisodeHistory,
        clock: StageClock | None,
        *,
        is_watched: bool,
        is_unreachable: bool,
        now: datetime,
    ) -> datetime | None:
        """Until when the grab counts though no row shows it; None if it does not.

        `is_watched`: the queue was seen before by this process, so what it lost is held already.
        """
        entry = self._lost.pop(episode_id, None)
        if episode_history.last.event is not HistoryEvent.GRABBED:
            return None
        if entry is None or entry.record_id != episode_history.last.record_id:
            if is_watched or not is_unreachable or not _may_be_lost(episode_history, clock, now):
                return None
            entry = _Lost(episode_history.last.record_id, now, now)
        if is_unreachable:
            entry = _Lost(entry.record_id, entry.since, now)
        if now - entry.since >= HOLD_FOR or now - entry.unreachable_at >= SETTLE_FOR:
            return None
        self._lost[episode_id] = entry
        return now + AGAIN_AFTER


def _may_be_lost(episode_history: EpisodeHistory, clock: StageClock | None, now: datetime) -> bool:
    """Whether it may have been in a queue that this process never saw."""
    if clock is not None:
        return clock.stage in _UNDER_WAY
    return now - episode_history.last.at < YOUNG
