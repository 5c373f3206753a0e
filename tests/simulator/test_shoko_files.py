"""The indexes of the simulated Shoko agree with a walk through all its files."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from episodarr.simulator.scenarios.scenario import Scenario
from episodarr.simulator.state.shoko_files import ShokoFile, ShokoFiles, ShokoSeries

AT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
WORLD = Scenario.default(seed=1).build(AT)
SOURCE = next(iter(WORLD.sonarrs["tv"].series.values()))
SERIES = [ShokoSeries(number, 100 + number, f"Show {number}", SOURCE, 1, AT) for number in (1, 2)]
PATHS = [
    f"/anime/{show}/{folder}/{name}.mkv"
    for show in ("Show", "Show 2", "show")
    for folder in ("Season 01", "Season 01/Extras")
    for name in ("A - 1", "a - 1", "B - 2")
]
STEPS = st.lists(
    st.tuples(st.sampled_from(("put", "remove", "link")), st.sampled_from(PATHS), st.integers(0, 1))
)


def after(steps: list[tuple[str, str, int]]) -> ShokoFiles:
    """The indexes after these steps."""
    files = ShokoFiles()
    for number, (step, path, which) in enumerate(steps, 1):
        file = files.get(path)
        if step == "put":
            files.put(ShokoFile(number, path, 1, number, AT))
        elif step == "remove":
            assert files.remove(path) is file
        elif file is not None:
            files.link(file, SERIES[which], (), AT)
    return files


@given(STEPS)
def test_every_index_holds_what_a_walk_would_find(steps: list[tuple[str, str, int]]) -> None:
    files = after(steps)
    every = list(files.values())
    assert all(files[path].path == path for path in files)
    for file in every:
        assert files.with_id(file.id) is file
    for series in SERIES:
        assert by_id(files.of_series(series)) == by_id([f for f in every if f.series is series])
    assert by_id(files.unlinked()) == by_id([f for f in every if f.series is None])
    assert files.with_files() == {f.series.id for f in every if f.series is not None}
    for folder in ("/anime", "/anime/Show", "/anime/Show/Season 01", "/ani"):
        assert by_id(files.below(folder)) == by_id(
            [f for f in every if f.path.startswith(f"{folder}/")]
        )
    for tail in ("season 01/a - 1.mkv", "a - 1.mkv", "1.mkv", "/show/season 01/b - 2.mkv"):
        maybe = {f.id for f in files.maybe_ending_with(tail)}
        assert maybe >= {f.id for f in every if f.path.lower().endswith(tail)}
    in_folders = [f for _, held in files.folders() for f in held]
    assert by_id(in_folders) == by_id(every)
    assert all(held for _, held in files.folders())


def by_id(files: list[ShokoFile]) -> list[int]:
    """Which files these are."""
    return sorted(file.id for file in files)


def test_a_question_about_one_file_reads_few() -> None:
    files = ShokoFiles()
    for number in range(5_000):
        path = f"/anime/Show {number % 100}/Season 01/{number}.mkv"
        files.put(ShokoFile(number, path, 1, 1, AT))
    assert len(list(files.maybe_ending_with("season 01/77.mkv"))) == 1
