"""The downloads of the chosen series: their state, speed, and the time until they are complete."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr_dashboards.panels import About, Line, graph, number
from episodarr_dashboards.queries import by, metric, or_unknown_unless
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import DOWNLOAD_STATES

CHOSEN = 'sonarr="$sonarr",tvdb_id="$series"'
DOWNLOAD = ("sonarr", "download_id")

IF_READ = f"0 * (count({metric('series_stage', CHOSEN)}) > 0)"
UNREAD = "? not read"


def time_left() -> Panel:
    """The shortest time until a download of the series is complete."""
    downloads = by(DOWNLOAD, metric("download_info", CHOSEN))
    return number(
        About(
            title="Next here in",
            description="The shortest time that a download client promises for a download of this "
            "series.",
            empty="nothing promised",
            unit="s",
            decimals=0,
        ),
        or_unknown_unless(
            IF_READ,
            f"min({by(DOWNLOAD, metric('download_eta_seconds'))} and on (sonarr, download_id) {downloads})",
        ),
    )


def download_table() -> Panel:
    """The downloads with state, size and progress."""
    info = by((*DOWNLOAD, "release"), metric("download_info", CHOSEN))
    size = by(DOWNLOAD, metric("download_size_bytes"))
    remaining = by(DOWNLOAD, metric("download_remaining_bytes"))

    def of_download(expression: str, *more: str) -> str:
        return (
            f"{by((*DOWNLOAD, *more), expression)} * on (sonarr, download_id) "
            f"group_left (release) {info}"
        )

    return rows(
        About(
            title="Its downloads",
            description="Each download that Sonarr knows for this series; a pack is one download.",
            empty="No download for this series",
        ),
        (Key(label="sonarr"), Key(label="download_id"), Key(label="release", title="Release")),
        (
            Column(
                title="State",
                expr=of_download(metric("download_state"), "download_state"),
                label="download_state",
                vocabulary=DOWNLOAD_STATES,
                width=115,
            ),
            Column(
                title="Received",
                expr=f"(1 - {remaining} / ({size} > 0)) * on (sonarr, download_id) group_left (release) {info}",
                is_bar=True,
                width=100,
            ),
            Column(
                title="Seeds",
                expr=of_download(metric("download_connected_seeds")),
                decimals=0,
                width=60,
            ),
            Column(
                title="Added",
                expr=of_download(f"{metric('download_added_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=110,
            ),
            Column(
                title="Last byte",
                expr=of_download(f"{metric('download_last_progress_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=135,
            ),
        ),
        sort="Release",
        nothing=Nothing(if_known=IF_READ, text="✓ None", unknown=UNREAD),
    )


def speed_over_time() -> Panel:
    """What each download receives per second."""
    received = f"rate({metric('download_received_bytes_total')}[$__rate_interval])"
    return graph(
        About(
            title="Speed of its downloads",
            description="Bytes received per second for each download of this series.",
            empty="No download was seen in this time",
            unit="Bps",
        ),
        (
            Line(
                f"max by (sonarr, download_id) ({received}) * on (sonarr, download_id) "
                f"group_left (release) {by((*DOWNLOAD, 'release'), metric('download_info', CHOSEN))}",
                "{{release}}",
            ),
        ),
    )


def remaining_over_time() -> Panel:
    """What each download still has to receive."""
    return graph(
        About(
            title="Still to come",
            description="Bytes that are missing from each download of this series.",
            empty="No download was seen in this time",
            unit="bytes",
        ),
        (
            Line(
                f"{by(DOWNLOAD, metric('download_remaining_bytes'))} * on (sonarr, download_id) "
                f"group_left (release) {by((*DOWNLOAD, 'release'), metric('download_info', CHOSEN))}",
                "{{release}}",
            ),
        ),
    )
