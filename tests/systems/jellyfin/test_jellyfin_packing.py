"""A list that is read again costs room only for what changed, and is the same as read anew."""

import random
import tracemalloc
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from episodarr.model.steps import in_one_go
from episodarr.systems.jellyfin.packed import NO_LIST, EpisodesBySeries
from episodarr.systems.jellyfin.packing import Packing
from episodarr.systems.jellyfin.records import JellyfinEpisode, JellyfinId, JellyfinItem
from episodarr.systems.jellyfin.wire import ListedEpisode
from tests.systems.jellyfin.test_jellyfin_catalog import an_episode

PAGE = 100


def taken(packing: Packing, episodes: Sequence[JellyfinEpisode], size: int = PAGE) -> Packing:
    for start in range(0, len(episodes), size):
        page = episodes[start : start + size]
        in_one_go(packing.take_steps([ListedEpisode(item_id=e.item_id, episode=e) for e in page]))
    return packing


def read(
    episodes: Sequence[JellyfinEpisode],
    known: EpisodesBySeries = NO_LIST,
    versions: dict[JellyfinId, JellyfinItem] | None = None,
    size: int = PAGE,
) -> EpisodesBySeries:
    return in_one_go(taken(Packing(known), episodes, size).by_series_steps(versions or {}))


def as_sets(listed: EpisodesBySeries) -> dict[JellyfinId | None, set[JellyfinEpisode]]:
    found = {series_id: part.unpacked() for series_id, part in listed.items()}
    assert all(len(set(episodes)) == len(episodes) for episodes in found.values())
    return {series_id: set(episodes) for series_id, episodes in found.items()}


def library(series: int, episodes: int) -> list[JellyfinEpisode]:
    """In the order of their dates, so that those of one series lie on many pages."""
    numbers = [(one, n) for n in range(episodes) for one in range(series)]
    return [an_episode(f"{one}-{n}", f"s{one}") for one, n in numbers]


def test_a_list_as_it_was_is_the_same_objects_and_takes_next_to_nothing_meanwhile() -> None:
    episodes = library(40, 50)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        anew = taken(Packing(), episodes)
        first = tracemalloc.get_traced_memory()[0] - before
        known = in_one_go(anew.by_series_steps({}))
        before = tracemalloc.get_traced_memory()[0]
        again = taken(Packing(known), episodes)
        second = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert second < first / 8, (first, second)
    found = in_one_go(again.by_series_steps({}))
    assert found.keys() == known.keys()
    assert all(found[one] is known[one] for one in known)


def test_a_series_in_which_one_changed_is_packed_anew_and_no_other() -> None:
    episodes = library(3, 4)
    known = read(episodes)
    episodes[0] = replace(episodes[0], paths=("/tv/elsewhere.mkv",))
    found = read(episodes, known)
    assert as_sets(found) == as_sets(read(episodes))
    assert [one for one in known if found[one] is not known[one]] == ["s0"]


def test_versions_that_came_later_are_added_to_what_was_known() -> None:
    episodes = library(2, 2)
    known = read(episodes)
    item_id = episodes[0].item_id
    item = JellyfinItem(
        item_id=item_id, kind="Episode", name="", is_file=True, paths=("/tv/4k.mkv",)
    )
    found = read(episodes, known, {item_id: item})
    (with_both,) = [e for e in found[JellyfinId("s0")].unpacked() if e.item_id == item_id]
    assert with_both.paths == (*episodes[0].paths, "/tv/4k.mkv")
    again = read(episodes, found, {item_id: item})
    assert all(again[one] is found[one] for one in found), "nothing changed since"


def test_a_page_of_many_series_is_compared_in_steps() -> None:
    episodes = library(200, 3)
    page = [ListedEpisode(item_id=e.item_id, episode=e) for e in episodes[:200]]
    assert sum(1 for _ in Packing(read(episodes)).take_steps(page)) == 10


listed = st.dictionaries(
    st.sampled_from([f"i{n}" for n in range(8)]),
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from(["x", "y"])),
)


@given(listed, listed, st.integers(1, 5), st.randoms())
def test_a_list_read_over_another_is_the_list_read_anew(
    before: dict[str, tuple[str, str]],
    now: dict[str, tuple[str, str]],
    size: int,
    order: random.Random,
) -> None:
    def episodes(items: dict[str, tuple[str, str]]) -> list[JellyfinEpisode]:
        return [an_episode(i, s, f"/tv/{s}/{name}-{i}.mkv") for i, (s, name) in items.items()]

    known, coming = read(episodes(before)), episodes(now)
    order.shuffle(coming)
    found = read(coming, known, size=size)
    assert as_sets(found) == as_sets(read(coming))
    assert all(found[s] is known[s] for s in known if as_sets(known)[s] == as_sets(found).get(s))
