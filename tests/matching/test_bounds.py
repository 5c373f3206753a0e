"""No name, however long and odd, takes long to read: inputs are cut, and every pattern is linear."""

import importlib
import pkgutil
import random
import re
import time
from collections.abc import Iterator

import pytest

import episodarr
from episodarr.matching import match_files
from episodarr.matching.reading.patterns import Form
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import Candidate, ListedFile, SeriesNames

LENGTH = 5_000
BOUND_SECONDS = 0.25
"""A linear pattern takes a few milliseconds; a quadratic one took seconds."""
SEEDS = (
    "a", "1", " ", "-", "_", ".", "S01E01", "E01", "01-", "1x", "[", "(", "[1]", "(1)", "ep 1 ", "e1-", "1.",
    "第1話", "th ", "ova ", "a1", "- ", "\uff11", "season 1 ", "1&", "é", "~", "part 1 ", "2020.01.01.", "x264 ",
    ". ", "._", " - 1", "-a", "raws-", "A0", "www.", "(2020) ", "II ", "<", "://", "token=", "0",
)  # fmt: skip


def named_patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every pattern that a module of the program holds by name, in tuples too."""
    seen = set()
    for module in pkgutil.walk_packages(episodarr.__path__, "episodarr."):
        if module.name.startswith(("episodarr.cli", "episodarr.simulator", "episodarr.__main__")):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for held in value if isinstance(value, tuple) else (value,):
                pattern = held.pattern if isinstance(held, Form) else held
                if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
                    if pattern.pattern not in seen:
                        yield f"{module.name}.{name}", pattern
                    seen.add(pattern.pattern)


def seconds_of(pattern: re.Pattern[str], text: str) -> float:
    started = time.process_time()
    pattern.search(text)
    pattern.fullmatch(text)
    return time.process_time() - started


@pytest.mark.parametrize(
    ("name", "pattern"), list(named_patterns()), ids=lambda value: str(value)[:60]
)
def test_every_pattern_is_linear(name: str, pattern: re.Pattern[str]) -> None:
    for seed in SEEDS:
        text = (seed * LENGTH)[:LENGTH] + "\x00"
        taken = seconds_of(pattern, text)
        if taken > BOUND_SECONDS:  # Another program may have had the processor.
            taken = min(seconds_of(pattern, text) for _ in range(3))
        assert taken <= BOUND_SECONDS, f"{name} takes {taken:.2f} s for {seed!r}"


def a_name(chance: random.Random, length: int) -> str:
    tokens = (
        "S01E01", "1x02", "E7", "- 07", "[12]", "(3)", "第4話", "Ep.1-3", "OVA", "NCOP", "Season 2", "II", "2nd",
        "1080p", "x264", "2020.01.02", "part 1", "~", "&", "_", ".", "  ", "ś", "🎬", "\u202e", "%", " v2", "Show",
        "sample", "subs/", "../", "\\", " " * 40, "." * 40, "-" * 40,
    )  # fmt: skip
    text = ""
    while len(text) < length:
        text += chance.choice(tokens)
    return text[:length]


def matched_seconds(count: int, seed: int) -> float:
    chance = random.Random(seed)  # noqa: S311  no secret
    names = SeriesNames(titles=("Show", a_name(chance, 40)), series_type="anime")
    candidates = [
        Candidate(season=s, episode=e, absolute=25 * s + e, title=a_name(chance, 20))
        for s in range(1, 9)
        for e in range(1, 26)
    ]
    files = [
        ListedFile(path=a_name(chance, 240) + f"{n}.mkv", size_bytes=10**9) for n in range(count)
    ]
    started = time.process_time()
    assert len(match_files(names, candidates, a_name(chance, 200), files).files) == count
    return time.process_time() - started


@pytest.mark.parametrize("seed", [1, 2])
def test_four_times_the_files_take_no_more_than_ten_times_as_long(seed: int) -> None:
    few = min(matched_seconds(60, seed) for _ in range(2))
    assert matched_seconds(240, seed) < 10 * few + 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_characters_anywhere_are_cut(seed: str) -> None:
    long = (seed * 10_000)[:10_000]
    candidates = [Candidate(season=1, episode=1, title=long), Candidate(season=1, episode=2)]
    files = [
        ListedFile(path=f"{long}/Show S01E01.mkv", size_bytes=10**9),
        ListedFile(path=long + ".mkv", size_bytes=10**9),
        ListedFile(path="Show S01E02.mkv", size_bytes=10**9),
    ]
    names = SeriesNames(
        titles=("Show", long), alternate_titles=(AlternateTitle(title=long, season=1),)
    )
    started = time.process_time()
    match_files(names, candidates, long, files)
    assert time.process_time() - started < 2
