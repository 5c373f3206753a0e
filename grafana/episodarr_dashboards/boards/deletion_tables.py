"""Tables of deletions: each with the answer of every system, and what is left of them."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.boards.bad_deletions import deleted_fraction
from episodarr_dashboards.panels import About
from episodarr_dashboards.queries import DELETION, by, metric, shown_system, within, zero_if_running
from episodarr_dashboards.tables import PAGE_OF_DELETION, Column, Key, Link, Nothing, rows
from episodarr_dashboards.vocabulary import CHECK_CODES, CHECKS, DELETION_STATUSES, RECORDS, YES

CHOSEN = 'deletion_id=~"$deletion"'
HELD = metric("deletion_status", f'{CHOSEN},deletion_status="held"')
NONE_IS_HELD = f"{zero_if_running()} unless on () {HELD}"
ITS_PAGE = Link("Series", "Its page: every answer, with when and how", PAGE_OF_DELETION)

STATUS_WORDS = {status.value: word for status, word in DELETION_STATUSES.items()}
HAS_TIME = 5
"""The code of what is still there before its deadline."""

SYSTEMS = (
    ("sonarr", "Sonarr"),
    ("disk", "Disk"),
    ("jellyfin", "Jellyfin"),
    ("shoko", "Shoko"),
    ("jellyseerr", "Jellyseerr"),
)


def _verdict_of(system: str) -> str:
    """The worst answer of a system over a deletion's episodes, or its answer on the whole, as a code.

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
    """The same for a system that answers on no single episode: requests are about series."""
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


def deletion_table() -> Panel:
    """Every deletion, with the verdict of each system."""
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
                vocabulary=STATUS_WORDS,
                width=190,
            ),
            Column(title="Deleted", expr=deleted_fraction(), label="episodes", width=75),
            Column(
                title="When",
                expr=by(DELETION, f"{metric('deletion_started_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=135,
            ),
            *(
                Column(title=title, expr=_verdict_of(system), vocabulary=CHECKS, width=120)
                for system, title in SYSTEMS
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
        links=(ITS_PAGE,),
    )


def left_episodes_table() -> Panel:
    """The failed episodes, and the systems that still hold them."""
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
            Key(label="series", title="Series"),
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
                width=135,
            ),
        ),
        sort="Episode",
        nothing=Nothing(
            if_known=NONE_IS_HELD,
            text="✓ None is left",
            why="? some are held",
        ),
        links=(ITS_PAGE,),
    )


def left_records_table() -> Panel:
    """The records of series, seasons and requests that are left."""
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
            Key(label="series", title="Series"),
            Key(label="system", title="Where", width=125),
        ),
        (
            Column(
                title="Record",
                # Of a held deletion nothing is asked, so nothing of it is left over.
                expr=shown_system(f"{by(keys, left)} unless on (deletion_id) {HELD}"),
                label="check",
                vocabulary=RECORDS,
                width=160,
            ),
        ),
        sort="Series",
        nothing=Nothing(
            if_known=NONE_IS_HELD,
            text="✓ None is left",
            why="? some are held",
        ),
        links=(ITS_PAGE,),
    )
