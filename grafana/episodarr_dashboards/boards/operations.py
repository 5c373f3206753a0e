"""Exporter: whether what the other dashboards show can be believed."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.boards.upstreams import (
    answering,
    events_over_time,
    failures_over_time,
    latency_over_time,
    requests_over_time,
    systems_table,
)
from episodarr_dashboards.layout import Band, Board, alarms
from episodarr_dashboards.panels import (
    ANY_IS_BAD,
    ANY_IS_NOTABLE,
    NOTICE,
    TEXT,
    TROUBLE,
    About,
    Line,
    graph,
    named,
    number,
    steps,
)
from episodarr_dashboards.queries import (
    as_of,
    by,
    metric,
    or_unknown,
    plain,
    quantile,
    zero_if_running,
)
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import AMBER, BLUE, VERMILLION, Word


def operations() -> Board:
    """For the person who runs it."""
    return Board(
        uid="episodarr-exporter",
        title="Episodarr: exporter",
        description="The exporter and the systems it asks: cycles, answers, limits and cost.",
        since="now-6h",
        shows_targets=True,
        bands=(
            Band(
                4,
                (
                    (4, _age()),
                    (4, _version()),
                    (4, _pending()),
                    (4, _dropped()),
                    (4, _store()),
                    (4, _samples()),
                ),
            ),
            Band(7, ((24, answering()),)),
            Band(8, ((12, latency_over_time()), (12, failures_over_time()))),
            Band(8, ((12, _cycles()), (12, _cycle_duration()))),
            Band(8, ((12, requests_over_time()), (12, events_over_time()))),
            Band(9, ((14, systems_table()), (10, _cut()))),
            Band(8, ((8, _scrapes()), (8, _memory()), (8, _samples_over_time()))),
        ),
        annotations=(
            alarms(',alertname=~"Episodarr(Upstream|Exporter|Snapshot|Store|Clock|Objects).+"'),
        ),
    )


def _age() -> Panel:
    return number(
        About(
            title="As of",
            description="Time since the last finished cycle.",
            empty="no cycle finished yet",
            unit="s",
            decimals=0,
        ),
        as_of(),
        steps((None, TEXT), (60, NOTICE), (300, TROUBLE)),
    )


def _version() -> Panel:
    return named(
        About(
            title="Version",
            description="The version of the exporter that answers.",
            empty="no exporter answers",
        ),
        by(("version",), metric("build_info")),
        "version",
    )


def _pending() -> Panel:
    return number(
        About(
            title="To be read",
            description=(
                "Series whose episodes or files were not read yet; it falls to 0. "
                "A deletion before that cannot be verified."
            ),
            empty="no Sonarr was read yet",
            decimals=0,
        ),
        or_unknown(f"sum({metric('inventory_pending_series')})"),
        ANY_IS_NOTABLE,
    )


def _dropped() -> Panel:
    return number(
        About(
            title="Left out",
            description="What is in no metric: beyond a limit, there twice, or damaged in the store; the table "
            "below says of which.",
            empty="no cycle finished yet",
            decimals=0,
        ),
        or_unknown(f"sum({metric('dropped_objects')}) or {zero_if_running()}"),
        ANY_IS_NOTABLE,
    )


def _store() -> Panel:
    return number(
        About(
            title="Failed writes",
            description="Of the log of deletions, in the time shown; each is tried again. While they go on, the disk is "
            "full or read-only, and a restart loses what was seen of deletions.",
            empty="no exporter answers",
            decimals=0,
        ),
        or_unknown(f"sum(increase({metric('store_write_failures_total')}[$__range]))"),
        ANY_IS_BAD,
    )


def _samples() -> Panel:
    return number(
        About(
            title="Samples",
            description="How many Prometheus stores of the exporter at each scrape.",
            empty="Prometheus does not scrape it",
            decimals=0,
        ),
        or_unknown(
            f"sum({plain('scrape_samples_scraped')} and on (job, instance) {metric('build_info')})"
        ),
    )


def _cycles() -> Panel:
    return graph(
        About(
            title="Cycles",
            description="Cycles per second, and those that failed.",
            empty="No cycle was seen in this time",
            unit="ops",
        ),
        (
            Line(f"sum(rate({metric('cycles_total')}[$__rate_interval]))", "all"),
            Line(f"sum(rate({metric('cycle_failures_total')}[$__rate_interval]))", "failed"),
        ),
        words={"all": Word("all", BLUE), "failed": Word("✗ failed", VERMILLION)},
    )


def _cycle_duration() -> Panel:
    return graph(
        About(
            title="How long a cycle takes",
            description="Half of the cycles took at most the lower line, 19 of 20 the upper.",
            empty="No cycle was seen in this time",
            unit="s",
        ),
        (
            Line(quantile(0.5, "cycle_duration_seconds"), "half"),
            Line(quantile(0.95, "cycle_duration_seconds"), "19 of 20"),
        ),
        words={"half": Word("half", BLUE), "19 of 20": Word("19 of 20", AMBER)},
    )


def _cut() -> Panel:
    return rows(
        About(
            title="Left out, by family",
            description="Which metric is not whole, and by how much.",
            empty="Nothing is left out",
        ),
        (Key(label="family", title="Metric", width=310),),
        (
            Column(
                title="Objects",
                expr=f"sum by (family) ({metric('dropped_objects')}) > 0",
                decimals=0,
                width=110,
            ),
        ),
        sort="Objects",
        descending=True,
        nothing=Nothing(if_known=zero_if_running(), text="✓ Nothing is left out"),
    )


def _scrapes() -> Panel:
    ours = f"and on (job, instance) {metric('build_info')}"
    return graph(
        About(
            title="How long a scrape takes",
            description="As Prometheus sees it; the exporter only sends prepared bytes.",
            empty="Prometheus does not scrape it",
            unit="s",
        ),
        (Line(f"{plain('scrape_duration_seconds')} {ours}", "{{instance}}"),),
    )


def _samples_over_time() -> Panel:
    return graph(
        About(
            title="Samples over time",
            description="What Prometheus stores of the exporter at each scrape; episodes one by one "
            "cost most. EPISODARR_EPISODES says which of them are exported.",
            empty="Prometheus does not scrape it",
            decimals=0,
        ),
        (
            Line(
                f"{plain('scrape_samples_scraped')} and on (job, instance) {metric('build_info')}",
                "{{instance}}",
            ),
        ),
    )


def _memory() -> Panel:
    return graph(
        About(
            title="Memory",
            description="Resident memory of the exporter's process.",
            empty="The process does not tell",
            unit="bytes",
        ),
        (
            Line(
                f"{plain('process_resident_memory_bytes')} and on (job, instance) "
                f"{metric('build_info')}",
                "{{instance}}",
            ),
        ),
    )
