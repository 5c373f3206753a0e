"""Series: one series, episode by episode."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from grafana_foundation_sdk.models.dashboard import Panel, VariableOption, VariableSort

from episodarr_dashboards.layout import Band, Board, alarms, chosen
from episodarr_dashboards.panels import About, Line, graph, named, number, spelled, timeline
from episodarr_dashboards.queries import by, coded, fraction, metric, or_unknown, within
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import DOWNLOAD_STATES, HOLDS, STAGES

CHOSEN = 'sonarr="$sonarr",tvdb_id="$series"'
SEASONS = f'{CHOSEN},season=~"$season"'
EPISODE = ("season", "episode", "episode_code")
DOWNLOAD = ("sonarr", "download_id")

_READ = f"0 * (count({metric('series_stage', CHOSEN)}) > 0)"
_UNREAD = "? not read"
_STAGE_CODES = {stage.label: int(stage) for stage in STAGES}
_STAGE_WORDS = {int(stage): word for stage, word in STAGES.items()}


def series() -> Board:
    """Where people land from every table with series in it."""
    return Board(
        uid="episodarr-series",
        title="Episodarr: series",
        description="One series: each season's episodes, their stages over time, their downloads.",
        since="now-12h",
        bands=(
            Band(
                4,
                (
                    (6, _stage()),
                    (4, _available()),
                    (4, _progress()),
                    (5, _eta()),
                    (5, _next_episode()),
                ),
            ),
            Band(7, ((9, _seasons()), (15, _downloads()))),
            Band(12, ((24, _episodes()),)),
            Band(13, ((24, _stages()),)),
            Band(8, ((12, _speed()), (12, _remaining()))),
        ),
        annotations=(alarms(',series="${series:text}"'),),
        variables=(
            chosen("sonarr", "Sonarr", "label_values(episodarr_series_info, sonarr)"),
            # The id is what everything is asked by: titles change, and may hold any character.
            chosen(
                "series",
                "Series",
                'query_result(max by (series, tvdb_id) (episodarr_series_info{sonarr="$sonarr"}))',
            ).regex(r'/series="(?<text>.*)",tvdb_id="(?<value>\d+)"/'),
            chosen(
                "season",
                "Season",
                # Seasons of which nothing is told episode by episode would be empty tables.
                'query_result(count by (season) (episodarr_episode_stage{sonarr="$sonarr",'
                'tvdb_id="$series"}))',
            )
            .regex(r'/season="(\d+)"/')
            .multi(True)
            .include_all(True)
            .all_value(".+")
            .current(VariableOption(selected=True, text="All", value="$__all"))
            .sort(VariableSort.NUMERICAL_ASC),
        ),
    )


def _stage() -> Panel:
    return spelled(
        About(
            title="Now",
            description="The most telling stage among the episodes that are wanted.",
            empty="not read yet",
        ),
        or_unknown(coded(("sonarr",), "series_stage", "episode_stage", _STAGE_CODES, CHOSEN)),
        _STAGE_WORDS,
    )


def _available() -> Panel:
    return named(
        About(
            title="Playable",
            description="Playable of wanted episodes, specials left out.",
            empty="not read yet",
        ),
        fraction(
            ("sonarr",),
            metric("series_episodes", f'{CHOSEN},episode_stage="available"'),
            metric("series_tracked_episodes", CHOSEN),
        ),
        "episodes",
    )


def _progress() -> Panel:
    return number(
        About(
            title="Progress",
            description="Mean over the wanted episodes: half a download counts half.",
            empty="nothing is wanted",
            unit="percentunit",
            decimals=0,
        ),
        or_unknown(f"max({metric('series_progress_ratio', CHOSEN)})"),
    )


def _eta() -> Panel:
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
        f"min({by(DOWNLOAD, metric('download_eta_seconds'))} and on (sonarr, download_id) {downloads})",
    )


def _next_episode() -> Panel:
    air = metric("episode_air_timestamp_seconds", CHOSEN)
    return number(
        About(
            title="Next airs",
            description="The next air date among the episodes that are listed one by one.",
            empty="none announced",
            unit="dateTimeFromNow",
        ),
        f"min({air} > time()) * 1000",
    )


def _seasons() -> Panel:
    ready = by(("season",), metric("season_available_ratio", CHOSEN))
    counted = fraction(
        ("season",),
        metric("season_episodes", f'{CHOSEN},episode_stage="available"'),
        metric("season_tracked_episodes", CHOSEN),
    )
    return rows(
        About(
            title="Seasons",
            description="Playable of wanted episodes in each season.",
            empty="nothing is wanted in these seasons",
        ),
        (Key(label="name", title="Season", width=110), Key(label="season")),
        (
            Column(
                title="Playable",
                expr=f'label_replace({ready}, "name", "Season $1", "season", "(.+)")',
                is_bar=True,
            ),
            Column(
                title="Episodes",
                expr=f"{counted} and on (season) {ready}",
                label="episodes",
                width=80,
            ),
        ),
        sort="Season",
        nothing=Nothing(if_known=_READ, text="✓ None", unknown=_UNREAD),
    )


def _downloads() -> Panel:
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
                width=125,
            ),
            Column(
                title="Received",
                expr=f"(1 - {remaining} / ({size} > 0)) * on (sonarr, download_id) group_left (release) {info}",
                is_bar=True,
                width=110,
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
                width=105,
            ),
            Column(
                title="Last byte",
                expr=of_download(f"{metric('download_last_progress_timestamp_seconds')} * 1000"),
                unit="dateTimeFromNow",
                width=105,
            ),
        ),
        sort="Release",
        nothing=Nothing(if_known=_READ, text="✓ None", unknown=_UNREAD),
    )


def _episodes() -> Panel:
    one = f'{CHOSEN},season=~"$season"'
    found = by(EPISODE, metric("episode_stage", one))
    eta = (
        f"{metric('episode_release_info', one)} * on (job, instance, sonarr, download_id) "
        f"group_left () {metric('download_eta_seconds')}"
    )
    panel = rows(
        About(
            title="Season $season",
            description="Every episode with its stage, the progress of its own file, the release that "
            "decides, what it waits for and since when.",
            empty="No episode by episode data: nothing has happened in this season lately",
        ),
        (
            Key(label="season"),
            Key(label="episode"),
            Key(label="episode_code", title="Episode", width=95),
        ),
        (
            Column(
                title="Stage",
                expr=by((*EPISODE, "episode_stage"), metric("episode_stage", one)),
                label="episode_stage",
                vocabulary={stage.label: word for stage, word in STAGES.items()},
                width=140,
            ),
            Column(
                title="Progress",
                expr=within(EPISODE, metric("episode_progress_ratio", one), found),
                is_bar=True,
                width=190,
            ),
            Column(title="ETA", expr=within(EPISODE, eta, found), unit="s", decimals=0, width=100),
            Column(
                title="Waits for",
                expr=within(EPISODE, metric("episode_hold", one), found, "hold"),
                label="hold",
                vocabulary={hold.value: word for hold, word in HOLDS.items()},
                width=250,
            ),
            Column(
                title="Release",
                expr=within(EPISODE, metric("episode_release_info", one), found, "release"),
                label="release",
            ),
            Column(
                title="Since",
                expr=within(
                    EPISODE,
                    f"{metric('episode_stage_entered_timestamp_seconds', one)} * 1000",
                    found,
                ),
                unit="dateTimeFromNow",
                width=150,
            ),
            Column(
                title="Aired",
                expr=within(
                    EPISODE, f"{metric('episode_air_timestamp_seconds', one)} * 1000", found
                ),
                unit="dateTimeFromNow",
                width=130,
            ),
        ),
        sort="Episode",
        nothing=Nothing(
            if_known=_READ,
            text="✓ no news",
            unknown=_UNREAD,
        ),
    )
    panel.repeat = "season"
    panel.repeat_direction = "v"
    return panel


def _stages() -> Panel:
    return timeline(
        About(
            title="Stages over time",
            description="What stage each episode was in; the words are in the legend.",
            empty="No episode by episode data in this time",
        ),
        by(("episode_code",), metric("episode_stage_code", SEASONS)),
        "{{episode_code}}",
        _STAGE_WORDS,
        per_page=13,
    )


def _speed() -> Panel:
    received = f"rate({metric('download_received_bytes_total')}[$__rate_interval])"
    return graph(
        About(
            title="Speed of its downloads",
            description="Bytes received per second for each download of this series.",
            empty="No download in this time",
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


def _remaining() -> Panel:
    return graph(
        About(
            title="Still to come",
            description="Bytes that are missing from each download of this series.",
            empty="No download in this time",
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
