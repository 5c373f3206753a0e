"""The files of a torrent read one by one, and which of the videos are samples and extras."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from episodarr.matching.numbers.statements import explicit_statements
from episodarr.matching.reading.fold import compact
from episodarr.matching.reading.names import Names
from episodarr.matching.reading.path import Reader, Reading
from episodarr.matching.titles.titles import EpisodeTitles
from episodarr.matching.titles.wording import after_title
from episodarr.model.matching import ListedFile

_YEAR = re.compile(r"(?:19|20)\d\d")
_YEARS = range(1900, 2100)
_SAMPLE_PART = 3
"""A sample is smaller than this part of the largest video; else the word is part of a title."""


def read_files(
    files: Sequence[ListedFile], names: Names, root: str
) -> Iterator[tuple[ListedFile, Reading | None]]:
    """Every file with its reading, which is None for what is not a video; `root` holds them all."""
    reader = Reader(names)
    readings = [reader.read(file.path, file.size_bytes, root) for file in files]
    videos = [reading for reading in readings if reading is not None]
    full_size = max((r.size_bytes for r in videos if not r.sample), default=None)
    if full_size is None:
        _believe_titles(videos)
    for reading in videos:
        if reading.sample and _SAMPLE_PART * reading.size_bytes > (full_size or 0) > 0:
            reading.sample, reading.doubtful = False, "sample"
    yield from zip(files, readings, strict=True)


def extra_word(reading: Reading, titles: EpisodeTitles, *, specials_queued: bool) -> str:
    """The word or folder that makes a file an extra; empty for what may hold an episode.

    A queued special may lie among the extras; the title of the very episode that a file is
    numbered as may be such a word.
    """
    if reading.sample:
        return "sample"
    if reading.extra:
        return "" if _is_titled_so(reading, titles) else reading.extra
    named = reading.special or any(s.season == 0 for s in explicit_statements(reading))
    kept = specials_queued and named and not reading.doubtful
    return "" if kept else reading.extra_folder


def season_of_year(reading: Reading, queued: Collection[int]) -> int | None:
    """The year that a folder is named and that is a queued season, where seasons are years."""
    years = [int(folder) for folder in reading.folders if _YEAR.fullmatch(folder)]
    return years[-1] if years and any(season in _YEARS for season in queued) else None


def name_by_folder(readings: Iterable[Reading]) -> None:
    """Give a file that names no episode the one its folder names, if it is alone in there."""
    alone = Counter(reading.folders for reading in readings)
    for reading in readings:
        marks = reading.marks
        if alone[reading.folders] == 1 and not (marks.explicit or marks.episodes):
            marks.explicit = list(reading.folder_marks)


def _is_titled_so(reading: Reading, titles: EpisodeTitles) -> bool:
    titled = titles.find_whole(after_title(reading))
    if titled is None or compact(reading.extra) not in compact(titled.title or ""):
        return False
    stated = {number for s in explicit_statements(reading) for number in s.numbers}
    return not stated or titled.episode in stated


def _believe_titles(samples: Sequence[Reading]) -> None:
    """Where every video's name begins with `Sample` and a number follows, that is their title."""
    titled = [r for r in samples if r.text[:6].lower() == "sample" and r.anchor() < len(r.text)]
    if len(titled) > 1:
        for reading in titled:
            reading.sample = False
            reading.extra = "" if reading.extra.lower() == "sample" else reading.extra


def common_root(files: Sequence[ListedFile]) -> str:
    """The folder that holds all files of the torrent, empty where there is none."""
    roots = {file.path.split("/", 1)[0] if "/" in file.path else "" for file in files}
    return roots.pop() if len(roots) == 1 else ""
