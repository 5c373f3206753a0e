"""The time at which an episode entered its stage."""

from datetime import datetime, timedelta

from episodarr.model.stage import Hold, Stage
from episodarr.stages.classify import (
    Classification,
)
from episodarr.stages.inputs import StageClock

_ONE_SECOND = timedelta(seconds=1)
"""Sonarr's and qBittorrent's times are cut to whole seconds."""
_QUEUE_LAG = timedelta(seconds=90)
"""Sonarr's queue follows its client once a minute: bytes may have come this long unnoticed."""
_NOT_BEGUN = {
    (Stage.FOUND, Stage.DOWNLOADING): frozenset(
        {Hold.CLIENT_ERROR, Hold.METADATA, Hold.CHECKING, Hold.PAUSED, Hold.STALLED, Hold.NO_SEEDS}
    ),
    (Stage.IMPORTING, Stage.AVAILABLE): frozenset(
        {Hold.SHOKO_MATCH, Hold.JELLYFIN_SCAN, Hold.JELLYFIN_UNKNOWN}
    ),
}
"""Holds that prove, while they last, that the next stage has not begun, whatever the times are."""


def entered_at(
    classification: Classification, clock: StageClock | None, now: datetime
) -> datetime | None:
    """Since when an episode is in its stage.

    A stage that goes on keeps its time. A stage seen to begin has the upstreams' own time, unless
    that lies before the stage it came from (a deleted file leaves an episode that aired long ago).
    On a first reading only the upstreams' times are known; without one it stays unknown.
    """
    stated = min(classification.entered_at, now) if classification.entered_at is not None else None
    if clock is None:
        return stated
    if clock.stage is classification.stage:
        return clock.entered_at or stated
    if stated is None or _is_refuted(stated, classification.stage, clock, now):
        return now
    return stated if clock.entered_at is None else max(stated, clock.entered_at)


def _is_refuted(stated: datetime, stage: Stage, clock: StageClock, now: datetime) -> bool:
    """Whether the episode was seen in its former stage after the upstreams' time for this one."""
    if clock.entered_at is None:
        # Unaired ends when it airs; for every other stage without a time nothing is known.
        return clock.stage is not Stage.UNAIRED
    if stated < clock.entered_at - _ONE_SECOND:
        return True
    step = (clock.stage, stage)
    if not clock.is_watched or step not in _NOT_BEGUN:
        return False
    is_late = stage is Stage.DOWNLOADING and now - stated > _QUEUE_LAG
    return is_late or clock.hold in _NOT_BEGUN[step]
