"""A series joined in one go: production does it in steps, between which others have their turn."""

from datetime import datetime

from exporter.join.rejoin import rejoin_steps
from exporter.join.series import JoinedSeries, SeriesInputs, join_steps
from exporter.model.steps import in_one_go


def join_series(inputs: SeriesInputs, now: datetime) -> JoinedSeries:
    """The view of one series at one moment."""
    return in_one_go(join_steps(inputs, now))


def rejoin_series(inputs: SeriesInputs, now: datetime, last: JoinedSeries) -> JoinedSeries:
    """The view of one series after its former one."""
    return in_one_go(rejoin_steps(inputs, now, last))
