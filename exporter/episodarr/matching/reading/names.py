"""The names of a series made ready for finding in file names."""

# ruff: noqa: RUF001 - dashes, signs and brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from episodarr.matching.reading.fold import Indexed, compact, content_words, normal
from episodarr.matching.reading.lexicon import ROMAN
from episodarr.matching.reading.noise import blank
from episodarr.model.matching import SeriesNames

_AFTERTHOUGHT = re.compile(r"(?:(?<!\s)\s+)?[(\[](?:(?:19|20)\d\d|[A-Za-z]{2,3})[)\]]\s*$")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SIGNS = "!'’?°☆★♪"
_YEAR_BEHIND = re.compile(r"[\s._(\[-]{1,3}((?:19|20)\d\d)(?![^\W_])")
_YEAR_AT_END = re.compile(r"((?:19|20)\d\d)[)\]]?$")
_COUNTRY = re.compile(r"\(([A-Z]{2})\)\s*$")
_COUNTRY_BEHIND = re.compile(
    r"[\s._-]{1,3}(us|uk|gb|au|nz|ca)(?![^\W_])|[\s._-]{0,3}[(\[]([a-z]{2})[)\]]", re.IGNORECASE
)
_GAP_BEFORE_NUMBER = re.compile(r"(?<![^\w])([^\w]+)\d+$")
_SHORT_SEASON = re.compile(r"(\bS)([1-9])$")
_HALVES = re.compile(r"(?:(?<!\s)\s+)?[:：~]\s*|(?<!\s)\s+[-–—]\s+|：")
_APART = re.compile(r"(?:(?<!\s)\s+)?[:：~&]\s*|(?<!\s)\s+[-–—]\s+|(?<!\s)\s+(?=[IVX]+$)")
_LEADING_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)


class Alias(Struct, frozen=True):
    """A title to look for: `season` when it names one, `whole` when it is not just half a title.

    `beyond` is what a title that is not the main one has behind another: perhaps a sequel's name.
    """

    folded: str
    season: int | None
    whole: bool
    text: str
    beyond: str = ""


class Found(Struct, frozen=True):
    """An alias and where it stands in a text."""

    alias: Alias
    start: int
    end: int


def without_title(masked: str, found: Found | None) -> str:
    """The text with the title that was found in it blanked out."""
    return blank(masked, found.start, found.end) if found else masked


class Names:
    """All spellings of a series' titles; finds the most telling one in a text."""

    __slots__ = ("_aliases", "_countries", "_signed", "signs", "words", "years")

    def __init__(self, series: SeriesNames, extra_title: str = "") -> None:
        collected: dict[str, Alias] = {}
        ambiguous: set[str] = set()
        for alternate in series.alternate_titles:
            season = alternate.season if (alternate.season or 0) > 0 else None
            for alias in _spellings(alternate.title, season):
                known = collected.get(alias.folded)
                if known is not None and known.season != season and known.whole == alias.whole:
                    ambiguous.add(alias.folded)
                if known is None or (alias.whole and not known.whole):
                    collected[alias.folded] = alias
        self._signed = _told_apart_by_signs(series)
        self.signs = frozenset(_signs_at_end(normal(title)) for title in series.titles)
        for title in (*series.titles, extra_title):
            for alias in _spellings(title, None):
                known = collected.get(alias.folded)
                if known is None or (alias.whole and not known.whole):
                    collected[alias.folded] = alias
        plain = (
            replace(a, season=None) if a.folded in ambiguous else a for a in collected.values()
        )
        main = {alias.folded for title in series.titles[:1] for alias in _spellings(title, None)}
        spelled = {a.folded for title in series.titles for a in _spellings(title, None)}
        self._aliases = tuple(
            a if a.folded in main else _with_what_is_beyond(a, spelled)
            for a in sorted(plain, key=lambda a: (-len(a.folded), a.folded))
        )
        titles = (*series.titles, *(other.title for other in series.alternate_titles))
        self.years = frozenset(year for title in titles for year in _YEAR.findall(title))
        self._countries = frozenset(
            country.upper() for title in titles for country in _COUNTRY.findall(title)
        )
        self.words = frozenset(
            word for a in self._aliases if a.whole for word in content_words(a.text)
        )

    def find(self, indexed: Indexed) -> Found | None:
        """The alias that stands in the text: a whole title before a half, then the earliest."""
        best: tuple[tuple[bool, int, int], Found] | None = None
        for alias in self._aliases:
            at = indexed.find(alias.folded)
            if at is None or _is_counted(alias, indexed.text[at[0] : at[1]]):
                continue
            rank = (not alias.whole, at[0], -len(alias.folded))
            if best is None or rank < best[0]:
                best = (rank, Found(alias, at[0], at[1]))
        return self._with_season_of_its_signs(best[1], indexed.text) if best else None

    def _with_season_of_its_signs(self, found: Found, text: str) -> Found:
        """The title found, with the season that `K-On!!` has and `K-On!` has not."""
        signed = self._signed.get(found.alias.folded)
        if signed is None or not found.alias.whole:
            return found
        season = signed.get(_signs(text[found.end :]))
        return Found(replace(found.alias, season=season), found.start, found.end)

    def other_behind(self, masked: str, title: Found) -> str:
        """The year or country behind a title, if it makes it another series than ours."""
        year = year_behind(masked, title)
        if year and self.years and year not in self.years:
            return year
        country = _COUNTRY_BEHIND.match(masked, title.end) if self._countries else None
        code = ((country[1] or country[2]) if country else "").upper().replace("GB", "UK")
        return code.lower() if code and code not in self._countries else ""


def _told_apart_by_signs(series: SeriesNames) -> dict[str, dict[str, int | None]]:
    """By folded title, the season of each way to sign it, for titles that differ in nothing else."""
    named: list[tuple[str, int | None]] = [(title, None) for title in series.titles]
    named += [(other.title, other.season or None) for other in series.alternate_titles]
    signed: dict[str, dict[str, int | None]] = {}
    for title, season in named:
        plain = normal(title)
        signed.setdefault(compact(plain), {}).setdefault(_signs_at_end(plain), season)
    return {folded: seasons for folded, seasons in signed.items() if len(set(seasons.values())) > 1}


def _signs_at_end(title: str) -> str:
    """The signs that a title ends with."""
    return _signs(title[len(title.rstrip(_SIGNS)) :])


def _signs(behind: str) -> str:
    """The signs that a text starts with."""
    return behind[: len(behind) - len(behind.lstrip(_SIGNS))].replace("’", "'")


def year_behind(masked: str, title: Found) -> str:
    """The year that stands behind a title or ends it, or nothing."""
    found = _YEAR_BEHIND.match(masked, title.end) or _YEAR_AT_END.search(
        masked[title.start : title.end]
    )
    return found[1] if found else ""


def _with_what_is_beyond(alias: Alias, titles: Collection[str]) -> Alias:
    """The alias with what it has behind another title; `II` there is its season."""
    if alias.season is not None or not alias.whole:
        return alias
    for apart in _APART.finditer(alias.text):
        begin, beyond = alias.text[: apart.start()], alias.text[apart.end() :]
        if compact(begin) in titles and compact(beyond) and not compact(beyond).isdigit():
            season = ROMAN.get(compact(beyond))
            return replace(alias, season=season, beyond="" if season else compact(beyond))
    return alias


def _is_counted(alias: Alias, found: str) -> bool:
    """Whether the number a title ends in is that of an episode here: `Show 2`, but `Show - 2`."""
    gap = _GAP_BEFORE_NUMBER.search(found)
    own_gap = _GAP_BEFORE_NUMBER.search(alias.text)
    return gap is not None and "-" in gap[1] and not (own_gap is not None and "-" in own_gap[1])


def _spellings(title: str, season: int | None) -> list[Alias]:
    plain = normal(title)
    short = _AFTERTHOUGHT.sub("", plain)
    whole = [plain, short, _LEADING_ARTICLE.sub("", short), _LEADING_ARTICLE.sub("", plain)]
    whole += [_SHORT_SEASON.sub(r"\g<1>0\2", text) for text in whole]
    halves = [
        half
        for half in _HALVES.split(short)
        if len(compact(half)) >= 4 and not compact(half).isdigit() and half != short
    ]
    whole += [f"{first} {_initials(rest)}" for first, rest in _pairs(short) if _initials(rest)]
    spelled = [Alias(folded=compact(text), season=season, whole=True, text=text) for text in whole]
    if season is None:
        spelled += [
            Alias(folded=compact(text), season=None, whole=False, text=text) for text in halves
        ]
    return [alias for alias in spelled if alias.folded]


def _pairs(title: str) -> list[tuple[str, str]]:
    """The halves of a title that has two: `Fate/stay night`, `Unlimited Blade Works`."""
    halves = _HALVES.split(title)
    return [(halves[0], halves[1])] if len(halves) == 2 and len(compact(halves[0])) >= 4 else []


def _initials(text: str) -> str:
    """The first letters of two words or more (`UBW`, `LA`), or nothing."""
    words = text.split()
    return "".join(word[0] for word in words) if len(words) > 1 and text.isascii() else ""
