"""Reading a single release name without knowing what it should hold.

The matcher does not need this: it knows the candidates. It is for names that come alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from episodarr.matching.reading.fold import normal, upright
from episodarr.matching.reading.lexicon import UNFINISHED_SUFFIXES, VIDEO_SUFFIXES
from episodarr.matching.reading.marks import Mark, Marks, Number, read_marks
from episodarr.matching.reading.noise import mask

_LONGEST_NAME = 600
_SUFFIXES = (
    VIDEO_SUFFIXES
    | UNFINISHED_SUFFIXES
    | frozenset(["srt", "ass", "ssa", "sub", "nfo", "txt", "torrent", "iso", "rar", "zip"])
)
_GROUP_FIRST = re.compile(r"^[\s_]*(?:\[[^\]]+\]|【[^】]+】|\([^)]+\)(?=\s*\S))")
_SHOWN_ON_TV = re.compile(
    r"(?<![^\W_])(?:hdtv|pdtv|dsr|tvrip|hdtvrip|web[\s._-]?(?:dl|rip)?|dvdrip|bdrip|bluray|xvid|x26[45]|h[\s._]?26[45])",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(?<![^\W_])(?:complete|integrale?|completa|kompletn?[aiy]?|全集|batch)(?![^\W_])",
    re.IGNORECASE,
)
_BY_FANS = re.compile(
    r"(?:(?<![^\W_])(?:vostfr|vosta|fansubs?)|raws|subs)(?![^\W_])", re.IGNORECASE
)
"""Also at the end of a word, as in `HorribleSubs`: only whether it is there is asked."""
_NO_EPISODE = re.compile(
    r"[^\W\d][ _][1-9][.]\d\d[ _]|(?<![^\W_])(?:movie|ppv|PV\d*|ebook|epub|making[ ._]of|music[ ._]video|trailer|soundtrack|ost)(?![^\W_])",
    re.IGNORECASE,
)
_SEASON_DOT_EPISODE = re.compile(
    r"(?:^\[?|\s-\s)(?P<s>\d{1,2})[.](?P<e>\d{2})(?=\]?\s)|^(?P<s2>\d)-(?P<e2>\d{2})(?=\s)"
)
_NUMBERED_SPECIAL = re.compile(
    r"(?<![^\W_])(?:ova|oad|sp|special)[\s._-]?(?P<n>\d{1,2})(?![^\W_])", re.IGNORECASE
)
_LISTED = re.compile(r"(?<!\s)\s+-\s|\.\s|_-_|(?:(?<!\s)\s+)?$|-[^\W\d_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedName:
    """What a name says by itself; all empty when it numbers nothing.

    `episodes` count within `seasons`; when that is empty, within an unnamed season or through the
    whole series: a name alone cannot tell. `seasons` without episodes is a pack of whole seasons.
    """

    seasons: tuple[int, ...] = ()
    episodes: tuple[int, ...] = ()
    air_date: date | None = None

    @property
    def full_season(self) -> bool:
        """Whether the name is that of one or more whole seasons."""
        return bool(self.seasons) and not (self.episodes or self.air_date)


_NOTHING = ParsedName()


def parse_name(name: str) -> ParsedName:
    """What a release name, a file name or a path says about season, episode and date.

    Of a path the last part decides, and its folders say what that leaves open. Never raises.
    """
    parts = _parts(name[-_LONGEST_NAME:])
    if not parts:
        return _NOTHING
    folders = [_parse_part(folder, in_folder=False) for folder in reversed(parts[:-1])]
    parsed = _parse_part(parts[-1], in_folder=any(len(f.seasons) == 1 for f in folders))
    for folder in folders:
        parsed = _completed(parsed, folder)
    return parsed


def _parts(name: str) -> list[str]:
    """The parts of a path; a slash inside brackets or between spaces parts two titles instead."""
    parts: list[str] = []
    begin = depth = 0
    for at, char in enumerate(name):
        depth += (char in "[【(") - (char in "]】)")
        apart = name[at - 1 : at] == " " or name[at + 1 : at + 2] == " "
        if char in "/\\" and depth <= 0 and not apart:
            parts.append(name[begin:at])
            begin = at + 1
    return [part for part in (*parts, name[begin:]) if part.strip()]


def _completed(parsed: ParsedName, folder: ParsedName) -> ParsedName:
    """What a file's name says with what its folder adds; a folder that says all overrules a number."""
    if (parsed.seasons and parsed.episodes) or parsed.air_date:
        return parsed
    if not parsed.episodes or (folder.seasons and folder.episodes):
        return folder if not parsed.seasons or folder.episodes else parsed
    if len(folder.seasons) == 1:
        return replace(parsed, seasons=folder.seasons)
    return parsed


def _parse_part(part: str, *, in_folder: bool) -> ParsedName:
    text = normal(part)
    stem, dot, suffix = text.rpartition(".")
    if dot and suffix.lower() in _SUFFIXES:
        text = stem
    text = upright(text)
    name = _Name(text, read_marks(mask(text), of_file=True), in_folder)
    for read in (_explicit, _special, _marked, _dated, _bare, _part, _whole_seasons):
        parsed = read(name)
        if parsed is not None:
            return parsed
    return _NOTHING


@dataclass(frozen=True, slots=True)
class _Name:
    """A name with its marks; `in_folder` when a folder names the season it belongs to."""

    text: str
    marks: Marks
    in_folder: bool


def _explicit(name: _Name) -> ParsedName | None:
    stated = sorted(name.marks.explicit, key=lambda mark: not mark.text[:1].isalpha())
    if not stated:
        return None
    season = stated[0].season
    episodes = tuple(dict.fromkeys(n for m in stated if m.season == season for n in m.episodes))
    seasons = () if season is None else (season,)
    return ParsedName(seasons=seasons, episodes=episodes, air_date=_day(name))


def _day(name: _Name) -> date | None:
    return name.marks.dates[0].days[0] if name.marks.dates else None


def _dated(name: _Name) -> ParsedName | None:
    return ParsedName(air_date=_day(name)) if name.marks.dates else None


def _special(name: _Name) -> ParsedName | None:
    if name.marks.specials:
        special = name.marks.specials[0]
        return ParsedName(seasons=(special.season or 0,), episodes=special.episodes)
    numbered = _NUMBERED_SPECIAL.search(name.text)
    return ParsedName(episodes=(int(numbered["n"]),)) if numbered else None


def _marked(name: _Name) -> ParsedName | None:
    marked = [m for m in name.marks.episodes if m.text[:1] != "#" or not _leading(name)]
    if not marked:
        return None
    numbers = marked[0].episodes
    seasons = _seasons(name.marks.seasons)
    season = seasons[0] if len(seasons) == 1 else None
    if marked[0].text.lower().startswith("cap") and all(100 <= n < 10_000 for n in numbers):
        season = numbers[0] // 100
    joined = [n % 100 for n in numbers if n // 100 == season]
    episodes = tuple(joined) if len(joined) == len(numbers) else numbers
    return ParsedName(
        seasons=() if season is None else (season,), episodes=episodes, air_date=_day(name)
    )


def _leading(name: _Name) -> bool:
    return any(n.slot == "leading" and len(n.text) > 1 for n in name.marks.numbers)


def _bare(name: _Name) -> ParsedName | None:
    if name.marks.seasons and (_WHOLE.search(name.text) or len(_spanned(name)) > 1):
        return None
    split = _SEASON_DOT_EPISODE.search(name.text)
    if split:
        season, episode = split["s"] or split["s2"], split["e"] or split["e2"]
        return ParsedName(seasons=(int(season),), episodes=(int(episode),))
    number = _likeliest(name)
    if number is None:
        return None
    seasons = _seasons(name.marks.seasons)
    joined = len(number.values) == 1 and _joined(name, number)
    if joined and len(seasons) != 1:
        return ParsedName(seasons=(number.values[0] // 100,), episodes=(number.values[0] % 100,))
    return ParsedName(seasons=seasons if len(seasons) == 1 else (), episodes=number.values)


def _joined(name: _Name, number: Number) -> bool:
    """Whether a number is season and episode in one, as scene groups write it."""
    first = number.values[0]
    if len(number.text) == 4 and number.text[0] == "0":
        return first % 100 > 0
    plain = number.slot in ("inner", "trailing", "glued")
    by_fans = _GROUP_FIRST.match(name.text) or _BY_FANS.search(name.text)
    return plain and not by_fans and first >= 100 and 0 < first % 100 <= 60 and first // 100 < 40


def _likeliest(name: _Name) -> Number | None:
    """The bare number that counts episodes, if the name is of a kind that has one."""
    if name.marks.decimal or _NO_EPISODE.search(name.text):
        return None
    years = any(_is_year(n) for n in name.marks.numbers)
    usable = [n for n in name.marks.numbers if n.slot != "roman" and not _is_year(n)]
    usable = [n for n in usable if n.values[0] > 0 or n.slot == "dash"]
    grouped = _GROUP_FIRST.match(name.text) is not None
    first = [n for n in usable if n.slot == "leading" and re.match(r"\s+-\s", name.text[n.end :])]
    if first and (name.in_folder or len(first[0].text) > 1):
        return first[0]
    for usual in (_as_fans_number, _as_lists_number, _as_scene_numbers):
        found = usual(name, usable, grouped=grouped, years=years)
        if found is not None:
            return found
    return None


def _as_fans_number(
    name: _Name, usable: list[Number], *, grouped: bool, years: bool
) -> Number | None:
    """`[Group] Title - 05 [1080p]`, `[Group][Title][05]`, `Title 05 vostfr`."""
    dashed = [n for n in usable if n.slot == "dash"]
    closed = [n for n in dashed if not re.match(r" [^\W\d_]", name.text[n.end :])]
    boxed = [n for n in usable if n.slot == "bracket" and n.start > 1 and len(n.text) > 1]
    listed = [
        n
        for n in usable
        if n.slot == "paren" and (len(n.values) > 1 or name.text[n.start - 1] == "{")
    ]
    for found in (closed, dashed, boxed, listed):
        if found:
            return found[0]
    if not (grouped or _BY_FANS.search(name.text)):
        return None
    placed = [n for n in usable if n.slot in ("trailing", "inner", "paren")]
    placed += [n for n in usable if n.slot == "leading"]
    last_word = [n for n in placed if re.match(r"[\s._]*(?:[\[(【]|$)", name.text[n.end :])]
    padded = [n for n in placed if n.text[0] == "0" or len(n.text) > 2]
    return (last_word or padded or placed)[-1 if years else 0] if placed else None


def _as_lists_number(
    name: _Name, usable: list[Number], *, grouped: bool, years: bool
) -> Number | None:
    """`05 - Title`, `Title 05 (1)`, and any number of a file in a season's folder."""
    for number in usable:
        behind = name.text[number.end :]
        if number.slot == "leading" and (_LISTED.match(behind) or name.in_folder):
            return number
    bare = [n for n in usable if n.slot in ("trailing", "inner")]
    behind_season = [
        n for n in bare if name.marks.seasons and n.start > name.marks.seasons[-1].start
    ]
    if behind_season and not years:
        return behind_season[0]
    if name.in_folder and len(bare) == 1:
        return bare[0]
    plain = re.fullmatch(r"[^\W\d][^\d]*[\s.](\d{2,4})(?:\s\(\d\))?", name.text.strip(" _"))
    return bare[0] if plain and bare and not grouped else None


def _as_scene_numbers(
    name: _Name, usable: list[Number], *, grouped: bool, years: bool
) -> Number | None:
    """`title.105.hdtv-group`, `title.2015.0308`, `title105.avi`."""
    padded = [n for n in usable if len(n.text) == 4 and n.text[0] == "0" and n.slot != "glued"]
    if padded:
        return padded[0]
    if grouped or years or not _SHOWN_ON_TV.search(name.text):
        return None
    found = [n for n in usable if n.slot in ("inner", "trailing") and len(n.text) > 1]
    return found[-1] if found else None


def _is_year(number: Number) -> bool:
    return len(number.text) == 4 and 1900 <= number.values[0] <= 2099


def _part(name: _Name) -> ParsedName | None:
    years = any(_is_year(n) for n in name.marks.numbers)
    seasons = _seasons(name.marks.seasons)
    if not name.marks.parts or (not seasons and (years or not _SHOWN_ON_TV.search(name.text))):
        return None
    return ParsedName(seasons=seasons[:1], episodes=name.marks.parts[-1].episodes)


def _spanned(name: _Name) -> tuple[int, ...]:
    return _seasons(read_marks(mask(name.text)).seasons)


def _whole_seasons(name: _Name) -> ParsedName | None:
    seasons = _spanned(name)
    return ParsedName(seasons=seasons) if seasons else None


def _seasons(marks: list[Mark]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(season for mark in marks for season in mark.episodes))
