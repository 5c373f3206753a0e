"""The forms of numbering marks, by what they state.

Every pattern has a group `e` or `s` for the number, `more` for what continues it (another episode,
the end of a span) and `part` for the letter of a half. They read names in lower case whose
technical tokens are blanked with a NUL.
"""

from __future__ import annotations

import re

from msgspec import Struct

from episodarr.matching.reading.lexicon import (
    AND_WORDS,
    BARE_COUNTED_SEASON_WORDS,
    COUNT_WORDS,
    COUNTED_SEASON_WORDS,
    EPISODE_WORDS,
    OF_WORDS,
    ROMAN,
    SEASON_COUNT_WORDS,
    SEASON_WORDS,
)


class Form(Struct, frozen=True):
    """One way to write a mark; each text of that form has one of the `needs` in it, if it has any."""

    pattern: re.Pattern[str]
    needs: tuple[str, ...] = ()

    def found_in(self, text: str) -> list[re.Match[str]]:
        """Where such marks stand in a text in lower case."""
        for need in self.needs:
            if need in text:
                break
        else:
            if self.needs:
                return []
        return list(self.pattern.finditer(text))


def _form(pattern: str, *needs: str) -> Form:
    return Form(re.compile(pattern), needs)


_SEP = r"[\s._\-\x00\[\](),:/#~|]"

_CONT_BARE = r"(?:[-~&+,–]\d{1,5}(?![\da-z]|[.]\d(?!\d)))"
_CONT_NEXT = r"(?:[._]\d{2,4}(?![\da-z]|[-._]\d))"
_CONT_AND = rf"(?:(?:,|\s(?:[&+]|{AND_WORDS}))\s\d{{1,4}}(?![^\W_]))"
"""`5 and 6`; what follows has to be the next number."""


def _tail(markers: str, again: str = r"s\d{1,4}[\s._]?") -> str:
    """The pattern of what continues a mark: markers that may stand before a number again, or the season."""
    marked = (
        rf"(?:(?:[\s._]?[-~+&,–][\s._]?|[\s._]{{0,2}})(?:and[\s._])?(?:{again})?"
        rf"(?:{markers})[\s._]?\d{{1,5}})"
    )
    return (
        rf"(?P<more>(?:{marked}|{_CONT_BARE})+|{_CONT_NEXT}|{_CONT_AND}"
        r"|(?:[\s._]?(?:to|à|[-~–])[\s._]?(?:ep|e)\d{1,5})|(?:\s[-~–]\s\d{3,4}(?![^\W_])))?"
    )


_TAIL = _tail("ep|e|x")
_S_TAIL = _tail("ep|e|x", r"s(?P=s)[\s._]?")
"""`S01E02-S01E03`: the season again; `S01E12-S02E01` are two marks."""
_X_TAIL = _tail("ep|e|x|(?P=s)x")
"""`1x02-1x03`: the season again; `1x02 - 2x4` is rather a title."""

SEASON_EPISODE = (
    _form(
        rf"(?<![^\W_])(?:{EPISODE_WORDS})\s?#(?P<s>\d{{1,2}})[.](?P<e>\d{{1,3}})(?!\d)(?P<more>x)?(?P<part>x)?",
        "#",
    ),
    _form(
        rf"(?<![a-z])[st](?P<s>\d{{1,4}})(?:{_SEP}{{0,3}}|x)(?:episode|ep|e|x){_SEP}{{0,2}}(?P<e>\d{{1,5}})"
        rf"(?!\d|[.]5(?:[\s\]\[)(_\x00-]|$)){_S_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
    ),
    _form(
        rf"(?<![a-z'’])s[._-](?P<s>\d{{1,2}}){_SEP}{{0,3}}(?:episode|ep|e)[\s._-]{{0,2}}(?P<e>\d{{1,3}})"
        rf"(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
    ),
    _form(
        rf"(?<![0-9a-z])(?<!\d[.])(?P<s>\d{{1,4}})[x×](?:ep?)?(?P<e>\d{{1,4}})(?!\d){_X_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        "x",
        "×",
    ),
    _form(
        rf"(?<![^\W_])(?:{SEASON_WORDS}){_SEP}{{0,3}}(?P<s>\d{{1,4}}){_SEP}{{1,4}}(?:\(?\d{{4}}\)?{_SEP}+)?"
        rf"(?:{EPISODE_WORDS}){_SEP}{{0,3}}(?P<e>\d{{1,5}})(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
    ),
    _form(
        rf"(?<![^_\W])(?:{SEASON_WORDS}){_SEP}{{0,3}}(?P<s>\d{{1,2}}){_SEP}{{1,4}}(?P<e>\d{{1,3}})(?P<more>[-~]\d{{1,3}})?"
        rf"[\s._]{{0,2}}(?:{OF_WORDS})[\s._]{{0,2}}\d{{1,3}}(?!\d)(?P<part>x)?",
    ),
    _form(
        rf"第?(?P<s>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s?[季期]{_SEP}*第?(?P<e>\d{{1,4}})\s?[話话集回](?P<more>x)?(?P<part>x)?",
        "季",
        "期",
    ),
    _form(
        rf"(?<![^\W_])(?P<s>\d{{1,2}})(?:st|nd|rd|th){_SEP}season{_SEP}{{1,4}}"
        rf"(?:{EPISODE_WORDS}){_SEP}{{0,3}}(?P<e>\d{{1,5}})(?!\d){_TAIL}(?P<part>[a-d](?![a-z0-9]))?",
        "season",
    ),
)
SHORT_SEASON_EPISODE = (
    _form(
        rf"(?<![^\W_])(?:book|buch|livre|libro|книга)[\s._-]{{1,2}}(?P<s>\d{{1,2}}){_SEP}{{1,3}}"
        rf"(?:{EPISODE_WORDS}){_SEP}{{0,3}}(?P<e>\d{{1,3}})(?!\d)(?P<more>x)?(?P<part>x)?",
        "book",
        "buch",
        "livre",
        "libro",
        "книга",
    ),
    _form(r"(?<![a-z])s(?P<s>\d{1,2})[._-](?P<e>\d{2,3})(?![\da-z]|[-.]\d)"),
    _form(r"#(?P<s>\d{1,2})[.](?P<e>\d{1,3})(?!\d)", "#"),
    _form(r"(?<![^\W_])(?P<s>\d{1,2})e(?P<e>\d{2,3})(?![^\W_])"),
    _form(r"(?<![^\W_])(?P<s>\d{1,2})\sx\s(?P<e>\d{1,3})(?![^\W_])", "x"),
)
SEASON_SPECIAL = _form(
    r"(?<![a-z])s(?P<s>\d{1,2})[\s._-]?(?:sp|ova|oad|special)[\s._-]?(?P<e>\d{1,3})(?!\d)",
    "sp",
    "ova",
    "oad",
)
EPISODE = (
    _form(
        rf"(?:(?<![^\W_\d])(?:{EPISODE_WORDS}){_SEP}{{0,3}}|(?<![^\W_])e)(?P<e>\d{{1,5}})(?![\d]|[.]\d(?!\d)){_TAIL}"
        rf"(?:v\d)?(?P<part>[a-d](?![a-z0-9]))?",
    ),
    _form(r"第\s?(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?\s?[話话集回夜화회](?P<part>x)?", "第"),
    _form(
        r"第\s?(?P<e>[一二三四五六七八九十百〇]{1,5})(?P<more>x)?\s?[話话集回夜화회](?P<part>x)?",
        "第",
    ),
    _form(
        r"(?<!\d)(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?\s?[話话集화회](?P<part>x)?",
        "話",
        "话",
        "集",
        "화",
        "회",
    ),
    _form(
        rf"(?<![^\W_])(?:episode|chapter|folge|épisode|episodio)[\s._-](?P<e>{'|'.join(COUNT_WORDS)})(?![^\W_])(?P<more>x)?(?P<part>x)?",
        "pisod",
        "chapter",
        "folge",
    ),
    _form(
        r"(?<![^\W_])(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?[\s._]{0,2}(?:blm|b[öo]l[üu]m|сери[яи]|seri[jy]a)"
        r"(?![^\W_])(?P<part>x)?",
        "blm",
        "lüm",
        "lum",
        "сери",
        "seri",
    ),
    _form(
        r"#\s?(?P<e>\d{1,4})(?P<more>[-~]#?\d{1,4}(?!\d))?(?P<part>[a-d](?![a-z0-9]))?(?!\d)", "#"
    ),
    _form(
        r"(?<![0-9a-z])(?<!\d[.])(?P<e>\d{1,4})(?P<more>[-~]\d{1,4})?(?P<part>x)?[\s._]{0,2}"
        rf"(?:{OF_WORDS}|/)[\s._]{{0,2}}\d{{1,4}}(?!\d)",
        "f",
        "з",
        "sur",
        "von",
        "d",
        "av",
        "van",
        "/",
    ),
)
BARE_ORDINAL = _form(
    rf"(?<!the\s)(?<!the[._])(?<![^\W_])(?P<s>\d{{1,2}})(?:nd|rd|th)(?![^\W_])(?P<more>x)?(?!{_SEP}(?:cour|part|anniv|opening|ending|ed|op))",
    "nd",
    "rd",
    "th",
)
"""`Show 2nd`: a season without a word for it."""
_COUNTED_SEASON = rf"{COUNTED_SEASON_WORDS}|säsongen|sesongen|sæsonen|série"
_PARTS_OF_SEASON_WORDS = (
    "season", "saison", "staffel", "stagione", "temporada", "sezo", "sezó", "sezona", "säsong", "sæson",
    "sesong", "seizoen", "kausi", "évad", "сезон", "série",
)  # fmt: skip
SHORT_SEASON = _form(r"(?<![^\W_])t(?P<s>\d{1,2})(?![^\W_])(?P<more>x)?", "t")
"""`T2`: a season in the names of Spanish folders and torrents."""
TELEVISION_SEASON = _form(
    r"(?<![^\W_])(?:(?<=[\[(])tv[\s_]?|tv-)(?P<s>[1-9])(?![^\W_])(?P<more>x)?", "tv"
)
"""`[TV-2]`, `TV-2`: a season in Russian releases, and in others a channel."""
SEASON = (
    _form(rf"(?<![^\W_])(?P<s>\d{{1,2}})(?:(?:st|nd|rd|th|º|ª|a\.?|er|e|ème|-?й)[\s._-]?(?:{COUNTED_SEASON_WORDS})|\.?[\s._-]?(?:{BARE_COUNTED_SEASON_WORDS}))(?![^\W_])(?P<more>x)?"),
    BARE_ORDINAL,
    _form(rf"(?<![^\W_])(?:seasons?|saison|staffel)[\s._-](?P<s>{'|'.join([*COUNT_WORDS, *ROMAN, 'i'])})(?![^\W_])(?P<more>x)?", "season", "saison", "staffel"),
    _form(rf"(?<![^\W_])(?P<s>{'|'.join(COUNT_WORDS)})[\s._-](?:season|saison|stagione|temporada)(?![^\W_])(?P<more>x)?", "season", "saison", "stagione", "temporada"),
    _form(rf"(?<![^\W_])(?:{_COUNTED_SEASON})[\s._-](?P<s>{'|'.join(SEASON_COUNT_WORDS)})(?![^\W_])(?P<more>x)?", *_PARTS_OF_SEASON_WORDS),
    _form(rf"(?<![^\W_])(?P<s>{'|'.join(SEASON_COUNT_WORDS)})[\s._-](?:{_COUNTED_SEASON})(?![^\W_])(?P<more>x)?", *_PARTS_OF_SEASON_WORDS),
    _form(r"第\s?(?P<s>\d{1,2}|[一二三四五六七八九十]{1,3})\s?(?P<more>[-~]\d{1,2})?(?:[季期]|部(?!分))", "季", "期", "部"),
    _form(r"(?:(?<![^\W_])тв[\s._-]?|시즌\s?)(?P<s>\d{1,2})(?![^\W_])(?P<more>x)?", "тв", "시즌"),
    _form(r"(?<![^\W_])(?P<s>\d{1,2})\s?기(?![^\W_])(?P<more>x)?", "기"),
    _form(
        rf"(?<![^\W_])(?:(?:{SEASON_WORDS})(?!['’])(?:[\s._:#]{{0,3}}|-)|s)(?P<s>\d{{1,2}}|(?:19|20)\d\d)(?P<more>(?:[-~+&,–]\d{{1,2}}(?!\d)|"
        rf"\s?(?:[-~+&,–]|to|and|и)\s?(?:s|season\s?)\d{{1,2}}|\s(?:[+&,]|to|and|и)\s\d{{1,2}}(?!\d))+)?(?=d\d|dvd|[ps]\d|[^0-9a-z]|$)",
    ),
)  # fmt: skip
SEASON_SPAN = _form(
    r"(?<![^\W_])(?:seasons?[\s._]?|saisons?[\s._]?|temporadas?[\s._]?|staffeln?[\s._]?|сезоны?[\s._:]{0,2}|s)(?P<s>\d{1,2})"
    r"(?P<more>(?:(?:[\s._]?(?:[&+,]|and|to|à|и)[\s._]?|[\s._]+(?:and|to|à|и)[\s._]+|[-~–]|\s(?!0)|\s?[,&+]\s?(?:and|&)\s)"
    r"(?:seasons?\s|s)?\d{1,2}(?![^\W_]))+)",
)
_PART_COUNT = rf"\d{{1,2}}|{'|'.join([*ROMAN, 'i', *list(COUNT_WORDS)[:10]])}"
_SPELLED_ORDINAL = "|".join(word for word in COUNT_WORDS if word.endswith(("st", "nd", "rd", "th")))
PART = (
    _form(r"(?<![^\W_])(?P<n>\d)\.?[\s._-](?:kisim|část|deel)(?![^\W_])", "kisim", "část", "deel"),
    _form(
        rf"(?<![^\W_])(?:part|pt|parte|partie|teil|deel|cour|часть|część|část|kisim|파트)[\s._-]{{0,2}}(?P<n>{_PART_COUNT})(?![^\W_])",
        "part",
        "pt",
        "teil",
        "cour",
        "част",
        "deel",
        "část",
        "kisim",
        "częś",
        "파트",
    ),
    _form(
        rf"(?<![^\W_])(?P<n>\d|{_SPELLED_ORDINAL})(?:st|nd|rd|th|ª|º|-?я)?[\s._-](?:cour|part|half|parte|часть)(?![^\W_])",
        "cour",
        "part",
        "half",
        "част",
    ),
    _form(
        r"第\s?(?P<n>\d{1,2}|[一二三四五六七八九十]{1,2})\s?(?:クール|部分|篇章?)"
        r"|(?:クール|パート)\s?(?P<m>\d)(?!\d)|(?<!\d)(?P<k>\d)\s?クール目",
        "クール",
        "パート",
        "部分",
        "篇",
    ),
    _form(r"(?:(?<=\x00)|(?<=\x00[\s._-]))p0?(?P<n>[1-9])(?=e\d|[\W_]|$)"),
    _form(r"(?<![^\W_])p0(?P<n>[1-9])(?![^\W_])", "p0"),
    _form(r"(?<![^\W_])latter[\s._-]half(?![^\W_])|[後后]半|下半[季部]", "latter", "半"),
)
"""A part of a season, which may count its episodes from 1 again: `Part 2`, `2nd Cour`, `第2クール`.

A form without a number is of the second half."""
DECIMAL = re.compile(r"(?<![\d.a-df-oq-z])\d{1,4}[.][1-9](?![\d])(?![.]\d)(?!\s?of\s?\d)")
"""`04.5`, `E04.5`; not `v2.1` or `Level4.1`."""
NUMBER = re.compile(rf"(?<!\d)(?P<n>\d{{1,5}})(?P<more>(?:(?:[-~+&]|\s~\s|\sao\s)\d{{1,4}}(?=tv|end|fin|[^\da-z]|$))+|{_CONT_AND})?(?:[\s._]?v\d{{1,2}}(?:[.]\d)?|end|fin|tv|完結?|终|終)?(?P<part>[a-d])?(?![^\W_])(?!\d)")  # fmt: skip
ROMAN_NUMBER = re.compile(r"(?<![^\W_])(?:I{1,3}|IV|VI{0,3}|IX|X)(?![^\W_])")
"""These have to be capitals."""
