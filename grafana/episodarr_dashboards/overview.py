"""Overview: what is under way, what is stuck and why, what was deleted badly."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr.model.stage import Stage
from episodarr_dashboards.layout import Band, Board
from episodarr_dashboards.panels import (
    ANY_IS_BAD,
    About,
    Line,
    bars,
    graph,
    number,
    strip,
)
from episodarr_dashboards.queries import (
    DELETION,
    EPISODE,
    by,
    fraction,
    metric,
    one_of,
    quantile,
    with_names,
    within,
    zero_if_all_sonarrs_answer,
    zero_if_running,
)
from episodarr_dashboards.tables import SERIES_LINK, Column, Key, Link, rows
from episodarr_dashboards.vocabulary import (
    AMBER,
    BLUE,
    DELETION_STATUSES,
    HOLDS,
    REQUEST_STATUSES,
    STAGES,
    STUCK_HOLDS,
    UP,
    VERMILLION,
    Word,
)

UNDER_WAY = one_of([s.label for s in (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)])
BAD = "partial|failed|unverified|held"
OPEN = "unknown|pending|approved|failed"

_EPISODE_KEYS = (
    Key(label="sonarr"),
    Key(label="tvdb_id"),
    Key(label="series", title="Series", width=300),
    Key(label="season"),
    Key(label="episode"),
    Key(label="episode_code", title="Episode", width=100),
)
_STAGE_WORDS = {stage.label: word for stage, word in STAGES.items()}
_TO_SERIES = Link("Series", "Show ${__data.fields.series}", SERIES_LINK)


def overview() -> Board:
    """The first dashboard people open."""
    return Board(
        uid="episodarr-overview",
        title="Episodarr: overview",
        description="What is under way, what is stuck and why, and what was deleted badly.",
        bands=(
            Band(
                4,
                (
                    (4, _under_way_count()),
                    (4, _speed()),
                    (4, _stuck_count()),
                    (4, _bad_deletions_count()),
                    (4, _open_requests_count()),
                    (4, _library()),
                ),
            ),
            Band(3, ((24, _systems()),)),
            Band(10, ((24, _under_way()),)),
            Band(9, ((12, _stuck()), (12, _bad_deletions()))),
            Band(9, ((14, _requests()), (10, _stages_now()))),
            Band(8, ((12, _imported_and_failed()), (12, _stages_over_time()))),
            Band(8, ((12, _grab_to_screen()), (12, _grabs()))),
        ),
    )


def _under_way_rows() -> str:
    return by(EPISODE, metric("episode_stage", f'episode_stage=~"{UNDER_WAY}"'))


def _under_way_count() -> Panel:
    return number(
        About(
            title="Episodes under way",
            description="Grabbed, downloading or being imported right now.",
            empty="unknown",
        ),
        f"count({_under_way_rows()}) or {zero_if_all_sonarrs_answer()}",
    )


def _speed() -> Panel:
    received = metric("download_received_bytes_total")
    return number(
        About(
            title="Download speed",
            description="What the download clients receive for all downloads that Sonarr knows.",
            empty="nothing is downloading",
            unit="Bps",
            decimals=1,
        ),
        f"sum(rate({received}[$__rate_interval]))",
    )


def _stuck_rows() -> str:
    stuck = f'hold=~"{one_of([h.value for h in STUCK_HOLDS])}"'
    failed = metric("episode_stage", 'episode_stage="failed"')
    return by(
        (*EPISODE, "hold"),
        f'{metric("episode_hold", stuck)} or label_replace({failed}, "hold", "download_failed", "", "")'
        f" or {_stuck_downloads(stuck)}",
    )


def _stuck_downloads(stuck: str) -> str:
    """Downloads that no episode waits for; their release stands where an episode's code does."""
    key = "sonarr, download_id"
    alone = f"{metric('download_hold', stuck)} unless on ({key}) {metric('episode_release_info')}"
    named = (
        f"max by ({key}, hold) ({alone}) * on ({key}) group_left (tvdb_id, series, release) "
        f"max by ({key}, tvdb_id, series, release) ({metric('download_info')})"
    )
    return f'label_replace({named}, "episode_code", "$1", "release", "(.*)")'


def _stuck_count() -> Panel:
    return number(
        About(
            title="Stuck",
            description="Episodes that will not come by waiting a little, and downloads that no "
            "episode waits for; the table below says why.",
            empty="unknown",
        ),
        f"count({by(EPISODE, _stuck_rows())}) or {zero_if_all_sonarrs_answer()}",
        ANY_IS_BAD,
    )


def _bad_rows(*more: str) -> str:
    status = by((*DELETION, *more), metric("deletion_status", f'deletion_status=~"{BAD}"'))
    acknowledged = by(("deletion_id",), metric("deletion_acknowledged"))
    return f"{status} unless on (deletion_id) ({acknowledged} == 1)"


def _bad_deletions_count() -> Panel:
    return number(
        About(
            title="Deletions gone wrong",
            description="Partial, failed, unproven or held, and not acknowledged yet.",
            empty="unknown",
        ),
        f"count({_bad_rows()}) or {zero_if_running()}",
        ANY_IS_BAD,
    )


def _open_rows() -> str:
    return by(("request_id",), metric("request_status", f'request_status=~"{OPEN}"'))


def _open_requests_count() -> Panel:
    answered = f"0 * (min({metric('upstream_up', 'system="jellyseerr"')}) == 1)"
    return number(
        About(
            title="Open requests",
            description="Requests that are not completed or declined.",
            empty="no Jellyseerr answers",
        ),
        f"count({_open_rows()}) or {answered}",
    )


def _library() -> Panel:
    available = metric("series_episodes", 'episode_stage="available"')
    tracked = metric("series_tracked_episodes")
    return number(
        About(
            title="Library ready",
            description="Playable episodes of all that are wanted, specials left out. "
            "Series whose episodes were not read yet are in neither number.",
            empty="nothing is wanted yet",
            unit="percentunit",
            decimals=1,
        ),
        f"sum({available} and on (job, instance, sonarr, tvdb_id) {tracked}) / (sum({tracked}) > 0)",
    )


def _systems() -> Panel:
    return strip(
        About(
            title="Systems",
            description="Whether each system answered everything it was asked in the last look. "
            "What a silent one said is kept for 15 minutes, then left out.",
            empty="the exporter has not looked yet",
        ),
        with_names(by(("upstream", "system"), metric("upstream_up"))),
        "{{name}}",
        UP,
    )


def _under_way() -> Panel:
    found = _under_way_rows()
    eta = (
        f"{metric('episode_release_info')} * on (job, instance, sonarr, download_id) "
        f"group_left () {metric('download_eta_seconds')}"
    )
    return rows(
        About(
            title="Under way",
            description="Every episode between a grab and a playable file. The bar is the progress "
            "of the episode's own file, also inside a season pack. A click shows the series.",
            empty="Nothing is under way",
        ),
        _EPISODE_KEYS,
        (
            Column(
                title="Stage",
                expr=by(
                    (*EPISODE, "episode_stage"),
                    metric("episode_stage", f'episode_stage=~"{UNDER_WAY}"'),
                ),
                label="episode_stage",
                vocabulary=_STAGE_WORDS,
                width=160,
            ),
            Column(
                title="Progress",
                expr=within(EPISODE, metric("episode_progress_ratio"), found),
                is_bar=True,
                width=260,
            ),
            Column(title="ETA", expr=within(EPISODE, eta, found), unit="s", decimals=0, width=110),
            Column(
                title="Waits for",
                expr=within(EPISODE, metric("episode_hold"), found, "hold"),
                label="hold",
                vocabulary={hold.value: word for hold, word in HOLDS.items()},
                width=260,
            ),
            Column(
                title="Release",
                expr=within(EPISODE, metric("episode_release_info"), found, "release"),
                label="release",
            ),
        ),
        sort="Progress",
        descending=True,
        link=_TO_SERIES,
    )


def _stuck() -> Panel:
    since = f"{metric('episode_stage_entered_timestamp_seconds')} * 1000"
    vocabulary = {hold.value: word for hold, word in HOLDS.items()}
    vocabulary["download_failed"] = Word("the download failed", VERMILLION)
    return rows(
        About(
            title="Stuck, and why",
            description="Episodes that need somebody, and the one thing each waits for. Of a "
            "download that no episode waits for the release is named.",
            empty="Nothing is stuck",
        ),
        _EPISODE_KEYS,
        (
            Column(title="Why", expr=_stuck_rows(), label="hold", vocabulary=vocabulary, width=270),
            Column(
                title="In this stage since",
                expr=within(EPISODE, since, by(EPISODE, _stuck_rows())),
                unit="dateTimeFromNow",
                width=150,
            ),
        ),
        sort="In this stage since",
        link=_TO_SERIES,
    )


def _bad_deletions() -> Panel:
    bad = f"({_bad_rows()})"
    return rows(
        About(
            title="Deletions to look at",
            description="What was told to go and is not proven gone. Acknowledged ones are left out.",
            empty="Every deletion is proven, or still being checked",
        ),
        (Key(label="deletion_id"), Key(label="series", title="Series")),
        (
            Column(
                title="Verdict",
                expr=f"({_bad_rows('deletion_status')})",
                label="deletion_status",
                vocabulary={status.value: word for status, word in DELETION_STATUSES.items()},
                width=180,
            ),
            Column(
                title="Deleted",
                expr=f"{deleted_fraction()} and on (deletion_id) {bad}",
                label="episodes",
                width=90,
            ),
            Column(
                title="When",
                expr=within(
                    DELETION, f"{metric('deletion_started_timestamp_seconds')} * 1000", bad
                ),
                unit="dateTimeFromNow",
                width=130,
            ),
        ),
        sort="When",
        descending=True,
        link=Link("Series", "Show deletions", "/d/episodarr-deletions?${__url_time_range}"),
    )


def deleted_fraction() -> str:
    """The counts of each deletion as the label `episodes`: "23/25"."""
    return fraction(
        DELETION, metric("deletion_deleted_episodes"), metric("deletion_expected_episodes")
    )


def _requests() -> Panel:
    keys = ("request_id", "sonarr", "tvdb_id", "series")
    info = by(keys, metric("request_info"))
    found = f"({info} and on (request_id) {_open_rows()})"

    def of_request(expression: str, *more: str) -> str:
        own = ", ".join(("request_id", *more))
        return (
            f"max by ({own}) ({expression}) * on (request_id) "
            f"group_left (sonarr, tvdb_id, series) {found}"
        )

    available = metric("request_episodes", 'episode_stage="available"')
    return rows(
        About(
            title="Requests",
            description="What was asked for and is not all here. Episodes are playable of asked for; "
            "what is asked for and not monitored counts too.",
            empty="No request is open",
        ),
        (
            Key(label="request_id"),
            Key(label="sonarr"),
            Key(label="tvdb_id"),
            Key(label="series", title="Series"),
        ),
        (
            Column(
                title="Status",
                expr=of_request(
                    metric("request_status", f'request_status=~"{OPEN}"'), "request_status"
                ),
                label="request_status",
                vocabulary=REQUEST_STATUSES,
                width=140,
            ),
            Column(
                title="Episodes",
                expr=of_request(
                    fraction(("request_id",), available, metric("request_tracked_episodes")),
                    "episodes",
                ),
                label="episodes",
                width=90,
            ),
            Column(
                title="Progress",
                expr=of_request(metric("request_progress_ratio")),
                is_bar=True,
                width=200,
            ),
            Column(
                title="Playable",
                expr=of_request(metric("request_available_ratio")),
                unit="percentunit",
                decimals=0,
                width=90,
            ),
            Column(
                title="Asked",
                expr=of_request(f"{metric('request_created_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=120,
            ),
        ),
        sort="Asked",
        descending=True,
        link=_TO_SERIES,
    )


def _stages_now() -> Panel:
    return bars(
        About(
            title="Library by stage",
            description="All episodes that are wanted, specials included, by where they are.",
            empty="no library was read yet",
            decimals=0,
        ),
        f"sort_desc(sum by (episode_stage) ({metric('season_episodes')}))",
        "{{episode_stage}}",
        looks=_STAGE_WORDS,
    )


def _imported_and_failed() -> Panel:
    return graph(
        About(
            title="Imported and failed",
            description="Episodes imported and downloads failed in each hour.",
            empty="No history was read yet",
            decimals=0,
        ),
        (
            Line(f"sum(increase({metric('imports_total')}[$__rate_interval]))", "imported"),
            Line(f"sum(increase({metric('download_failures_total')}[$__rate_interval]))", "failed"),
        ),
        as_bars=True,
        looks={"imported": Word("imported", BLUE), "failed": Word("✗ failed", VERMILLION)},
        interval="1h",
    )


def _stages_over_time() -> Panel:
    stages = one_of([s.label for s in Stage if s not in (Stage.AVAILABLE, Stage.UNMONITORED)])
    return graph(
        About(
            title="Not here yet, by stage",
            description="Wanted episodes that are not playable, over time.",
            empty="no library was read yet",
        ),
        (
            Line(
                f"sum by (episode_stage) ({metric('season_episodes', f'episode_stage=~"{stages}"')})",
                "{{episode_stage}}",
            ),
        ),
        stacked=True,
        looks=_STAGE_WORDS,
    )


def _grab_to_screen() -> Panel:
    return graph(
        About(
            title="From grab to playable",
            description="How long episodes took from the grab until they were playable: half of them "
            "at most the lower line, nine of ten at most the upper.",
            empty="Nothing became playable in this time",
            unit="s",
        ),
        (
            Line(quantile(0.5, "episode_grab_to_available_seconds"), "half"),
            Line(quantile(0.9, "episode_grab_to_available_seconds"), "nine of ten"),
            Line(
                quantile(0.5, "episode_stage_duration_seconds", ("episode_stage",)),
                "half: {{episode_stage}}",
            ),
        ),
        looks={
            "half": Word("half of them", BLUE),
            "nine of ten": Word("nine of ten", AMBER),
            **{
                f"half: {stage.label}": Word(f"half of them: {stage.label}", STAGES[stage].color)
                for stage in (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)
            },
        },
    )


def _grabs() -> Panel:
    return graph(
        About(
            title="Grabs by indexer",
            description="Releases that Sonarr took in each hour, by where it found them.",
            empty="No history was read yet",
            decimals=0,
        ),
        (
            Line(
                f"sum by (indexer) (increase({metric('grabs_total')}[$__rate_interval]))",
                "{{indexer}}",
            ),
        ),
        as_bars=True,
        stacked=True,
        interval="1h",
    )
