"""From something going wrong to the sentence a person reads, through real programs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stack.live import (
    Inbox,
    Prometheus,
    Simulated,
    alertmanager,
    exporter,
    free_port,
    inbox,
    prometheus,
    simulated,
    until,
)

pytestmark = pytest.mark.e2e

ANDOR = 393189
TORADORA = 84751
STALLED_EPISODES = range(4, 13)
# In the proportions of what ships: an outage is known before the facts of the silent system run out.
SHORT = (
    "evaluation=1s", "settle=1s", "gap=6s", "keep_firing=6s", "download_stalled=3s",
    "upstream_down_window=2s", "upstream_down=1s", "exporter_down_window=5s",
)  # fmt: skip
KEEP_SECONDS = 6


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Simulated, Prometheus, Inbox]]:
    """Everything between the systems and the person who is told."""
    folder: Path = tmp_path_factory.mktemp("stack")
    port = free_port()
    with (
        simulated(folder, f"http://127.0.0.1:{port}/webhooks/sonarr") as systems,
        exporter(folder, port, systems.environment, EPISODARR_KEEP_SECONDS=str(KEEP_SECONDS)),
        inbox() as received,
        alertmanager(folder, received.url) as told,
        prometheus(folder, port, *SHORT, alertmanager=told) as server,
    ):
        until(
            lambda: server.now("episodarr_inventory_pending_series == 0"), 30, "all episodes read"
        )
        yield systems, server, received


def _firing(notifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [n for n in notifications if n["status"] == "firing"]


def _in_state(notification: dict[str, Any], state: str) -> list[dict[str, Any]]:
    return [alert for alert in notification["alerts"] if alert["status"] == state]


def _news(notifications: list[dict[str, Any]]) -> list[set[str]]:
    """For each notification the alerts that were not firing in the one before."""
    news = []
    before: set[str] = set()
    for notification in notifications:
        now = {alert["fingerprint"] for alert in _in_state(notification, "firing")}
        news.append(now - before)
        before = now
    return news


def _resolved(notifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [n for n in notifications if n["status"] == "resolved"]


def test_many_stalled_episodes_of_one_series_are_one_notification(
    stack: tuple[Simulated, Prometheus, Inbox],
) -> None:
    systems, _, received = stack
    name = "EpisodarrDownloadStalled"
    downloads = [
        systems.cause(
            "grab", sonarr="tv", tvdb_id=ANDOR, episodes=[[2, number]],
            phase="stalled", rate=0, progress=0.1, age_seconds=3600,
        )
        for number in STALLED_EPISODES
    ]  # fmt: skip
    (told,) = until(lambda: _firing(received.about(name, series="Andor")), 30, "the notification")
    assert len(told["alerts"]) == len(downloads)
    assert told["receiver"] == "people"
    assert told["commonAnnotations"]["plural"] == "downloads of Andor are stalled"
    assert {alert["labels"]["download_id"] for alert in told["alerts"]} == {
        download.lower() for download in downloads
    }
    for download in downloads:
        systems.cause(
            "set_phase", sonarr="tv", download_id=download, phase="downloading", rate=2_000_000
        )
    until(lambda: _resolved(received.about(name, series="Andor")), 30, "the all-clear")
    # Bytes come to one after the other, so the all-clear may come in parts; news comes once.
    notifications = received.about(name, series="Andor")
    assert [len(new) for new in _news(notifications) if new] == [len(downloads)]
    cleared = {a["labels"]["download_id"] for n in notifications for a in _in_state(n, "resolved")}
    assert cleared == {download.lower() for download in downloads}


def test_a_partial_deletion_is_told_by_name_once_and_heals(
    stack: tuple[Simulated, Prometheus, Inbox],
) -> None:
    systems, _, received = stack
    name = "EpisodarrDeletionPartial"
    stuck = systems.cause("pin_files", sonarr="tv", tvdb_id=TORADORA, episodes=[[1, 11], [1, 12]])
    systems.cause("delete_series", sonarr="tv", tvdb_id=TORADORA)
    (told,) = until(lambda: _firing(received.about(name)), 50, "the notification")
    (alert,) = told["alerts"]
    assert alert["annotations"]["summary"] == (
        "Deleted 23/25 episodes of Toradora!, 2 failed: "
        "S01E11 on disk, jellyfin, shoko; S01E12 on disk, jellyfin, shoko"
    )
    assert alert["annotations"]["runbook_url"].endswith("#episodarrdeletionpartial")
    time.sleep(5)
    assert len(_firing(received.about(name))) == 1, "told once"
    systems.cause("release_files", paths=stuck)
    (clear,) = until(lambda: _resolved(received.about(name)), 40, "the all-clear")
    assert clear["alerts"][0]["labels"]["series"] == "Toradora!"
    assert len(_firing(received.about(name))) == 1


def test_an_outage_is_told_and_does_not_clear_what_depends_on_it(
    stack: tuple[Simulated, Prometheus, Inbox],
) -> None:
    systems, server, received = stack
    # The demo's own stalled episode.
    stalled = "EpisodarrDownloadStalled"
    before = until(lambda: received.about(stalled, series="SPY x FAMILY"), 30, "the notification")
    assert before[-1]["status"] == "firing"
    systems.fail("qbittorrent.main", "refused")
    down = until(lambda: _firing(received.about("EpisodarrUpstreamDown")), 30, "the outage")
    assert [a["annotations"]["summary"] for a in down[0]["alerts"]] == [
        "qbittorrent main does not answer Episodarr"
    ]
    until(
        lambda: not server.now("episodarr_download_connected_seeds"), 30, "the facts have run out"
    )
    time.sleep(KEEP_SECONDS + 4)
    systems.fail("qbittorrent.main")
    until(lambda: _resolved(received.about("EpisodarrUpstreamDown")), 30, "the all-clear")
    until(
        lambda: server.now(f'ALERTS{{alertname="{stalled}",alertstate="firing"}}'), 30, "it is back"
    )
    time.sleep(5)
    assert received.about(stalled, series="SPY x FAMILY") == before, "nothing was told about it"
