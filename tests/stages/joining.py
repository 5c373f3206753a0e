"""A series joined in one go: production does it in steps, between which others have their turn."""

from datetime import datetime

from episodarr.model.steps import in_one_go
from episodarr.stages.inputs import SeriesInputs
from episodarr.stages.rejoin import rejoin_steps
from episodarr.stages.series import JoinedSeries, join_steps


def join_series(inputs: SeriesInputs, now: datetime) -> JoinedSeries:
    """The view of one series at one moment."""
    return in_one_go(join_steps(inputs, now))


def rejoin_series(inputs: SeriesInputs, now: datetime, last: JoinedSeries) -> JoinedSeries:
    """The view of one series after its former one."""
    return in_one_go(rejoin_steps(inputs, now, last))
