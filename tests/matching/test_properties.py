"""What holds of every match, whatever the torrent."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodarr.matching import match_files
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import (
    Candidate,
    ListedFile,
    SeriesNames,
    TorrentMatch,
)
from tests.matching.casefile import CASES, Case, read_case

CASE_FILES = sorted(CASES.glob("*.txt"))

cases = st.sampled_from(CASE_FILES).map(lambda path: read_case(path.read_text(encoding="utf-8")))
pieces = st.sampled_from(
    [
        "S01",
        "E02",
        "1x03",
        "S02E05E06",
        "-",
        "_",
        ".",
        "[",
        "]",
        "(",
        ")",
        "01",
        "02v2",
        "12.5",
        "720p",
        "x264",
        "AAC2.0",
        "[ABCD1234]",
        "Show",
        "Season",
        "2",
        "第3話",
        "第二季",
        "OVA",
        "NCOP",
        "sample",
        "2020.01.02",
        "Part",
        "1",
        "of",
        "10",
        "II",
        "#",
        "~",
        "é",
        "ß",
        "İ",
        "\ud7ff",
        "\u202e",
        "½",
        "①",
        "٣",
    ]
)
names = st.one_of(
    st.text(max_size=60),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(pieces, max_size=8).map("".join),
)
paths = st.builds(
    lambda folders, name, suffix: "/".join([*folders, name + suffix]),
    st.lists(names, max_size=3),
    names,
    st.sampled_from([".mkv", ".mp4", ".MKV.!qB", ".ass", "", ".nfo"]),
)
numbers = st.one_of(st.none(), st.integers(-1, 2_000))
candidates = st.builds(
    Candidate,
    season=st.integers(0, 30),
    episode=st.integers(0, 1_200),
    absolute=numbers,
    scene_season=numbers,
    scene_episode=numbers,
    scene_absolute=numbers,
    air_date=st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2030, 1, 1))),
    title=st.one_of(st.none(), names),
)
series = st.builds(
    SeriesNames,
    titles=st.lists(names, max_size=3).map(tuple),
    alternate_titles=st.lists(
        st.builds(AlternateTitle, title=names, season=st.one_of(st.none(), st.integers(-1, 9))),
        max_size=2,
    ).map(tuple),
    series_type=st.sampled_from(["standard", "daily", "anime"]),
)
files = st.lists(
    st.builds(ListedFile, path=paths, size_bytes=st.integers(0, 10**11)),
    max_size=8,
    unique_by=lambda file: file.path,
)


def matched(case: Case, listed: list[ListedFile] | None = None) -> TorrentMatch:
    asked = case.files if listed is None else listed
    return match_files(case.series, case.candidates, case.torrent_name, asked)


@given(series, st.lists(candidates, max_size=6), names, files)
def test_any_strings_give_an_answer_within_the_candidates(
    of: SeriesNames, queued: list[Candidate], torrent_name: str, listed: list[ListedFile]
) -> None:
    match = match_files(of, queued, torrent_name, listed)
    assert [found.path for found in match.files] == sorted(file.path for file in listed)
    wanted = {candidate.number for candidate in queued}
    for found in match.files:
        assert set(found.episodes) <= wanted
        assert len(set(found.episodes)) == len(found.episodes)
        assert bool(found.episodes) == (found.confidence > 0)
        assert 0 <= found.confidence <= 1
        assert found.rule


@given(series, st.lists(candidates, max_size=6), names, files, st.randoms())
def test_the_order_of_files_and_candidates_changes_nothing(
    of: SeriesNames,
    queued: list[Candidate],
    torrent_name: str,
    listed: list[ListedFile],
    random: object,
) -> None:
    shuffled_files, shuffled_queue = list(listed), list(queued)
    random.shuffle(shuffled_files)  # type: ignore[attr-defined]  # hypothesis' random is not typed
    random.shuffle(shuffled_queue)  # type: ignore[attr-defined]  # the same
    expected = match_files(of, queued, torrent_name, listed)
    assert match_files(of, shuffled_queue, torrent_name, shuffled_files) == expected


@given(cases, st.permutations(range(60)))
def test_a_permuted_list_of_a_case_is_matched_the_same(case: Case, order: list[int]) -> None:
    permuted = [
        file for _, file in sorted(zip(order * 9, case.files, strict=False), key=lambda x: x[0])
    ]
    assert matched(case, permuted) == matched(case, case.files[: len(permuted)])


@given(
    cases,
    st.sampled_from(
        ["Sample/sample.mkv", "sample-s01e01.mkv", "info.nfo", "Show.S01E01.srt", "01.jpg"]
    ),
)
def test_a_sample_or_a_file_that_is_no_video_changes_nothing(case: Case, name: str) -> None:
    first = case.files[0].path
    beside = f"{first.split('/', 1)[0]}/{name}" if "/" in first else name
    added = [*case.files, ListedFile(path=beside, size_bytes=1_000_000)]
    before, after = matched(case).episodes_by_path(), matched(case, added).episodes_by_path()
    assert after.pop(beside, ()) == ()
    assert after == before


noises = st.text(alphabet="abcdefghijklmnop0123456789 _-", min_size=1, max_size=30)


@given(noises, st.integers(1, 30))
def test_a_folder_renamed_to_noise_loses_no_file_that_names_its_episode(
    noise: str, last: int
) -> None:
    show = SeriesNames(titles=("Some Show",))
    queued = [Candidate(season=3, episode=number) for number in range(1, last + 1)]
    listed = [
        ListedFile(path=f"{noise}/Some.Show.S03E{number:02d}.720p.mkv", size_bytes=10**9)
        for number in range(1, last + 1)
    ]
    got = match_files(show, queued, noise, listed).episodes_by_path()
    assert [got[file.path] for file in listed] == [((3, number),) for number in range(1, last + 1)]


@given(cases, noises)
def test_a_case_under_a_folder_of_noise_loses_no_file_that_names_season_and_episode(
    case: Case, noise: str
) -> None:
    renamed = {f.path: f"{noise}/{f.path.partition('/')[2] or f.path}" for f in case.files}
    listed = [ListedFile(path=renamed[f.path], size_bytes=f.size_bytes) for f in case.files]
    got = matched(case, listed).episodes_by_path()
    for found in matched(case).files:
        name = found.path.rpartition("/")[2]
        if found.rule in ("season-episode", "scene") and re.search(r"(?i)s\d+e\d+", name):
            assert got[renamed[found.path]] == found.episodes


@given(
    st.integers(1, 40),
    st.integers(1, 9),
    st.sampled_from(["{} - {:02d}", "{} [{:02d}]", "{}_{:03d}_x"]),
)
def test_absolute_numbers_are_laid_on_the_season_they_fall_in(
    start: int, season: int, form: str
) -> None:
    show = SeriesNames(titles=("Sono Anime",), series_type="anime")
    queued = [
        Candidate(season=season, episode=step + 1, absolute=start + step) for step in range(12)
    ]
    listed = [
        ListedFile(
            path=f"x/[Group] {form.format('Sono Anime', start + step)}.mkv", size_bytes=10**9
        )
        for step in range(12)
    ]
    got = match_files(show, queued, "x", listed).episodes_by_path()
    assert [got[file.path] for file in listed] == [((season, step + 1),) for step in range(12)]


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_no_two_files_hold_an_episode_unless_both_are_large_enough(path: object) -> None:
    case = read_case(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]  # a Path
    sizes = {file.path: file.size_bytes for file in case.files}
    holders: dict[tuple[int, int], list[int]] = {}
    for found in matched(case).files:
        for episode in found.episodes:
            # A file of several episodes is compared by its share of each.
            share = sizes[found.path] // len(found.episodes)
            holders.setdefault(episode, []).append(share)
    assert all(min(held) > 0.3 * max(held) for held in holders.values())


_TITLE_WORDS = st.sampled_from(
    ["The Heist", "10 Things", "791", "007", "Part 2", "12 Monkeys", "Room 101", "Sample", "1984"]
)
_JOINTS = st.sampled_from([" - ", "-", ".", " ", "_"])


@given(
    exact=st.integers(1, 12),
    others=st.sets(st.integers(1, 12), min_size=3, max_size=8),
    words=st.lists(_TITLE_WORDS, min_size=9, max_size=9),
    joint=_JOINTS,
    noise=st.sampled_from(["", " (16x9)", " [2x5.1]", " [1080p]", " Level4.1"]),
    sizes=st.lists(st.integers(900_000_000, 1_100_000_000), min_size=9, max_size=9, unique=True),
)
def test_the_only_file_that_spells_an_episode_is_that_episode_or_none(
    exact: int, others: set[int], words: list[str], joint: str, noise: str, sizes: list[int]
) -> None:
    """`S02E05` in one name and in no other: whatever follows it, the file is no other episode."""
    names = {
        f"Show S02E{number:02d}{joint}{word}{noise}.mkv": number
        for number, word in zip([exact, *sorted(others - {exact})], words, strict=False)
    }
    files = [ListedFile(path=p, size_bytes=n) for p, n in zip(names, sizes, strict=False)]
    queued = [Candidate(season=2, episode=number) for number in range(1, 13)]
    matched = match_files(SeriesNames(titles=("Show",)), queued, "Show S02", files)
    for path, episodes in matched.episodes_by_path().items():
        assert episodes in ((), ((2, names[path]),))
