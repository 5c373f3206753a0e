"""The systems as the exporter sees them: their answers, how long those take, and what fails."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.boards.library import HOURLY
from episodarr_dashboards.panels import About, Line, graph, timeline
from episodarr_dashboards.queries import UPSTREAM, by, if_never, metric, quantile, with_names, worst
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import AMBER, NOT_KNOWN, PINK, SKY, UNKNOWN, UP, Word

_SINGLE = {
    name: Word(name, color)
    for name, color in (("Jellyfin", PINK), ("Jellyseerr", AMBER), ("Shoko", SKY))
}
"""Of what there is one each: the palette may give several names the same color."""


def answering() -> Panel:
    """Which systems answer, over time."""
    up = metric("upstream_up")
    return timeline(
        About(
            title="Systems",
            description="Whether each system answered everything it was asked.",
            empty="the exporter has read nothing yet",
        ),
        f"{with_names(worst(UPSTREAM, up))} or on () {if_never(up, 'name', 'systems')}",
        "{{name}}",
        {**UP, NOT_KNOWN: UNKNOWN},
    )


def latency_over_time() -> Panel:
    """How long the answers take."""
    return graph(
        About(
            title="How long systems take",
            description="Nine of ten requests were answered within this time.",
            empty="No request was seen in this time",
            unit="s",
        ),
        (
            Line(
                with_names(quantile(0.9, "upstream_request_duration_seconds", UPSTREAM)),
                "{{name}}",
            ),
        ),
        words=_SINGLE,
    )


def failures_over_time() -> Panel:
    """Failed requests by system and reason."""
    failures = metric("upstream_request_failures_total")
    return graph(
        About(
            title="Requests that failed",
            description="Failed requests per second, by system and reason.",
            empty="No failure was seen in this time",
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


def requests_over_time() -> Panel:
    """Requests by system and endpoint."""
    asked = f"sum by (upstream, system, endpoint) (rate({metric('upstream_requests_total')}[$__rate_interval]))"
    return graph(
        About(
            title="What is asked of the systems",
            description="Requests per cycle, by route. In a quiet library this is a handful.",
            empty="No request was seen in this time",
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


def events_over_time() -> Panel:
    """Webhooks that arrived, and rescans, by hour."""
    return graph(
        About(
            title="Webhooks and rescans",
            description="Events that arrived, and rescans that were asked for or refused, by hour.",
            empty="None was seen in this time",
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


def systems_table() -> Panel:
    """Version, clock, last good read and unmatched series of each system."""
    versions = by((*UPSTREAM, "version"), metric("upstream_info"))
    dropped = metric("upstream_dropped_records_total")
    return rows(
        About(
            title="Systems in detail",
            description="Version, last good read, and series that should be there and are not matched.",
            empty="the exporter has read nothing yet",
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
                # A sum over time outlives what it is of: when the exporter is down there is none.
                expr=f"sum by (upstream, system) (increase({dropped}[$__range])) "
                f"and on (upstream, system) {metric('upstream_up')}",
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
