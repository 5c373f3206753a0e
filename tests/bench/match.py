"""How right and how fast the matcher is, against guessit alone in the same run.

`python -m tests.bench.match [CORPUS_FOLDER]`, or `make bench-match`; ends with 1 if a target is
missed. The folder holds `torrents.jsonl` and `names.jsonl` (by default the reference folder beside
the repository); without it only a torrent made up here is timed. The torrents are matched by the
real command in a process of its own, start included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from guessit import guessit

from episodarr.matching import match_files
from episodarr.matching.reading.lexicon import VIDEO_SUFFIXES
from episodarr.model.matching import Candidate, ListedFile, SeriesNames
from tests.bench.blind import parse_name
from tests.bench.mutations import judged

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "open"
MANY_FILES = 50
LEAST_RIGHT, MOST_WRONG, LEAST_TIMES_FASTER = 0.995, 0.001, 5
MUTATED_FILES, MOST_WRONG_WITH_NOISE = 100_000, 0.0005
KINDS = ("single", "multi", "absolute", "daily", "season_pack", "path", "none")
KINDS_TO_WIN = ("single", "multi", "absolute", "daily")

type Torrent = tuple[SeriesNames, Sequence[Candidate], str, Sequence[ListedFile]]
type Row = dict[str, Any]
type Numbers = tuple[list[int], list[int], str | None]
"""Seasons, episodes (or absolute numbers) and air date that a parser read from a name."""
type Verdict = tuple[str, str]
"""A file's verdict (`right`, `silent` or `wrong`) and, where it is not right, what was answered."""


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


def rows_of(source: Path) -> list[Row]:
    """The lines of a corpus file."""
    return [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]


def seconds(work: Callable[[], object]) -> float:
    """How long a piece of work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def by_command(rows: Sequence[Row]) -> dict[str, Row]:
    """What `episodarr match --explain` answers for these torrents, by their ids."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as asked:
        asked.writelines(json.dumps(row) + "\n" for row in rows)
        asked.flush()
        command = [sys.executable, "-m", "episodarr", "match", asked.name, "--explain"]
        output = subprocess.run(command, check=True, capture_output=True, text=True)
    answers = [json.loads(line) for line in output.stdout.splitlines()]
    return {answer["id"]: answer for answer in answers}


def verdicts(row: Row, answer: Row) -> Iterator[Verdict]:
    """Every video of a torrent compared with what it holds; a part of it or nothing is silent."""
    for path, pairs in row["expected"].items():
        if path.rpartition(".")[2].lower() not in VIDEO_SUFFIXES:
            continue
        held = {tuple(pair) for pair in pairs}
        matched = {tuple(pair) for pair in answer["files"].get(path, ())}
        verdict = "right" if matched == held else "silent" if matched < held else "wrong"
        yield verdict, f"{path} holds {sorted(held)}, answered {answer['reasons'].get(path)}"


def score_torrents(rows: Sequence[Row]) -> bool:
    """Print the shares of files that are right and wrong, and all that are not right."""
    answers = by_command(rows)
    count: Counter[str] = Counter()
    astray: list[str] = []
    for row in rows:
        found = list(verdicts(row, answers[row["id"]]))
        count.update(verdict for verdict, _ in found)
        astray += [f"  {v} {row['id']}: {matched}" for v, matched in found if v != "right"]
    shares = {v: count[v] / count.total() for v in ("right", "silent", "wrong")}
    click.echo(
        f"torrents: {len(rows)}, videos {count.total()}: "
        + ", ".join(f"{verdict} {100 * share:.2f} %" for verdict, share in shares.items())
        + f" (wanted: right ≥ {100 * LEAST_RIGHT} %, wrong ≤ {100 * MOST_WRONG} %)"
    )
    click.echo("\n".join(astray) if astray else "  no torrent is wrong or silent anywhere")
    return shares["right"] >= LEAST_RIGHT and shares["wrong"] <= MOST_WRONG


def score_mutations(rows: Sequence[Row]) -> bool:
    """Print what becomes of the torrents when noise is put into their names, and every wrong file."""
    count, wrong = judged(rows, MUTATED_FILES)
    shares = {v: count[v] / count.total() for v in ("right", "silent", "wrong")}
    click.echo(
        f"with noise in their names, videos {count.total()}: "
        + ", ".join(f"{verdict} {100 * share:.3f} %" for verdict, share in shares.items())
        + f" (wanted: wrong ≤ {100 * MOST_WRONG_WITH_NOISE} %)"
    )
    click.echo("\n".join(f"  wrong {one}" for one in wrong[:20]), nl=bool(wrong))
    return shares["wrong"] <= MOST_WRONG_WITH_NOISE


def compare_speed(rows: Sequence[Row]) -> bool:
    """Print files per second of the command and of guessit over the larger torrents."""
    large = [row for row in rows if len(row["files"]) > MANY_FILES]
    names = [file["path"].rsplit("/", 1)[-1] for row in large for file in row["files"]]
    ours = seconds(lambda: by_command(large))
    theirs = seconds(lambda: [guessit(name) for name in names])
    click.echo(
        f"speed: {len(large)} torrents of more than {MANY_FILES} files, {len(names)} files: "
        f"ours {len(names) / ours:,.0f} files/s, guessit {len(names) / theirs:,.0f} files/s, "
        f"{theirs / ours:.1f} times faster (wanted: {LEAST_TIMES_FASTER})"
    )
    return theirs >= LEAST_TIMES_FASTER * ours


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


def is_right(row: Row, read: Numbers) -> bool:
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


def compare_names(rows: Sequence[Row]) -> bool:
    """Print the share of names read exactly, by kind, of guessit alone and of our parser."""
    totals = Counter(row["kind"] for row in rows)
    click.echo(
        f"names read exactly, % of {len(rows)}: " + ", ".join(f"{k} ({totals[k]})" for k in KINDS)
    )
    rights: list[Counter[str]] = []
    for name, parse in (("guessit", by_guessit), ("ours", by_us)):
        right = Counter(row["kind"] for row in rows if is_right(row, parse(row["name"])))
        shares = "  ".join(f"{kind} {100 * right[kind] / totals[kind]:.1f}" for kind in KINDS)
        click.echo(f"  {name:8} all {100 * right.total() / len(rows):.1f}  {shares}")
        rights.append(right)
    theirs, ours = rights
    return all(ours[kind] > theirs[kind] for kind in KINDS_TO_WIN)


def main() -> None:
    """Print every figure, and end with 1 if one misses its target."""
    corpus = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    good = []
    if (corpus / "torrents.jsonl").exists():
        rows = rows_of(corpus / "torrents.jsonl")
        good += [score_torrents(rows), compare_speed(rows)]
        good.append(score_mutations(rows))
    large = made_up(2_000)
    click.echo(f"one torrent of 2,000 files: {seconds(lambda: match_files(*large)):.2f} s")
    if (corpus / "names.jsonl").exists():
        good.append(compare_names(rows_of(corpus / "names.jsonl")))
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
