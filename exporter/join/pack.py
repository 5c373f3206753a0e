"""Say which file of a torrent holds which of the episodes that Sonarr queued for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exporter.join.matching import match_files
from exporter.model.download import TorrentFile
from exporter.model.library import Episode, Series
from exporter.model.matching import (
    AlternateTitle,
    Candidate,
    ListedFile,
    SeriesNames,
    SeriesType,
)

type FilesByEpisode = Mapping[tuple[int, int], tuple[int, ...]]

_SERIES_TYPES: Mapping[str, SeriesType] = {
    "standard": "standard",
    "daily": "daily",
    "anime": "anime",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackQuestion:
    """Everything the answer depends on; equal questions have equal answers."""

    names: SeriesNames
    candidates: tuple[Candidate, ...]
    torrent_name: str
    files: tuple[tuple[int, str, int], ...]
    """(index, path, size in bytes)."""


def pack_question(
    series: Series, episodes: Iterable[Episode], torrent_name: str, files: Iterable[TorrentFile]
) -> PackQuestion:
    """The question for one torrent; the order of episodes and files does not matter."""
    return PackQuestion(
        names=SeriesNames(
            titles=(series.title,),
            alternate_titles=tuple(
                AlternateTitle(title=t.title, season=t.season) for t in series.alternate_titles
            ),
            series_type=_SERIES_TYPES.get(series.series_type, "standard"),
        ),
        candidates=tuple(
            candidate_of(e) for e in sorted(episodes, key=lambda e: (e.season, e.episode))
        ),
        torrent_name=torrent_name,
        files=tuple(sorted((f.index, f.path, f.size_bytes) for f in files)),
    )


def candidate_of(episode: Episode) -> Candidate:
    """An episode as the matcher asks for it."""
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


def answer_pack(question: PackQuestion) -> FilesByEpisode:
    """File indexes by (season, episode); an episode that no file is told to hold is left out."""
    match = match_files(
        question.names,
        question.candidates,
        question.torrent_name,
        [ListedFile(path=path, size_bytes=size) for _, path, size in question.files],
    )
    episodes_by_path = match.episodes_by_path()
    indexes: dict[tuple[int, int], list[int]] = {}
    for index, path, _ in question.files:
        for number in episodes_by_path.get(path, ()):
            indexes.setdefault(number, []).append(index)
    return {number: tuple(found) for number, found in indexes.items()}
