"""Titles of requests that are in no Sonarr: few questions, each once, and nothing rests on them."""

from datetime import UTC, datetime, timedelta

import pytest

from episodarr.errors import TimedOut
from episodarr.model.request import MediaRequest, MediaStatus, RequestId, RequestStatus
from episodarr.stages.requests import PlacedRequest
from episodarr.systems.jellyseerr.titles import AGAIN_AFTER, AT_ONCE, RequestTitles
from tests.rig import rig

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


def waiting(tmdb_id: int) -> PlacedRequest:
    request = MediaRequest(
        request_id=RequestId(tmdb_id),
        status=RequestStatus.PENDING,
        media_status=MediaStatus.PENDING,
        is_4k=False,
        tmdb_id=tmdb_id,
        tvdb_id=None,
        server_id=None,
        sonarr_series_id=None,
        seasons=(1,),
        created_at=NOW,
    )
    return PlacedRequest(request=request, series=None)


class Tmdb:
    """Answers for even numbers only."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[int] = []
        self.titles = RequestTitles(self.fetch_title, clock=lambda: self.now)

    async def fetch_title(self, tmdb_id: int) -> str:
        self.asked.append(tmdb_id)
        if tmdb_id % 2:
            raise TimedOut("title", "no answer within 30 s")
        return f"Show {tmdb_id}"

    async def read(self, *tmdb_ids: int) -> tuple[int, ...]:
        placed = tuple(waiting(tmdb_id) for tmdb_id in tmdb_ids)
        await self.titles.read(self.titles.missing(placed))
        return self.titles.missing(placed)


async def test_each_title_is_asked_for_once_and_a_few_at_a_time() -> None:
    tmdb = Tmdb()
    ids = tuple(range(2, 2 * AT_ONCE + 4, 2))
    assert await tmdb.read(*ids) == ids[AT_ONCE:]
    assert await tmdb.read(*ids) == ()
    assert await tmdb.read(*ids, *ids) == ()
    assert tmdb.asked == list(ids)
    assert tmdb.titles.name(waiting(2).request).title == "Show 2"


async def test_a_failure_ends_the_read_and_is_tried_again_much_later() -> None:
    tmdb = Tmdb()
    assert await tmdb.read(1, 2) == (2,)
    assert tmdb.asked == [1]
    await tmdb.read(1, 2)
    assert tmdb.asked == [1, 2]
    tmdb.now += AGAIN_AFTER - timedelta(seconds=1)
    assert await tmdb.read(1, 2) == ()
    tmdb.now += timedelta(seconds=1)
    await tmdb.read(1, 2)
    assert tmdb.asked == [1, 2, 1]
    assert tmdb.titles.name(waiting(1).request).title == ""


@pytest.mark.parametrize(
    ("is_tmdb_there", "name"), [(True, "Frieren: Beyond Journey's End"), (False, "TVDB 424536")]
)
async def test_what_waits_for_approval_has_a_title_or_its_number_and_seerr_is_well(
    is_tmdb_there: bool, name: str
) -> None:
    async with rig() as running:
        if not is_tmdb_there:
            running.simulation.fault("jellyseerr", "status", path_prefix="/api/v1/tv/")
        await running.settle()
        await running.cycle(3)
        names = {view.series for view in running.snapshot.requests if view.sonarr is None}
        assert names == {name}
        health = {one.name: one.is_up for one in running.snapshot.upstreams}
        assert health["jellyseerr"]
