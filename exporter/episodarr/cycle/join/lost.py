"""Grabs without a queue row because their client cannot be reached.

Rows that this process saw vanish are held by `episodarr.stages.holding`. A process that starts
while a client is down never saw them: only history shows that something was grabbed and not ended.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from episodarr.model.download import HistoryEvent, HistoryRecord
from episodarr.model.ids import DownloadId, EpisodeNumber, SonarrEpisodeId
from episodarr.model.library import Episode
from episodarr.model.stage import Stage
from episodarr.stages.classify import EpisodeHistory
from episodarr.stages.holding import HOLD_FOR, SETTLE_FOR
from episodarr.stages.inputs import StageClock

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
    """The grabs of one Sonarr that count as under way without a queue row, an hour at most."""

    def __init__(self) -> None:
        self._lost: dict[SonarrEpisodeId, _Lost] = {}

    def __bool__(self) -> bool:
        """Whether there is such a grab."""
        return bool(self._lost)

    def counting(
        self,
        episodes: Iterable[Episode],
        episode_histories: Mapping[SonarrEpisodeId, EpisodeHistory],
        clocks: Mapping[EpisodeNumber, StageClock] | None,
        *,
        queued: Container[DownloadId | None],
        is_unreachable: Callable[[HistoryRecord], bool],
        now: datetime,
    ) -> dict[SonarrEpisodeId, datetime]:
        """Of a series the grabs that count though no queue row shows them, and until when.

        `clocks` are those of a first read; None: the queue was seen before by this process, so what
        it lost is held already. `is_unreachable` is whether a grab's client fails.
        """
        found: dict[SonarrEpisodeId, datetime] = {}
        for episode in episodes:
            episode_history = episode_histories.get(episode.sonarr_id)
            grab = episode_history.last_grab if episode_history is not None else None
            if episode_history is None or grab is None or grab.download_id in queued:
                continue
            until = self._counts_until(
                episode.sonarr_id,
                episode_history,
                clocks.get((episode.season, episode.episode)) if clocks is not None else None,
                is_watched=clocks is None,
                is_unreachable=is_unreachable(grab),
                now=now,
            )
            if until is not None:
                found[episode.sonarr_id] = until
        return found

    def _counts_until(
        self,
        episode_id: SonarrEpisodeId,
        episode_history: EpisodeHistory,
        clock: StageClock | None,
        *,
        is_watched: bool,
        is_unreachable: bool,
        now: datetime,
    ) -> datetime | None:
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
    """Whether this grab may have been in a queue before this process started."""
    if clock is not None:
        return clock.stage in _UNDER_WAY
    return now - episode_history.last.at < YOUNG
