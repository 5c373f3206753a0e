"""Lists that did not change cost nothing and stay the same objects."""

import json
from typing import Any

import msgspec
import pytest

from episodarr.errors import BadPayload
from episodarr.model.download import QueueRow
from episodarr.model.ids import SonarrName
from episodarr.model.library import Episode, Series
from episodarr.model.records import has_nameless, unread_keys
from episodarr.systems.sonarr import wire
from episodarr.systems.sonarr.lists import ListCache, ListCaches
from tests.systems.sonarr.sonarr_payloads import (
    a_history_record,
    a_queue_row,
    a_series,
    an_episode,
)
from tests.turns import turns_of_others


def body(items: list[dict[str, Any]]) -> bytes:
    return json.dumps(items).encode()


class Counted:
    """`parse_series`, counting its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, body: msgspec.Raw, *, at: str) -> Series:
        self.calls += 1
        return wire.parse_series(body, SonarrName("tv"), at=at)


def series_cache(parse: Counted) -> ListCache[Series]:
    return ListCache("series", parse, lambda series: series.sonarr_id, by_item=True)


def queue_cache() -> ListCache[QueueRow]:
    return ListCache(
        "queue", wire.parse_queue_row, lambda row: row.row_id, by_item=True, keeps_bytes=True
    )


async def test_only_what_changed_is_decoded_and_replaced() -> None:
    parse = Counted()
    cache = series_cache(parse)
    library = [a_series(number, tvdbId=number) for number in range(1, 121)]
    first = await cache.read(body(library))
    assert parse.calls == 120
    assert await cache.read(body(library)) is first
    assert parse.calls == 120

    library[7]["monitored"] = False
    second = await cache.read(body(library))
    assert parse.calls == 121
    assert [index for index in range(120) if second[index] is not first[index]] == [7]
    assert not second[7].is_monitored


async def test_others_have_their_turn_once_a_long_list_was_compared() -> None:
    cache = series_cache(Counted())
    library = body([a_series(1, tvdbId=1, overview="x" * 1_100_000)])
    first = await cache.read(library)
    async with turns_of_others() as turns:
        assert await cache.read(library) is first
        assert turns.count


async def test_a_change_in_fields_that_nobody_reads_is_no_change() -> None:
    cache = series_cache(Counted())
    first = await cache.read(body([a_series()]))
    second = await cache.read(body([a_series(nextAiring="2026-02-14T14:00:00Z")]))
    assert second is first


async def test_removed_items_go_and_the_rest_keeps_its_order_and_identity() -> None:
    cache = queue_cache()
    rows = [a_queue_row(number) for number in (5, 3, 9)]
    first = await cache.read(body(rows))
    second = await cache.read(body([rows[2], rows[0]]))
    assert [row.row_id for row in second] == [9, 5]
    assert second[0] is first[2]
    assert second[1] is first[0]
    assert await cache.read(b"[]") == ()


async def test_an_error_leaves_the_cache_as_it_was() -> None:
    cache = queue_cache()
    first = await cache.read(body([a_queue_row(1), a_queue_row(2)]))
    for bad in (b"", b"{}", body([a_queue_row(1), a_queue_row(2)])[:-20], b'[{"id": 1}]'):
        with pytest.raises(BadPayload):
            await cache.read(bad)
    assert await cache.read(body([a_queue_row(1), a_queue_row(2)])) is first


async def test_one_odd_record_is_left_out_and_named_and_costs_no_other() -> None:
    rows = await queue_cache().read(body([a_queue_row(1), a_queue_row(2, size="big")]))
    assert [row.row_id for row in rows] == [1]
    assert [(one.key, one.place) for one in rows.unread] == [(2, "$[1].size")]


async def test_a_series_whose_record_turns_odd_is_still_there_as_it_was() -> None:
    cache = series_cache(Counted())
    before = await cache.read(body([a_series(1), a_series(2, tvdbId=2)]))
    for odd in ({"tvdbId": 0}, {"seasons": None}, {"path": 7}):
        after = await cache.read(body([a_series(1, **odd), a_series(2, tvdbId=2)]))
        assert set(after) == set(before)
        assert unread_keys(after) == {1}
    assert not (await cache.read(body([a_series(2, tvdbId=2)]))).unread


async def test_a_record_without_an_id_may_be_any_that_is_missing() -> None:
    cache = series_cache(Counted())
    for odd in (None, 7, {}, {"id": "x"}, {"id": 0}, a_series(1, id=None)):
        records = await cache.read(body([a_series(2), odd]))  # type: ignore[list-item]  # no record
        assert [series.sonarr_id for series in records] == [2]
        assert has_nameless(records)


async def test_a_list_of_which_nothing_can_be_read_is_refused_unless_it_is_of_events() -> None:
    history = ListCache(
        "history",
        wire.parse_history_record,
        lambda record: record.record_id,
        by_item=True,
        keeps_bytes=True,
        of_events=True,
    )
    with pytest.raises(BadPayload):
        await queue_cache().read(body([a_queue_row(1, size="big")]))
    records = await history.read(body([a_history_record(episodeId=0)]))
    assert records == ()
    assert unread_keys(records) == {99}
    with pytest.raises(BadPayload):
        await history.read(b'["x"]')


async def test_other_tasks_run_while_a_long_list_is_decoded() -> None:
    cache = series_cache(Counted())
    library = body([a_series(number, tvdbId=number) for number in range(1, 501)])
    async with turns_of_others() as turns:
        await cache.read(library)
    assert turns.count >= 9


async def test_each_series_has_its_own_cache_and_the_oldest_is_forgotten() -> None:
    caches: ListCaches[Episode] = ListCaches(
        lambda: ListCache("episode", wire.parse_episode, lambda episode: episode.sonarr_id),
        limit=2,
    )
    of_one, of_two, of_three = (body([an_episode(number)]) for number in (1, 2, 3))
    one = await caches.read(1, of_one)
    two = await caches.read(2, of_two)
    assert await caches.read(1, of_one) is one
    await caches.read(3, of_three)
    assert await caches.read(1, of_one) is one
    again = await caches.read(2, of_two)
    assert again is not two
    assert again == two


async def test_an_episode_list_that_grew_keeps_its_old_episodes() -> None:
    caches: ListCaches[Episode] = ListCaches(
        lambda: ListCache("episode", wire.parse_episode, lambda episode: episode.sonarr_id),
        limit=2,
    )
    before = await caches.read(7, body([an_episode(1), an_episode(2)]))
    after = await caches.read(7, body([an_episode(1), an_episode(2), an_episode(3)]))
    assert after[0] is before[0]
    assert after[1] is before[1]
    assert len(after) == 3
