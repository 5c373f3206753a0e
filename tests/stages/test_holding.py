"""What Sonarr's queue loses while its client is away is held, for a while."""

from datetime import timedelta

from episodarr.model.download import QueueRow
from episodarr.model.ids import DownloadId
from episodarr.stages.holding import HOLD_FOR, SETTLE_FOR, HeldRows, hold_rows
from tests.stages.test_episode_download import a_row
from tests.strategies import NOW

A = DownloadId("a" * 40)
ROWS = (a_row(),)


def held_after(
    *,
    held: dict[DownloadId, HeldRows] | None = None,
    before: tuple[QueueRow, ...] | None = ROWS,
    there: tuple[QueueRow, ...] | None = None,
    ended: bool = False,
    unavailable: bool = True,
    minutes: float = 0,
) -> dict[DownloadId, HeldRows]:
    return hold_rows(
        held or {},
        {A: before} if before is not None else {},
        {A: there} if there is not None else {},
        ended={A} if ended else (),
        is_client_unavailable=lambda _: unavailable,
        now=NOW + timedelta(minutes=minutes),
    )


def test_rows_that_vanish_with_their_client_are_held() -> None:
    assert held_after()[A].rows == ROWS


def test_rows_that_vanish_while_the_client_is_well_are_gone() -> None:
    assert held_after(unavailable=False) == {}


def test_rows_whose_download_ended_by_history_are_gone() -> None:
    assert held_after(ended=True) == {}
    assert held_after(held=held_after(), before=None, ended=True) == {}


def test_rows_that_come_back_are_no_longer_held() -> None:
    assert held_after(held=held_after(), before=None, there=ROWS) == {}


def test_nothing_is_held_for_longer_than_an_hour() -> None:
    hour = HOLD_FOR.total_seconds() / 60
    assert held_after(held=held_after(), before=None, minutes=hour - 1)
    assert held_after(held=held_after(), before=None, minutes=hour) == {}


def test_after_the_client_is_back_sonarr_gets_time_to_fill_its_queue() -> None:
    settle = SETTLE_FOR.total_seconds() / 60
    first = held_after()
    assert held_after(held=first, before=None, unavailable=False, minutes=settle - 1) == first
    assert held_after(held=first, before=None, unavailable=False, minutes=settle) == {}


def test_the_hour_counts_from_when_the_rows_vanished() -> None:
    later = held_after(held=held_after(), before=None, minutes=30)
    assert later[A].since == NOW
