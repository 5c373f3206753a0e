"""The lines of the status page about episodes and downloads that need attention."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from episodarr.model.ids import SeriesKey, episode_code
from episodarr.model.stage import Hold, Stage
from episodarr.model.view import DownloadView, EpisodeView, SeriesView
from episodarr.views.documents import series_id
from episodarr.views.text import EN_DASH, plain, runs, sentence_list
from episodarr.views.tree import MESSAGES_LIMIT
from episodarr.views.words import Tone, hold_words, needs_attention, stage_words


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckLine:
    """Episodes of one series with the same stage and hold that need attention; or one download."""

    key: str
    series_id: str | None
    """None: a download of no known series."""
    title: str
    codes: str
    mark: str
    words: str
    tone: Tone
    notes: tuple[str, ...]


def stuck_lines(view: SeriesView) -> list[StuckLine]:
    """The series' episodes that need attention, one line per stage and hold."""
    episodes_by_trouble: dict[tuple[Stage, Hold | None], list[EpisodeView]] = {}
    for season in view.seasons:
        if season.tally is not None and season.tally.available == sum(season.tally.counts):
            continue  # What is available needs nothing.
        for episode in season.episodes or ():
            if needs_attention(episode.stage, episode.hold):
                trouble = (episode.stage, episode.hold)
                episodes_by_trouble.setdefault(trouble, []).append(episode)
    return [
        _stuck_line(view, stage, hold, episodes)
        for (stage, hold), episodes in episodes_by_trouble.items()
    ]


def _stuck_line(
    view: SeriesView, stage: Stage, hold: Hold | None, episodes: Sequence[EpisodeView]
) -> StuckLine:
    mark, word, tone = stage_words(stage)
    words = word
    if hold is not None:
        words, tone = hold_words(hold)
    messages = {plain(message): None for episode in episodes for message in episode.messages}
    return StuckLine(
        key=f"{series_id(view.key)}-{stage.label}-{hold or 'none'}",
        series_id=series_id(view.key),
        title=plain(view.title),
        codes=_codes(episodes),
        mark=mark,
        words=words,
        tone=tone,
        notes=tuple(messages)[:MESSAGES_LIMIT],
    )


def stuck_download_line(view: DownloadView) -> StuckLine:
    """Line of a download that no episode waits for, titled by its series, else by its release."""
    is_known = view.tvdb_id is not None
    words, tone = ("", Tone.PLAIN) if view.hold is None else hold_words(view.hold)
    release = plain(view.release) or plain(view.download_id)
    messages = dict.fromkeys(plain(message) for message in view.messages)
    return StuckLine(
        key=f"download-{view.sonarr}-{view.download_id}",
        series_id=series_id(SeriesKey(view.sonarr, view.tvdb_id)) if view.tvdb_id else None,
        title=plain(view.series) if is_known else release,
        codes=sentence_list(view.episode_codes, limit=8) if is_known else "of no known series",
        mark="",
        words=words,
        tone=tone,
        notes=(*((release,) if is_known else ()), *list(messages)[:MESSAGES_LIMIT]),
    )


def _codes(episodes: Sequence[EpisodeView]) -> str:
    """As in "S02E02, S02E04-E06": ranges within a season."""
    by_season: dict[int, list[int]] = {}
    for episode in episodes:
        by_season.setdefault(episode.key.season, []).append(episode.key.episode)
    ranges = [
        episode_code(season, first) + (f"{EN_DASH}E{last:02d}" if last > first else "")
        for season, numbers in by_season.items()
        for first, last in runs(numbers)
    ]
    return sentence_list(ranges, limit=8)


def most_pressing_first(lines: Iterable[StuckLine]) -> list[StuckLine]:
    """The lines, bad ones before warnings, then by title."""
    return sorted(lines, key=lambda line: (line.tone is not Tone.BAD, line.title.casefold()))
