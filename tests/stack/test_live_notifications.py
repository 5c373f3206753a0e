"""From something going wrong to the sentence a person reads, through real programs."""

import time
from typing import Any

import pytest

from tests.stack.conftest import Stack, Trouble
from tests.stack.live import until

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("stack")]

OUTLIVED_SECONDS = 10
"""Longer than an alert outlives its facts, by the last sample and by `keep_firing_for`."""
TWO_ROUNDS_SECONDS = 5
"""More than two of the shortened intervals in which Alertmanager tells news of a group."""


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


@pytest.mark.usefixtures("mended")
def test_many_stalled_episodes_of_one_series_are_one_notification(
    stack: Stack, trouble: Trouble
) -> None:
    name = "EpisodarrDownloadStalled"
    downloads = {download.lower() for download in trouble.stalled}
    message = _firing(stack.received.about(name, series="Andor"))[0]
    assert len(message["alerts"]) == len(downloads)
    assert message["receiver"] == "people"
    assert message["commonAnnotations"]["plural"] == "downloads of Andor are stalled"
    assert {alert["labels"]["download_id"] for alert in message["alerts"]} == downloads
    until(lambda: _resolved(stack.received.about(name, series="Andor")), "the all-clear")
    # Bytes come to one after the other, so the all-clear may come in parts; news comes once.
    notifications = stack.received.about(name, series="Andor")
    assert [len(new) for new in _news(notifications) if new] == [len(downloads)]
    cleared = {a["labels"]["download_id"] for n in notifications for a in _in_state(n, "resolved")}
    assert cleared == downloads


@pytest.mark.usefixtures("mended")
def test_a_partial_deletion_is_reported_by_name_once_and_heals(stack: Stack) -> None:
    name = "EpisodarrDeletionPartial"
    (clear,) = until(lambda: _resolved(stack.received.about(name)), "the all-clear")
    assert clear["alerts"][0]["labels"]["series"] == "Toradora!"
    (message,) = _firing(stack.received.about(name))
    (alert,) = message["alerts"]
    assert alert["annotations"]["summary"] == (
        "Deleted 23/25 episodes of Toradora!, 2 failed: "
        "S01E11, S01E12 on disk, Jellyfin, Shoko; 2.8 GiB stay"
    )
    assert clear["alerts"][0]["annotations"]["summary"] == (
        "What had failed of Toradora! is gone now: 25/25 episodes are deleted"
    )
    assert alert["annotations"]["runbook_url"].endswith("#episodarrdeletionpartial")


@pytest.mark.usefixtures("mended")
def test_an_outage_is_reported_and_does_not_clear_what_depends_on_it(stack: Stack) -> None:
    systems, server, received = stack.systems, stack.server, stack.received
    stalled, outage = "EpisodarrDownloadStalled", "EpisodarrUpstreamDown"
    # An outage mutes the all-clear of what depends on it, and another one may still be notified.
    until(lambda: _resolved(received.about(stalled, series="Andor")), "the other all-clear")
    until(lambda: not server.now(f'ALERTS{{alertname="{outage}"}}'), "quiet")
    seen = len(received.about(outage))
    # The demo's own stalled episode.
    fires = f'ALERTS{{alertname="{stalled}",series="SPY x FAMILY",alertstate="firing"}}'
    before = until(lambda: received.about(stalled, series="SPY x FAMILY"), "the notification")
    assert before[-1]["status"] == "firing"
    assert server.now(fires)
    systems.fail("qbittorrent.main", "refused")
    down = until(lambda: _firing(received.about(outage)[seen:]), "the outage")
    assert [a["annotations"]["summary"] for a in _in_state(down[0], "firing")] == [
        "qBittorrent main does not answer Episodarr: no connection: refused, no route or no such name"
    ]
    until(lambda: not server.now("episodarr_download_connected_seeds"), "the facts have run out")
    time.sleep(OUTLIVED_SECONDS)
    systems.fail("qbittorrent.main")
    until(lambda: server.now("episodarr_download_connected_seeds"), "the facts are back")
    until(lambda: _resolved(received.about(outage)[seen:]), "the all-clear")
    until(lambda: server.now(fires), "it fires, still or again")
    time.sleep(TWO_ROUNDS_SECONDS)
    assert received.about(stalled, series="SPY x FAMILY") == before, "no message about it"
