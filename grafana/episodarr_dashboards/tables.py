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

from episodarr_dashboards.panels import About, finished, instant, steps, words
from episodarr_dashboards.vocabulary import BLUE, SKY, Word


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
    is_bar: bool = False
    """A ratio from 0 to 1 as a bar."""
    width: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A label that every query of the table has; without a title it is not shown."""

    label: str
    title: str = ""
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click on a cell of this column goes."""

    column: str
    title: str
    url: str


SERIES_LINK = (
    "/d/episodarr-series?var-sonarr=${__data.fields.sonarr:percentencode}"
    "&var-series=${__data.fields.tvdb_id:percentencode}&${__url_time_range}&${datasource:queryparam}"
)


def rows(
    about: About,
    keys: Sequence[Key],
    columns: Sequence[Column],
    *,
    sort: str,
    descending: bool = False,
    link: Link | None = None,
) -> Panel:
    """The table. Rows are what the first column's query has; the others must not have more."""
    builder = table.Panel().cell_height(common.TableCellHeight.MD).filterable(False)
    for ref, column in zip(ascii_uppercase, columns, strict=False):
        builder.with_target(instant(column.expr, ref).format(PromQueryFormat.TABLE))
    builder.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    builder.with_transformation(
        DataTransformerConfig(id_val="organize", options=_organized(keys, columns))
    )
    builder.sort_by([TableSortByFieldState().display_name(sort).desc(descending)])
    # The text of an empty table must not stand in every empty cell.
    builder.override_by_regexp(".*", [DynamicConfigValue("noValue", "")])
    looks = {key.title or key.label: _key_appearance(key) for key in keys}
    looks |= {column.title: _appearance(column) for column in columns}
    if link:
        looks[link.column].append(_link(link))
    for name, properties in looks.items():
        if properties:
            builder.override_by_name(name, properties)
    panel = finished(builder, about)
    if panel.field_config is not None:
        panel.field_config.defaults.color = FieldColor(mode=FieldColorModeId.THRESHOLDS)
        # Empty cells have the lowest color: none.
        panel.field_config.defaults.thresholds = steps((None, "transparent"))
    return panel


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
    return _width(key.width) if key.title else _hidden()


def _hidden() -> list[DynamicConfigValue]:
    # Both ways of hiding: Grafana 12 renamed it. Excluding the field would take it from links too.
    return [
        DynamicConfigValue("custom.hidden", True),
        DynamicConfigValue("custom.hideFrom", {"viz": True, "legend": True, "tooltip": True}),
    ]


def _width(width: int | None) -> list[DynamicConfigValue]:
    return [] if width is None else [DynamicConfigValue("custom.width", width)]


def _link(link: Link) -> DynamicConfigValue:
    return DynamicConfigValue("links", [{"title": link.title, "url": link.url}])


def _appearance(column: Column) -> list[DynamicConfigValue]:
    properties = _width(column.width)
    if column.unit:
        properties.append(DynamicConfigValue("unit", column.unit))
    if column.decimals is not None:
        properties.append(DynamicConfigValue("decimals", column.decimals))
    if column.vocabulary is not None:
        properties.append(DynamicConfigValue("mappings", words(column.vocabulary)))
        properties.append(DynamicConfigValue("custom.cellOptions", _colored()))
    if column.is_bar:
        properties += _bar()
    return properties


def _colored() -> common.TableColoredBackgroundCellOptions:
    # Grafana picks black or white letters on it, so that it can be read in both themes.
    return common.TableColoredBackgroundCellOptions(
        mode=common.TableCellBackgroundDisplayMode.BASIC
    )


def _bar() -> list[DynamicConfigValue]:
    cell = common.TableBarGaugeCellOptions(
        mode=common.BarGaugeDisplayMode.BASIC, value_display_mode=common.BarGaugeValueMode.TEXT
    )
    return [
        DynamicConfigValue("unit", "percentunit"),
        DynamicConfigValue("min", 0),
        DynamicConfigValue("max", 1),
        DynamicConfigValue("decimals", 0),
        DynamicConfigValue("thresholds", steps((None, SKY), (1, BLUE))),
        DynamicConfigValue("custom.cellOptions", cell),
    ]
