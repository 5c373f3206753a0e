"""Torrents numbered in another order than the queue, recognized by their episode titles."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from episodarr.matching.claims import Claim
from episodarr.matching.titles.titles import EpisodeTitles
from episodarr.model.matching import Candidate

_NUMBERED = frozenset({"season-episode", "scene", "season-and-episode-in-one", "running-number"})
_LEAST_TITLED_RATIO = 0.8
_LEAST_TITLED = 3


def reordered(claims: Mapping[str, Claim], titles: EpisodeTitles) -> dict[str, Claim]:
    """The claims to put in place of those by number where the titles show another order.

    Titles overrule numbers only all together: nearly every file carries a queued episode's title,
    no two the same, and at least two of them disagree with their numbers. One title repeated on
    every file, or a single odd one, proves nothing.
    """
    numbered = {
        path: claim
        for path, claim in claims.items()
        if claim.rule in _NUMBERED and len(claim.episodes) == 1 and claim.episodes[0][0] > 0
    }
    titled: dict[str, Candidate] = {}
    for path, claim in sorted(numbered.items()):
        found = titles.find_whole(_behind_number(claim))
        if found is not None:
            titled[path] = found
    distinct = {candidate.number for candidate in titled.values()}
    if len(titled) < max(_LEAST_TITLED, _LEAST_TITLED_RATIO * len(numbered)):
        return {}
    if len(distinct) < len(titled):
        return {}
    astray = [p for p, candidate in titled.items() if numbered[p].episodes != (candidate.number,)]
    if len(astray) < 2:
        return {}
    return {
        path: replace(
            numbered[path],
            episodes=(titled[path].number,),
            rule="title-order",
            tokens=(titled[path].title or "",),
            confidence=0.75,
        )
        for path in astray
    }


def _behind_number(claim: Claim) -> str:
    text = claim.reading.masked
    at = text.find(claim.tokens[0]) if claim.tokens else -1
    return text[at + len(claim.tokens[0]) :].replace("\x00", " ") if at >= 0 else ""
