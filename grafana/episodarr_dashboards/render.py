"""From boards to the JSON that Grafana provisions, and to the variant that people import."""

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from episodarr_dashboards.boards.deletions import deletions
from episodarr_dashboards.boards.operations import operations
from episodarr_dashboards.boards.overview import overview
from episodarr_dashboards.boards.series import series
from episodarr_dashboards.layout import Board, laid_out

_INPUT = "DS_PROMETHEUS"


def boards() -> tuple[Board, ...]:
    """All four, in the order of the story."""
    return (overview(), series(), deletions(), operations())


def rendered(board: Board) -> dict[str, Any]:
    """The provisioned JSON as plain values."""
    text = json.dumps(laid_out(board), cls=JSONEncoder)
    document: dict[str, Any] = json.loads(text)
    # Links and marks belong on the page; the SDK would tuck them into a menu.
    for entry in (*document["links"], *document.get("annotations", {}).get("list", [])):
        entry.pop("placement", None)
    for mark in document.get("annotations", {}).get("list", []):
        # Grafana 10 reads the query beside the mark's name, 11 and 12 read it from the target.
        mark["target"] = {
            "refId": "Anno", "expr": mark["expr"], "interval": mark["step"], "range": True,
        }  # fmt: skip
    for panel in document["panels"]:
        if not panel.get("repeat"):
            panel.pop("repeatDirection", None)
    return document


def importable(document: dict[str, Any]) -> dict[str, Any]:
    """The same dashboard for Grafana's import page, which asks for the data source."""
    text = json.dumps(document).replace("&${datasource:queryparam}", "")
    text = text.replace("${datasource}", f"${{{_INPUT}}}")
    copy: dict[str, Any] = json.loads(text)
    copy["templating"]["list"] = [
        variable for variable in copy["templating"]["list"] if variable["name"] != "datasource"
    ]
    copy["__inputs"] = [
        *_constants(copy),
        {
            "name": _INPUT,
            "label": "Prometheus",
            "description": "The Prometheus that scrapes Episodarr.",
            "type": "datasource",
            "pluginId": "prometheus",
            "pluginName": "Prometheus",
        },
    ]
    copy["__requires"] = _requirements(copy)
    copy["editable"] = True
    return copy


def _constants(copy: dict[str, Any]) -> list[dict[str, str]]:
    """The constants, for which the import page asks too."""
    inputs = []
    for variable in copy["templating"]["list"]:
        if variable["type"] == "constant":
            name = f"VAR_{variable['name'].upper()}"
            inputs.append(
                {
                    "name": name, "label": variable["label"], "value": variable["query"],
                    "description": "Where browsers find the exporter's page.", "type": "constant",
                }
            )  # fmt: skip
            value = f"${{{name}}}"
            chosen = {"value": value, "text": value, "selected": False}
            variable |= {"query": value, "current": chosen, "options": [chosen]}
    return inputs


def _requirements(document: dict[str, Any]) -> list[dict[str, str]]:
    kinds = sorted({panel["type"] for panel in document["panels"]})
    return [
        {"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.4.0"},
        {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
        *({"type": "panel", "id": kind, "name": kind, "version": ""} for kind in kinds),
    ]


def dashboard_files() -> dict[str, str]:
    """The text of every file by its path below grafana/."""
    files: dict[str, str] = {}
    for board in boards():
        document = rendered(board)
        name = board.uid.removeprefix("episodarr-")
        files[f"dashboards/{name}.json"] = _text(document)
        files[f"import/{name}.json"] = _text(importable(document))
    return files


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
