"""Claims of files on episodes, and which file yields when two claim the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct
from msgspec.structs import replace

from episodarr.matching.reading.fold import Indexed, compact
from episodarr.matching.reading.heading import TitleKind
from episodarr.matching.reading.path import Reading
from episodarr.model.ids import EpisodeNumber
from episodarr.model.matching import Candidate

_FULL_SIZE_RATIO = 0.35
"""Versions of an episode differ in size, but not by more than this; a clip of it is smaller."""
_FEWEST = 3

_LOOSE_RUN = re.compile(r"\d[._]\d+$")
_DISC = re.compile(
    r"(?<![^\W_])(?:dvd|dis[ck]|cd|bd|vol(?:ume)?)[\s._-]*\d{1,2}(?![^\W_])", re.IGNORECASE
)


class Claim(Struct, frozen=True):
    """The episodes that a file seems to hold; `kind` and `title` are those of the series it names.

    Files of one `pool` are numbered alike; `assumed_season`: nothing in their names puts them in
    the season they were read as.
    """

    reading: Reading
    episodes: tuple[EpisodeNumber, ...]
    rule: str
    tokens: tuple[str, ...]
    confidence: float
    kind: TitleKind = TitleKind.HOME
    title: str = ""
    pool: str = ""
    assumed_season: bool = False


def a_claim(
    reading: Reading,
    episodes: Iterable[EpisodeNumber],
    rule: str,
    tokens: Iterable[str],
    confidence: float,
) -> Claim:
    """A claim that rests on the file's own name alone."""
    kind, title = reading.title_kind(reading.anchor())
    return Claim(reading, tuple(episodes), rule, tuple(tokens), confidence, kind, title)


def titled_claim(reading: Reading, episode: Candidate, rule: str, confidence: float) -> Claim:
    """A claim by an episode's title, which ends what may be the series' name."""
    title = episode.title or ""
    claim = a_claim(reading, (episode.number,), rule, (title,), confidence)
    at = Indexed(reading.masked).find(compact(title))
    if at is None or at[0] > reading.anchor():
        return claim
    kind, rest = reading.title_kind(at[0])
    return replace(claim, kind=kind, title=rest)


def settle(
    claims: Iterable[Claim], known_words: frozenset[str], queued_seasons: Set[int]
) -> tuple[list[Claim], dict[str, str]]:
    """The claims that stand, in their order, and by path the reason of those that yielded."""
    remaining = list(claims)
    yielded: dict[str, str] = {}
    for judge in (
        _half_titles,
        _other_series,
        _other_folders,
        _assumed_seasons,
        _doubtful_extras,
        _small_duplicates,
        _rivals,
        _discs,
    ):
        losers = judge(remaining, known_words)
        yielded.update(losers)
        remaining = [claim for claim in remaining if claim.reading.path not in losers]
    if queued_seasons - {season for claim in remaining for season, _ in claim.episodes}:
        seasonless = [claim for claim in remaining if claim.reading.season_hint() is None]
        yielded.update(_counted_anew(seasonless))
        remaining = [claim for claim in remaining if claim.reading.path not in yielded]
    return remaining, yielded


def without_false_runs(claims: Mapping[str, Claim]) -> dict[str, Claim]:
    """By path, the claims to put in place of runs like `E23.24` where another file is `E24`."""
    single = {c.episodes[0] for c in claims.values() if len(c.episodes) == 1}
    return {
        path: replace(claim, episodes=claim.episodes[:1])
        for path, claim in claims.items()
        if len(claim.episodes) == 2
        and claim.episodes[1] in single
        and claim.tokens
        and _LOOSE_RUN.search(claim.tokens[0])
    }


def _other_series(claims: list[Claim], known_words: frozenset[str]) -> dict[str, str]:
    ours = [c for c in claims if c.kind in (TitleKind.HOME, TitleKind.UNTITLED)]
    foreign = [c for c in claims if c.kind in (TitleKind.EXTENDED, TitleKind.ALIEN)]
    if any(c.kind is TitleKind.HOME for c in ours):
        return _beside_ours(ours, foreign) | _perhaps_another_season(ours, foreign)
    named = any(c.reading.alias is not None and c.reading.alias.whole for c in foreign)
    aliens = [c for c in foreign if named and c.kind is TitleKind.ALIEN]
    lost = {c.reading.path: "other-series" for c in aliens}
    rest = [c for c in foreign if c.reading.path not in lost]
    return lost | _between_strangers(ours, rest, known_words)


def _half_titles(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """Files with half of the title yield where files with all of it claim the same episodes.

    `Naruto` is another series where `Naruto Shippuuden` is ours and in the torrent.
    """
    halves = [c for c in claims if _has_half_a_title(c)]
    held = {
        episode
        for claim in claims
        if claim.kind is TitleKind.HOME and not _has_half_a_title(claim)
        for episode in claim.episodes
    } or {
        episode
        for claim in claims
        if claim.reading.folder_kind is TitleKind.HOME and not _has_half_a_title(claim)
        for episode in claim.episodes
    }
    is_clash = any(held.intersection(claim.episodes) for claim in halves)
    return {claim.reading.path: "other-series" for claim in halves if is_clash}


def _has_half_a_title(claim: Claim) -> bool:
    alias = claim.reading.alias
    return claim.reading.folder_is_half if alias is None else not alias.whole


def _other_folders(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """Files that name no series, in folders of another one, yield to those in folders of ours."""
    bare = [c for c in claims if c.kind is TitleKind.UNTITLED]
    held = {e for c in bare if c.reading.folder_kind is TitleKind.HOME for e in c.episodes}
    foreign = [c for c in bare if c.reading.folder_kind in (TitleKind.EXTENDED, TitleKind.ALIEN)]
    clashing = {c.reading.folders for c in foreign if held.intersection(c.episodes)}
    return {c.reading.path: "other-series" for c in foreign if c.reading.folders in clashing}


def _beside_ours(ours: list[Claim], foreign: list[Claim]) -> dict[str, str]:
    held = {episode for claim in ours for episode in claim.episodes}
    usual = _median([c.reading.size_bytes for c in ours])
    clashing = {c.title for c in foreign if held.intersection(c.episodes)}
    return {
        c.reading.path: "other-series"
        for c in foreign
        if c.kind is TitleKind.ALIEN
        or c.title in clashing
        or c.reading.size_bytes < usual * _FULL_SIZE_RATIO
    }


def _perhaps_another_season(ours: list[Claim], foreign: list[Claim]) -> dict[str, str]:
    """Ours that name no season, though a later one is queued, where a longer title claims the same.

    Either may be the queued season: the longer title is often the sequel's.
    """
    usual = _median([c.reading.size_bytes for c in ours])
    held = {
        episode
        for claim in foreign
        if claim.kind is TitleKind.EXTENDED
        and claim.reading.season_hint() is None
        and claim.reading.size_bytes >= usual * _FULL_SIZE_RATIO
        for episode in claim.episodes
    }
    unsure = [c for c in ours if c.assumed_season]
    clashing = {episode for c in unsure for episode in c.episodes if episode in held}
    if len(clashing) < _FEWEST:
        return {}
    return {claim.reading.path: "ambiguous" for claim in unsure}


def _between_strangers(
    ours: list[Claim], foreign: list[Claim], known_words: frozenset[str]
) -> dict[str, str]:
    """Of titles we do not know that claim the same episodes, the one most like ours stays."""
    groups: dict[str, list[Claim]] = {}
    for claim in (*ours, *foreign):
        groups.setdefault(claim.title, []).append(claim)
    ranked = sorted(
        groups.items(), key=lambda item: (_likeness(item[0], known_words), len(item[1]), _total(item[1]), item[0]),
        reverse=True,
    )  # fmt: skip
    held: dict[EpisodeNumber, str] = {}
    lost: dict[str, str] = {}
    for title, group in ranked:
        clashing = {held[e] for claim in group for e in claim.episodes if e in held}
        if not clashing:
            held.update((episode, title) for claim in group for episode in claim.episodes)
            continue
        lost.update((claim.reading.path, "other-series") for claim in group)
        for rival in clashing:
            if _alike(groups[rival], group, known_words):
                lost.update((claim.reading.path, "ambiguous") for claim in groups[rival])
    return lost


def _alike(one: list[Claim], other: list[Claim], known_words: frozenset[str]) -> bool:
    """Whether neither of two unknown series is more likely to be ours."""
    likeness = [_likeness(group[0].title, known_words) for group in (one, other)]
    totals = sorted((_total(one), _total(other)))
    return likeness[0] == likeness[1] and totals[0] > totals[1] * 0.7


def _likeness(title: str, known_words: frozenset[str]) -> float:
    words = title.split()
    return sum(word in known_words for word in words) / len(words) if words else 0.5


def _assumed_seasons(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """Files read as a season they do not name yield, all of them, to files that name it."""
    named = {episode for c in claims if not c.assumed_season for episode in c.episodes}
    pools = {c.pool for c in claims if c.assumed_season and named.intersection(c.episodes)}
    return {c.reading.path: "other-season" for c in claims if c.assumed_season and c.pool in pools}


def _rivals(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """Specials that name different seasons cannot be the same episode: none of them is matched."""
    seasons: dict[EpisodeNumber, set[int | None]] = {}
    for claim in claims:
        for episode in claim.episodes:
            if episode[0] == 0:
                seasons.setdefault(episode, set()).add(_named_season(claim))
    return {
        c.reading.path: "ambiguous"
        for c in claims
        if any(len(seasons.get(episode, ())) > 1 for episode in c.episodes)
    }


def _discs(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """Bare numbers that start anew on every disc do not number the episode: these files yield."""
    return _counted_anew([claim for claim in claims if _on_disc(claim)])


def _counted_anew(claims: list[Claim]) -> dict[str, str]:
    """Files with bare numbers that start anew in every folder yield: each may be another season."""
    unclear = [c for c in claims if c.pool and not c.reading.marks.explicit]
    folders: dict[EpisodeNumber, set[tuple[str, ...]]] = {}
    for claim in unclear:
        for episode in claim.episodes:
            folders.setdefault(episode, set()).add(claim.reading.folders)
    if all(len(places) < 2 for places in folders.values()):
        return {}
    return {claim.reading.path: "ambiguous" for claim in unclear}


def _on_disc(claim: Claim) -> bool:
    return any(_DISC.search(folder) for folder in claim.reading.folders)


def _named_season(claim: Claim) -> int | None:
    specials = claim.reading.marks.specials
    return specials[0].season if specials else claim.reading.season_hint()


def _doubtful_extras(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    """A file with an extra's word behind its number yields to a plain one, or if it is small."""
    plain = [c for c in claims if not c.reading.doubtful]
    held = {episode for claim in plain for episode in claim.episodes}
    usual = _median([c.reading.size_bytes for c in plain])
    return {
        c.reading.path: "extras"
        for c in claims
        if c.reading.doubtful
        and (held.intersection(c.episodes) or c.reading.size_bytes < usual * _FULL_SIZE_RATIO)
    }


def _small_duplicates(claims: list[Claim], _known_words: frozenset[str]) -> dict[str, str]:
    largest: dict[EpisodeNumber, int] = {}
    for claim in claims:
        if not claim.reading.marks_part():
            for episode in claim.episodes:
                share = claim.reading.size_bytes // len(claim.episodes)
                largest[episode] = max(largest.get(episode, 0), share)
    return {
        c.reading.path: "small-duplicate"
        for c in claims
        if not c.reading.marks_part()
        and c.reading.size_bytes < _FULL_SIZE_RATIO * max(largest[e] for e in c.episodes)
        and len(c.episodes) == 1
    }


def _median(sizes: list[int]) -> int:
    return sorted(sizes)[len(sizes) // 2] if sizes else 0


def _total(claims: list[Claim]) -> int:
    return sum(claim.reading.size_bytes for claim in claims)
