"""Episodes and downloads that need a person: how many, and the one thing each waits for."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.boards.episodes import (
    EPISODE_KEYS,
    NO_SERIES,
    NO_SONARR,
    TO_SERIES,
    called,
)
from episodarr_dashboards.panels import ANY_IS_BAD, About, number
from episodarr_dashboards.queries import (
    EPISODE,
    by,
    if_a_sonarr_answers,
    metric,
    one_of,
    or_unknown,
    within,
    zero_if_all_sonarrs_answer,
)
from episodarr_dashboards.tables import MOST_ROWS, Column, Nothing, rows
from episodarr_dashboards.vocabulary import HOLDS, STUCK_HOLDS, VERMILLION, Word


def _stuck_rows() -> str:
    stuck = f'hold=~"{one_of([h.value for h in STUCK_HOLDS])}"'
    failed = metric("episode_stage", 'episode_stage="failed"')
    return by(
        (*EPISODE, "hold"),
        f'{metric("episode_hold", stuck)} or label_replace({failed}, "hold", "download_failed", "", "")'
        f" or {_stuck_downloads(stuck)}",
    )


def _stuck_downloads(stuck: str) -> str:
    """Downloads that no episode waits for; their release stands where an episode's code does.

    If Sonarr does not know the series, it stands behind the reason, too.
    """
    key = "sonarr, download_id"
    alone = f"{metric('download_hold', stuck)} unless on ({key}) {metric('episode_release_info')}"
    named = (
        f"max by ({key}, hold) ({alone}) * on ({key}) group_left (tvdb_id, series, release) "
        f"max by ({key}, tvdb_id, series, release) ({metric('download_info')})"
    )
    coded = f'label_replace({named}, "episode_code", "$1", "release", "(.*)")'
    marked = f'label_join({coded}, "release", ";", "tvdb_id", "hold", "release")'
    return f'label_replace({marked}, "hold", "$1 $2", "release", ";([^;]*);(.*)")'


def _waiting_for_the_client() -> str:
    """One row for all that an outage of the download client holds: it would hide what is stuck."""
    held = metric("episode_hold", 'hold="client_unavailable"')
    counted = f'count_values by () ("hold", count({by(EPISODE, held)}))'
    return f'label_replace({counted}, "hold", "client_unavailable $1 episodes", "hold", "(.+)")'


def stuck_count() -> Panel:
    """How many episodes and downloads are stuck."""
    stuck = by(EPISODE, _stuck_rows())
    return number(
        About(
            title="Stuck",
            description="Episodes that will not come by waiting a little, and downloads that no "
            "episode waits for; the table below says why.",
            empty="unknown",
        ),
        or_unknown(
            f"{if_a_sonarr_answers(f'count({stuck} or {_waiting_for_the_client()})')} "
            f"or {zero_if_all_sonarrs_answer()}"
        ),
        ANY_IS_BAD,
    )


def stuck() -> Panel:
    """The stuck episodes and downloads, and since when."""
    since = f"{metric('episode_stage_entered_timestamp_seconds')} * 1000"
    vocabulary = {hold.value: word for hold, word in HOLDS.items()}
    stuck = f"topk({MOST_ROWS}, {_stuck_rows()})"
    vocabulary["download_failed"] = Word("the download failed", VERMILLION)
    return rows(
        About(
            title="Stuck, and why",
            description="Episodes that need a person, and the one thing each waits for. Of a "
            "download that no episode waits for the release is named; if Sonarr does not know its "
            "series, behind the reason.",
            empty="Nothing is stuck",
        ),
        EPISODE_KEYS,
        (
            Column(
                title="Why",
                expr=f"{called(stuck)} or {_waiting_for_the_client()}",
                label="hold",
                vocabulary=vocabulary,
                patterns={f"^{hold.value} (.+)$": word for hold, word in NO_SERIES.items()},
                width=235,
            ),
            Column(
                title="Since",
                expr=within(EPISODE, since, by(EPISODE, stuck)),
                unit="dateTimeFromNow",
                width=135,
            ),
        ),
        sort="Since",
        nothing=Nothing(
            if_known=zero_if_all_sonarrs_answer(), text="✓ Nothing is stuck", why=NO_SONARR
        ),
        links=TO_SERIES,
    )
