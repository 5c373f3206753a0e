"""Deletions that are not proven: how many, and each with its verdict."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.panels import ANY_IS_BAD, About, number
from episodarr_dashboards.queries import (
    DELETION,
    by,
    fraction,
    metric,
    or_unknown,
    within,
    zero_if_running,
)
from episodarr_dashboards.tables import (
    DELETION_LINK,
    MOST_ROWS,
    PAGE_OF_DELETION,
    Column,
    Key,
    Link,
    Nothing,
    rows,
)
from episodarr_dashboards.vocabulary import DELETION_STATUSES

BAD = "partial|failed|unverified|held"


def _bad_rows(*more: str) -> str:
    status = by((*DELETION, *more), metric("deletion_status", f'deletion_status=~"{BAD}"'))
    acknowledged = by(("deletion_id",), metric("deletion_acknowledged"))
    return f"{status} unless on (deletion_id) ({acknowledged} == 1)"


def bad_deletions_count() -> Panel:
    """How many deletions are bad and not acknowledged."""
    return number(
        About(
            title="Bad deletions",
            description="Partial, failed, unproven or held, and not acknowledged yet.",
            empty="unknown",
        ),
        or_unknown(f"count({_bad_rows()}) or {zero_if_running()}"),
        ANY_IS_BAD,
    )


def bad_deletions() -> Panel:
    """The bad deletions that are not acknowledged, newest first."""
    started = metric("deletion_started_timestamp_seconds")
    newest = f"topk({MOST_ROWS}, {within(DELETION, started, f'({_bad_rows()})')})"
    return rows(
        About(
            title="Deletions to check",
            description="What was deleted and is not proven gone, a hundred at most, the newest first. "
            "Acknowledged ones are left out.",
            empty="Every deletion is proven, or still being checked",
        ),
        (Key(label="deletion_id"), Key(label="series", title="Series", width=190)),
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
                width=135,
            ),
        ),
        sort="When",
        descending=True,
        nothing=Nothing(if_known=zero_if_running(), text="✓ None to check"),
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
