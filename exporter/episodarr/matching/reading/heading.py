"""What a file name calls its series: our title, another, more than ours, or none."""

# ruff: noqa: RUF001 - brackets of other scripts are matched on purpose

from __future__ import annotations

import re
from enum import Enum

from episodarr.matching.reading.fold import Indexed
from episodarr.matching.reading.lexicon import FORMAL_DIGITS, ROMAN, SPECIAL_WORDS
from episodarr.matching.reading.marks import Marks
from episodarr.matching.reading.names import Names
from episodarr.matching.reading.noise import blank, without

SPECIAL = re.compile(
    rf"(?<![^\W_])(?:{SPECIAL_WORDS})(?![^\W_])[\s._-]?(?:\d{{1,2}}(?![^\W_]))?"
    r"|(?<![^\W_])(?:ova|oad|sp)\d{1,2}(?![^\W_])",
)
"""A special's word in lower case, with its number where one follows."""

_BRACKETS = re.compile(r"\[[^\[\]]*\]|【[^【】]*】|\([^()]*\)|（[^（）]*）|\{[^{}]*\}")
_OPEN_BRACKET = re.compile(r"[\[(【（{].*$")
_LAST_BRACKET = re.compile(r"[\[【]([^\[\]【】]*)$")
_CLOSED = re.compile(r"[\]】]")
_SQUARE = re.compile(r"[\[\]【】]")
_TITLE_NUMBER = re.compile(
    rf"^[\s._]{{1,2}}(?P<n>[02-9]|{'|'.join([*ROMAN, *FORMAL_DIGITS])})(?=[\s._\-\[(\])】\x00]|$)(?![-~]\d)",
    re.IGNORECASE,
)
_FILLER = frozenset(
    [
        "tv",
        "the",
        "a",
        "an",
        "and",
        "of",
        "season",
        "seasons",
        "series",
        "complete",
        "batch",
        "bd",
        "bdrip",
        "bluray",
        "dvd",
        "dvdrip",
        "web",
        "webrip",
        "webdl",
        "hdtv",
        "uncensored",
        "remux",
        "repack",
        "proper",
        "jpn",
        "jp",
        "eng",
        "dub",
        "sub",
        "dubbed",
        "subbed",
        "vostfr",
        "multi",
        "dual",
        "audio",
        "hd",
        "fhd",
        "uhd",
        "ep",
        "eps",
        "episode",
        "arc",
        "final",
        "cour",
        "part",
        "hen",
        "raw",
        "raws",
        "v2",
        "end",
        "fin",
    ]
)
_NOT_TELLING = _FILLER.union(ROMAN, FORMAL_DIGITS)


class TitleKind(Enum):
    """What a file name calls its series, next to the titles we know."""

    HOME = "the series' title"
    UNTITLED = "no title"
    EXTENDED = "the series' title and more"
    ALIEN = "another title"


def title_number(masked: str, end: int) -> tuple[int, int] | None:
    """The small number right behind a title that ends at `end`, which may count sequels, and its end."""
    found = _TITLE_NUMBER.match(masked[end:])
    if found is None:
        return None
    spelled = found["n"].lower()
    number = ROMAN.get(spelled) or FORMAL_DIGITS.get(spelled)
    number = int(spelled) if number is None else number
    return number, end + found.end()


def title_kind(
    masked: str, marks: Marks, alias_span: tuple[int, int] | None, names: Names, before: int
) -> tuple[TitleKind, str]:
    """How a masked name calls its series, judged by the words in front of `before`.

    The second value is what is left of those words when the series' own titles, seasons, parts
    and filler are taken away.
    """
    head = masked[:before]
    for mark in (*marks.seasons, *marks.parts):
        if mark.start < before:
            head = blank(head, mark.start, min(mark.end, before))
    if alias_span and alias_span[0] < before:
        start, end = alias_span
        head = _unboxed(blank(head, start, min(end, before)), start, end)
    head = without(SPECIAL, head)
    outside = _OPEN_BRACKET.sub(" ", _BRACKETS.sub(" ", head))
    if alias_span:
        residual = _telling(_without_names(outside, names))
        return (TitleKind.EXTENDED, residual) if residual else (TitleKind.HOME, "")
    residual = _telling(outside)
    if residual:
        return TitleKind.ALIEN, residual
    inner = _BRACKETS.findall(head)[1:] + _LAST_BRACKET.findall(head)
    residual = " ".join(text for boxed in inner if (text := _telling(boxed)))
    return (TitleKind.ALIEN, residual) if residual else (TitleKind.UNTITLED, "")


def _unboxed(text: str, start: int, end: int) -> str:
    """The text with the brackets around the title opened: what else is in there belongs to it."""
    opened = max(text.rfind("[", 0, start), text.rfind("【", 0, start))
    if opened >= 0 and not _CLOSED.search(text, opened, start):
        text = blank(text, opened, opened + 1)
    closed = _SQUARE.search(text, end)
    if closed and closed.group() in "]】":
        text = blank(text, closed.start(), closed.end())
    return text


def _without_names(text: str, names: Names) -> str:
    """The text without the series' other titles, which are often written side by side."""
    while _telling(text) and (found := names.find(Indexed(text))) is not None:
        text = blank(text, found.start, found.end)
    return text


def _telling(text: str) -> str:
    words = [w.folded for w in Indexed(text).words]
    return " ".join(w for w in words if w not in _NOT_TELLING and not w.isdigit())
