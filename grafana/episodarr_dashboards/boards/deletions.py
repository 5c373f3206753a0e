"""Deletions: what was deleted in Sonarr, and whether it is gone from everywhere."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from grafana_foundation_sdk.models.dashboard import Panel, ThresholdsConfig, VariableOption

from episodarr_dashboards.boards.bad_deletions import BAD
from episodarr_dashboards.boards.deletion_tables import (
    CHOSEN,
    STATUS_WORDS,
    deletion_table,
    left_episodes_table,
    left_records_table,
)
from episodarr_dashboards.boards.library import HOURLY
from episodarr_dashboards.layout import Band, Board, alarms, chosen, moments
from episodarr_dashboards.panels import ANY_IS_BAD, ANY_IS_NOTABLE, CALM, About, Line, graph, number
from episodarr_dashboards.queries import DELETION, by, metric, or_unknown, zero_if_running
from episodarr_dashboards.vocabulary import AMBER, BLUE, GREEN, PINK, SKY, VERMILLION, Word


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
            Band(9, ((24, deletion_table()),)),
            Band(9, ((12, left_episodes_table()), (12, left_records_table()))),
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


def _over_time() -> Panel:
    return graph(
        About(
            title="Episodes, by verdict",
            description="Episodes of the deletions that were settled in each hour.",
            empty="No verdict was seen in this time",
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
        words={
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
            empty="No verdict was seen in this time",
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
        words=STATUS_WORDS
        | {"ever partial": Word("ever partial", PINK), "healed later": Word("healed later", GREEN)},
        interval="1h",
    )


def _space() -> Panel:
    return graph(
        About(
            title="Space not freed",
            description="Bytes of deleted files that are still there, and of torrents and other "
            "copies that may stay on purpose.",
            empty="Nothing was seen that is left on the disk",
            unit="bytes",
        ),
        (
            Line(f"sum({by(DELETION, metric('deletion_leftover_bytes', CHOSEN))})", "failed files"),
            Line(
                f"sum({by(DELETION, metric('deletion_lingering_bytes', CHOSEN))})",
                "torrents and copies",
            ),
        ),
        words={
            "failed files": Word("✗ failed files", VERMILLION),
            "torrents and copies": Word("torrents and copies", AMBER),
        },
    )
