"""Overview: what is under way, what is stuck and why, what was deleted badly."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr.model.stage import Hold, Stage
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
    worst,
    zero_if_all_sonarrs_answer,
    zero_if_running,
)
from episodarr_dashboards.requests import open_requests_count, requests
from episodarr_dashboards.tables import (
    DELETION_LINK,
    MOST_ROWS,
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
    STAGES,
    STUCK_HOLDS,
    VERMILLION,
    Word,
)

UNDER_WAY = one_of([s.label for s in (Stage.FOUND, Stage.DOWNLOADING, Stage.IMPORTING)])
BAD = "partial|failed|unverified|held"

_EPISODE_KEYS = (
    Key(label="what", title="Episode", width=215),
    *(Key(label=label) for label in EPISODE),
)
_STAGE_WORDS = {stage.label: word for stage, word in STAGES.items()}
_TO_SERIES = (
    Link("Episode", "Show ${__data.fields.series}", SERIES_LINK),
    Link("Episode", "Its page, with links to Sonarr", PAGE_OF_SERIES),
)
NO_SONARR = "? a Sonarr is down"
_NO_SERIES = {
    hold: Word(f"{HOLDS[hold].text.partition(':')[0]}: $1", HOLDS[hold].color)
    for hold in STUCK_HOLDS
} | {Hold.CLIENT_UNAVAILABLE: Word("no client answers: $1", VERMILLION)}
"""What stands in the way of something that is of no series, which is named with it."""


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
                    (4, open_requests_count()),
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
            Band(8, ((12, requests()), (12, firing()))),
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
    up = worst(UPSTREAM, metric("upstream_up", these))
    last = worst(UPSTREAM, metric("upstream_last_success_timestamp_seconds", these))
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
            unknown=NO_SONARR,
        ),
        links=_TO_SERIES,
    )


def called(expression: str) -> str:
    """The expression with the label `what`, the title and the episode or the release, if it is of a series."""
    named = f'label_join({expression}, "what", " ", "series", "episode_code")'
    return f'label_replace({named}, "what", "", "tvdb_id", "")'


def _stuck() -> Panel:
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
        _EPISODE_KEYS,
        (
            Column(
                title="Why",
                expr=f"{called(stuck)} or {_waiting_for_the_client()}",
                label="hold",
                vocabulary=vocabulary,
                patterns={f"^{hold.value} (.+)$": word for hold, word in _NO_SERIES.items()},
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
    started = metric("deletion_started_timestamp_seconds")
    newest = f"topk({MOST_ROWS}, {within(DELETION, started, f'({_bad_rows()})')})"
    return rows(
        About(
            title="Deletions to look at",
            description="What was told to go and is not proven gone, a hundred at most, the newest first. "
            "Acknowledged ones are left out.",
            empty="Every deletion is proven, or still being checked",
        ),
        (Key(label="deletion_id"), Key(label="series", title="Series", width=195)),
        (
            Column(
                title="Verdict",
                expr=f"({_bad_rows('deletion_status')}) and on (deletion_id) {newest}",
                label="deletion_status",
                vocabulary={status.value: word for status, word in DELETION_STATUSES.items()},
                width=180,
            ),
            Column(
                title="Deleted",
                expr=f"{deleted_fraction()} and on (deletion_id) {newest}",
                label="episodes",
                width=90,
            ),
            Column(
                title="When",
                expr=f"{newest} * 1000",
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
