"""Rows of episodes: their keys and links, and their text where none is known."""

from episodarr.model.stage import Hold
from episodarr_dashboards.queries import EPISODE
from episodarr_dashboards.tables import PAGE_OF_SERIES, SERIES_LINK, Key, Link
from episodarr_dashboards.vocabulary import HOLDS, STUCK_HOLDS, VERMILLION, Word

EPISODE_KEYS = (
    Key(label="what", title="Episode", width=215),
    *(Key(label=label) for label in EPISODE),
)
TO_SERIES = (
    Link("Episode", "Show ${__data.fields.series}", SERIES_LINK),
    Link("Episode", "Its page, with links to Sonarr", PAGE_OF_SERIES),
)
NO_SONARR = "? a Sonarr is down"
NO_SERIES = {
    hold: Word(f"{HOLDS[hold].text.partition(':')[0]}: $1", HOLDS[hold].color)
    for hold in STUCK_HOLDS
} | {Hold.CLIENT_UNAVAILABLE: Word("no client answers: $1", VERMILLION)}
"""What stands in the way of something that is of no series, which is named with it."""


def called(expression: str) -> str:
    """The expression with the label `what`, the title and the episode or the release, if it is of a series."""
    named = f'label_join({expression}, "what", " ", "series", "episode_code")'
    return f'label_replace({named}, "what", "", "tvdb_id", "")'
