"""What survives a long pass of the garbage collector is left out of the next ones."""

import gc
from collections.abc import Iterator

from exporter.app.memory import EVERYTHING_AFTER, LONGEST_PASS_SECONDS, PassWatch, short_collections


def frozen_after(generation: int, seconds: float) -> bool:
    times: Iterator[float] = iter((100.0, 100.0 + seconds))
    frozen: list[None] = []
    watch = PassWatch(lambda: next(times), lambda: frozen.append(None), lambda: None)
    watch("start", {"generation": generation})
    watch("stop", {"generation": generation})
    return bool(frozen)


def test_only_a_long_full_pass_freezes() -> None:
    assert frozen_after(2, LONGEST_PASS_SECONDS * 2)
    assert not frozen_after(2, LONGEST_PASS_SECONDS / 2)
    # What a pass over the young leaves has not been looked at whole: garbage may be among it.
    assert not frozen_after(1, LONGEST_PASS_SECONDS * 2)


def test_everything_is_passed_over_after_many_freezes() -> None:
    now, said = [0.0], list[str]()
    watch = PassWatch(
        lambda: now[0], lambda: said.append("freeze"), lambda: said.append("unfreeze")
    )
    for _ in range(2 * EVERYTHING_AFTER):
        watch("start", {"generation": 2})
        now[0] += 2 * LONGEST_PASS_SECONDS
        watch("stop", {"generation": 2})
    assert said == (["freeze"] * (EVERYTHING_AFTER - 1) + ["unfreeze"]) * 2


def test_a_large_library_is_passed_over_once() -> None:
    library = [[number] for number in range(400_000)]
    with short_collections():
        gc.collect()
        assert gc.get_freeze_count() >= len(library)
        assert len(gc.get_objects(2)) < len(library)
    assert gc.get_freeze_count() == 0
