"""Decide which file of a torrent holds which of the episodes that Sonarr queued for it.

Also which files hold further episodes of the series: of a pack over several seasons Sonarr queues
one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from episodarr.matching import match_files
from episodarr.model.download import TorrentFile
from episodarr.model.ids import EpisodeNumber
from episodarr.model.library import Episode, Series
from episodarr.model.matching import (
    Candidate,
    ListedFile,
    SeriesNames,
    SeriesType,
    TorrentMatch,
)

_NO_EPISODE = frozenset({"not-a-video", "extras"})
"""Reasons for which the matcher gives a file no episode, whatever the candidates are."""

type FilesByEpisode = Mapping[EpisodeNumber, tuple[int, ...]]

_SERIES_TYPES: Mapping[str, SeriesType] = {
    "standard": "standard",
    "daily": "daily",
    "anime": "anime",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackQuestion:
    """All inputs of the answer; equal questions have equal answers."""

    names: SeriesNames
    candidates: tuple[Candidate, ...]
    """The episodes that Sonarr queued."""
    series_candidates: tuple[Candidate, ...]
    """All episodes of the series."""
    torrent_name: str
    files: tuple[tuple[int, str, int], ...]
    """(index, path, size in bytes)."""


def pack_question(
    series: Series,
    episodes: Iterable[Episode],
    torrent_name: str,
    files: Iterable[TorrentFile],
    series_candidates: tuple[Candidate, ...] = (),
) -> PackQuestion:
    """The question for one torrent; the order of episodes and files does not matter."""
    return PackQuestion(
        names=SeriesNames(
            titles=(series.title,),
            alternate_titles=series.alternate_titles,
            series_type=_SERIES_TYPES.get(series.series_type, "standard"),
        ),
        candidates=candidates_of(episodes),
        series_candidates=series_candidates,
        torrent_name=torrent_name,
        files=tuple(sorted((f.index, f.path, f.size_bytes) for f in files)),
    )


def candidates_of(episodes: Iterable[Episode]) -> tuple[Candidate, ...]:
    """Episodes as the matcher takes them, in their order."""
    return tuple(candidate_of(e) for e in sorted(episodes, key=lambda e: (e.season, e.episode)))


def candidate_of(episode: Episode) -> Candidate:
    """An episode as the matcher takes it."""
    return Candidate(
        season=episode.season,
        episode=episode.episode,
        absolute=episode.absolute,
        scene_season=episode.scene_season,
        scene_episode=episode.scene_episode,
        scene_absolute=episode.scene_absolute,
        air_date=episode.air_date,
        title=episode.title or None,
    )


class PackAnswer(Struct, frozen=True, kw_only=True, gc=False):
    """Which files hold which episodes; an episode without a known file is left out."""

    files_by_episode: FilesByEpisode
    """File indexes by (season, episode)."""
    further: tuple[EpisodeNumber, ...] = ()
    """Those among them that Sonarr did not queue."""


def answer_pack(question: PackQuestion) -> PackAnswer:
    """The matcher's answer to the question."""
    queued = _match(question, question.candidates)
    held = {file.path: frozenset(file.episodes) for file in queued.files}
    further = _further_by_path(question, queued)
    indexes: dict[EpisodeNumber, list[int]] = {}
    for index, path, _ in question.files:
        for number in sorted(held.get(path, frozenset()) | further.get(path, frozenset())):
            indexes.setdefault(number, []).append(index)
    return PackAnswer(
        files_by_episode={number: tuple(found) for number, found in indexes.items()},
        further=tuple(sorted(set().union(*further.values()))),
    )


def _match(question: PackQuestion, candidates: Sequence[Candidate]) -> TorrentMatch:
    files = [ListedFile(path=path, size_bytes=size) for _, path, size in question.files]
    return match_files(question.names, candidates, question.torrent_name, files)


def _further_by_path(
    question: PackQuestion, queued: TorrentMatch
) -> dict[str, frozenset[EpisodeNumber]]:
    """By path, the episodes that Sonarr did not queue and that the file holds beyond doubt.

    All of them are in doubt where the matcher, given all episodes of the series, finds other
    episodes in the files that hold the queued ones.
    """
    numbers = {candidate.number for candidate in question.candidates}
    others = [c for c in question.series_candidates if c.number not in numbers]
    if not others or all(file.episodes or file.rule in _NO_EPISODE for file in queued.files):
        return {}
    whole = _match(question, [*question.candidates, *others])
    further: dict[str, frozenset[EpisodeNumber]] = {}
    for before, file in zip(queued.files, whole.files, strict=True):
        found = frozenset(file.episodes)
        if not found.issuperset(before.episodes):
            return {}
        if file.is_sure and not found <= numbers:
            further[file.path] = found - numbers
    return further
