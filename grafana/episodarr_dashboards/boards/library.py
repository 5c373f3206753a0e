"""The lower half of the overview: the library as a whole, what came lately, and alerts."""

from grafana_foundation_sdk.models.dashboard import Panel

from episodarr.model.stage import Stage
from episodarr_dashboards.layout import RUNBOOK, Band
from episodarr_dashboards.panels import ANY_IS_BAD, About, Line, graph, number
from episodarr_dashboards.queries import (
    by,
    metric,
    one_of,
    or_unknown,
    or_unknown_unless,
    plain,
    shown_system,
    zero_if_running,
)
from episodarr_dashboards.tables import MOST_ROWS, Column, Key, Link, Nothing, rows
from episodarr_dashboards.vocabulary import BLUE, GRAY, STAGES, VERMILLION, Word

_STAGE_WORDS = {stage.label: word for stage, word in STAGES.items()}
HOURLY = "[$__interval] offset -$__interval"
"""From each point on, so that the hour that runs has its bar too."""


def library_bands() -> tuple[Band, ...]:
    """What the overview shows below what is under way."""
    return (
        Band(
            4,
            (
                (4, _came("Imported", "imports_total", "Episodes that Sonarr imported")),
                (4, _failed()),
                (4, _came("Grabbed", "grabs_total", "Releases that Sonarr took")),
                (6, _within("Half playable within", 0.5, "Half of the episodes")),
                (6, _within("Nine of ten within", 0.9, "Nine of ten episodes")),
            ),
        ),
        Band(10, ((10, _stages_now()), (14, _stages_over_time()))),
        Band(8, ((12, _imported_and_failed()), (12, _grabs()))),
    )


def firing() -> Panel:
    """The alerts of the shipped rules that fire."""
    ours = 'alertname=~"Episodarr.+",alertname!="EpisodarrWatchdog"'
    active = _about(f'ALERTS{{{ours},alertstate="firing"}}')
    since = f"{_about(f'ALERTS_FOR_STATE{{{ours}}}')} * 1000 and on (alertname, about) {active}"
    return rows(
        About(
            title="Alerts",
            description="What fires now by the shipped rules; a click leads to what to do. A hundred at most, the newest first.",
            empty="No alert fires",
        ),
        (
            Key(label="alertname", title="Alert", width=265),
            Key(label="about", title="About", width=195),
        ),
        (
            Column(
                title="Since", expr=f"topk({MOST_ROWS}, {since})", unit="dateTimeFromNow", width=135
            ),
        ),
        sort="Since",
        descending=True,
        nothing=Nothing(
            if_known='0 * max(ALERTS{alertname="EpisodarrWatchdog"})',
            text="✓ No alert fires",
            unknown="? no rules are loaded",
        ),
        links=(Link("Alert", "What to do", RUNBOOK + "#${__data.fields.alertname}"),),
    )


def _about(alerts: str) -> str:
    """Alerts with the label `about`: the series and episode, or the system."""
    of = ("series", "episode_code", "system", "upstream")
    named = shown_system(f"max by (alertname, {', '.join(of)}) ({alerts})")
    joined = ", ".join(f'"{label}"' for label in of)
    return by(("alertname", "about"), f'label_join({named}, "about", " ", {joined})')


def _came(title: str, family: str, what: str) -> Panel:
    return number(
        About(title=title, description=f"{what}, in the time shown.", empty="unknown", decimals=0),
        # The grabs have a counter for each indexer, and none before the first grab.
        or_unknown(
            f"sum(increase({metric(family)}[$__range])) "
            f"or 0 * sum(increase({metric('imports_total')}[$__range]))"
        ),
    )


def _failed() -> Panel:
    return number(
        About(
            title="Failed",
            description="Downloads that failed, in the time shown.",
            empty="unknown",
            decimals=0,
        ),
        or_unknown(
            f"sum(increase({metric('download_failures_total')}[$__range])) "
            f"or 0 * max({metric('snapshot_timestamp_seconds')})"
        ),
        ANY_IS_BAD,
    )


def _within(title: str, share: float, whom: str) -> Panel:
    bucket = metric("episode_grab_to_available_seconds_bucket")
    return number(
        About(
            title=title,
            description=f"{whom} that became playable in the time shown took no longer than this "
            "from the grab on.",
            empty="nothing came",
            unit="s",
            decimals=1,
        ),
        or_unknown_unless(
            zero_if_running(),
            f"histogram_quantile({share}, sum by (le) (increase({bucket}[$__range]))) >= 0",
        ),
    )


def _stages_now() -> Panel:
    return rows(
        About(
            title="Library by stage",
            description="All episodes that are wanted, specials included, by where they are.",
            empty="no library was read yet",
        ),
        (Key(label="episode_stage", title="Stage", width=140, vocabulary=_STAGE_WORDS),),
        (
            Column(
                title="Episodes",
                expr=f"sum by (episode_stage) ({metric('season_episodes')}) > 0",
                is_bar=True,
                decimals=0,
            ),
        ),
        sort="Episodes",
        descending=True,
        nothing=Nothing(
            if_known=f"0 * (count({metric('series_info')}) == 0)",
            text="✓ None is wanted",
            unknown="? not read yet",
        ),
    )


def _stages_over_time() -> Panel:
    stages = one_of([s.label for s in Stage if s not in (Stage.AVAILABLE, Stage.UNMONITORED)])
    record = "sonarr_stage:episodarr_season_episodes:sum"
    recorded = plain(record, f'episode_stage=~"{stages}"')
    all_here = f'label_replace(0 * sum({plain(record)}), "episode_stage", "all are here", "", "")'
    return graph(
        About(
            title="Not here yet, by stage",
            description="Wanted episodes that are not playable, over time; from a recording rule of the "
            "shipped rules, for the sum over all seasons takes a second in a large library.",
            empty="No library was read yet, or the shipped rules are not loaded",
            decimals=0,
        ),
        (
            Line(
                f"sum by (episode_stage) ({recorded}) or on () {all_here}",
                "{{episode_stage}}",
            ),
        ),
        stacked=True,
        words=_STAGE_WORDS,
    )


def _imported_and_failed() -> Panel:
    return graph(
        About(
            title="Imported and failed",
            description="Episodes imported and downloads failed in each hour, the one that runs too.",
            empty="Nothing of it was seen in this time",
            decimals=0,
        ),
        (
            Line(f"sum(increase({metric('imports_total')}{HOURLY}))", "imported"),
            Line(f"sum(increase({metric('download_failures_total')}{HOURLY}))", "failed"),
        ),
        as_bars=True,
        words={"imported": Word("imported", BLUE), "failed": Word("✗ failed", VERMILLION)},
        interval="1h",
    )


def _grabs() -> Panel:
    # Without a name the legend would be "Value".
    counted = f"sum by (indexer) (increase({metric('grabs_total')}{HOURLY}))"
    return graph(
        About(
            title="Grabs by indexer",
            description="Releases that Sonarr took in each hour, by where it found them.",
            empty="Nothing of it was seen in this time",
            decimals=0,
        ),
        (
            Line(
                f'label_replace({counted}, "indexer", "unknown indexer", "indexer", "")',
                "{{indexer}}",
            ),
        ),
        as_bars=True,
        stacked=True,
        # The palette may give it the color of a name.
        words={"unknown indexer": Word("unknown indexer", GRAY)},
        interval="1h",
    )
