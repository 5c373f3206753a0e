"""Whether the dashboards can be read: contrast, widths, titles and signs."""

import re
from typing import Any

import pytest

from tests.stack.test_dashboards import (
    LETTERED,
    NUMBERS,
    PANELS,
    TABLES,
    each_board,
    each_panel,
    mappings,
    panel_id,
    strings,
)

PANEL = {"dark": "#181B1F", "light": "#FFFFFF"}
"""What Grafana 12 draws panels on."""


def _channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(color: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _letters_on(background: str) -> str:
    """The color that Grafana gives letters on a colored cell or field, in both themes."""
    red, green, blue = _channels(background)
    return "#202226" if (red * 299 + green * 587 + blue * 114) / 1000 > 180 else "#F7F8FA"


def _used_for(*kinds: str) -> set[str]:
    """The colors of all mappings and thresholds of panels of these kinds, and of table cells."""
    return {
        text
        for _, panel in PANELS
        if panel["type"] in kinds
        for text in strings(panel["fieldConfig"])
        if re.fullmatch(r"#[0-9A-Fa-f]{6}", text)
    }


@pytest.mark.parametrize("color", sorted(LETTERED))
def test_words_can_be_read_on_every_color(color: str) -> None:
    assert _contrast(color, _letters_on(color)) >= 4.5


@pytest.mark.parametrize("theme", PANEL)
@pytest.mark.parametrize("color", sorted(NUMBERS))
def test_a_big_number_can_be_read_on_the_panel(color: str, theme: str) -> None:
    assert _contrast(color, PANEL[theme]) >= 3


def test_words_stand_on_colors_for_words_and_numbers_have_colors_for_numbers() -> None:
    assert _used_for("table", "state-timeline") <= LETTERED
    for _, panel in PANELS:
        if panel["type"] == "stat":
            is_field = panel["options"]["colorMode"] == "background_solid"
            used = {t for t in strings(panel["fieldConfig"]) if re.fullmatch(r"#\w{6}", t)}
            assert used <= (LETTERED if is_field else NUMBERS), panel["title"]


def test_a_calm_number_has_the_color_of_text() -> None:
    for _, panel in PANELS:
        if panel["type"] == "stat" and panel["options"]["colorMode"] == "value":
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            assert steps[0]["color"] == "text", panel["title"]


def test_a_number_that_is_not_known_has_a_word_and_a_color_of_its_own() -> None:
    for name, panel in PANELS:
        if panel["type"] == "stat" and " or on () vector(-1)" in panel["targets"][0]["expr"]:
            (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
            word = mapping["options"]["-1"]
            assert word["text"] == "? unknown", (name, panel["title"])
            others = {s["color"] for s in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]}
            assert panel["options"]["colorMode"] != "value" or word["color"] not in others


def test_a_state_over_time_keeps_its_color() -> None:
    kept = [p for _, p in PANELS if p["type"] == "state-timeline"]
    assert len(kept) == 2
    for panel in kept:
        assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "fixed"
        assert panel["options"]["fillOpacity" if "fillOpacity" in panel["options"] else "rowHeight"]
        assert panel["fieldConfig"]["defaults"]["custom"]["fillOpacity"] == 100


PAGE_PIXELS = {1600: 1266, 1920: 1586}
"""What is left for panels, beside the menu of Grafana 12, by the width of the window."""
PANEL_EDGES = 34
PHONE_PIXELS = 400
SCROLLS = {"Every deletion": "the counts after the systems are read by scrolling"}


def _widths(panel: dict[str, Any]) -> dict[str, int]:
    """The pixels of each shown column, in their order; 150 where Grafana chooses."""
    options = panel["transformations"][1]["options"]
    chosen = {
        rule["matcher"]["options"]: entry["value"]
        for rule in panel["fieldConfig"]["overrides"]
        for entry in rule["properties"]
        if entry["id"] == "custom.width"
    }
    order = sorted(options["renameByName"], key=options["indexByName"].__getitem__)
    titles = [options["renameByName"][name] for name in order]
    return {title: chosen.get(title, 150) for title in titles}


@pytest.mark.parametrize("pixels", PAGE_PIXELS)
@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_columns_fit_into_their_panel(case: tuple[str, dict[str, Any]], pixels: int) -> None:
    _, panel = case
    room = PAGE_PIXELS[pixels] * panel["gridPos"]["w"] / 24 - PANEL_EDGES
    widths = _widths(panel)
    if panel["title"] not in SCROLLS:
        assert sum(widths.values()) <= room, widths
    (sort,) = panel["options"]["sortBy"]
    titles = list(widths)
    until_sorted = titles[: titles.index(sort["displayName"]) + 1]
    assert sum(widths[title] for title in until_sorted) <= room


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_a_phone_shows_what_and_how_it_is(case: tuple[str, dict[str, Any]]) -> None:
    first, *rest = _widths(case[1]).values()
    assert first + min(rest[:1] or [0]) // 2 <= PHONE_PIXELS - PANEL_EDGES


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_what_an_empty_table_says_fits_into_its_column(
    case: tuple[str, dict[str, Any]],
) -> None:
    _, panel = case
    texts = re.findall(r'"(\w+)", "([✓?] [^"]+)", "", ""\)', panel["targets"][0]["expr"])
    known, *unknown = [text[0] for _, text in texts]
    assert known == "✓"
    assert unknown in (["?"], ["?", "?"])
    titles = panel["transformations"][1]["options"]["renameByName"]
    for label, text in texts:
        assert len(text) * 7 + 14 <= _widths(panel)[titles[label]], text


def test_systems_of_which_there_is_one_each_have_colors_that_differ() -> None:
    (panel,) = [panel for _, panel in PANELS if panel["title"] == "How long systems take"]
    colors = {
        rule["matcher"]["options"]: entry["value"]["fixedColor"]
        for rule in panel["fieldConfig"]["overrides"]
        for entry in rule["properties"]
        if entry["id"] == "color"
    }
    assert set(colors) == {"Jellyfin", "Jellyseerr", "Shoko"}
    assert len(set(colors.values())) == 3


@each_board
def test_marks_of_alerts_leave_the_colors_of_a_graph(board: dict[str, Any]) -> None:
    """Grafana draws each as a tenth of its color over everything, and they add up."""
    (alarms,) = [m["expr"] for m in board["annotations"]["list"] if m["name"] == "Alerts"]
    at_once = re.match(r"topk\((\d+), ", alarms)
    assert at_once
    assert 0.9 ** int(at_once[1]) > 0.6


@each_panel
def test_a_title_fits_over_its_panel(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    room = PAGE_PIXELS[1600] * panel["gridPos"]["w"] / 24 - 56
    assert 8 * len(panel["title"]) <= room, "cut off beside the sign for its description"


DRAWN = set("✓✗⇥↓↑·○↺‖□↻◌–—…")
"""Signs that both Inter, Grafana's font, and DejaVu have."""


def test_every_sign_is_in_the_fonts_that_draw_it() -> None:
    signs = {
        sign for _, options in mappings() for word in options.values() for sign in word["text"]
    }
    assert {sign for sign in signs if ord(sign) > 127} <= DRAWN
