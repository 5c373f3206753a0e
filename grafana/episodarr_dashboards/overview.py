"""Overview: what is under way, what is stuck and why, what was deleted badly."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr.model.stage import Stage
from episodarr_dashboards.layout import Band, Board, alarms
from episodarr_dashboards.library import firing, library_bands
from episodarr_dashboards.panels import (
    ANY_IS_BAD,
    NOTICE,
    TEXT,
    TROUBLE,
    About,
    number,
    steps,
    strip,
)
from episodarr_dashboards.queries import (
    DELETION,
    EPISODE,
    UPSTREAM,
    by,
    fraction,
    if_a_sonarr_answers,
    metric,
    one_of,
    or_unknown,
    with_names,
    within,
    zero_if_all_sonarrs_answer,
    zero_if_running,
)
from episodarr_dashboards.tables import (
    DELETION_LINK,
    PAGE_OF_DELETION,
    PAGE_OF_SERIES,
    SERIES_LINK,
    Column,
    Key,
    Link,
    Nothing,
    rows,
)
from episodarr_dashboards.vocabulary import (
    DELETION_STATUSES,
    DOWN_FOR,
    HOLDS,
    NOT_KNOWN,
    REQUEST_STATUSES,
    STAGES,
    STUCK_HOLDS,
    VERMILLION,
    Word,
)

UNDER_WAY = one_of([s.label for s in (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)])
BAD = "partial|failed|unverified|held"
OPEN = "unknown|pending|approved|failed"

MOST_ROWS = 100
"""Of a table on the overview; thousands of downloads would be a megabyte with each refresh."""

_EPISODE_KEYS = (
    Key(label="what", title="Episode", width=215),
    *(Key(label=label) for label in EPISODE),
)
_STAGE_WORDS = {stage.label: word for stage, word in STAGES.items()}
_TO_SERIES = (
    Link("Episode", "Show ${__data.fields.series}", SERIES_LINK),
    Link("Episode", "Its page, with links to Sonarr", PAGE_OF_SERIES),
)
NO_SONARR = "? a Sonarr does not answer"


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
                    (3, _age()),
                    (4, _under_way_count()),
                    (3, _speed()),
                    (3, _stuck_count()),
                    (4, _bad_deletions_count()),
                    (4, _open_requests_count()),
                    (3, _library()),
                ),
            ),
            # Two, so that each field is wide enough for its words on a phone.
            Band(
                4,
                (
                    (12, _systems("Sonarr and downloads", "sonarr|qbittorrent")),
                    (12, _systems("Library and requests", "jellyfin|shoko|jellyseerr|disk")),
                ),
            ),
            Band(10, ((24, _under_way()),)),
            Band(8, ((12, _stuck()), (12, _bad_deletions()))),
            Band(8, ((12, _requests()), (12, firing()))),
            *library_bands(),
        ),
        # A verdict fires for days, and would color everything.
        annotations=(alarms(',alertname!~"EpisodarrDelet.+"'),),
    )


def _age() -> Panel:
    return number(
        About(
            title="As of",
            description="How long ago everything on this page was read; the exporter reads every "
            "quarter of a minute.",
            empty="unknown",
            unit="s",
            decimals=0,
        ),
        or_unknown(f"floor(time() - min({metric('snapshot_timestamp_seconds')}))"),
        steps((None, TEXT), (120, NOTICE), (300, TROUBLE)),
    )


def _under_way_rows() -> str:
    return by(EPISODE, metric("episode_stage", f'episode_stage=~"{UNDER_WAY}"'))


def _under_way_count() -> Panel:
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


def _speed() -> Panel:
    received = metric("download_received_bytes_total")
    answers = f"max({metric('upstream_up', 'system="qbittorrent"')})"
    return number(
        About(
            title="Speed",
            description="What the download clients receive for all downloads that Sonarr knows.",
            empty="unknown",
            unit="Bps",
            decimals=1,
        ),
        or_unknown(
            f"(sum(rate({received}[$__rate_interval])) or {answers} * 0) and on () ({answers} == 1)"
        ),
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


def _waiting_for_the_client() -> str:
    """One row for all that an outage of the download client holds: it would hide what is stuck."""
    held = metric("episode_hold", 'hold="client_unavailable"')
    counted = f'count_values by () ("n", count({by(EPISODE, held)}))'
    named = f'label_replace({counted}, "what", "$1 episodes", "n", "(.+)")'
    return by(("what", "hold"), f'label_replace({named}, "hold", "client_unavailable", "", "")')


def _stuck_count() -> Panel:
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


def _bad_rows(*more: str) -> str:
    status = by((*DELETION, *more), metric("deletion_status", f'deletion_status=~"{BAD}"'))
    acknowledged = by(("deletion_id",), metric("deletion_acknowledged"))
    return f"{status} unless on (deletion_id) ({acknowledged} == 1)"


def _bad_deletions_count() -> Panel:
    return number(
        About(
            title="Bad deletions",
            description="Partial, failed, unproven or held, and not acknowledged yet.",
            empty="unknown",
        ),
        or_unknown(f"count({_bad_rows()}) or {zero_if_running()}"),
        ANY_IS_BAD,
    )


def _open_rows() -> str:
    return by(("request_id",), metric("request_status", f'request_status=~"{OPEN}"'))


def _open_requests_count() -> Panel:
    answered = f"min({metric('upstream_up', 'system="jellyseerr"')}) == 1"
    return number(
        About(
            title="Open requests",
            description="Requests that are not completed or declined.",
            empty="unknown",
        ),
        or_unknown(f"(count({_open_rows()}) or 0 * ({answered})) and on () ({answered})"),
    )


def _library() -> Panel:
    available = metric("series_episodes", 'episode_stage="available"')
    tracked = metric("series_tracked_episodes")
    return number(
        About(
            title="Library",
            description="Playable episodes of all that are wanted, specials left out. "
            "Series whose episodes were not read yet are in neither number.",
            empty="unknown",
            unit="percentunit",
            decimals=0,
        ),
        or_unknown(
            f"sum({available} and on (job, instance, sonarr, tvdb_id) {tracked})"
            f" / (sum({tracked}) > 0)"
        ),
    )


def _systems(title: str, systems: str) -> Panel:
    these = f'system=~"{systems}"'
    up = by(UPSTREAM, metric("upstream_up", these))
    last = by(UPSTREAM, metric("upstream_last_success_timestamp_seconds", these))
    key = ", ".join(UPSTREAM)
    failures = metric("upstream_request_failures_total", these)
    lately = f"increase({failures}[$__rate_interval])"
    why = f"topk by ({key}) (1, sum by ({key}, reason) ({lately}) > 0)"
    down = f"({up} == 0)"
    silent = f"((time() - {last} and on ({key}) {down}) or on ({key}) {down} + {NOT_KNOWN})"
    explained = f"{silent} * on ({key}) group_left (reason) ({why} > bool 0)"
    words = f'label_replace({with_names(explained)}, "reason", "$1 $2", "reason", "(.+)_(.+)")'
    return strip(
        About(
            title=title,
            description="Whether each system answered everything it was asked in the last look, "
            "since when it does not, and why. What it said is kept for 15 minutes, then left out.",
            empty="? The exporter has not looked yet",
            unit="s",
            decimals=0,
        ),
        f"({with_names(f'({up} == 1) * 0')}) or on ({key}) "
        f'label_join({words}, "name", " down: ", "name", "reason") or on ({key}) '
        f'label_replace({with_names(silent)}, "name", "$1 down", "name", "(.+)")',
        "{{name}}",
        DOWN_FOR,
    )


def _under_way() -> Panel:
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
        _EPISODE_KEYS,
        (
            Column(
                title="Stage",
                expr=called(within(EPISODE, stage, found, "episode_stage")),
                label="episode_stage",
                vocabulary=_STAGE_WORDS,
                width=135,
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
            unknown=NO_SONARR,
        ),
        links=_TO_SERIES,
    )


def called(expression: str) -> str:
    """The expression with the label `what`: the title and the episode, or the release."""
    return f'label_join({expression}, "what", " ", "series", "episode_code")'


def _stuck() -> Panel:
    since = f"{metric('episode_stage_entered_timestamp_seconds')} * 1000"
    vocabulary = {hold.value: word for hold, word in HOLDS.items()}
    stuck = f"topk({MOST_ROWS}, {_stuck_rows()})"
    vocabulary["download_failed"] = Word("the download failed", VERMILLION)
    return rows(
        About(
            title="Stuck, and why",
            description="Episodes that need a person, and the one thing each waits for. Of a "
            "download that no episode waits for the release is named.",
            empty="Nothing is stuck",
        ),
        _EPISODE_KEYS,
        (
            Column(
                title="Why",
                expr=f"{called(stuck)} or {_waiting_for_the_client()}",
                label="hold",
                vocabulary=vocabulary,
                width=235,
            ),
            Column(
                title="Since",
                expr=within(EPISODE, since, by(EPISODE, stuck)),
                unit="dateTimeFromNow",
                width=120,
            ),
        ),
        sort="Since",
        nothing=Nothing(
            if_known=zero_if_all_sonarrs_answer(), text="✓ Nothing is stuck", unknown=NO_SONARR
        ),
        links=_TO_SERIES,
    )


def _bad_deletions() -> Panel:
    bad = f"({_bad_rows()})"
    return rows(
        About(
            title="Deletions to look at",
            description="What was told to go and is not proven gone. Acknowledged ones are left out.",
            empty="Every deletion is proven, or still being checked",
        ),
        (Key(label="deletion_id"), Key(label="series", title="Series", width=195)),
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
        nothing=Nothing(if_known=zero_if_running(), text="✓ None to look at"),
        links=(
            Link("Series", "Show this deletion", DELETION_LINK),
            Link("Series", "Its page", PAGE_OF_DELETION),
        ),
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
            Key(label="series", title="Series", width=150),
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
                width=75,
            ),
            Column(
                title="Progress",
                expr=of_request(metric("request_progress_ratio")),
                is_bar=True,
                width=110,
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
        nothing=Nothing(
            if_known=f"0 * (min({metric('upstream_up', 'system="jellyseerr"')}) == 1)",
            text="✓ None is open",
        ),
        links=(
            Link("Series", "Show ${__data.fields.series}", SERIES_LINK),
            Link("Series", "Its page, with links to Sonarr", PAGE_OF_SERIES),
        ),
    )
