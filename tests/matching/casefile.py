"""Reads a case of tests/cases: a torrent as a person writes it down (README.md there)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import cast

from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import AlternateTitle
from episodarr.model.matching import Candidate, ListedFile, SeriesNames, SeriesType

CASES = Path(__file__).resolve().parents[1] / "cases"
_USUAL_SIZE_BYTES = 700_000_000
_UNITS = {"KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}

_CODE = re.compile(r"S(\d+)E(\d+)")
_FILE = re.compile(
    r"(?P<held>-|S\d+E\d+(?:\+S\d+E\d+)*)\s+(?:(?P<size>[\d.]+) ?(?P<unit>[KMG]B)\s+)?(?P<path>\S.*)"
)
_QUEUED = re.compile(
    r"(?P<first>S\d+E\d+)(?:\.\.(?P<last>S\d+E\d+))?(?:\s+absolute (?P<absolute>\d+))?"
    r"(?:\s+scene (?P<scene>S\d+E\d+))?(?:\s+scene absolute (?P<scene_absolute>\d+))?"
    r"(?:\s+aired (?P<aired>\d{4}-\d\d-\d\d))?(?:\s+\"(?P<title>.*)\")?"
)
_ALTERNATE = re.compile(r"alternate title(?: \(season (\d+)\))?")


@dataclass
class Case:
    """A torrent and, keyed by path, the episodes each of its files holds."""

    titles: list[str] = field(default_factory=list)
    alternates: list[AlternateTitle] = field(default_factory=list)
    series_type: SeriesType = "standard"
    torrent_name: str = ""
    candidates: list[Candidate] = field(default_factory=list)
    files: list[ListedFile] = field(default_factory=list)
    expected: dict[str, tuple[EpisodeNumber, ...]] = field(default_factory=dict)

    @property
    def series(self) -> SeriesNames:
        return SeriesNames(
            titles=tuple(self.titles),
            alternate_titles=tuple(self.alternates),
            series_type=self.series_type,
        )


def read_case(text: str) -> Case:
    """The case a text describes; a line that cannot be read raises ValueError with its number."""
    case = Case()
    in_files = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.strip() == "files:":
            in_files = True
            continue
        try:
            (_read_file if in_files else _read_header)(case, line.strip())
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return case


def _read_header(case: Case, line: str) -> None:
    key, colon, value = (part.strip() for part in line.partition(":"))
    alternate = _ALTERNATE.fullmatch(key)
    if not colon or not value:
        raise ValueError(f"expected 'key: value', found {line!r}")
    if key == "title":
        case.titles.append(value)
    elif alternate:
        season = int(alternate[1]) if alternate[1] else None
        case.alternates.append(AlternateTitle(title=value, season=season))
    elif key == "type" and value in ("standard", "daily", "anime"):
        case.series_type = cast("SeriesType", value)
    elif key == "torrent":
        case.torrent_name = value
    elif key == "queued":
        case.candidates += _queued(value)
    else:
        raise ValueError(f"unknown key {key!r}")


def _queued(value: str) -> list[Candidate]:
    found = _QUEUED.fullmatch(value)
    if not found:
        raise ValueError(f"cannot read queued episodes {value!r}")
    season, first = _numbers(found["first"])
    last = _numbers(found["last"])[1] if found["last"] else first
    scene = _numbers(found["scene"]) if found["scene"] else None
    aired = date.fromisoformat(found["aired"]) if found["aired"] else None
    return [
        Candidate(
            season=season,
            episode=first + step,
            absolute=int(found["absolute"]) + step if found["absolute"] else None,
            scene_season=scene[0] if scene else None,
            scene_episode=scene[1] + step if scene else None,
            scene_absolute=int(found["scene_absolute"]) + step if found["scene_absolute"] else None,
            air_date=aired + timedelta(days=step) if aired else None,
            title=found["title"],
        )
        for step in range(last - first + 1)
    ]


def _read_file(case: Case, line: str) -> None:
    found = _FILE.fullmatch(line)
    if not found:
        raise ValueError(f"expected 'S01E02 path' or '- path', found {line!r}")
    path = found["path"]
    if path in case.expected:
        raise ValueError(f"{path!r} is listed twice")
    size = float(found["size"]) * _UNITS[found["unit"]] if found["size"] else _USUAL_SIZE_BYTES
    case.files.append(ListedFile(path=path, size_bytes=int(size)))
    case.expected[path] = tuple(
        sorted(_numbers(code) for code in _CODE_TEXT.findall(found["held"]))
    )


_CODE_TEXT = re.compile(r"S\d+E\d+")


def _numbers(code: str) -> EpisodeNumber:
    found = _CODE.fullmatch(code)
    if not found:
        raise ValueError(f"expected a code like S01E02, found {code!r}")
    return int(found[1]), int(found[2])
