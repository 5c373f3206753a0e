"""The dashboards: current, readable, and what a linter of dashboards demands."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from episodarr.metrics.labels import DOWNLOAD_STATES
from episodarr.model.deletion import Answer, DeletionStatus
from episodarr.model.health import System
from episodarr.model.request import RequestStatus
from episodarr.model.stage import Hold, Stage
from tests.stack.grafana import table_rows
from tests.stack.programs import python
from tests.stack.shipped import GRAFANA, Query, dashboards, panel_queries, panels, read_yaml

BOARDS = dashboards()
IMPORTS = dashboards("import")
PANELS = panels()
KINDS = {"stat", "table", "timeseries", "state-timeline"}


def panel_id(case: tuple[str, dict[str, Any]]) -> str:
    return f"{case[0]}/{case[1]['id']}"


each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))
each_panel = pytest.mark.parametrize("case", PANELS, ids=panel_id)


def test_the_dashboards_are_what_their_source_renders() -> None:
    done = python(GRAFANA / "build.py", "--check")
    assert done.returncode == 0, done.stderr


def test_there_are_four_that_tell_one_story_each() -> None:
    assert {name: board["uid"] for name, board in BOARDS.items()} == {
        "overview": "episodarr-overview",
        "series": "episodarr-series",
        "deletions": "episodarr-deletions",
        "exporter": "episodarr-exporter",
    }
    assert len({board["title"] for board in BOARDS.values()}) == 4


@pytest.mark.parametrize("system", sorted(set(System) - {System.QBITTORRENT}))
def test_a_table_of_deletions_has_a_column_for_each_system_that_counts(system: System) -> None:
    queries = [q.expr for q in panel_queries() if q.name.startswith("deletions/")]
    assert any(f'system="{system.value}"' in one for one in queries)


@each_board
@pytest.mark.filterwarnings("ignore:Prefer using dashboardv2:DeprecationWarning")
def test_board_survives_the_sdk(board: dict[str, Any]) -> None:
    # Imported here, because importing it warns of the schema that Grafana 10 to 12 share.
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models import dashboard as models

    register_default_plugins()
    read = models.Dashboard.from_json(board)
    assert [panel.title for panel in read.panels or [] if isinstance(panel, models.Panel)] == [
        panel["title"] for panel in board["panels"]
    ]


@each_board
def test_board_cannot_be_edited_and_asks_for_nothing(board: dict[str, Any]) -> None:
    assert board["editable"] is False
    assert "__inputs" not in board
    assert board.get("id") is None
    assert board["description"]
    assert board["tags"] == ["episodarr"]


@each_board
def test_panel_ids_are_unique_and_start_at_one(board: dict[str, Any]) -> None:
    assert [panel["id"] for panel in board["panels"]] == list(range(1, len(board["panels"]) + 1))


def _cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    place = panel["gridPos"]
    return {
        (x, y)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    }


@each_board
def test_panels_do_not_overlap_and_leave_no_hole(board: dict[str, Any]) -> None:
    for one, other in combinations(board["panels"], 2):
        assert not _cells(one) & _cells(other), (one["title"], other["title"])
    covered = set().union(*(_cells(panel) for panel in board["panels"]))
    height = max(y for _, y in covered) + 1
    assert len(covered) == 24 * height


@each_panel
def test_panel_says_what_it_is_and_what_empty_means(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    assert panel["type"] in KINDS
    assert panel["title"]
    assert re.search(r"[.;]$", panel["description"])
    # A text for no value would take the place of a timeline's states.
    is_timeline = panel["type"] == "state-timeline"
    assert (len(panel["fieldConfig"]["defaults"].get("noValue", "")) > 5) is not is_timeline
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]


@each_board
def test_titles_within_a_board_are_unique(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in board["panels"]]
    assert len(titles) == len(set(titles))


@each_panel
def test_panel_uses_the_chosen_data_source(case: tuple[str, dict[str, Any]]) -> None:
    assert case[1]["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_panel
def test_stat_shows_the_last_value(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    if panel["type"] == "stat":
        assert panel["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]


@each_board
def test_variables_are_those_a_linter_wants(board: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}
    assert list(variables)[:4] == ["datasource", "page", "job", "instance"]
    assert variables["page"]["type"] == "constant"
    assert variables["datasource"]["current"]["value"] == "episodarr-prometheus"
    assert not any(v["allowCustomValue"] for v in variables.values() if v["type"] != "constant")
    assert variables["datasource"]["label"] == "Data source"
    assert variables["datasource"]["type"] == "datasource"
    for name in ("job", "instance"):
        variable = variables[name]
        assert variable["type"] == "query"
        assert variable["label"] == name
        assert variable["multi"] is True
        assert variable["includeAll"] is True
        assert variable["allValue"] == ".+"
    for variable in list(variables.values())[2:]:
        assert variable["refresh"] == 2
        assert variable["datasource"]["uid"] == "${datasource}"
        assert re.match(r"(label_values|query_result)\(.+\)$", variable["query"])


COUNTERS_SHOWN_WHOLE = {
    "$__range": "a sum over the time that people chose",
    "$__interval": "bars whose sum is the whole, from each point on",
}


@pytest.mark.parametrize("query", panel_queries(), ids=lambda query: query.where)
def test_counters_are_rated_over_the_right_interval(query: Query) -> None:
    counters = re.findall(r"(\w+)\(episodarr_\w+_total\{[^}]*\}(\[[^\]]+\])?", query.expr)
    for function, interval in counters:
        assert function in {"rate", "increase"}, query.expr
        assert interval in {"[$__rate_interval]", *(f"[{name}]" for name in COUNTERS_SHOWN_WHOLE)}
    assert len(counters) == len(re.findall(r"_total\{", query.expr))


def test_the_series_variable_reads_titles_and_gives_ids() -> None:
    variable = next(v for v in BOARDS["series"]["templating"]["list"] if v["name"] == "series")
    pattern = re.compile(variable["regex"].strip("/").replace("(?<", "(?P<"))
    for title in ('Say "I love you".', "Frieren: Beyond Journey's End", "A{b}, c"):
        answer = f'{{series="{title}",tvdb_id="424536"}} 1 1700000000000'
        match = pattern.search(answer)
        assert match
        assert (match["text"], match["value"]) == (title, "424536")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def test_no_link_is_dead_and_each_keeps_the_time() -> None:
    uids = {board["uid"] for board in BOARDS.values()}
    links = [text for board in BOARDS.values() for text in strings(board) if text.startswith("/d/")]
    assert links
    for link in links:
        uid = link.removeprefix("/d/").partition("?")[0]
        assert uid in uids
        assert "${__url_time_range}" in link
        assert "${datasource:queryparam}" in link
        board = next(board for board in BOARDS.values() if board["uid"] == uid)
        known = {variable["name"] for variable in board["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", link)) <= known


LINKED = [case for case in PANELS if "__data.fields" in " ".join(strings(case[1]["fieldConfig"]))]


@pytest.mark.parametrize("case", LINKED, ids=panel_id)
def test_a_row_that_names_nothing_has_no_text_under_a_link(
    case: tuple[str, dict[str, Any]],
) -> None:
    """Grafana has links for whole columns: what says that there is nothing stands in another."""
    _, panel = case
    titles = panel["transformations"][1]["options"]["renameByName"]
    linked = {
        rule["matcher"]["options"]
        for rule in panel["fieldConfig"]["overrides"]
        if any(entry["id"] == "links" for entry in rule["properties"])
    }
    labels = set(re.findall(r'"(\w+)", "[✓?] [^"]+", "", ""\)', panel["targets"][0]["expr"]))
    assert len(labels) == 1
    assert linked
    assert not {titles[label] for label in labels} & linked


def test_there_are_tables_with_links() -> None:
    assert len(LINKED) >= 7


@each_panel
def test_links_read_fields_that_the_table_has(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    text = " ".join(strings(panel["fieldConfig"]))
    names = set(re.findall(r"__data\.fields\.(\w+)", text))
    if not names:
        return
    renamed = panel["transformations"][1]["options"]
    assert names <= set(renamed["indexByName"])
    assert not names & set(renamed["excludeByName"])


@each_board
def test_boards_link_to_each_other_with_variables_and_time(board: dict[str, Any]) -> None:
    link, page, runbook = board["links"]
    assert page["url"].startswith("${page}/")
    assert runbook["url"].endswith("/RUNBOOK.md")
    assert link["type"] == "dashboards"
    assert link["tags"] == ["episodarr"]
    assert link["includeVars"]
    assert link["keepTime"]
    assert "placement" not in link


TABLES = [case for case in PANELS if case[1]["type"] == "table"]


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_columns_of_a_table_are_named_placed_and_found(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    options = panel["transformations"][1]["options"]
    shown = set(options["renameByName"].values())
    assert len(shown) == len(options["renameByName"])
    hidden = set(options["indexByName"]) - set(options["renameByName"])
    assert panel["fieldConfig"]["defaults"]["custom"]["align"] == "left"
    named = {
        rule["matcher"]["options"]
        for rule in panel["fieldConfig"]["overrides"]
        if rule["matcher"]["id"] == "byName"
    }
    assert named <= shown | hidden
    (sort,) = panel["options"]["sortBy"]
    assert sort["displayName"] in shown


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_every_query_of_a_table_has_its_key_labels(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    options = panel["transformations"][1]["options"]
    columns = [target["refId"] for target in panel["targets"]]
    for target in panel["targets"]:
        assert target["format"] == "table"
        assert target["instant"]
    values = [f"Value #{ref}" if len(columns) > 1 else "Value" for ref in columns]
    for value in values:
        assert (value in options["renameByName"]) != (value in options["excludeByName"])


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_an_empty_cell_stays_empty(case: tuple[str, dict[str, Any]]) -> None:
    first = case[1]["fieldConfig"]["overrides"][0]
    assert first["matcher"] == {"id": "byRegexp", "options": ".*"}
    assert first["properties"] == [{"id": "noValue", "value": ""}]


@pytest.mark.parametrize("case", TABLES, ids=panel_id)
def test_no_cell_offers_to_filter_the_whole_page(case: tuple[str, dict[str, Any]]) -> None:
    """Grafana's filter would be in every query, and most of them do not have that label."""
    second = case[1]["fieldConfig"]["overrides"][1]
    assert second["matcher"] == {"id": "byRegexp", "options": ".*"}
    assert second["properties"] == [{"id": "filterable", "value": False}]


def mappings() -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    for name, panel in PANELS:
        where = f"{name}/{panel['title']}"
        for mapping in panel["fieldConfig"]["defaults"].get("mappings") or []:
            yield where, _words_of(mapping)
        for rule in panel["fieldConfig"]["overrides"]:
            for entry in rule["properties"]:
                if entry["id"] == "mappings":
                    for mapping in entry["value"]:
                        yield f"{where}/{rule['matcher']['options']}", _words_of(mapping)


def _words_of(mapping: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The words of a mapping by its value, or by its pattern."""
    options: dict[str, Any] = mapping["options"]
    return {options["pattern"]: options["result"]} if mapping["type"] == "regex" else options


def test_every_color_has_a_word_and_no_two_words_are_alike() -> None:
    for where, options in mappings():
        texts = [result["text"] for result in options.values()]
        assert all(texts), where
        assert len(set(texts)) == len(texts), where


def test_words_cover_everything_that_can_happen() -> None:
    keys = [set(options) for _, options in mappings()]
    for vocabulary in (
        {stage.label for stage in Stage},
        {str(int(stage)) for stage in Stage},
        {hold.value for hold in Hold},
        {status.value for status in DeletionStatus},
        {answer.value for answer in Answer},
        {status.value for status in RequestStatus},
        set(DOWNLOAD_STATES),
    ):
        assert any(vocabulary <= known for known in keys), vocabulary


def test_what_makes_no_episode_fail_does_not_count_as_a_failure() -> None:
    (panel,) = [p for _, p in PANELS if p["title"] == "Records that are left"]
    (words,) = [
        entry["value"][0]["options"]
        for rule in panel["fieldConfig"]["overrides"]
        for entry in rule["properties"]
        if entry["id"] == "mappings"
    ]
    assert not [word for word in words.values() if "✗" in word["text"] or word["color"] == FAILED]


FAILED = "#B84E00"
LETTERED = {
    "#0072B2", "#8CCBF2", "#00785A", "#F0E442", "#F5B83D", "#B84E00", "#A3527F", "#6B6B6B", "#4D4D4D",
}  # fmt: skip
"""Okabe and Ito's hues and two grays, each so dark or so light that letters on it can be read."""
NUMBERS = {"#E06A1B", "#B8860B", "#B8669A"}
"""Of big numbers, which stand on the panel itself."""
SAFE = LETTERED | NUMBERS


def test_every_color_is_one_that_color_blind_people_tell_apart() -> None:
    used = {
        text
        for board in BOARDS.values()
        for text in strings(board)
        if re.fullmatch(
            r"#[0-9A-Fa-f]{6}|(?:dark-|light-|semi-dark-)?(?:red|green|yellow|blue|orange|purple)",
            text,
        )
    }
    assert used <= SAFE
    assert len(used) > 5


@each_panel
def test_lines_have_a_color_of_ours_or_one_of_their_own(case: tuple[str, dict[str, Any]]) -> None:
    _, panel = case
    if panel["type"] == "timeseries":
        assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "palette-classic-by-name"


@pytest.mark.parametrize("name", list(BOARDS))
def test_the_import_variant_asks_for_the_data_source_and_is_otherwise_the_same(name: str) -> None:
    board, imported = BOARDS[name], IMPORTS[name]
    assert [entry["name"] for entry in imported["__inputs"]] == ["VAR_PAGE", "DS_PROMETHEUS"]
    text = " ".join(strings(imported))
    assert "${datasource" not in text
    assert "${DS_PROMETHEUS}" in text
    assert [p["title"] for p in imported["panels"]] == [p["title"] for p in board["panels"]]
    assert imported["uid"] == board["uid"]
    kinds = {panel["type"] for panel in board["panels"]}
    assert kinds == {need["id"] for need in imported["__requires"] if need["type"] == "panel"}


def test_annotations_stand_at_the_time_the_metric_tells() -> None:
    *entries, alarms = BOARDS["deletions"]["annotations"]["list"]
    assert len(entries) == 2
    assert not alarms.get("useValueForTime"), "an alert fires from one time to another"
    for entry in entries:
        assert entry["useValueForTime"] is True
        assert entry["expr"].endswith("* 1000")
        assert "timestamp_seconds" in entry["expr"]
        assert entry["target"]["expr"] == entry["expr"], "where newer versions look for it"
        assert entry["target"]["refId"]


def test_provisioning_leads_to_what_is_shipped() -> None:
    source, alertmanager = read_yaml(GRAFANA / "provisioning/datasources/episodarr.yml")[
        "datasources"
    ]
    assert source["type"] == "prometheus"
    assert source["isDefault"] is True
    assert (alertmanager["type"], alertmanager["url"]) == (
        "alertmanager",
        "http://alertmanager:9093",
    )
    assert alertmanager["jsonData"]["implementation"] == "prometheus"
    for folder in ("datasources", "dashboards", "plugins", "alerting"):
        assert list((GRAFANA / "provisioning" / folder).glob("*.yml")), "Grafana logs an error"
    assert source["uid"] == "episodarr-prometheus"
    assert source["jsonData"]["timeInterval"] == "30s"
    (provider,) = read_yaml(GRAFANA / "provisioning/dashboards/episodarr.yml")["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "/etc/grafana/dashboards"


def test_what_grafana_makes_of_a_tables_queries_is_known() -> None:
    panel = {
        "targets": [{"refId": "A"}, {"refId": "B"}],
        "transformations": [
            {"id": "merge"},
            {
                "id": "organize",
                "options": {
                    "renameByName": {"code": "Episode", "stage": "Stage", "Value #B": "Progress"},
                    "excludeByName": {"Value #A": True},
                },
            },
        ],
    }
    first = [{"metric": {"code": f"E0{n}", "stage": "found"}, "value": [0, "1"]} for n in (1, 2)]
    second = [{"metric": {"code": f"E0{n}"}, "value": [0, "0.5"]} for n in (2, 3)]
    assert table_rows(panel, {"A": first, "B": second}) == [
        {"Episode": "E01", "Stage": "found"},
        {"Episode": "E02", "Stage": "found", "Progress": 0.5},
        {"Episode": "E03", "Progress": 0.5},
    ]
