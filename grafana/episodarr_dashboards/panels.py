"""The kinds of panel the dashboards are made of, each with what makes it readable from afar."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.common import (
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTextDisplayOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardRegexMapOptions,
    DynamicConfigValue,
    FieldColor,
    FieldColorModeId,
    FieldConfig,
    FieldConfigSource,
    Panel,
    RegexMap,
    Threshold,
    ThresholdsConfig,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

from episodarr_dashboards.vocabulary import (
    NOT_KNOWN,
    UNKNOWN,
    VERMILLION,
    Word,
)

TEXT = "text"
"""The theme's own color of letters: a number that means nothing bad has no other."""
TROUBLE = "#E06A1B"
NOTICE = "#B8860B"
"""Colors of big numbers, which stand on the dark and on the light panel."""

MOST_POINTS = 360
"""Of a line: more cannot be distinguished, and each costs as much in each line."""
MOST_STATES = 240
"""Of a band: three minutes in half a day."""

SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What every panel says of itself."""

    title: str
    description: str
    empty: str
    """What stands there when there is nothing to show; it says why."""
    unit: str = "none"
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One query of a graph."""

    expr: str
    legend: str = ""


class _Builds(Protocol):
    def build(self) -> Panel: ...


def instant(expr: str, ref: str = "A", legend: str = "") -> prometheus.Dataquery:
    """A query for now."""
    return prometheus.Dataquery().expr(expr).instant().ref_id(ref).legend_format(legend)


def ranged(expr: str, ref: str = "A", legend: str = "") -> prometheus.Dataquery:
    """A query for the dashboard's time range."""
    return prometheus.Dataquery().expr(expr).range().ref_id(ref).legend_format(legend)


def words(vocabulary: Mapping[int, Word] | Mapping[str, Word]) -> list[ValueMapping]:
    """Value mappings: each value's text and color, in the order given."""
    return [
        ValueMap(
            options={
                str(value): ValueMappingResult(text=word.text, color=word.color, index=index)
                for index, (value, word) in enumerate(vocabulary.items())
            }
        )
    ]


def patterns(vocabulary: Mapping[str, Word]) -> list[ValueMapping]:
    """Value mappings by regular expressions; a text may take up a group as $1."""
    return [
        RegexMap(
            options=DashboardRegexMapOptions(
                pattern=pattern, result=ValueMappingResult(text=word.text, color=word.color)
            )
        )
        for pattern, word in vocabulary.items()
    ]


def steps(*levels: tuple[float | None, str]) -> ThresholdsConfig:
    """Colors from a value on; the first level has no value."""
    return ThresholdsConfig(
        mode=ThresholdsMode.ABSOLUTE, steps=[Threshold(value=v, color=color) for v, color in levels]
    )


CALM = steps((None, TEXT))
ANY_IS_BAD = steps((None, TEXT), (1, TROUBLE))
ANY_IS_NOTABLE = steps((None, TEXT), (1, NOTICE))


UNKNOWN_NUMBER = Word(UNKNOWN.text, "#B8669A")


def finished(builder: _Builds, about: About) -> Panel:
    """The panel with what every panel has."""
    panel = builder.build()
    panel.title = about.title
    panel.description = about.description
    panel.datasource = SOURCE
    if panel.field_config is None:
        panel.field_config = FieldConfigSource(defaults=FieldConfig())
    defaults = panel.field_config.defaults
    defaults.no_value = about.empty
    defaults.unit = about.unit
    if about.decimals is not None:
        defaults.decimals = about.decimals
    return panel


def color_by_threshold(panel: Panel, thresholds: ThresholdsConfig) -> Panel:
    """The panel with colors that follow its value."""
    if panel.field_config is not None:
        panel.field_config.defaults.thresholds = thresholds
        panel.field_config.defaults.color = FieldColor(mode=FieldColorModeId.THRESHOLDS)
    return panel


def _last() -> ReduceDataOptions:
    return ReduceDataOptions().calcs(["lastNotNull"]).values(False).fields("")


def number(
    about: About,
    expr: str,
    thresholds: ThresholdsConfig = CALM,
    *,
    vocabulary: Mapping[int, Word] | None = None,
) -> Panel:
    """One big number, or the word for it."""
    builder = (
        stat.Panel()
        .with_target(instant(expr))
        .reduce_options(_last())
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .justify_mode(common.BigValueJustifyMode.CENTER)
        .text_mode(common.BigValueTextMode.VALUE)
    )
    builder.mappings(words(vocabulary or {NOT_KNOWN: UNKNOWN_NUMBER}))
    return color_by_threshold(finished(builder, about), thresholds)


def spelled(about: About, expr: str, vocabulary: Mapping[int, Word]) -> Panel:
    """A word on its color, for the number that stands for it."""
    builder = (
        stat.Panel()
        .with_target(instant(expr))
        .reduce_options(_last())
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .justify_mode(common.BigValueJustifyMode.CENTER)
        .text_mode(common.BigValueTextMode.VALUE)
        .mappings(words({**vocabulary, NOT_KNOWN: UNKNOWN}))
    )
    return color_by_threshold(finished(builder, about), steps((None, UNKNOWN.color)))


def named(about: About, expr: str, label: str) -> Panel:
    """A big text: the value of a label, as in "12/25"; without one Grafana would show nothing."""
    unknown = f'label_replace(vector({NOT_KNOWN}), "{label}", "{UNKNOWN.text}", "", "")'
    builder = (
        stat.Panel()
        .with_target(instant(f"({expr}) or on () {unknown}", legend=f"{{{{{label}}}}}"))
        .reduce_options(_last())
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .justify_mode(common.BigValueJustifyMode.CENTER)
        .text_mode(common.BigValueTextMode.NAME)
        .mappings(words({NOT_KNOWN: UNKNOWN_NUMBER}))
    )
    return color_by_threshold(finished(builder, about), CALM)


def strip(about: About, expr: str, legend: str, vocabulary: Mapping[int, Word]) -> Panel:
    """One colored field with a word for each thing, side by side."""
    builder = (
        stat.Panel()
        .with_target(instant(expr, legend=legend))
        .reduce_options(_last())
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.BACKGROUND_SOLID)
        .justify_mode(common.BigValueJustifyMode.CENTER)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .orientation(common.VizOrientation.AUTO)
        .text(VizTextDisplayOptions().title_size(16).value_size(20))
        .mappings(words(vocabulary))
    )
    return color_by_threshold(
        finished(builder, about), steps((None, UNKNOWN.color), (0.001, VERMILLION))
    )


def appearance(word: Word) -> list[DynamicConfigValue]:
    """An override: this name and this color."""
    fixed = FieldColor(mode=FieldColorModeId.FIXED, fixed_color=word.color)
    return [DynamicConfigValue("displayName", word.text), DynamicConfigValue("color", fixed)]


def graph(
    about: About,
    lines: Sequence[Line],
    *,
    stacked: bool = False,
    as_bars: bool = False,
    words: Mapping[str, Word] | None = None,
    interval: str = "",
) -> Panel:
    """Values over time; `words` by legend. Other lines have a color of Grafana's by their name."""
    builder = (
        timeseries.Panel()
        .legend(
            VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(
            VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
        .draw_style(common.GraphDrawStyle.BARS if as_bars else common.GraphDrawStyle.LINE)
        .line_width(1 if as_bars else 2)
        .fill_opacity(70 if as_bars or stacked else 10)
        .show_points(common.VisibilityMode.NEVER)
        .min(0)
        .max_data_points(MOST_POINTS)
    )
    if about.unit == "none":
        # Where all is zero Grafana would draw an axis up to a hundred.
        builder.axis_soft_max(1)
    if stacked:
        builder.stacking(StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if interval:
        builder.interval(interval)
    for ref, line in zip("ABCDEFGHIJ", lines, strict=False):
        builder.with_target(ranged(line.expr, ref, line.legend))
    for name, word in (words or {}).items():
        builder.override_by_name(name, appearance(word))
    panel = finished(builder, about)
    if panel.field_config is not None:
        # Six shades of one color cannot be distinguished; of the palette a name keeps its color.
        panel.field_config.defaults.color = FieldColor(
            mode=FieldColorModeId.PALETTE_CLASSIC_BY_NAME
        )
    return panel


def timeline(
    about: About, expr: str, legend: str, vocabulary: Mapping[int, Word], *, per_page: int = 20
) -> Panel:
    """What state each thing was in, as a band over time."""
    builder = (
        statetimeline.Panel()
        .with_target(ranged(expr, legend=legend))
        .max_data_points(MOST_STATES)
        .merge_values(True)
        .show_value(common.VisibilityMode.AUTO)
        .align_value(common.TimelineValueAlignment.CENTER)
        .row_height(0.85)
        .per_page(per_page)
        .fill_opacity(100)
        .line_width(0)
        .mappings(words(vocabulary))
        .legend(
            VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    panel = finished(builder, about)
    if panel.field_config is not None:
        # Thresholds, or a text for no value, would take the place of the states.
        panel.field_config.defaults.color = FieldColor(
            mode=FieldColorModeId.FIXED, fixed_color=UNKNOWN.color
        )
        panel.field_config.defaults.no_value = None
    return panel
