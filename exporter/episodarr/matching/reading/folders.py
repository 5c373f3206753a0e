"""What the name of a folder states of the files in it; each folder of a torrent is read once."""

from __future__ import annotations

import re

from msgspec import Struct

from episodarr.matching.reading.fold import Indexed, normal
from episodarr.matching.reading.heading import TitleKind, title_kind, title_number
from episodarr.matching.reading.lexicon import (
    COUNT_WORDS,
    EXTRA_FOLDERS,
    ROMAN,
    SPECIAL_FOLDERS,
    without_articles,
)
from episodarr.matching.reading.marks import Mark, Marks, read_marks
from episodarr.matching.reading.names import Alias, Found, Names, without_title, year_behind
from episodarr.matching.reading.noise import BLANK, mask
from episodarr.matching.reading.numerals import cardinal

_LONGEST_NAME = 400
_BOOK = re.compile(
    rf"^\s*(?:book|buch|livre|libro|liber|книга)[\s._#-]{{1,2}}(?P<n>\d{{1,2}}|{'|'.join([*ROMAN, 'i', *COUNT_WORDS])})(?![^\W_])",
    re.IGNORECASE,
)
"""`Book 1 - Water`: some series call their seasons so."""
_JOINED = re.compile(r"[&+,]|(?<![^\W_])and(?![^\W_])", re.IGNORECASE)
_SOURCE = re.compile(
    r"(?<=[^\W_])[\s._\[(]+(?:bd|bdrip|blu-?ray|dvd|dvdrip|web|webrip|web-dl|hdtv|remux)(?![^\W_])",
    re.IGNORECASE,
)
"""Where a disc or a channel is named behind words of another kind."""


class Folder(Struct, frozen=True):
    """What a folder's name states of the files in it."""

    season: int | None
    extra: bool
    special: bool
    alias: Alias | None
    kind: TitleKind
    explicit: tuple[Mark, ...]
    part: int = 0
    """The part of a season that the folder names, counted from 1; 0 when it names none."""
    is_half: bool = False
    """Whether it has just half of the series' title."""
    year: str = ""
    other_name: str = ""
    """The year or country behind the title that makes it another series."""


class FolderReader:
    """Reads the folders of one torrent."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._read: dict[str, Folder] = {}

    def read(self, name: str) -> Folder:
        """What a folder's name states of the files in it."""
        known = self._read.get(name)
        if known is None:
            known = self._read[name] = self._folder(normal(name[:_LONGEST_NAME]))
        return known

    def _folder(self, text: str) -> Folder:
        masked = mask(text)
        found = self._names.find(Indexed(masked))
        marks = read_marks(without_title(masked, found))
        if found is not None and found.alias.folded.isdigit() and not marks.seasons:
            # `Season 3` of a series that is called 3.
            marks = read_marks(masked)
            found = None if marks.seasons else found
        plain = marks.rest.replace(BLANK, " ")
        bare = without_articles(plain)
        unnumbered = bare.rstrip("0123456789")
        season = self._season(text, masked, marks, found)
        return Folder(
            season=season,
            extra=(bare in EXTRA_FOLDERS or unnumbered in EXTRA_FOLDERS or _is_of_extras(plain)),
            special=(bare in SPECIAL_FOLDERS or unnumbered in SPECIAL_FOLDERS or season == 0),
            alias=found.alias if found and found.alias.whole else None,
            kind=self._kind(masked, marks, found),
            explicit=tuple(m for m in marks.explicit if len(m.episodes) <= 2),
            part=marks.parts[0].episodes[0] if len(marks.parts) == 1 else 0,
            is_half=found is not None and not found.alias.whole,
            year=year_behind(masked, found) if found else "",
            other_name=self._names.other_behind(masked, found) if found else "",
        )

    def _season(self, text: str, masked: str, marks: Marks, found: Found | None) -> int | None:
        seasons = {s for m in marks.seasons for s in m.episodes}
        seasons |= {m.season for m in marks.explicit if m.season is not None}
        if seasons:
            return seasons.pop() if len(seasons) == 1 else None
        if book := _BOOK.match(masked):
            return cardinal(book["n"])
        if re.fullmatch(r"\s*\d{1,2}\s*", text):
            return int(text)
        if found is None or not found.alias.whole:
            return None
        number, _ = title_number(masked, found.end) or (0, 0)
        return found.alias.season or number or None

    def _kind(self, masked: str, marks: Marks, found: Found | None) -> TitleKind:
        """How a folder calls its series, judged by what stands before seasons and technical tokens."""
        if found is None and _BOOK.match(masked):
            return TitleKind.UNTITLED
        if found is not None and (title_number(masked, found.end) or (1, 0))[0] == 0:
            return TitleKind.EXTENDED
        if found is not None and self._names.other_behind(masked, found):
            return TitleKind.EXTENDED
        span = (found.start, found.end) if found is not None else None
        ends = [mark.start for mark in marks.seasons]
        ends += [at for at in (marks.first_start, masked.find(BLANK)) if at is not None and at >= 0]
        return title_kind(masked, marks, span, self._names, min(ends, default=len(masked)))[0]


def _is_of_extras(plain: str) -> bool:
    """Whether a folder's name lists kinds of extras, with a number in front or a source behind."""
    parts = _JOINED.split(_SOURCE.split(plain, maxsplit=1)[0])
    return all(without_articles(part).strip("0123456789") in EXTRA_FOLDERS for part in parts)
