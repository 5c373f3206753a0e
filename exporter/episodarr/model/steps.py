"""Long work in steps, so that an event loop can run between two of them."""

from collections.abc import Awaitable, Callable, Generator, Iterator

type Steps[T] = Generator[None, None, T]
"""Pauses now and then, and gives the result in the end."""


def pauses_of[T](steps: Steps[T], found: list[T]) -> Iterator[None]:
    """The pauses; after the last one the result is in `found`."""
    found.append((yield from steps))


def in_one_go[T](steps: Steps[T]) -> T:
    """The result, without a pause."""
    found: list[T] = []
    for _ in pauses_of(steps, found):
        pass
    return found[0]


async def with_pauses[T](steps: Steps[T], yield_to_responses: Callable[[], Awaitable[None]]) -> T:
    """The result; `yield_to_responses` is awaited between two steps."""
    found: list[T] = []
    for _ in pauses_of(steps, found):
        await yield_to_responses()
    return found[0]
