"""One rule for how long a deletion is shown, wherever it is shown."""

from datetime import datetime, timedelta

import pytest

from episodarr.model.deletion import DeletionStatus, is_shown
from tests.builders import NOW, a_deletion_view
from tests.replacing import replace

DAY = timedelta(days=1)
LONG_AGO = NOW - 400 * DAY
S = DeletionStatus


@pytest.mark.parametrize("status", [S.PARTIAL, S.FAILED, S.UNVERIFIED, S.HELD])
def test_a_bad_one_is_shown_until_a_week_after_it_was_acknowledged(status: S) -> None:
    view = a_deletion_view(status=status, finished_at=LONG_AGO)
    assert is_shown(view, NOW)
    assert is_shown(replace(view, acknowledged_at=NOW - 7 * DAY), NOW)
    assert not is_shown(replace(view, acknowledged_at=NOW - 8 * DAY), NOW)


def test_one_that_is_verified_again_is_shown_although_it_was_acknowledged_long_ago() -> None:
    view = a_deletion_view(status=S.VERIFYING, finished_at=LONG_AGO)
    assert is_shown(replace(view, acknowledged_at=LONG_AGO), NOW)


@pytest.mark.parametrize("acknowledged_at", [None, LONG_AGO])
def test_leftovers_are_shown_for_a_week_after_it_healed(acknowledged_at: datetime | None) -> None:
    view = replace(
        a_deletion_view(status=S.LEFTOVERS, finished_at=LONG_AGO), acknowledged_at=acknowledged_at
    )
    assert is_shown(replace(view, healed_at=NOW - 7 * DAY), NOW)
    assert not is_shown(replace(view, healed_at=NOW - 8 * DAY), NOW)


@pytest.mark.parametrize("status", [S.COMPLETE, S.FILES_KEPT, S.SUPERSEDED])
def test_a_closed_one_is_shown_for_a_week_from_then(status: S) -> None:
    view = a_deletion_view(status=status, finished_at=LONG_AGO)
    healed = replace(view, healed_at=LONG_AGO, acknowledged_at=LONG_AGO)
    assert is_shown(replace(healed, closed_at=NOW - 7 * DAY), NOW)
    assert not is_shown(replace(healed, closed_at=NOW - 8 * DAY), NOW)
