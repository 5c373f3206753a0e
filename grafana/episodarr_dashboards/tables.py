"""Tables with one row per thing: each column a query, merged by the labels they share."""

# ruff: noqa: FBT003 -- the SDK takes switches by position

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.common import TableSortByFieldState
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColor,
    FieldColorModeId,
    Panel,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from episodarr_dashboards.panels import About, finished, instant, patterns, steps, words
from episodarr_dashboards.queries import zero_if_running
from episodarr_dashboards.vocabulary import BLUE, NOT_KNOWN, Word

MOST_ROWS = 100
"""Of a table on the overview; thousands of downloads would be a megabyte with each refresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, with the query it comes from."""

    title: str
    expr: str
    label: str = ""
    """Show this label of the query instead of its value."""
    unit: str = ""
    decimals: int | None = None
    vocabulary: Mapping[int, Word] | Mapping[str, Word] | None = None
    patterns: Mapping[str, Word] | None = None
    """Words for what `vocabulary` does not list, by regular expression."""
    is_bar: bool = False
    """A ratio from 0 to 1 as a bar; a count over 0 where `decimals` is given, against the largest."""
    width: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A label that every query of the table has; without a title it is not shown."""

    label: str
    title: str = ""
    width: int | None = None
    vocabulary: Mapping[str, Word] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click on a cell of this column goes; the column must be empty where that is nowhere."""

    column: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """The row that stands in a table without rows: with several queries Grafana shows no text.

    It stands in the first column without a link, for Grafana has no links for some rows only.
    """

    if_known: str
    """An expression that is 0 where the facts are known, so that none means nothing."""
    text: str
    why: str = ""
    """What stands there instead, where an exporter runs and does not know."""
    unknown: str = "? not known"


_KEPT = "&${__url_time_range}&${datasource:queryparam}"
SERIES_LINK = (
    "/d/episodarr-series?var-sonarr=${__data.fields.sonarr:percentencode}"
    "&var-series=${__data.fields.tvdb_id:percentencode}" + _KEPT
)
DELETION_LINK = (
    "/d/episodarr-deletions?var-deletion=${__data.fields.deletion_id:percentencode}" + _KEPT
)
PAGE_OF_SERIES = (
    "${page}/?series=${__data.fields.sonarr:percentencode}:${__data.fields.tvdb_id:percentencode}"
)
PAGE_OF_DELETION = "${page}/#deletion-${__data.fields.deletion_id:percentencode}"


def rows(
    about: About,
    keys: Sequence[Key],
    columns: Sequence[Column],
    *,
    sort: str,
    nothing: Nothing,
    descending: bool = False,
    links: Sequence[Link] = (),
) -> Panel:
    """The table. Rows are what the first column's query has; the others must not have more."""
    builder = table.Panel().cell_height(common.TableCellHeight.SM).filterable(False)
    first, *others = columns
    linked = {link.column for link in links}
    shown: Sequence[Key | Column] = (*keys, *columns)
    titled = next(one.label for one in shown if one.label and one.title not in {"", *linked})
    nothings = _value_of_nothing(first)
    queries = [_or_nothing(first.expr, nothing, titled, nothings), *(c.expr for c in others)]
    for ref, expr in zip(ascii_uppercase, queries, strict=False):
        builder.with_target(instant(expr, ref).format(PromQueryFormat.TABLE))
    builder.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    builder.with_transformation(
        DataTransformerConfig(id_val="organize", options=_organized(keys, columns))
    )
    builder.sort_by([TableSortByFieldState().display_name(sort).desc(descending)])
    # The text of an empty table must not stand in every empty cell.
    builder.override_by_regexp(".*", [DynamicConfigValue("noValue", "")])
    # A label's cell would offer to filter by it: one click, and no query of the page has an answer.
    builder.override_by_regexp(".*", [DynamicConfigValue("filterable", False)])
    appearances = {key.title or key.label: _key_appearance(key) for key in keys}
    appearances |= {column.title: _appearance(column) for column in columns}
    if not first.label:
        _leave_out_of_nothing(appearances[first.title], nothings)
    for column in dict.fromkeys(link.column for link in links):
        appearances[column].append(_links([link for link in links if link.column == column]))
    for name, properties in appearances.items():
        if properties:
            builder.override_by_name(name, properties)
    panel = finished(builder, about)
    if panel.field_config is not None:
        panel.field_config.defaults.color = FieldColor(mode=FieldColorModeId.THRESHOLDS)
        # Empty cells have the lowest color: none.
        panel.field_config.defaults.thresholds = steps((None, "transparent"))
        panel.field_config.defaults.custom = {"align": "left", "inspect": False}
    return panel


def _or_nothing(expr: str, nothing: Nothing, label: str, value: int) -> str:
    """The expression, or one sample whose label says that there is nothing, or that it is not known."""
    cases = [(nothing.if_known, nothing.text), ("vector(0)", nothing.unknown)]
    if nothing.why:
        cases.insert(1, (zero_if_running(), nothing.why))
    told = [f'label_replace({sample}, "{label}", "{text}", "", "")' for sample, text in cases]
    if value:
        told = [f"{one} + {value}" for one in told]
    return " or on () ".join(f"({one})" for one in (expr, *told))


def _value_of_nothing(first: Column) -> int:
    """A value that the column cannot have, so that it does not read as one that was measured.

    A label's is not shown. Counts as bars are over 0, and less would be drawn as a whole bar.
    """
    is_count = first.is_bar and first.decimals is not None
    return 0 if first.label or is_count else NOT_KNOWN


def _leave_out_of_nothing(properties: list[DynamicConfigValue], value: int) -> None:
    """Puts a dash where a row that only says that there is nothing would show its value."""
    dash = words({value: Word("–", "transparent")})
    for entry in properties:
        if entry.id_val == "mappings" and isinstance(entry.value, list):
            entry.value = entry.value + dash
            return
    properties.append(DynamicConfigValue("mappings", dash))


def _organized(keys: Sequence[Key], columns: Sequence[Column]) -> dict[str, object]:
    """Names, order and absence of fields. Grafana calls the value of a lone query just "Value"."""
    excluded: dict[str, bool] = {"Time": True}
    renamed: dict[str, str] = {key.label: key.title for key in keys if key.title}
    order = [key.label for key in keys]
    for ref, column in zip(ascii_uppercase, columns, strict=False):
        value = "Value" if len(columns) == 1 else f"Value #{ref}"
        if column.label:
            excluded[value] = True
            renamed[column.label] = column.title
            order.append(column.label)
        else:
            renamed[value] = column.title
            order.append(value)
    return {
        "excludeByName": excluded,
        "renameByName": renamed,
        "indexByName": {name: index for index, name in enumerate(order)},
    }


def _key_appearance(key: Key) -> list[DynamicConfigValue]:
    return _width(key.width) + _worded(key.vocabulary) if key.title else _hidden()


def _hidden() -> list[DynamicConfigValue]:
    # Both ways of hiding: Grafana 12 renamed it. Excluding the field would take it from links too.
    return [
        DynamicConfigValue("custom.hidden", True),
        DynamicConfigValue("custom.hideFrom", {"viz": True, "legend": True, "tooltip": True}),
    ]


def _width(width: int | None) -> list[DynamicConfigValue]:
    return [] if width is None else [DynamicConfigValue("custom.width", width)]


def _links(links: Sequence[Link]) -> DynamicConfigValue:
    return DynamicConfigValue(
        "links",
        [
            {"title": link.title, "url": link.url, "targetBlank": link.url.startswith("$")}
            for link in links
        ],
    )


def _appearance(column: Column) -> list[DynamicConfigValue]:
    properties = _width(column.width)
    if column.unit:
        properties.append(DynamicConfigValue("unit", column.unit))
    if column.decimals is not None:
        properties.append(DynamicConfigValue("decimals", column.decimals))
    if column.is_bar:
        properties += _bar(is_count=column.decimals is not None)
    return properties + _worded(column.vocabulary, column.patterns)


def _worded(
    vocabulary: Mapping[int, Word] | Mapping[str, Word] | None,
    others: Mapping[str, Word] | None = None,
) -> list[DynamicConfigValue]:
    if vocabulary is None:
        return []
    return [
        DynamicConfigValue("mappings", words(vocabulary) + patterns(others or {})),
        DynamicConfigValue("custom.cellOptions", _colored()),
    ]


def _colored() -> common.TableColoredBackgroundCellOptions:
    # Grafana picks black or white letters on it, so that it can be read in both themes.
    return common.TableColoredBackgroundCellOptions(
        mode=common.TableCellBackgroundDisplayMode.BASIC
    )


def _bar(*, is_count: bool) -> list[DynamicConfigValue]:
    cell = common.TableBarGaugeCellOptions(
        mode=common.BarGaugeDisplayMode.GRADIENT, value_display_mode=common.BarGaugeValueMode.TEXT
    )
    scale = [] if is_count else [("unit", "percentunit"), ("max", 1), ("decimals", 0)]
    return [
        *(DynamicConfigValue(name, value) for name, value in scale),
        DynamicConfigValue("min", 0),
        DynamicConfigValue("thresholds", steps((None, BLUE))),
        DynamicConfigValue("custom.cellOptions", cell),
    ]
