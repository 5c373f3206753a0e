"""The simulated webhooks have the shape of recorded ones."""

import json
from pathlib import Path

import pytest

from episodarr.simulator import Scenario, SeasonPlan, TorrentFile, World
from tests.simulator.drive import START

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "payloads" / "webhooks"
SHOW = 70_001

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded webhooks here")


def shape(value: object) -> object:
    """The keys of a body with the kinds of its values; of a list the first item's."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def missing(recorded: object, simulated: object, where: str = "") -> list[str]:
    """Places where the simulated shape lacks a key of the recorded one or has another kind."""
    if isinstance(recorded, dict) and isinstance(simulated, dict):
        gaps = [f"{where}.{key}" for key in recorded if key not in simulated]
        for key in recorded.keys() & simulated.keys():
            gaps += missing(recorded[key], simulated[key], f"{where}.{key}")
        return gaps
    if isinstance(recorded, list) and isinstance(simulated, list):
        both = recorded and simulated
        return missing(recorded[0], simulated[0], f"{where}[]") if both else []
    return [] if type(recorded) is type(simulated) and recorded == simulated else [where]


def messages() -> World:
    scenario = Scenario.empty().add_series(
        SHOW, "Drawn", {1: SeasonPlan(episodes=3)}, series_type="anime"
    )
    world = scenario.build(START)
    world.sonarr("tv").options.webhook_url = "http://127.0.0.1:1/"
    files = [TorrentFile(f"pack/{n}.mkv", 1000, episodes=((1, n),)) for n in (1, 2, 3)]
    download = world.grab("tv", SHOW, [(1, 1), (1, 2), (1, 3)], files=files)
    world.finish_download("tv", download)
    world.import_download("tv", download)
    return world


def test_a_grab_has_all_that_a_recorded_one_has() -> None:
    recorded = json.loads((RECORDED / "sonarr-grab.json").read_text())
    grab = messages().outbox[0].body
    known = {".series.imdbId", ".series.images[].remoteUrl"}
    assert set(missing(shape(recorded), shape(dict(grab)))) <= known


def test_an_import_of_a_pack_is_one_message_with_all_files() -> None:
    recorded = json.loads((RECORDED / "sonarr-import.json").read_text())
    recorded.pop("_note")
    body = dict(messages().outbox[-1].body)
    assert missing(shape(recorded), shape(body)) == []
    files = body["episodeFiles"]
    assert isinstance(files, list)
    assert (len(files), body["fileCount"]) == (3, 3)
    assert "episodeFile" not in body
