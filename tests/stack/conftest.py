"""One running stack for all tests that need one."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import free_port
from tests.stack.live import (
    Exporter,
    Prometheus,
    Simulated,
    alertmanager,
    exporter,
    prometheus,
    simulated,
    tells,
    until,
)
from tests.stack.receiver import Inbox, inbox
from tests.stack.shipped import MAY_BE_EMPTY, annotation_queries, cookbook, panel_queries

ANDOR = 393189
ATTACK_ON_TITAN = 267440
CHARLOTTE = 293088
TORADORA = 84751

STALLED_EPISODES = range(4, 13)
KEEP_SECONDS = 6
SHORT = (
    "evaluation=1s", "settle=1s", "catch_up=1s", "gap=4s", "keep_firing=4s", "download_stalled=3s",
    "upstream_down_window=2s", "upstream_down=1s", "exporter_down_window=5s", "ending=2s",
)  # fmt: skip
"""In the proportions of what ships: an outage is known before the facts of the silent system run out."""

SPEED = 4
"""Of the simulated world: files go and queues are read again in a second or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything between the systems and the person who gets the messages."""

    systems: Simulated
    exporter: Exporter
    server: Prometheus
    received: Inbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, all at once."""

    stalled: tuple[str, ...]
    """The ids of Andor's downloads that receive nothing."""
    stuck: tuple[str, ...]
    """The paths of the files of Toradora! that cannot be deleted."""
    at_first: Mapping[str, list[dict[str, Any]]]
    """What every panel and every recipe showed before it, by where the query stands."""
    answers: Mapping[str, list[dict[str, Any]]]
    """The same when both deletions were judged and nothing was mended yet."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack over the demo, whose time stands still until something is caused in it."""
    folder: Path = tmp_path_factory.mktemp("stack")
    port = free_port()
    with (
        simulated(folder, f"http://127.0.0.1:{port}/webhooks/sonarr") as systems,
        exporter(
            folder, port, systems.environment, EPISODARR_KEEP_SECONDS=str(KEEP_SECONDS)
        ) as running,
        inbox() as received,
        alertmanager(folder, received.url) as url,
        prometheus(folder, port, *SHORT, alertmanager=url) as server,
    ):
        until(lambda: server.now("sum(episodarr_inventory_pending_series) == 0"), "all is read")
        yield Stack(systems=systems, exporter=running, server=server, received=received)


@pytest.fixture(scope="package")
def trouble(stack: Stack) -> Trouble:
    """Stalled downloads, a failed one, one that comes through, a good deletion and a partial one."""
    systems, server = stack.systems, stack.server
    _fail_for_a_moment(stack)
    at_first = {query.where: server.answers(query) for query in panel_queries()}
    for series in (CHARLOTTE, TORADORA):
        stack.exporter.expect_deletion(series)
    stalled = [
        systems.cause(
            "grab", sonarr="tv", tvdb_id=ANDOR, episodes=[[2, number]],
            phase="stalled", rate=0, progress=0.1, age_seconds=3600,
        )
        for number in STALLED_EPISODES
    ]  # fmt: skip
    failed = systems.cause("grab", sonarr="anime4k", tvdb_id=ATTACK_ON_TITAN, episodes=[[1, 24]])
    systems.cause("fail_download", sonarr="anime4k", download_id=failed)
    done = systems.cause("grab", sonarr="anime4k", tvdb_id=ATTACK_ON_TITAN, episodes=[[1, 25]])
    systems.cause("finish_download", sonarr="anime4k", download_id=done)
    stuck = systems.cause("pin_files", sonarr="tv", tvdb_id=TORADORA, episodes=[[1, 11], [1, 12]])
    for series in (CHARLOTTE, TORADORA):
        systems.cause("delete_series", sonarr="tv", tvdb_id=series)
    systems.run(SPEED)
    until(lambda: _is_judged(stack), "both deletions judged")
    return Trouble(
        stalled=tuple(stalled), stuck=tuple(stuck), at_first=at_first, answers=_all_answers(server)
    )


def _fail_for_a_moment(stack: Stack) -> None:
    up = 'episodarr_upstream_up{system="jellyseerr"}'
    stack.systems.fail("jellyseerr", "refused")
    firing = 'ALERTS{alertname="EpisodarrUpstreamDown",alertstate="firing"}'
    until(lambda: stack.server.now(firing), "an outage")
    stack.systems.fail("jellyseerr")
    until(lambda: stack.server.now(f"{up} == 1"), "its end")


def _is_judged(stack: Stack) -> bool:
    # Seerr's own job comes to it in its own time.
    stack.systems.cause("seerr_job")
    of = "episodarr_deletion_status{deletion_status="
    return bool(stack.server.now(f'{of}"partial"}} and on () {of}"complete"}}'))


def _all_answers(server: Prometheus) -> dict[str, list[dict[str, Any]]]:
    """What every shipped query gives, each as soon as it gives something."""
    excused = {query.where for query, reason in cookbook() if reason}
    asked = [*panel_queries(), *annotation_queries(), *(query for query, _ in cookbook())]
    answers = {query.where: server.answers(query) for query in asked}

    def all_there() -> bool:
        for query in asked:
            if not tells(answers[query.where]):
                answers[query.where] = server.answers(query)
        empty = {
            q.where for q in asked if not tells(answers[q.where]) and q.name not in MAY_BE_EMPTY
        }
        return empty <= excused

    # Those that stay empty fail their own tests.
    with contextlib.suppress(AssertionError):
        until(all_there, "answers")
    return answers


@pytest.fixture(scope="package")
def mended(stack: Stack, trouble: Trouble) -> None:
    """Every alert that was caused is received, and its cause mended."""
    received = stack.received
    until(
        lambda: received.about("EpisodarrDownloadStalled", series="Andor"), "the stalled downloads"
    )
    until(lambda: received.about("EpisodarrDeletionPartial"), "the partial deletion")
    for download in trouble.stalled:
        stack.systems.cause(
            "set_phase", sonarr="tv", download_id=download, phase="downloading", rate=2_000_000
        )
    stack.systems.cause("release_files", paths=trouble.stuck)
    stack.exporter.recheck(TORADORA)
