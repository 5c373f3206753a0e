"""A refresh of the overview does not grow with the library."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import override

import pytest

from episodarr.instruments import Instruments
from episodarr.metrics.counters import Counters
from episodarr.metrics.rendering.exposition import Exposition
from episodarr.model.deletion import DeletionStatus
from episodarr.model.health import System
from episodarr.model.stage import Hold
from episodarr.model.view import SeriesView
from tests.bench.boards import prometheus, questions
from tests.bench.render import series_view, snapshot_of
from tests.builders import a_deletion_view, a_request_view, an_upstream_health
from tests.replacing import replace
from tests.stack.live import HOST
from tests.stack.programs import need

pytestmark = pytest.mark.e2e

SIZES = {"small": 40, "large": 120}


def _held(view: SeriesView) -> SeriesView:
    """The series with every episode of its last season stuck."""
    *others, last = view.seasons
    held = tuple(replace(episode, hold=Hold.NO_SEEDS) for episode in last.episodes or ())
    return replace(view, seasons=(*others, replace(last, episodes=held)))


def rendered(series: int) -> bytes:
    """The metrics of a library in which every series is under way, stuck, requested and deleted."""
    views = [series_view(number, is_active=True) for number in range(series)]
    stuck = [_held(view) for view in views]
    times = range(3 * series)
    snapshot = replace(
        snapshot_of({view.key: view for view in stuck}),
        requests=tuple(a_request_view(n, stuck[n % series]) for n in times),
        deletions=tuple(
            a_deletion_view(f"d{n}", (), status=DeletionStatus.PARTIAL, key=stuck[n % series].key)
            for n in times
        ),
        upstreams=(
            an_upstream_health(),
            an_upstream_health("jellyseerr", System.JELLYSEERR),
        ),
    )
    steps = Exposition(instruments=Instruments()).update_steps(snapshot, Counters())
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return b"".join(done.value.text)


@contextmanager
def served(texts: dict[str, bytes]) -> Iterator[int]:
    """The port of a server of these texts, by path."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(texts[self.path])

        @override
        def log_message(self, *_: object) -> None:
            """Nothing: its log is nothing to us."""

    with http.server.ThreadingHTTPServer((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_a_refresh_of_the_overview_does_not_grow_with_the_library(tmp_path: Path) -> None:
    need("prometheus")
    texts = {f"/{job}": rendered(series) for job, series in SIZES.items()}
    with (
        served(texts) as port,
        prometheus(tmp_path, port, {job: f"/{job}" for job in SIZES}, every=2) as server,
    ):
        for scraped_and_recorded in (
            "episodarr_episode_stage",
            "sonarr:episodarr_season_available_per_tracked_episodes:ratio",
            "sonarr_stage:episodarr_season_episodes:sum",
        ):
            server.wait_for(f"count(count by (job) ({scraped_and_recorded})) == 2")
        # Side by side: over time both have more points.
        both = zip(*(questions("70000", [], job) for job in SIZES), strict=True)
        costs = [
            [server.ask(question, 60, runs=1) for question in pair]
            for pair in both
            if pair[0].board == "overview"
        ]
    grown = {
        f"{number} {small.question.panel}": (small.plain_bytes, large.plain_bytes)
        for number, (small, large) in enumerate(costs)
        if large.plain_bytes > 1.3 * small.plain_bytes + 1_000
    }
    assert grown == {}
    assert sum(small.plain_bytes for small, _ in costs) > 50_000, "the tables are full"
