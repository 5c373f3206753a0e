"""The garbage collector goes over neither what is loaded nor a library."""

import asyncio
import gc
import weakref

from episodarr.metrics.rendering.blocks import Budget
from episodarr.metrics.rendering.library_tree import LibraryTree, Scope
from episodarr.model.stage import Stage
from episodarr.model.steps import in_one_go
from episodarr.model.view import SeriesView
from episodarr.runtime.garbage import full_passes, short_collections
from episodarr.systems.jellyfin.packed import packed
from episodarr.systems.jellyfin.records import JellyfinId
from episodarr.systems.jellyfin.wire import unreadable_episode
from tests.builders import a_release_view, a_series_key, a_series_view, an_episode_view

SERIES, EPISODES = 20, 50


def a_library() -> list[SeriesView]:
    return [
        a_series_view(
            title=f"Show {number}",
            key=a_series_key(number),
            episodes=[
                an_episode_view(
                    1,
                    episode,
                    Stage.DOWNLOADING,
                    series=a_series_key(number),
                    progress_ratio=episode / 1000,
                    release=a_release_view(f"Show {number} {episode}"),
                    eta_seconds=episode,
                    messages=[f"message {episode}"],
                )
                for episode in range(1, EPISODES + 1)
            ],
        )
        for number in range(1, SERIES + 1)
    ]


def objects_gone_over() -> int:
    gc.collect()
    return len(gc.get_objects())


def test_what_is_loaded_is_left_out_while_the_program_runs() -> None:
    before = objects_gone_over()
    with short_collections():
        assert objects_gone_over() < before / 10
    assert objects_gone_over() > before / 2


def test_a_library_gives_the_collector_nothing_to_go_over() -> None:
    before = objects_gone_over()
    library = a_library()
    assert objects_gone_over() - before <= SERIES
    assert len(library) == SERIES, "and all of it is still there"


def test_what_was_rendered_of_a_library_gives_it_nothing_to_go_over() -> None:
    tree, library = LibraryTree(Scope.ALL, 0), a_library()
    in_one_go(tree.update_steps(library, Budget()))
    tree = LibraryTree(Scope.ALL, 0)
    before = objects_gone_over()
    in_one_go(tree.update_steps(library, Budget()))
    assert objects_gone_over() - before <= SERIES


def test_jellyfins_packed_episodes_give_it_nothing_to_go_over() -> None:
    before = objects_gone_over()
    kept = [packed([unreadable_episode(JellyfinId(f"{n:032x}"))]) for n in range(100)]
    assert objects_gone_over() - before <= 5
    assert len(kept) == 100


class Link:
    """May refer to itself."""

    def __init__(self) -> None:
        self.me = self


def full_passes_so_far() -> int:
    return int(gc.get_stats()[2]["collections"])


def full_passes_while_much_gathers() -> int:
    before = full_passes_so_far()
    kept = [[number] for number in range(1_000_000)]
    passes = full_passes_so_far() - before
    assert kept
    return passes


def test_what_gathers_brings_no_full_pass_about() -> None:
    assert full_passes_while_much_gathers() > 0, "as the interpreter has it by itself"
    with short_collections():
        assert full_passes_while_much_gathers() == 0


async def test_cycles_go_in_full_passes_after_others_had_their_turn() -> None:
    ways_given: list[bool] = []
    gone = asyncio.Event()

    async def yield_to_responses() -> None:
        ways_given.append(gone.is_set())

    with short_collections():
        weakref.finalize(Link(), gone.set)
        passes = asyncio.create_task(full_passes(0.001, yield_to_responses))
        await asyncio.wait_for(gone.wait(), 10)
        passes.cancel()
    assert ways_given[0] is False


async def ignore_responses() -> None:
    await asyncio.sleep(0)


async def one_full_pass() -> None:
    """Wait until something that refers to itself is gone."""
    gone = asyncio.Event()
    weakref.finalize(Link(), gone.set)
    await asyncio.wait_for(gone.wait(), 10)
    await asyncio.sleep(0)


async def test_what_outlived_a_pass_is_not_gone_over_in_the_next() -> None:
    with short_collections():
        kept = [[number] for number in range(50_000)]
        passes = asyncio.create_task(full_passes(0.001, ignore_responses))
        await one_full_pass()
        assert len(gc.get_objects()) < len(kept) / 10
        passes.cancel()


async def test_a_cycle_that_outlived_a_pass_goes_when_everything_is_gone_over() -> None:
    link, gone = Link(), asyncio.Event()
    weakref.finalize(link, gone.set)
    with short_collections():
        passes = asyncio.create_task(full_passes(0.001, ignore_responses, whole_every=3))
        await one_full_pass()
        del link
        await asyncio.wait_for(gone.wait(), 10)
        passes.cancel()
