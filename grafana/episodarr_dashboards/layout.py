"""From bands of panels to a dashboard with variables, links, ids and places."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import dashboard as models

from episodarr_dashboards.panels import SOURCE
from episodarr_dashboards.queries import SCOPE
from episodarr_dashboards.vocabulary import VERMILLION

WIDTH = 24
MOST_MARKS = 4
"""At once: Grafana tints a graph by a tenth for each, and its colors have a meaning."""
TAG = "episodarr"
PAGE = "http://localhost:10987"
RUNBOOK = "https://github.com/episodarr/episodarr/blob/main/docs/RUNBOOK.md"


@dataclass(frozen=True, slots=True)
class Band:
    """Panels side by side; their widths add up to 24."""

    height: int
    panels: Sequence[tuple[int, models.Panel]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard before it is laid out."""

    uid: str
    title: str
    description: str
    bands: Sequence[Band]
    variables: Sequence[builders.QueryVariable] = ()
    annotations: Sequence[builders.AnnotationQuery] = ()
    since: str = "now-24h"
    refresh: str = "30s"
    shows_targets: bool = False
    """Whether people choose jobs and instances; elsewhere all are taken, out of sight."""
    links: Mapping[str, str] = field(default_factory=dict)


def laid_out(board: Board) -> models.Dashboard:
    """The dashboard as Grafana reads it."""
    builder = (
        builders.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .readonly()
        .refresh(board.refresh)
        .time(board.since, "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .link(_to_the_others())
        .link(_to("Status page", "${page}/"))
        .link(_to("Runbook", RUNBOOK))
    )
    for variable in (
        _source_variable(),
        _page_variable(),
        *_target_variables(is_shown=board.shows_targets),
    ):
        builder.with_variable(variable)
    for query_variable in board.variables:
        builder.with_variable(query_variable)
    for annotation in board.annotations:
        builder.annotation(annotation)
    dashboard = builder.build()
    dashboard.panels = list(placed(board.bands))
    return dashboard


def placed(bands: Sequence[Band]) -> list[models.Panel]:
    """The panels with ids and places, top to bottom.

    Raises:
        ValueError: if the panels of a band do not fill its width exactly.
    """
    panels: list[models.Panel] = []
    top = 0
    for band in bands:
        left = 0
        for width, panel in band.panels:
            panel.id_val = len(panels) + 1
            panel.grid_pos = models.GridPos(x=left, y=top, w=width, h=band.height)
            left += width
            panels.append(panel)
        if left != WIDTH:
            raise ValueError(f"a band of {board_titles(band)} is {left} wide, not {WIDTH}")
        top += band.height
    return panels


def board_titles(band: Band) -> str:
    """The titles of a band's panels, for messages."""
    return ", ".join(panel.title or "?" for _, panel in band.panels)


def chosen(name: str, label: str, query: str) -> builders.QueryVariable:
    """A variable people choose one value of."""
    return (
        builders.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query(query)
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .allow_custom_value(False)
    )


def _source_variable() -> builders.DatasourceVariable:
    # Without a choice Grafana takes the first by name, whatever it is the source of.
    shipped = models.VariableOption(selected=True, text="Episodarr", value="episodarr-prometheus")
    return (
        builders.DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .current(shipped)
        .allow_custom_value(False)
    )


def _page_variable() -> builders.ConstantVariable:
    """Where browsers find the exporter's own page, which links to Sonarr."""
    return builders.ConstantVariable("page").label("Status page").value(PAGE)


def _target_variables(*, is_shown: bool) -> list[builders.QueryVariable]:
    hide = models.VariableHide.DONT_HIDE if is_shown else models.VariableHide.HIDE_VARIABLE
    everything = models.VariableOption(selected=True, text="All", value="$__all")
    queries = {
        "job": "label_values(episodarr_build_info, job)",
        "instance": 'label_values(episodarr_build_info{job=~"$job"}, instance)',
    }
    return [
        chosen(name, name, query)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(everything)
        .hide(hide)
        for name, query in queries.items()
    ]


def _to_the_others() -> builders.DashboardLink:
    return (
        builders.DashboardLink("Episodarr")
        .type(models.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
        .target_blank(False)
    )


def _to(title: str, url: str) -> builders.DashboardLink:
    return (
        builders.DashboardLink(title)
        .type(models.DashboardLinkType.LINK)
        .url(url)
        .icon("external link")
        .target_blank(True)
    )


def alarms(matchers: str = "") -> builders.AnnotationQuery:
    """Marks for the times in which alerts fired, four at a time; the watchdog always does.

    A large library can have a thousand at once, and no line has room for their marks.
    """
    return (
        builders.AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(True)
        .icon_color(VERMILLION)
        .expr(
            f"topk({MOST_MARKS}, max by (alertname, series, episode_code, system, upstream) "
            f'(ALERTS{{alertname=~"Episodarr.+",severity=~"warning|critical",alertstate="firing"{matchers}}}))'
        )
        .step("120s")
        .title_format("{{alertname}}")
        .text_format("{{series}} {{episode_code}} {{system}} {{upstream}}")
    )


def moments(name: str, family: str, color: str, title: str) -> builders.AnnotationQuery:
    """Marks at times that are a metric's values, not at the times of scrapes."""
    return (
        builders.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(color)
        .expr(f'max by (deletion_id, series) ({family}{{{SCOPE},deletion_id=~"$deletion"}}) * 1000')
        .step("60s")
        .title_format(title)
        .text_format("{{series}}")
        .tag_keys("series")
        .use_value_for_time(True)
    )
