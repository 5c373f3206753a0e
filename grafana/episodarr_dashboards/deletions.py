"""Deletions: what was told to go, and whether it is gone from everywhere."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from grafana_foundation_sdk.models.dashboard import Panel, ThresholdsConfig, VariableOption

from episodarr_dashboards.layout import Band, Board, alarms, chosen, moments
from episodarr_dashboards.library import HOURLY
from episodarr_dashboards.overview import BAD, deleted_fraction
from episodarr_dashboards.panels import (
    ANY_IS_BAD,
    ANY_IS_NOTABLE,
    CALM,
    About,
    Line,
    graph,
    number,
)
from episodarr_dashboards.queries import (
    DELETION,
    by,
    metric,
    or_unknown,
    shown_system,
    within,
    zero_if_running,
)
from episodarr_dashboards.tables import PAGE_OF_DELETION, Column, Key, Link, Nothing, rows
from episodarr_dashboards.vocabulary import (
    AMBER,
    BLUE,
    CHECK_CODES,
    CHECKS,
    DELETION_STATUSES,
    GREEN,
    PINK,
    RECORDS,
    SKY,
    VERMILLION,
    YES,
    Word,
)

CHOSEN = 'deletion_id=~"$deletion"'
_HELD = metric("deletion_status", f'{CHOSEN},deletion_status="held"')
_NONE_IS_HELD = f"{zero_if_running()} unless on () {_HELD}"
_ITS_PAGE = Link("Series", "Its page: every answer, with when and how", PAGE_OF_DELETION)

_STATUS_WORDS = {status.value: word for status, word in DELETION_STATUSES.items()}
HAS_TIME = 5
"""The code of what is still there before its deadline."""

_SYSTEMS = (
    ("sonarr", "Sonarr"),
    ("disk", "Disk"),
    ("jellyfin", "Jellyfin"),
    ("shoko", "Shoko"),
    ("jellyseerr", "Jellyseerr"),
)


def deletions() -> Board:
    """The proof, deletion by deletion."""
    return Board(
        uid="episodarr-deletions",
        title="Episodarr: deletions",
        description="Every deletion, what each system says of it, and what is left.",
        since="now-7d",
        refresh="1m",
        bands=(
            Band(
                4,
                (
                    (4, _bad()),
                    (4, _checking()),
                    (4, _total("deleted", CALM)),
                    (4, _total("failed", ANY_IS_BAD)),
                    (4, _total("unverified", ANY_IS_NOTABLE)),
                    (4, _held()),
                ),
            ),
            Band(9, ((24, _every()),)),
            Band(9, ((12, _left_episodes()), (12, _left_records()))),
            Band(8, ((8, _over_time()), (8, _first_verdicts()), (8, _space()))),
        ),
        annotations=(
            moments(
                "Deletion noticed",
                "episodarr_deletion_started_timestamp_seconds",
                SKY,
                "Deletion noticed",
            ),
            moments(
                "Deletion settled",
                "episodarr_deletion_finished_timestamp_seconds",
                BLUE,
                "Deletion settled",
            ),
            alarms(',alertname=~"EpisodarrDelet.+|EpisodarrMass.+"'),
        ),
        variables=(
            chosen(
                "deletion",
                "Deletion",
                "query_result(max by (deletion_id, series) (episodarr_deletion_info))",
            )
            .regex('/deletion_id="(?<value>[^"]+)",series="(?<text>.*)"/')
            .multi(True)
            .include_all(True)
            .all_value(".+")
            .current(VariableOption(selected=True, text="All", value="$__all")),
        ),
    )


def _bad() -> Panel:
    status = by(("deletion_id",), metric("deletion_status", f'deletion_status=~"{BAD}"'))
    acknowledged = by(("deletion_id",), metric("deletion_acknowledged"))
    return number(
        About(
            title="Gone wrong",
            description="Partial, failed, unproven or held, and not acknowledged yet.",
            empty="unknown",
        ),
        or_unknown(
            f"count({status} unless on (deletion_id) ({acknowledged} == 1)) or {zero_if_running()}"
        ),
        ANY_IS_BAD,
    )


def _checking() -> Panel:
    status = metric("deletion_status", 'deletion_status="verifying"')
    return number(
        About(
            title="Being checked",
            description="Deletions whose deadlines have not passed.",
            empty="unknown",
        ),
        or_unknown(f"count({by(('deletion_id',), status)}) or {zero_if_running()}"),
    )


def _total(outcome: str, thresholds: ThresholdsConfig) -> Panel:
    titles = {
        "deleted": (
            "Proven gone",
            "Episodes of settled deletions that are gone everywhere.",
        ),
        "failed": ("Still there", "Episodes that a system still had at its deadline."),
        "unverified": ("Not proven", "Episodes that no system could vouch for."),
    }
    title, description = titles[outcome]
    return number(
        About(
            title=title,
            description=f"{description} In the time shown, counted at the first verdict.",
            empty="unknown",
            decimals=0,
        ),
        or_unknown(f"sum(increase({metric(f'deletion_episodes_{outcome}_total')}[$__range]))"),
        thresholds,
    )


def _held() -> Panel:
    return number(
        About(
            title="Held back",
            description="Series that vanished with too many others at once to be believed.",
            empty="unknown",
        ),
        or_unknown(f"sum({metric('held_disappearances')})"),
        ANY_IS_BAD,
    )


def _verdict_of(system: str) -> str:
    """The worst answer of a system over a deletion's episodes, or its word on the whole, as a code.

    What remains is bad only when an episode failed by it; before that its deadline has not passed.
    """
    if system == "jellyseerr":
        return _record_of(system)
    failed = f"on (job, instance, deletion_id) ({metric('deletion_failed_episodes')} > 0)"
    terms = []
    for check, code in CHECK_CODES.items():
        answers = metric("deletion_system_episodes", f'{CHOSEN},system="{system}",check="{check}"')
        if check == "remaining":
            terms.append(f"(({answers} > bool 0) * {code} and {failed})")
            terms.append(f"(({answers} > bool 0) * {HAS_TIME} unless {failed})")
        else:
            terms.append(f"({answers} > bool 0) * {code}")
    return by(DELETION, " or ".join(terms))


def _record_of(system: str) -> str:
    """The same for a system that has no word on single episodes: requests are about series."""
    verifying = f"on (job, instance, deletion_id) {metric('deletion_status', 'deletion_status="verifying"')}"
    terms = []
    for check, code in CHECK_CODES.items():
        record = metric("deletion_record", f'{CHOSEN},system="{system}",check="{check}"')
        if check == "remaining":
            # Past its deadline too it is a record that is left, never a failed episode.
            terms.append(f"({record} * {HAS_TIME} and {verifying})")
            terms.append(f"({record} * {CHECK_CODES['stale']} unless {verifying})")
        else:
            terms.append(f"{record} * {code}")
    return by(DELETION, " or ".join(terms))


def _every() -> Panel:
    known = by(DELETION, metric("deletion_status", CHOSEN))
    counts = (
        ("Failed", "deletion_failed_episodes"),
        ("Not proven", "deletion_unverified_episodes"),
        ("Pending", "deletion_pending_episodes"),
    )
    return rows(
        About(
            title="Every deletion",
            description="Unfinished and bad ones until they heal or are acknowledged, good ones for a "
            "week. A system's column is its worst answer: one ✗ and the whole has it. What is still "
            "there before its deadline has time. ✓ is about what a system was seen to hold: what it "
            "never had does not count as gone.",
            empty="Nothing was deleted lately",
        ),
        (Key(label="deletion_id"), Key(label="series", title="Series", width=190)),
        (
            Column(
                title="Verdict",
                expr=by((*DELETION, "deletion_status"), metric("deletion_status", CHOSEN)),
                label="deletion_status",
                vocabulary=_STATUS_WORDS,
                width=190,
            ),
            Column(title="Deleted", expr=deleted_fraction(), label="episodes", width=75),
            Column(
                title="When",
                expr=by(DELETION, f"{metric('deletion_started_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=125,
            ),
            *(
                Column(title=title, expr=_verdict_of(system), vocabulary=CHECKS, width=120)
                for system, title in _SYSTEMS
            ),
            *(
                Column(title=title, expr=by(DELETION, metric(family)), decimals=0, width=95)
                for title, family in counts
            ),
            Column(
                title="Noticed by",
                expr=within(DELETION, metric("deletion_info"), known, "noticed_by"),
                label="noticed_by",
                width=105,
            ),
            Column(
                title="What",
                expr=within(DELETION, metric("deletion_info"), known, "scope"),
                label="scope",
                width=90,
            ),
            Column(
                title="Acknowledged",
                expr=f"{by(DELETION, metric('deletion_acknowledged'))} == 1",
                vocabulary=YES,
                width=120,
            ),
        ),
        sort="When",
        descending=True,
        nothing=Nothing(if_known=zero_if_running(), text="✓ None lately"),
        links=(_ITS_PAGE,),
    )


def _left_episodes() -> Panel:
    keys = (*DELETION, "episode_code", "system")
    left = by(keys, metric("deletion_leftover", CHOSEN))
    return rows(
        About(
            title="Episodes that are still there",
            description="Every failed episode and the systems that hold it; at most 50 a deletion.",
            empty="No deleted episode is left anywhere",
        ),
        (
            Key(label="deletion_id"),
            Key(label="series", title="Series", width=210),
            Key(label="episode_code", title="Episode", width=125),
            Key(label="system", title="Still in", width=110),
        ),
        (
            Column(
                title="Deleted",
                expr=shown_system(
                    f"{left} * on (deletion_id) group_left () "
                    f"({by(('deletion_id',), metric('deletion_started_timestamp_seconds'))} * 1000)"
                ),
                unit="dateTimeFromNow",
                width=120,
            ),
        ),
        sort="Episode",
        nothing=Nothing(
            if_known=_NONE_IS_HELD,
            text="✓ None is left",
            unknown="? some are held",
        ),
        links=(_ITS_PAGE,),
    )


def _left_records() -> Panel:
    keys = (*DELETION, "system", "check")
    left = metric("deletion_record", f'{CHOSEN},check=~"remaining|stale|unknown"')
    return rows(
        About(
            title="Records that are left",
            description="What is left of a whole deletion: a series entry, a folder, a request, a "
            "torrent that still seeds. None of these makes an episode fail.",
            empty="No record is left behind",
        ),
        (
            Key(label="deletion_id"),
            Key(label="series", title="Series", width=210),
            Key(label="system", title="Where", width=125),
        ),
        (
            Column(
                title="Record",
                # Of a held deletion nothing is asked, so nothing of it is left over.
                expr=shown_system(f"{by(keys, left)} unless on (deletion_id) {_HELD}"),
                label="check",
                vocabulary=RECORDS,
                width=160,
            ),
        ),
        sort="Series",
        nothing=Nothing(
            if_known=_NONE_IS_HELD,
            text="✓ None is left",
            unknown="? some are held",
        ),
        links=(_ITS_PAGE,),
    )


def _over_time() -> Panel:
    return graph(
        About(
            title="Episodes, by verdict",
            description="Episodes of the deletions that were settled in each hour.",
            empty="Nothing was settled in this time",
            decimals=0,
        ),
        tuple(
            Line(
                f"sum(increase({metric(f'deletion_episodes_{outcome}_total')}{HOURLY}))",
                outcome,
            )
            for outcome in ("deleted", "failed", "unverified")
        ),
        as_bars=True,
        stacked=True,
        looks={
            "deleted": Word("✓ gone", BLUE),
            "failed": Word("✗ still there", VERMILLION),
            "unverified": Word("? not proven", AMBER),
        },
        interval="1h",
    )


def _first_verdicts() -> Panel:
    healed = metric("deletions_healed_total")
    partial = metric("deletions_partial_total")
    return graph(
        About(
            title="Deletions, by first verdict",
            description="Deletions settled in each hour, those that were partial, and those that "
            "healed later.",
            empty="Nothing was settled in this time",
            decimals=0,
        ),
        (
            Line(
                f"sum by (deletion_status) (increase({metric('deletions_total')}{HOURLY})) > 0",
                "{{deletion_status}}",
            ),
            Line(f"sum(increase({partial}{HOURLY}))", "ever partial"),
            Line(f"sum(increase({healed}{HOURLY}))", "healed later"),
        ),
        as_bars=True,
        looks=_STATUS_WORDS
        | {"ever partial": Word("ever partial", PINK), "healed later": Word("healed later", GREEN)},
        interval="1h",
    )


def _space() -> Panel:
    return graph(
        About(
            title="Space not freed",
            description="Bytes of deleted files that are still there, and of torrents and other "
            "copies that may stay on purpose.",
            empty="Nothing is left on the disk",
            unit="bytes",
        ),
        (
            Line(f"sum({by(DELETION, metric('deletion_leftover_bytes', CHOSEN))})", "failed files"),
            Line(
                f"sum({by(DELETION, metric('deletion_lingering_bytes', CHOSEN))})",
                "torrents and copies",
            ),
        ),
        looks={
            "failed files": Word("✗ failed files", VERMILLION),
            "torrents and copies": Word("torrents and copies", AMBER),
        },
    )
