"""Claims by the words of a name: episode titles in it, next to its numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from episodarr.matching.claims import Claim, titled_claim
from episodarr.matching.numbers.statements import explicit_statements
from episodarr.matching.reading.fold import Indexed, compact, unpadded, words_of
from episodarr.matching.reading.marks import read_marks
from episodarr.matching.reading.path import Reading
from episodarr.matching.titles.titles import EpisodeTitles

type SeasonOf = Callable[[Reading], int | None]
"""The season that a file's name, its folders or else the torrent put it in."""

_MORE_WORDS = re.compile(
    r" (?!(?:web|hd|sd|blu|bd|dvd|uhd|nf|amzn|dsnp|hmax|atvp|repack|proper|multi|dual)\w*(?![^\W_]))[^\W\d_]",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\[[^\]]*\]|\([^)]*\)")


def after_title(reading: Reading) -> str:
    """The name of a file without its series' title and technical tokens."""
    masked = reading.masked
    if reading.alias_span:
        masked = f"{masked[: reading.alias_span[0]]} {masked[reading.alias_span[1] :]}"
    return masked.replace("\x00", " ")


def unbracketed(text: str) -> str:
    """The text without what stands in brackets."""
    return _BRACKETED.sub(" ", text)


def whole_title_claims(
    readings: Iterable[Reading], titles: EpisodeTitles, season_of: SeasonOf
) -> Iterator[Claim]:
    """The claims of names that are a queued episode's title and nothing else: no number is needed."""
    for reading in readings:
        if reading.marks.explicit or reading.marks.episodes:
            continue
        found = titles.exact(unbracketed(after_title(reading)))
        if found is not None and found.season in _possible(season_of(reading), found.season):
            yield titled_claim(reading, found, "episode-title", 0.93)


def title_claims(
    readings: Iterable[Reading], titles: EpisodeTitles, season_of: SeasonOf, *, is_numbered: bool
) -> Iterator[Claim]:
    """The claims of names that have a queued episode's title, and no number where others have one."""
    for reading in readings:
        text = after_title(reading)
        found = titles.find(text)
        if found is None or not _stands_out(text, found[1]):
            continue
        episode, title = found
        right_season = episode.season in _possible(season_of(reading), episode.season)
        is_special = episode.season == 0
        if right_season and (
            not is_numbered or _leaves_it_to_the_title(reading, text, title, is_special=is_special)
        ):
            yield titled_claim(reading, episode, "episode-title", 0.88)


def _possible(named: int | None, titled: int) -> tuple[int, ...]:
    """The seasons that a title's episode may be of: specials lie among any season."""
    return (titled,) if named is None else (0, named)


def _stands_out(text: str, title: str) -> bool:
    """Whether a title of a single word is distinct: first in the text, not part of a sentence."""
    if len(words_of(title)) > 1:
        return True
    text = unpadded(text)
    at = Indexed(text).find(compact(unpadded(title)))
    if at is None:
        return False
    led_up = unbracketed(text[: at[0]])
    return not words_of(led_up) and _MORE_WORDS.match(text[at[1] :]) is None


def _leaves_it_to_the_title(reading: Reading, text: str, title: str, *, is_special: bool) -> bool:
    """Whether a file has no number of its own but those of the title, or a special's, or a 0."""
    stated = explicit_statements(reading)
    if stated:
        return stated[0].numbers == (0,) or stated[0].season == 0
    text = unpadded(text)
    at = Indexed(text).find(compact(unpadded(title)))
    rest = read_marks(text if at is None else f"{text[: at[0]]} {text[at[1] :]}")
    return not rest.episodes and all(
        number.slot == "roman" or (is_special and number.values == (0,)) for number in rest.numbers
    )
