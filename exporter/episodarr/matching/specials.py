"""Specials: files whose path marks them as one, and the queued episodes of season 0."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from episodarr.matching.claims import Claim, a_claim
from episodarr.matching.numbers.schemes import Numbering
from episodarr.matching.numbers.statements import explicit_statements
from episodarr.matching.reading.fold import content_words, lowered
from episodarr.matching.reading.heading import SPECIAL
from episodarr.matching.reading.path import Reading
from episodarr.matching.titles.titles import EpisodeTitles
from episodarr.matching.titles.wording import after_title, unbracketed
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

_SEASON_OF_SPECIAL = re.compile(r"(?<![^\W_])s\d{1,2}(?=[a-z])", re.IGNORECASE)


def is_special(reading: Reading) -> bool:
    """Whether a file is marked as a special: by season 0, by its words, or by its folder."""
    stated = explicit_statements(reading)
    if stated:
        return stated[0].season == 0
    return bool(reading.special or reading.special_folder)


def special_claims(
    readings: Sequence[Reading],
    claimed: Iterable[EpisodeNumber],
    numbering: Numbering,
    titles: EpisodeTitles,
) -> Iterator[Claim]:
    """The claims of specials: by number in season 0, by title, and by count when both agree.

    `claimed` are the episodes that others hold already.
    """
    own_titles = EpisodeTitles(numbering.specials, frozenset())
    taken = set(claimed)
    waiting: list[Reading] = []
    for reading in readings:
        claim = _by_season_zero(reading, numbering) or _by_title(reading, own_titles, titles)
        if claim is None:
            waiting.append(reading)
        else:
            taken.update(claim.episodes)
            yield claim
    yield from _by_count(waiting, [c for c in numbering.specials if c.number not in taken])


def _by_season_zero(reading: Reading, numbering: Numbering) -> Claim | None:
    stated = [s for s in explicit_statements(reading) if s.season == 0]
    meant = (numbering.direct.get((0, number)) for s in stated for number in s.numbers)
    episodes = [episode for episode in meant if episode is not None]
    if not episodes:
        return None
    return a_claim(reading, episodes, "special-number", (stated[0].text,), 0.95)


def _by_title(reading: Reading, own_titles: EpisodeTitles, titles: EpisodeTitles) -> Claim | None:
    text = _SEASON_OF_SPECIAL.sub(" ", after_title(reading))
    found = own_titles.find(text) or own_titles.find_numbered(text) or titles.find(text)
    if found is None or found[0].season not in (0, reading.season_hint() or found[0].season):
        return None
    return a_claim(reading, (found[0].number,), "special-title", (found[1],), 0.9)


def _by_count(readings: Sequence[Reading], specials: Sequence[Candidate]) -> Iterator[Claim]:
    """As many specials in the torrent as are queued: matched by number or by order."""
    copies: dict[int | None, list[Reading]] = {}
    for reading in readings:
        if not any(s.season == 0 for s in explicit_statements(reading)):
            copies.setdefault(_number(reading), []).append(reading)
    if not specials or len(copies) != len(specials):
        return
    for number, candidate, rule in _laid_on(list(copies), specials):
        for reading in copies[number]:
            if not _denies(reading, candidate):
                yield a_claim(reading, (candidate.number,), rule, (reading.special,), 0.75)


def _laid_on(
    numbers: Sequence[int | None], specials: Sequence[Candidate]
) -> list[tuple[int | None, Candidate, str]]:
    if len(specials) == 1:
        return [(numbers[0], specials[0], "only-special")]
    by_number = {candidate.episode: candidate for candidate in specials}
    counted = sorted(number for number in numbers if number is not None)
    if set(counted) == set(by_number):
        return [(number, by_number[number], "special-number") for number in counted]
    if counted == list(range(1, len(specials) + 1)):
        return [
            (number, special, "special-order")
            for number, special in zip(counted, specials, strict=True)
        ]
    return []


def _denies(reading: Reading, candidate: Candidate) -> bool:
    """Whether a file has a title of its own that shares no word with the candidate's."""
    own = set(content_words(SPECIAL.sub(" ", lowered(unbracketed(after_title(reading))))))
    own = {word for word in own if not word.isdigit() and len(word) > 2}
    titled = set(content_words(candidate.title or ""))
    return len(own) > 1 and bool(titled) and not own & titled


def _number(reading: Reading) -> int | None:
    if reading.marks.specials:
        return reading.marks.specials[0].episodes[0]
    found = re.search(r"\d{1,2}", reading.special)
    if found:
        return int(found.group())
    marked = [number for mark in reading.marks.episodes for number in mark.episodes]
    numbers = [*marked, *(number.values[0] for number in reading.marks.numbers)]
    return numbers[0] if numbers else None
