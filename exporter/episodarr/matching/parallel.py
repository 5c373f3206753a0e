"""Sets of files that count the same numbers and are no copies: none of them is matched.

Where two folders, or names of two forms, both run from 1 to 12, one of them is often another season
that the queue does not have. Copies of a season differ in technical words, in their group or in
their language; sets of two seasons in a number, in an exclamation mark, or in words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import pairwise

from episodarr.matching.claims import Claim
from episodarr.matching.reading.fold import normal, words_of
from episodarr.matching.reading.marks import RESOLUTIONS
from episodarr.matching.reading.noise import BLANK, mask
from episodarr.model.ids import EpisodeNumber

_FEWEST = 3
"""Fewer numbers that several files have are versions of single episodes."""
_LEAST_SHARE = 3
"""And so are those of less than a third of the numbers."""
_FULL_SIZE_RATIO = 0.35
"""Of the largest file with the number; what is smaller is a short or a sample."""
_AMONG_WORDS = ("leading", "dash", "bracket", "inner")
_IN_FRONT = (*_AMONG_WORDS, "trailing")
"""Where other numbers stand: what stands in front of a mark that is read is `trailing`."""
_DIGITS = re.compile(r"\d+")
_YEAR_OR_VERSION = re.compile(r"(?:19|20)\d\d|v\d+")
_GROUPS = re.compile(r"\[[^\]]*\]")
_CALLED_OUT = re.compile(r"[!'’?°☆★♪]+")
_OF_COPIES = re.compile(
    r"tv|bd\w*|dvd\w*|web\w*|blu\w*|hd\w*|sd\w*|uhd|ray|dl|rip|remux|encode[sd]?|raws?|x?vid|avc|hevc|"
    r"(?:un)?censored|uncut|extended|director|s|cut|version|ver|edition|original|remastered|old|new|copy|"
    r"backup|mobile|small|mini|dub\w*|sub\w*|(?:hard|soft)subs?|audio|dual|multi|vostfr|vf\w*|vo|"
    r"english|eng?|japanese|jpn?|german|ger|deutsch|de|french|fr|spanish|espa[nñ]ol|castellano|latino|es|"
    r"italian|ita?|russian|rus?|portuguese|pt|br|chinese|korean|arabic|chs|cht|gb|big5|and|the|with|of"
)
"""Words in which copies of one season differ."""


def counted_in_parallel(claims: Collection[Claim]) -> frozenset[str]:
    """The paths of files that are of two or more sets with the same numbers, none surely the queued.

    Only numbers to which no season is stated count, and files of full size. A few files with the
    same number are versions; sets cover a good part of a season.
    """
    loose = [c for c in claims if _is_bare(c)]
    by_episode: dict[EpisodeNumber, list[Claim]] = {}
    for claim in loose:
        by_episode.setdefault(claim.episodes[0], []).append(claim)
    clashing: dict[str, set[EpisodeNumber]] = {}
    claimed: dict[str, set[EpisodeNumber]] = {}
    for episode, rivals in by_episode.items():
        pool = rivals[0].pool
        claimed.setdefault(pool, set()).add(episode)
        if _are_of_two_sets(rivals):
            clashing.setdefault(pool, set()).add(episode)
    lost = {
        pool
        for pool, episodes in clashing.items()
        if len(episodes) >= min(_FEWEST, len(claimed[pool]))
        and len(episodes) * _LEAST_SHARE >= len(claimed[pool])
    }
    return frozenset(claim.reading.path for claim in loose if claim.pool in lost)


def of_folders_below(claims: Collection[Claim]) -> frozenset[str]:
    """The paths of files in a folder below that repeat a few numbers of the folder above.

    Its name is not that of another version, so that they are shorts or another series.
    """
    by_folder: dict[tuple[str, ...], list[Claim]] = {}
    for claim in claims:
        if claim.pool and not claim.reading.marks.explicit:
            by_folder.setdefault(claim.reading.folders, []).append(claim)
    held = {at: {e for c in listed for e in c.episodes} for at, listed in by_folder.items()}
    lost: set[str] = set()
    for below, listed in by_folder.items():
        for above in (below[:depth] for depth in range(len(below))):
            words = _words(below[len(above) :])
            is_version = all(_OF_COPIES.fullmatch(word) for word in words)
            if not is_version and above in held and held[below] < held[above]:
                lost |= {claim.reading.path for claim in listed}
    return frozenset(lost)


def _is_bare(claim: Claim) -> bool:
    reading = claim.reading
    stated = reading.season_hint() is not None or bool(reading.marks.explicit)
    alone = len(claim.episodes) == 1 and claim.episodes[0][0] > 0
    return bool(claim.pool) and alone and not stated and not reading.marks_part()


def _are_of_two_sets(rivals: Iterable[Claim]) -> bool:
    listed = sorted(rivals, key=lambda claim: claim.reading.path)
    largest = max(claim.reading.size_bytes for claim in listed)
    full = [c for c in listed if c.reading.size_bytes >= _FULL_SIZE_RATIO * largest]
    return any(_are_apart(one, other) for one, other in pairwise(full))


def _are_apart(one: Claim, other: Claim) -> bool:
    if _called_out(one) != _called_out(other) or _numbers(one) != _numbers(other):
        return True
    words, others = _words(one.reading.folders), _words(other.reading.folders)
    if words == others:
        return False
    if _without_digits(words) == _without_digits(others):
        return True
    unlike = set(words) ^ set(others)
    return one.assumed_season and not all(_OF_COPIES.fullmatch(word) for word in unlike)


def _called_out(claim: Claim) -> str:
    """The signs right behind a title that has others: some sequels differ in nothing else."""
    span = claim.reading.alias_span
    found = _CALLED_OUT.match(claim.reading.text, span[1]) if span else None
    signs = found.group() if found else ""
    return "" if signs in claim.reading.names.signs else signs


def _numbers(claim: Claim) -> tuple[int, ...]:
    """The other numbers of a name, without years, resolutions and what stands in parentheses."""
    marks = claim.reading.marks
    slots = _IN_FRONT if marks.episodes else _AMONG_WORDS
    return tuple(
        number.values[0]
        for number in marks.numbers
        if number.text not in claim.tokens
        and number.slot in slots
        and number.values[0] not in RESOLUTIONS
        and not _YEAR_OR_VERSION.fullmatch(number.text)
    )


def _words(folders: Iterable[str]) -> tuple[str, ...]:
    """The words of folders, without groups, technical words, years and versions."""
    text = " ".join(mask(normal(folder)) for folder in folders)
    words = (word.folded for word in words_of(_GROUPS.sub(" ", text.replace(BLANK, " "))))
    return tuple(word for word in words if not _YEAR_OR_VERSION.fullmatch(word))


def _without_digits(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(bare for word in words if (bare := _DIGITS.sub("", word)))
