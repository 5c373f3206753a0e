"""The simulated webhooks have the shape of recorded ones."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from episodarr.simulator import Scenario, SeasonPlan, SeriesPlan, TorrentFile
from tests.simulator.drive import START

RECORDED = Path(__file__).resolve().parents[1] / "recorded" / "sonarr" / "5-develop" / "webhooks"
SHOW = 70_001
NOT_EVERY_SERIES_HAS = {".series.imdbId"}


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


def messages() -> list[Mapping[str, object]]:
    """What Sonarr sends from the grab of a pack until its series is deleted, and of another pack."""
    scenario = Scenario.empty().add_series(
        SHOW, "Drawn", {1: SeasonPlan(episodes=3)}, series_type="anime"
    )
    world = scenario.build(START)
    world.sonarr("tv").options.webhook_url = "http://127.0.0.1:1/"
    episodes = [(1, 1), (1, 2), (1, 3)]
    files = [TorrentFile(f"pack/{n}.mkv", 1000, episodes=((1, n),)) for n in (1, 2, 3)]
    download = world.grab("tv", SHOW, episodes, files=files)
    world.finish_download("tv", download)
    world.import_download("tv", download)
    world.upgrade("tv", SHOW, [(1, 1)])
    world.rename_files("tv", SHOW)
    world.delete_files("tv", SHOW, [(1, 2)])
    held = world.grab("tv", SHOW, episodes, blocked_by=["Sample"])
    world.finish_download("tv", held)
    world.advance(START.replace(minute=30))
    world.delete_series("tv", SHOW)
    again = SeriesPlan(tvdb_id=SHOW, title="Drawn", seasons={1: SeasonPlan(episodes=3)})
    world.readd_series("tv", again)
    world.send_test("tv")
    return [message.body for message in world.outbox]


def of_the_kind(recorded: Mapping[str, object]) -> Mapping[str, object]:
    """The simulated message that says what a recorded one says."""
    told_apart = ("eventType", "isUpgrade", "deleteReason")
    for body in messages():
        alike = all(body.get(key) == recorded.get(key) for key in told_apart)
        if alike and ("episodeFiles" in body) == ("episodeFiles" in recorded):
            return body
    raise AssertionError(f"nothing like {recorded['eventType']} is simulated")


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.stem)
def test_a_message_has_all_that_a_recorded_one_has(path: Path) -> None:
    recorded = json.loads(path.read_text())
    gaps = missing(shape(recorded), shape(dict(of_the_kind(recorded))))
    assert set(gaps) <= NOT_EVERY_SERIES_HAS


def test_an_import_of_a_pack_is_one_message_with_all_files() -> None:
    body, upgraded = [body for body in messages() if "episodeFiles" in body]
    assert upgraded["fileCount"] == 1
    files = body["episodeFiles"]
    assert isinstance(files, list)
    assert (len(files), body["fileCount"]) == (3, 3)
    assert "episodeFile" not in body
