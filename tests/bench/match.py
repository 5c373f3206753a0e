"""How fast and how right the matcher is, against guessit alone in the same run.

Run it from the repository's root: `python -m tests.bench.match [CORPUS_FOLDER]`.
The folder holds `torrents.jsonl` and `names.jsonl` (by default the reference folder beside the
repository); without it only torrents made up here are timed.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from guessit import guessit

from exporter.join.matching import match_files
from exporter.join.matching.blind import parse_name
from exporter.model.matching import Candidate, ListedFile, SeriesNames

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "open"
MANY_FILES = 50
KINDS = ("single", "multi", "absolute", "daily", "season_pack", "path", "none")

type Torrent = tuple[SeriesNames, Sequence[Candidate], str, Sequence[ListedFile]]
type Numbers = tuple[list[int], list[int], str | None]
"""Seasons, episodes (or absolute numbers) and air date that a parser read from a name."""


def made_up(files: int) -> Torrent:
    """A batch of a long anime in season folders, every file with its own title and checksum."""
    series = SeriesNames(titles=("Some Long Anime",), series_type="anime")
    candidates = [
        Candidate(season=1 + at // 50, episode=1 + at % 50, absolute=at + 1, title=f"Tale {at}")
        for at in range(files)
    ]
    listed = [
        ListedFile(
            path=f"[Group] Some Long Anime [1080p]/Season {1 + at // 50}/[Group] Some Long Anime - "
            f"{at + 1:04d} - Tale {at} [1080p][x265 10bit][{at * 7919:08X}].mkv",
            size_bytes=700_000_000,
        )
        for at in range(files)
    ]
    return series, candidates, "[Group] Some Long Anime [1080p]", listed


def read_torrents(source: Path) -> list[Torrent]:
    """The torrents of a corpus file with more than fifty files."""
    torrents: list[Torrent] = []
    for line in source.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if len(row["files"]) > MANY_FILES:
            names = SeriesNames(
                titles=tuple(row["series"]["titles"]), series_type=row["series"]["type"]
            )
            queued = [
                Candidate(season=c["season"], episode=c["episode"], absolute=c.get("absolute"))
                for c in row["candidates"]
            ]
            listed = [ListedFile(path=f["path"], size_bytes=f["size"]) for f in row["files"]]
            torrents.append((names, queued, row["torrent_name"], listed))
    return torrents


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def compare_speed(name: str, torrents: Sequence[Torrent]) -> None:
    """Print files per second of the matcher and of guessit over the same torrents."""
    paths = [file.path.rsplit("/", 1)[-1] for torrent in torrents for file in torrent[3]]
    ours = seconds(lambda: [match_files(*torrent) for torrent in torrents])
    theirs = seconds(lambda: [guessit(path) for path in paths])
    click.echo(
        f"{name}: {len(torrents)} torrents, {len(paths)} files: "
        f"ours {len(paths) / ours:,.0f} files/s, guessit {len(paths) / theirs:,.0f} files/s, "
        f"{theirs / ours:.0f} times faster"
    )


def as_list(value: Any) -> list[int]:
    """What guessit gives as one number or several, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def by_guessit(name: str) -> Numbers:
    """What guessit alone reads from a name."""
    found = guessit(name)
    numbers = as_list(found.get("episode")) or as_list(found.get("absolute_episode"))
    day = str(found["date"]) if "date" in found else None
    return as_list(found.get("season")), numbers, day


def by_us(name: str) -> Numbers:
    """What our own parser reads from a name."""
    found = parse_name(name)
    day = found.air_date.isoformat() if found.air_date else None
    return list(found.seasons), list(found.episodes), day


def is_right(row: dict[str, Any], read: Numbers) -> bool:
    """Whether a reading is exact for its kind.

    The season of an absolute number is not compared, nor one that the source does not assert.
    """
    seasons, numbers, day = read
    if row["kind"] == "none":
        return not numbers
    if row["kind"] == "daily":
        return bool(day == row["air_date"])
    if row["absolute"] and not row["episodes"]:
        return sorted(numbers) == sorted(row["absolute"])
    wanted = row.get("seasons") or ([] if row["season"] is None else [row["season"]])
    open_season = row.get("season_any") or row.get("season_unasserted")
    season_right = sorted(seasons) == sorted(wanted) or (row.get("season_implied") and not seasons)
    return sorted(numbers) == sorted(row["episodes"]) and bool(open_season or season_right)


def compare_names(source: Path) -> None:
    """Print the share of names read exactly, by kind, of guessit alone and of our parser."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    totals = Counter(row["kind"] for row in rows)
    click.echo(
        f"names read exactly, % of {len(rows)}: " + ", ".join(f"{k} ({totals[k]})" for k in KINDS)
    )
    for name, parse in (("guessit", by_guessit), ("ours", by_us)):
        right = Counter(row["kind"] for row in rows if is_right(row, parse(row["name"])))
        shares = "  ".join(f"{kind} {100 * right[kind] / totals[kind]:.1f}" for kind in KINDS)
        click.echo(f"  {name:8} all {100 * right.total() / len(rows):.1f}  {shares}")


def main() -> None:
    """Run both comparisons and time a torrent of 2,000 files."""
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    if (corpus / "torrents.jsonl").exists():
        compare_speed("corpus, more than 50 files", read_torrents(corpus / "torrents.jsonl"))
    compare_speed("made up", [made_up(100)])
    large = made_up(2_000)
    click.echo(f"one torrent of 2,000 files: {seconds(lambda: match_files(*large)):.2f} s")
    if (corpus / "names.jsonl").exists():
        compare_names(corpus / "names.jsonl")


if __name__ == "__main__":
    main()
