"""One file of a torrent as its path reads: title, season hints, numbers, extras vocabulary."""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re

from msgspec import Struct

from episodarr.matching.reading.fold import Indexed, lowered, normal, upright
from episodarr.matching.reading.folders import FolderReader
from episodarr.matching.reading.heading import SPECIAL, TitleKind, title_kind, title_number
from episodarr.matching.reading.lexicon import (
    EXTRA_WORDS,
    SURE_EXTRA_WORDS,
    UNFINISHED_SUFFIXES,
    VIDEO_SUFFIXES,
)
from episodarr.matching.reading.marks import Mark, Marks, read_marks
from episodarr.matching.reading.names import Alias, Names, without_title, year_behind
from episodarr.matching.reading.noise import blank, mask

_LONGEST_NAME = 400
"""No file system allows longer names; what is cut off bounds the work on hostile ones."""
_DEEPEST = 8
_EXTRA = re.compile(rf"(?<![^\W_])(?:{EXTRA_WORDS})(?![^\W_])")
_SURE_EXTRA = re.compile(SURE_EXTRA_WORDS)
_SHOUTED = frozenset({"op", "ed", "pv", "cm", "mv"})
_SAMPLE = re.compile(r"(?:^|[^a-z0-9])sample(?:[^a-z0-9]?\d{0,2})?$|^sample(?:[^a-z0-9]|$)")
_YEAR = re.compile(r"(?:19|20)\d\d")


class Reading(Struct):
    """What one path states; `folder_seasons` are those its folders name, innermost first."""

    path: str
    size_bytes: int
    folders: tuple[str, ...]
    text: str
    masked: str
    marks: Marks
    names: Names
    other_name: str = ""
    alias: Alias | None = None
    alias_span: tuple[int, int] | None = None
    folder_alias: Alias | None = None
    folder_kind: TitleKind = TitleKind.UNTITLED
    """How the innermost folder that has a title calls its series."""
    folder_is_half: bool = False
    """Whether that folder has just half of the title."""
    year: str = ""
    """The year behind the title in its name, or else in that of a folder."""
    name_season: int | None = None
    folder_season: int | None = None
    folder_part: int = 0
    """The part of a season that its folders or the torrent name; 0 when none does."""
    special: str = ""
    special_folder: bool = False
    extra: str = ""
    extra_folder: str = ""
    doubtful: str = ""
    sample: bool = False
    folder_marks: tuple[Mark, ...] = ()
    kinds: dict[int, tuple[TitleKind, str]] = {}

    def season_hint(self) -> int | None:
        """The season that the file's own name or else its folders put it in."""
        return self.name_season if self.name_season is not None else self.folder_season

    def title_kind(self, before: int) -> tuple[TitleKind, str]:
        """How the name calls its series, judged by the words that stand before `before`."""
        if before not in self.kinds:
            kind, rest = title_kind(self.masked, self.marks, self.alias_span, self.names, before)
            if kind is TitleKind.HOME and self.other_name:
                kind, rest = TitleKind.EXTENDED, self.other_name
            if kind is TitleKind.HOME and self.alias is not None and self.alias.beyond:
                kind, rest = TitleKind.EXTENDED, self.alias.beyond
            self.kinds[before] = (kind, rest)
        return self.kinds[before]

    def marks_part(self) -> bool:
        """Whether the file is one half of a split episode (`01a`, `Part 2`)."""
        marks = self.marks
        parts = [mark.part for mark in (*marks.explicit, *marks.episodes)]
        parts += [number.part for number in marks.numbers]
        return bool(marks.parts) or any(parts)

    def anchor(self) -> int:
        """Where numbering starts in the name; its end when nothing numbers it."""
        first = self.marks.first_start
        if first is not None:
            return first
        if self.marks.numbers:
            return self.marks.numbers[0].start
        return len(self.text)


class Reader:
    """Reads the paths of one torrent; what repeats (folders) is read once."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._folders = FolderReader(names)

    def read(self, path: str, size_bytes: int, root: str) -> Reading | None:
        """The reading of a video file, or None for a file that is not a video."""
        parts = [part for part in path.replace("\\", "/").split("/") if part]
        stem = _video_stem(parts[-1]) if parts else None
        if stem is None:
            return None
        folders = tuple(parts[1:-1] if len(parts) > 1 and parts[0] == root else parts[:-1])
        folders = tuple(folder[:_LONGEST_NAME] for folder in folders[-_DEEPEST:])
        text = upright(normal(stem[:_LONGEST_NAME]))
        masked = mask(text)
        found = self._names.find(Indexed(masked))
        marks = read_marks(without_title(masked, found), of_file=True)
        if found is not None and not _numbered(marks) and found.alias.folded.isdigit():
            found, marks = None, read_marks(masked, of_file=True)
        reading = Reading(path, size_bytes, folders, text, masked, marks, self._names)
        if found is not None:
            reading.alias, reading.alias_span = found.alias, (found.start, found.end)
            reading.other_name = self._names.other_behind(masked, found)
            reading.year = year_behind(masked, found)
        self._read_folders(reading)
        _read_season(reading)
        _read_kind_of_video(reading)
        return reading

    def _read_folders(self, reading: Reading) -> None:
        if reading.folders:
            reading.folder_marks = self._folders.read(reading.folders[-1]).explicit
        for name in reversed(reading.folders):
            folder = self._folders.read(name)
            if folder.extra and not reading.extra_folder:
                reading.extra_folder = name
            reading.special_folder = reading.special_folder or folder.special
            if reading.folder_season is None:
                reading.folder_season = folder.season
            reading.folder_part = reading.folder_part or folder.part
            if reading.folder_alias is None:
                reading.folder_alias = folder.alias
            if reading.folder_kind is TitleKind.UNTITLED:
                reading.folder_kind, reading.folder_is_half = folder.kind, folder.is_half
            if not reading.year:
                reading.year = folder.year
                reading.other_name = reading.other_name or folder.other_name


def _video_stem(name: str) -> str | None:
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix.lower() in UNFINISHED_SUFFIXES:
        stem, dot, suffix = stem.rpartition(".")
    return stem if dot and suffix.lower() in VIDEO_SUFFIXES else None


def _numbered(marks: Marks) -> bool:
    return bool(marks.explicit or marks.episodes or marks.specials or marks.numbers or marks.dates)


def _read_season(reading: Reading) -> None:
    marks = reading.marks
    named = {s for mark in marks.seasons for s in mark.episodes}
    if len(named) == 1:
        reading.name_season = named.pop()
    elif not named and reading.alias is not None and reading.alias.season is not None:
        reading.name_season = reading.alias.season
    elif not named and reading.alias_span is not None and not marks.explicit:
        _read_title_number(reading)
    elif reading.alias_span is not None and marks.explicit:
        # `Show II S01E01` is of a sequel that has seasons of its own.
        number, _ = title_number(reading.masked, reading.alias_span[1]) or (0, 0)
        if number > 1 and all(mark.season != number for mark in marks.explicit):
            reading.other_name = reading.other_name or str(number)


def _read_title_number(reading: Reading) -> None:
    """A small number right behind the title, with another number to come, counts seasons."""
    if reading.alias_span is None:
        return
    start, end = reading.alias_span
    found = title_number(reading.masked, end)
    if found is None:
        return
    season, behind = found
    if any(mark.start < behind <= mark.end for mark in reading.marks.episodes):
        return
    others = [n for n in reading.marks.numbers if n.start >= behind and n.slot != "paren"]
    if others or any(mark.start >= behind for mark in reading.marks.episodes):
        if season:
            reading.name_season = season
        else:
            # Seasons are never counted from 0: `Show 0 - 05` is another series.
            reading.other_name = "0"
        reading.marks.numbers = [
            n for n in reading.marks.numbers if n.start >= behind or n.start < start
        ]


def _read_kind_of_video(reading: Reading) -> None:
    shown = reading.masked
    if reading.alias_span:
        shown = blank(shown, *reading.alias_span)
    titleless = blank(reading.text, *reading.alias_span) if reading.alias_span else reading.text
    titleless = lowered(titleless)
    reading.sample = "sample" in titleless and _SAMPLE.search(titleless) is not None
    in_lower_case = lowered(shown)
    for found in _EXTRA.finditer(in_lower_case):
        word = shown[found.start() : found.end()].strip(" ._-")
        if not word or (word.lower() in _SHOUTED and not word.isupper()):
            continue
        if _behind_number(reading, found.start(), word) and not _enclosed(shown, found):
            reading.doubtful = reading.doubtful or word
        else:
            reading.extra = reading.extra or word
    special = SPECIAL.search(in_lower_case)
    if special and (not _titled_behind(reading, special.start()) or _enclosed(shown, special)):
        reading.special = shown[special.start() : special.end()].strip(" ._-")
    if reading.marks.specials:
        reading.special = reading.marks.specials[0].text


def _behind_number(reading: Reading, start: int, word: str) -> bool:
    """Whether an extra's word may be of an episode's title, for it follows the episode's number."""
    settled = reading.marks.first_start
    if settled is not None:
        return start > settled
    counted = [n.start for n in reading.marks.numbers if n.slot != "roman"]
    return bool(counted) and start > min(counted) and not _SURE_EXTRA.fullmatch(lowered(word))


def _titled_behind(reading: Reading, start: int) -> bool:
    """Whether what stands at `start` is an episode's title: behind a number that is hardly a title's."""
    settled = reading.marks.first_start
    if settled is not None:
        return start > settled
    numbers = reading.marks.numbers
    return any(
        n.end <= start
        and not _YEAR.fullmatch(n.text)
        and (n.slot in ("dash", "bracket", "leading") or n.text[0] == "0" or len(n.text) > 2)
        for n in numbers
    )


def _enclosed(text: str, found: re.Match[str]) -> bool:
    before, after = text[: found.start()].rstrip(" _"), text[found.end() :].lstrip(" _")
    return before[-1:] in tuple("[(【（") and after[:1] in tuple("])】）")


SLOT_ORDER = ("bracket", "dash", "leading", "trailing", "paren", "inner", "glued", "roman")
