"""An answer is evidence if it was requested after everything that happened."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from episodarr.model.reading import Fresh
from episodarr.systems.freshness import SLOWEST_ANSWER, AnswerFreshness

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
ago = st.timedeltas(timedelta(), timedelta(minutes=3)).map(lambda length: NOW - length)


@given(st.lists(ago, min_size=1), ago)
def test_an_answer_is_newer_than_every_event_in_whatever_order_they_are_noted(
    events: list[datetime], answered_at: datetime
) -> None:
    freshness = AnswerFreshness()
    for at in events:
        freshness.happened(at)
    assert freshness.age_limit(NOW) == NOW - max(events)
    is_newer = answered_at - SLOWEST_ANSWER > max(events)
    assert (freshness.began_at(Fresh(None, answered_at), NOW) is not None) == is_newer
