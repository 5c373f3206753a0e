"""Whether two answers of one Sonarr agree; if not, one was cut short: unknown, not less."""

from collections.abc import Sequence

from episodarr.model.library import Episode, EpisodeFile, Series
from episodarr.model.records import has_nameless, unread_in, unread_keys


def missing_episodes(series: Series, episodes: Sequence[Episode]) -> str:
    """What the list of episodes lacks by the series' statistics, as a sentence; empty if nothing.

    `totalEpisodeCount` counts the very rows that the list gives, and a season without any has no
    statistics. More than counted is no fault: the list of episodes is the newer one.
    """
    counted = sum(season.total_episode_count for season in series.seasons)
    listed = len(episodes) + len(unread_in(episodes))
    if listed >= counted:
        return ""
    if not listed:
        # Sonarr answers so for a number it does not know, as another Sonarr would.
        return "it lists no episode of a series that has some"
    return f"it lists {listed} of the {counted} episodes that it counts itself"


def missing_files(episodes: Sequence[Episode], files: Sequence[EpisodeFile]) -> str:
    """What the list of files lacks that the episodes have, as a sentence; empty if nothing."""
    if has_nameless(files):
        return ""
    named = {episode.file_id for episode in episodes if episode.file_id is not None}
    missing = named - {file.file_id for file in files} - unread_keys(files)
    if not missing:
        return ""
    return f"it lists {len(named) - len(missing)} of the {len(named)} files that episodes have"
