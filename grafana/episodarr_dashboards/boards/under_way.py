"""Episodes between a grab and a playable file: how many, and each with its progress."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr.model.stage import Stage
from episodarr_dashboards.boards.episodes import EPISODE_KEYS, NO_SONARR, TO_SERIES, called
from episodarr_dashboards.panels import About, number
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
from episodarr_dashboards.vocabulary import HOLDS, STAGES

UNDER_WAY = one_of([s.label for s in (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)])
_STAGE_WORDS = {stage.label: word for stage, word in STAGES.items()}


def _under_way_rows() -> str:
    return by(EPISODE, metric("episode_stage", f'episode_stage=~"{UNDER_WAY}"'))


def under_way_count() -> Panel:
    """How many episodes are under way."""
    return number(
        About(
            title="Coming",
            description="Episodes grabbed, downloading or being imported right now.",
            empty="unknown",
        ),
        or_unknown(
            f"{if_a_sonarr_answers(f'count({_under_way_rows()})')} or {zero_if_all_sonarrs_answer()}"
        ),
    )


def under_way() -> Panel:
    """The episodes under way, the furthest first."""
    progress = within(EPISODE, metric("episode_progress_ratio"), _under_way_rows())
    found = f"topk({MOST_ROWS}, {progress})"
    stage = metric("episode_stage", f'episode_stage=~"{UNDER_WAY}"')
    eta = (
        f"{metric('episode_release_info')} * on (job, instance, sonarr, download_id) "
        f"group_left () {metric('download_eta_seconds')}"
    )
    return rows(
        About(
            title="Under way",
            description="Every episode between a grab and a playable file. The bar is the progress "
            "of the episode's own file, also inside a season pack; at most a hundred, the furthest first.",
            empty="Nothing is under way",
        ),
        EPISODE_KEYS,
        (
            Column(
                title="Stage",
                expr=called(within(EPISODE, stage, found, "episode_stage")),
                label="episode_stage",
                vocabulary=_STAGE_WORDS,
                width=170,
            ),
            Column(title="Progress", expr=found, is_bar=True, width=150),
            Column(title="ETA", expr=within(EPISODE, eta, found), unit="s", decimals=0, width=85),
            Column(
                title="Waits for",
                expr=within(EPISODE, metric("episode_hold"), found, "hold"),
                label="hold",
                vocabulary={hold.value: word for hold, word in HOLDS.items()},
                width=240,
            ),
            Column(
                title="Release",
                expr=within(EPISODE, metric("episode_release_info"), found, "release"),
                label="release",
            ),
        ),
        sort="Progress",
        descending=True,
        nothing=Nothing(
            if_known=zero_if_all_sonarrs_answer(),
            text="✓ Nothing is under way",
            why=NO_SONARR,
        ),
        links=TO_SERIES,
    )
