"""Long work in steps, so that whoever has an event loop can let it run between two of them."""

from collections.abc import Awaitable, Callable, Generator

type Steps[T] = Generator[None, None, T]
"""Pauses now and then, and gives the result in the end."""


def in_one_go[T](steps: Steps[T]) -> T:
    """The result, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


async def with_pauses[T](steps: Steps[T], give_way: Callable[[], Awaitable[None]]) -> T:
    """The result; between two steps others have their turn."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
        await give_way()
