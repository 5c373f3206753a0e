"""Series: one series, episode by episode."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from grafana_foundation_sdk.models.dashboard import Panel, VariableOption, VariableSort

from episodarr_dashboards.boards.series_downloads import (
    CHOSEN,
    IF_READ,
    UNREAD,
    download_table,
    remaining_over_time,
    speed_over_time,
    time_left,
)
from episodarr_dashboards.layout import Band, Board, alarms, chosen
from episodarr_dashboards.panels import About, named, number, spelled, timeline
from episodarr_dashboards.queries import (
    by,
    coded,
    fraction,
    if_never,
    metric,
    or_unknown,
    or_unknown_unless,
    within,
)
from episodarr_dashboards.tables import Column, Key, Nothing, rows
from episodarr_dashboards.vocabulary import HOLDS, NOT_KNOWN, STAGES, UNKNOWN

SEASONS = f'{CHOSEN},season=~"$season"'
EPISODE = ("season", "episode", "episode_code")
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
                    (5, time_left()),
                    (5, _next_episode()),
                ),
            ),
            Band(7, ((9, _seasons()), (15, download_table()))),
            Band(12, ((24, _episodes()),)),
            Band(13, ((24, _stages()),)),
            Band(8, ((12, speed_over_time()), (12, remaining_over_time()))),
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
                # Seasons without episodes in the metrics would be empty tables.
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


def _next_episode() -> Panel:
    air = metric("episode_air_timestamp_seconds", CHOSEN)
    return number(
        About(
            title="Next airs",
            description="The next air date among the episodes that are listed one by one.",
            empty="none announced",
            unit="dateTimeFromNow",
        ),
        or_unknown_unless(IF_READ, f"min({air} > time()) * 1000"),
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
        nothing=Nothing(if_known=IF_READ, text="✓ None", unknown=UNREAD),
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
                width=130,
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
            if_known=IF_READ,
            text="✓ no news",
            unknown=UNREAD,
        ),
    )
    panel.repeat = "season"
    panel.repeat_direction = "v"
    return panel


def _stages() -> Panel:
    stages = metric("episode_stage_code", SEASONS)
    return timeline(
        About(
            title="Stages over time",
            description="What stage each episode was in; the words are in the legend.",
            empty="No episode by episode data in this time",
        ),
        f"{by(('episode_code',), stages)} or on () {if_never(stages, 'episode_code', 'episodes')}",
        "{{episode_code}}",
        {**_STAGE_WORDS, NOT_KNOWN: UNKNOWN},
        per_page=13,
    )
