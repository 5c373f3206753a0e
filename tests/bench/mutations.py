"""File lists with noise put into their names: what such names hold does not change by it."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from episodarr.cli.matching.match import AskedTorrent, read_torrents
from episodarr.matching.reading.lexicon import VIDEO_SUFFIXES

type Row = dict[str, Any]
type Noise = Callable[[str, int], str]
"""A stem and the file's place in the torrent → the stem with noise."""

SAME_IN_ALL = (
    "(16x9)",
    "[16x9]",
    "(4x3)",
    "[4x3 DVDRip]",
    "[2x5.1]",
    "[AAC 2.0]",
    "DDP5.1",
    "[1080p]",
    "(1998)",
    "[2007]",
    "[Dual Audio 10bit]",
    "[Level4.1]",
)
"""Behind the name, the same in every file."""


def _behind(noise: str) -> Noise:
    return lambda stem, _place: f"{stem} {noise}"


def _checksum(rng: random.Random) -> Noise:
    checksums = [f"{rng.getrandbits(32):08X}" for _ in range(4_000)]
    return lambda stem, place: f"{stem} [{checksums[place % len(checksums)]}]"


def _group(rng: random.Random) -> Noise:
    group = f"0x{rng.randint(100, 999)}"
    return lambda stem, _place: f"[{group}] {stem}"


def _part_in_title(rng: random.Random) -> Noise:
    chosen = rng.randint(0, 3)
    return lambda stem, place: f"{stem} - The Road Part 1" if place % 4 == chosen else stem


def noises(rng: random.Random) -> tuple[Noise, ...]:
    """Every way to put noise into the names of a torrent."""
    return (
        *(_behind(noise) for noise in SAME_IN_ALL),
        _checksum(rng),
        _group(rng),
        _part_in_title(rng),
    )


def mutated(row: Row, noise: Noise) -> Row:
    """The torrent with noise in the name of each video."""
    renamed: dict[str, str] = {}
    for place, path in enumerate(sorted(row["expected"])):
        folder, slash, name = path.rpartition("/")
        stem, dot, suffix = name.rpartition(".")
        is_video = bool(dot) and suffix.lower() in VIDEO_SUFFIXES
        renamed[path] = f"{folder}{slash}{noise(stem, place)}.{suffix}" if is_video else path
    files = [{**file, "path": renamed.get(file["path"], file["path"])} for file in row["files"]]
    expected = {renamed[path]: held for path, held in row["expected"].items()}
    return {**row, "files": files, "expected": expected}


def episodes_of(row: Row) -> dict[str, set[tuple[int, int]]]:
    """What the matcher answers for a torrent, by path."""
    ((_, torrent),) = read_torrents([json.dumps(row).encode()])
    assert isinstance(torrent, AskedTorrent), torrent
    return {
        path: {(season, episode) for season, episode in held}
        for path, held in torrent.match().episodes_by_path().items()
    }


def judged(rows: Sequence[Row], files: int, seed: int = 1) -> tuple[Counter[str], list[str]]:
    """Mutate torrents at random until that many videos were matched.

    Returns:
        How many were right, silent and wrong; and those that were right before and are wrong now.
    """
    rng = random.Random(seed)  # noqa: S311 - seeded on purpose
    count: Counter[str] = Counter()
    lost: list[str] = []
    while count.total() < files:
        row = rng.choice(rows)
        noise = rng.choice(noises(rng))
        changed = mutated(row, noise)
        for verdict, path in _verdicts(changed):
            count[verdict] += 1
            if verdict == "wrong":
                lost.append(f"{row['id']}: {path}")
    return count, lost


def _verdicts(row: Row) -> Iterator[tuple[str, str]]:
    expected = episodes_of(row)
    for path, pairs in row["expected"].items():
        if path.rpartition(".")[2].lower() not in VIDEO_SUFFIXES:
            continue
        held = {(season, episode) for season, episode in pairs}
        matched = expected.get(path, set())
        yield ("right" if matched == held else "silent" if matched < held else "wrong"), path
