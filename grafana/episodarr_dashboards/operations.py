"""Exporter: whether what the other dashboards show can be believed."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.layout import Band, Board, alarms
from episodarr_dashboards.library import HOURLY
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
    timeline,
)
from episodarr_dashboards.queries import (
    UPSTREAM,
    by,
    metric,
    or_unknown,
    plain,
    quantile,
    with_names,
    worst,
    zero_if_running,
)
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import AMBER, BLUE, UP, VERMILLION, Word


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
            Band(7, ((24, _answers()),)),
            Band(8, ((12, _latency()), (12, _failures()))),
            Band(8, ((12, _cycles()), (12, _cycle_duration()))),
            Band(8, ((12, _requests()), (12, _events()))),
            Band(9, ((14, _systems()), (10, _cut()))),
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
        or_unknown(f"floor(time() - min({metric('snapshot_timestamp_seconds')}))"),
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
            description="Objects that a limit keeps out of the metrics; the table below says of which.",
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
            description="Of the log of deletions, in the time shown. Not zero: the disk is full or read-only, and a restart "
            "loses what was seen of deletions.",
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


def _answers() -> Panel:
    return timeline(
        About(
            title="Systems",
            description="Whether each system answered everything it was asked.",
            empty="the exporter has not looked yet",
        ),
        with_names(worst(UPSTREAM, metric("upstream_up"))),
        "{{name}}",
        UP,
    )


def _latency() -> Panel:
    return graph(
        About(
            title="How long systems take",
            description="Nine of ten requests were answered within this time.",
            empty="Nothing was asked in this time",
            unit="s",
        ),
        (
            Line(
                with_names(quantile(0.9, "upstream_request_duration_seconds", UPSTREAM)),
                "{{name}}",
            ),
        ),
    )


def _failures() -> Panel:
    failures = metric("upstream_request_failures_total")
    return graph(
        About(
            title="Requests that failed",
            description="Failed requests per second, by system and reason.",
            empty="No request failed in this time",
            unit="reqps",
        ),
        (
            Line(
                with_names(
                    f"sum by (upstream, system, reason) (rate({failures}[$__rate_interval])) > 0"
                ),
                "{{name}}: {{reason}}",
            ),
        ),
        as_bars=True,
        stacked=True,
    )


def _cycles() -> Panel:
    return graph(
        About(
            title="Cycles",
            description="Looks at everything per second, and those that failed.",
            empty="No cycle in this time",
            unit="ops",
        ),
        (
            Line(f"sum(rate({metric('cycles_total')}[$__rate_interval]))", "all"),
            Line(f"sum(rate({metric('cycle_failures_total')}[$__rate_interval]))", "failed"),
        ),
        looks={"all": Word("all", BLUE), "failed": Word("✗ failed", VERMILLION)},
    )


def _cycle_duration() -> Panel:
    return graph(
        About(
            title="How long a cycle takes",
            description="Half of the cycles took at most the lower line, 19 of 20 the upper.",
            empty="No cycle in this time",
            unit="s",
        ),
        (
            Line(quantile(0.5, "cycle_duration_seconds"), "half"),
            Line(quantile(0.95, "cycle_duration_seconds"), "19 of 20"),
        ),
        looks={"half": Word("half", BLUE), "19 of 20": Word("19 of 20", AMBER)},
    )


def _requests() -> Panel:
    asked = f"sum by (upstream, system, endpoint) (rate({metric('upstream_requests_total')}[$__rate_interval]))"
    return graph(
        About(
            title="What is asked of the systems",
            description="Requests per cycle, by route. In a quiet library this is a handful.",
            empty="Nothing was asked in this time",
        ),
        (
            Line(
                with_names(
                    f"{asked} / on () group_left () "
                    f"(sum(rate({metric('cycles_total')}[$__rate_interval])) > 0)"
                ),
                "{{name}} {{endpoint}}",
            ),
        ),
        stacked=True,
    )


def _events() -> Panel:
    return graph(
        About(
            title="Webhooks and rescans",
            description="Events that arrived, and rescans that were asked for or refused, by hour.",
            empty="None in this time",
            decimals=0,
        ),
        (
            Line(
                "sum by (upstream, event) "
                f"(increase({metric('webhook_events_total')}{HOURLY})) > 0",
                "{{upstream}}: {{event}}",
            ),
            Line(
                f"sum by (upstream, result) (increase({metric('rescans_total')}{HOURLY})) > 0",
                "rescan of {{upstream}}: {{result}}",
            ),
        ),
        as_bars=True,
        stacked=True,
        interval="1h",
    )


def _systems() -> Panel:
    versions = by((*UPSTREAM, "version"), metric("upstream_info"))
    dropped = metric("upstream_dropped_records_total")
    return rows(
        About(
            title="Systems in detail",
            description="Version, last good look, and series that should be there and are not matched.",
            empty="the exporter has not looked yet",
        ),
        (
            Key(label="name", title="System", width=150),
            *(Key(label=label) for label in UPSTREAM),
        ),
        (
            Column(
                title="State",
                expr=with_names(worst(UPSTREAM, metric("upstream_up"))),
                vocabulary=UP,
                width=100,
            ),
            Column(
                title="Version",
                expr=f"topk by (upstream, system) (1, {versions})",
                label="version",
                width=100,
            ),
            Column(
                title="Last answer",
                expr=worst(UPSTREAM, f"{metric('upstream_last_success_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=140,
            ),
            Column(
                title="Not matched",
                expr=by(UPSTREAM, metric("unmatched_series")),
                decimals=0,
                width=100,
            ),
            Column(
                title="Left out",
                expr=f"sum by (upstream, system) (increase({dropped}[$__range]))",
                decimals=0,
                width=80,
            ),
        ),
        sort="System",
        nothing=Nothing(
            if_known=f"0 * (count({metric('upstream_up')}) == 0)",
            text="✓ None",
        ),
    )


def _cut() -> Panel:
    return rows(
        About(
            title="Left out by limits, by family",
            description="Which metric is cut, and by how much.",
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
