"""A Sonarr that has just started has an empty queue until its first task has run."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from episodarr.errors import BadPayload, TimedOut, Unreachable, UpstreamError
from episodarr.model.download import (
    HistoryEvent,
    HistoryRecord,
    QueueRow,
    QueueStatus,
    SearchCommand,
    TrackedState,
)
from episodarr.model.health import SonarrStatus
from episodarr.model.ids import (
    DownloadId,
    SonarrEpisodeId,
    SonarrName,
    SonarrSeriesId,
)
from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.systems.sonarr.state import SonarrState
from episodarr.systems.sonarr.wire import UnreachableClients
from tests.library import a_series
from tests.rig import DrivenClock

DOWNLOAD = DownloadId("a" * 40)
ROW = QueueRow(
    row_id=1,
    series_id=SonarrSeriesId(7),
    episode_id=SonarrEpisodeId(31),
    season=1,
    download_id=DOWNLOAD,
    title="Show S01E01",
    status=QueueStatus.DOWNLOADING,
    tracked_state=TrackedState.DOWNLOADING,
    tracked_status=None,
    size_bytes=100,
    remaining_bytes=60,
    protocol="torrent",
)
SERIES = a_series(7)


class Sonarr:
    """Answers everything well, or nothing at all; `queue` is what it lists."""

    def __init__(self) -> None:
        self.queue: tuple[QueueRow, ...] = (ROW,)
        self.history: tuple[HistoryRecord, ...] = ()
        self.paged: tuple[QueueRow, ...] = ()
        self.paged_error: UpstreamError | None = None
        self.paged_count = 0
        self.is_away = False
        self.started_at: datetime | None = datetime(2026, 1, 30, tzinfo=UTC)
        self.status_error: UpstreamError | None = None

    async def fetch_status(self) -> SonarrStatus:
        if self.status_error is not None:
            raise self.status_error
        return self._if_here(SonarrStatus(version="4.0.19", started_at=self.started_at))

    async def fetch_commands(self) -> tuple[SearchCommand, ...]:
        return self._if_here(())

    async def fetch_queue(self) -> tuple[QueueRow, ...]:
        return self._if_here(self.queue)

    async def fetch_queue_of(self, _series_ids: Sequence[SonarrSeriesId]) -> tuple[QueueRow, ...]:
        self.paged_count += 1
        if self.paged_error is not None:
            raise self.paged_error
        return self._if_here(self.paged)

    async def fetch_history_since(self, _at: datetime) -> tuple[HistoryRecord, ...]:
        return self._if_here(self.history)

    async def fetch_series(self) -> tuple[Series, ...]:
        return self._if_here((SERIES,))

    async def fetch_episodes(self, _series_id: SonarrSeriesId) -> tuple[Episode, ...]:
        return self._if_here(())

    async def fetch_episode_files(self, _series_id: SonarrSeriesId) -> tuple[EpisodeFile, ...]:
        return self._if_here(())

    async def fetch_unreachable_clients(self) -> UnreachableClients:
        return self._if_here(UnreachableClients())

    async def fetch_history_of_series(
        self, _series_id: SonarrSeriesId
    ) -> tuple[HistoryRecord, ...]:
        return self._if_here(self.history)

    async def fetch_root_folders(self) -> tuple[str, ...]:
        return self._if_here(("/tv",))

    async def fetch_recycle_bin(self) -> str:
        return self._if_here("")

    async def aclose(self) -> None:
        pass

    def _if_here[T](self, answer: T) -> T:
        if self.is_away:
            raise Unreachable("queue", "refused")
        return answer


async def shown(steps: Sequence[tuple[float, bool, bool]]) -> list[bool]:
    """Whether the download is still there after each read: (seconds since, away, in the queue)."""
    sonarr, clock = Sonarr(), DrivenClock()
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    found: list[bool] = []
    for seconds, is_away, is_queued in steps:
        clock.push(seconds=seconds)
        sonarr.is_away, sonarr.queue = is_away, (ROW,) if is_queued else ()
        await state.read(lambda _: False)
        found.append(DOWNLOAD in state.queue.rows or DOWNLOAD in state.queue.held)
    return found


async def test_what_its_empty_queue_lost_is_held_until_the_queue_is_filled_again() -> None:
    away, empty, back = (15.0, True, True), (15.0, False, False), (15.0, False, True)
    assert await shown([back, away, empty, empty, empty, back]) == [True] * 6


async def test_what_does_not_come_back_is_gone_after_some_minutes() -> None:
    away, empty, back = (15.0, True, True), (15.0, False, False), (15.0, False, True)
    assert await shown([back, away, empty, (181.0, False, False)]) == [True, True, True, False]
    assert await shown([back, empty]) == [True, False]


@pytest.mark.parametrize(
    ("restarts", "tells_status", "is_kept"),
    [(False, True, False), (True, True, True), (False, False, True)],
    ids=["it ran on", "it was started anew", "it does not say"],
)
async def test_a_start_between_two_good_reads_is_seen(
    restarts: bool, tells_status: bool, is_kept: bool
) -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    await state.read(lambda _: False)
    clock.push(seconds=15)
    sonarr.queue = ()
    sonarr.status_error = None if tells_status else TimedOut("status", "no answer")
    if restarts:
        sonarr.started_at = clock()
    await state.read(lambda _: False)
    assert (DOWNLOAD in state.queue.held) is is_kept
    assert not state.health.failures, "what was asked in doubt is not on record"
    clock.push(seconds=181)
    sonarr.status_error = None
    await state.read(lambda _: False)
    assert DOWNLOAD not in state.queue.held, "one start is one start"


async def test_a_sonarr_that_never_tells_its_start_is_taken_to_run_on() -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    sonarr.started_at = None
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    await state.read(lambda _: False)
    clock.push(seconds=15)
    sonarr.queue = ()
    await state.read(lambda _: False)
    assert DOWNLOAD not in state.queue.held


async def test_where_its_start_is_unknown_it_may_have_been_just_now() -> None:
    sonarr, clock = Sonarr(), DrivenClock()
    sonarr.status_error = BadPayload("status", "malformed")
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    await state.read(lambda _: False)
    clock.push(seconds=15)
    sonarr.queue, sonarr.status_error = (), None
    await state.read(lambda _: False)
    assert DOWNLOAD in state.queue.held


async def test_time_in_which_nothing_answered_is_no_time_of_good_queue_answers() -> None:
    """A grab without a row counts for ten minutes of those."""
    sonarr, clock = Sonarr(), DrivenClock()
    state = SonarrState(SonarrName("tv"), sonarr, clock=clock)
    sonarr.queue = ()
    sonarr.history = (
        HistoryRecord(
            record_id=1,
            series_id=SERIES.sonarr_id,
            episode_id=SonarrEpisodeId(31),
            event=HistoryEvent.GRABBED,
            at=clock(),
            source_title="Show S01E01",
        ),
    )
    for seconds, is_away in ((0, False), (15, True), (900, True), (15, False)):
        clock.push(seconds=seconds)
        sonarr.is_away = is_away
        await state.read(lambda _: False)
    assert state.grab_counts_until(SonarrEpisodeId(31), clock()) is not None
    clock.push(seconds=601)
    await state.read(lambda _: False)
    assert state.grab_counts_until(SonarrEpisodeId(31), clock()) is None
