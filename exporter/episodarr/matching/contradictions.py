"""Files that claim the same episodes while as many queued ones have no file: none is matched.

Two files of one episode are versions of it (1080p and 720p, a second try) only where they differ
in nothing but technical words. Else one of them is probably another episode, of a part that counts
from 1 again, and it is not known which.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from episodarr.matching.claims import Claim
from episodarr.matching.reading.fold import words_of
from episodarr.matching.reading.noise import BLANK, mask
from episodarr.matching.titles.wording import after_title, unbracketed
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

_FULL_SIZE_RATIO = 0.35
_RIVALS = 2
_NO_YEAR = 9999
_VERSION = re.compile(r"v\d+|(?:19|20)\d\d")
"""What the folders of two versions of an episode may differ in."""


def contradicting(claims: Collection[Claim], queued: Iterable[EpisodeNumber]) -> frozenset[str]:
    """The paths of the files that claim what others of full size claim, if as much is left unclaimed.

    Counted season by season; halves of one episode and files of several episodes do not count.
    """
    single = [c for c in claims if len(c.episodes) == 1 and not c.reading.marks_part()]
    largest: dict[EpisodeNumber, int] = {}
    for claim in single:
        largest[claim.episodes[0]] = max(
            largest.get(claim.episodes[0], 0), claim.reading.size_bytes
        )
    by_episode: dict[EpisodeNumber, list[Claim]] = {}
    for claim in single:
        if claim.reading.size_bytes >= _FULL_SIZE_RATIO * largest[claim.episodes[0]]:
            by_episode.setdefault(claim.episodes[0], []).append(claim)
    held = {episode for claim in claims for episode in claim.episodes}
    unclaimed = [number for number in queued if number not in held]
    lost: set[str] = set()
    for season in {season for season, _ in by_episode}:
        clashing = [
            group
            for (s, _), group in by_episode.items()
            if s == season and len(group) > 1 and len({_telling(c) for c in group}) > 1
        ]
        repeated = sum(len({_telling(c) for c in group}) - 1 for group in clashing)
        if repeated and sum(s == season for s, _ in unclaimed) >= repeated:
            lost |= {claim.reading.path for group in clashing for claim in group}
    return frozenset(lost)


def of_other_years(
    claims: Collection[Claim], queued: Collection[Candidate], titled: Collection[str]
) -> dict[str, str]:
    """By path, why files yield whose title has another year behind it than rivals' have.

    The years in which the first season airs and those that our titles have (`titled`) tell the
    right one of two series of one title, and none began after a season of it aired. Without such a
    year neither is the right one.
    """
    by_year: dict[str, list[Claim]] = {}
    for claim in claims:
        by_year.setdefault(claim.reading.year, []).append(claim)
    held = {year: {e for c in listed for e in c.episodes} for year, listed in by_year.items()}
    rivals = {year for year in held for other in held if other != year and held[year] & held[other]}
    dated = rivals - {""}
    aired = {c.air_date.year for c in queued if c.season == 1 and c.air_date}
    latest = min((c.air_date.year + 1 for c in queued if c.air_date), default=_NO_YEAR)
    if not aired and (later := {year for year in dated if int(year) > latest}):
        return {c.reading.path: "other-series" for year in later for c in by_year[year]}
    named = dated.intersection(titled)
    ours = named or {year for year in dated if any(abs(int(year) - one) <= 1 for one in aired)}
    if not dated or (not named and not aired and len(dated) < _RIVALS):
        return {}
    others = (rivals if named else dated) - ours
    why = "other-series" if ours or "" in rivals else "ambiguous"
    return {c.reading.path: why for year in others for c in by_year[year]}


def _telling(claim: Claim) -> tuple[str, ...]:
    """The words of a path besides technical words and its group: versions share them.

    Numbers tell folders apart (`Box 2`, `Season 2B`), but not names, which write one number in
    several ways.
    """
    folders = (
        " ".join(word for word in _words(mask(folder)) if not _VERSION.fullmatch(word))
        for folder in claim.reading.folders
    )
    name = _words(unbracketed(after_title(claim.reading)))
    return (*folders, " ".join(word for word in name if not any(map(str.isdigit, word))))


def _words(text: str) -> list[str]:
    return [word.folded for word in words_of(text.replace(BLANK, " "))]
