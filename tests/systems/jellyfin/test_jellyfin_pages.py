"""A list that changes while it is read page by page: nothing that was there all the time is missing."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import respx
from hypothesis import given
from hypothesis import strategies as st

from episodarr.errors import BadPayload
from episodarr.systems.jellyfin.client import EpisodeList
from tests.systems.jellyfin.test_jellyfin_client import BASE, a_page, an_episode, ask, hex_id

type Change = Callable[["Server"], None]


@dataclass
class Server:
    """A Jellyfin in whose list, in the order of its numbers, something changes after each page."""

    numbers: list[int]
    page_size: int = 1_000
    changes: list[Change] = field(default_factory=list)
    pages: int = 0
    always: set[int] = field(init=False)
    """What was there all the time: what goes and comes back was not."""

    def __post_init__(self) -> None:
        self.always = set(self.numbers)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.pages += 1
        start = int(request.url.params["startIndex"])
        page = [an_episode(n) for n in self.numbers[start : start + self.page_size]]
        answer = httpx.Response(200, json=a_page(page, total=len(self.numbers)))
        if self.changes:
            self.changes.pop(0)(self)
            self.always.intersection_update(self.numbers)
        return answer


async def read(server: Server) -> EpisodeList:
    router = respx.Router(base_url=BASE)
    router.get("/Items").mock(side_effect=server.answer)
    return await ask(router, lambda c: c.fetch_episodes())


def listed(found: EpisodeList) -> set[str]:
    return {e.item_id for part in found.by_series.values() for e in part.unpacked()}


def ids(numbers: list[int]) -> set[str]:
    return {hex_id(500 + number) for number in numbers}


def removing(index: int, many: int = 1) -> Change:
    def remove(server: Server) -> None:
        del server.numbers[index : index + many]

    return remove


def adding(index: int) -> Change:
    def add(server: Server) -> None:
        if server.numbers:
            place = min(index, len(server.numbers) - 1)
            after = server.numbers[place]
            if after - 1 not in server.numbers:
                server.numbers.insert(place, after - 1)

    return add


async def test_files_that_are_removed_all_the_time_do_not_keep_a_library_from_being_read() -> None:
    """A series is deleted, files get other names: each took one item from the pages before."""
    server = Server(list(range(0, 9_000, 2)), changes=[removing(0) for _ in range(30)])
    found = await read(server)
    assert found.has_changed
    assert ids(server.numbers) <= listed(found)
    assert server.pages <= 2 + 6, "two pages until it is seen, then all of them once"


async def test_fewer_at_once_than_come_again_on_the_next_page_are_no_gap() -> None:
    server = Server(list(range(3_000)), changes=[removing(0), removing(0), removing(0, many=98)])
    found = await read(server)
    assert found.has_changed
    assert ids(server.numbers) <= listed(found)


async def test_more_at_once_are_and_the_list_is_read_anew() -> None:
    many = removing(0, many=200)
    server = Server(list(range(3_000)), changes=[many, removing(0), many])
    found = await read(server)
    assert not found.has_changed
    assert listed(found) == ids(server.numbers)


async def test_a_page_with_nothing_new_is_not_the_end_of_the_list() -> None:
    """As many came before it as it holds: what follows was missing, and it was no error."""
    server = Server(
        list(range(0, 40, 2)), 4, [lambda s: s.numbers.__setitem__(slice(0), [-3, -2, -1])]
    )
    found = await read(server)
    assert ids(list(range(0, 40, 2))) <= listed(found)


changes = st.lists(
    st.builds(removing, st.integers(0, 40), st.integers(1, 6))
    | st.builds(adding, st.integers(0, 40))
    | st.just(lambda _: None),
    max_size=30,
)


@given(st.integers(1, 60), st.integers(2, 12), changes)
def test_what_was_there_all_the_time_is_listed_or_the_list_is_an_error(
    many: int, page_size: int, happening: list[Change]
) -> None:
    server = Server([2 * number for number in range(many)], page_size, happening)
    with contextlib.suppress(BadPayload):
        found = listed(asyncio.run(read(server)))
        assert ids(sorted(server.always)) <= found
