"""What the dashboards ask of Prometheus for a large library: `python -m tests.bench.boards`.

Prints, for each board, how many queries one refresh is, the bytes of their answers and how long
Prometheus works for them. Every query is asked as Grafana asks it: an instant one for now, a range with as many points as
its panel shows. The range ends now and covers what was scraped, which is minutes, not hours: the
points are as many as Grafana's, the samples between them fewer.
"""

import argparse
import contextlib
import math
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from tests.bench.processes import exporter, simulated
from tests.bench.scenes import LARGEST_SERIES, furnish, size_of
from tests.processes import free_port
from tests.stack.live import HOST, program, prometheus_command
from tests.stack.programs import newest
from tests.stack.shipped import PROMETHEUS, dashboards

SCRAPE_SECONDS = 5
SCRAPES = 24  # As many as are waited for before anything is asked.
RUNS = 3  # Of each query the fastest one counts: a scrape in between only adds to it.
PATIENCE_SECONDS = 1_800
PAGE_PIXELS = 1_586  # What a window of 1,920 pixels leaves for panels.
OVERVIEW_BYTES, OVERVIEW_SECONDS = 1_000_000, 0.3
HEAD = """\
| board | queries | answers | with gzip | slowest | all, one by one |
|---|---|---|---|---|---|"""
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_STEPS = (
    1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 3_600, 7_200, 10_800, 21_600
)  # fmt: skip
"""The steps that Grafana rounds to."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query of a board, as Grafana sends it."""

    board: str
    panel: str
    expr: str
    points: int | None
    """Of a range; None for an instant query."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the answer to one question costs."""

    question: Question
    plain_bytes: int
    gzip_bytes: int
    seconds: float

    def row(self) -> str:
        """Its line in a list of all."""
        asked = self.question
        points = "now" if asked.points is None else f"{asked.points} points"
        return (
            f"{self.seconds:.3f} s {self.plain_bytes:>9,} B {self.gzip_bytes:>7,} B "
            f"{asked.board}: {asked.panel}, {points}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCost:
    """One refresh of one board."""

    board: str
    costs: Sequence[Cost]

    @property
    def plain_bytes(self) -> int:
        """Of all answers."""
        return sum(cost.plain_bytes for cost in self.costs)

    @property
    def slowest(self) -> Cost:
        """What takes longest."""
        return max(self.costs, key=lambda cost: cost.seconds)

    def row(self) -> str:
        """Its line of the table."""
        gzip_bytes = sum(cost.gzip_bytes for cost in self.costs)
        total = sum(cost.seconds for cost in self.costs)
        return (
            f"| {self.board} | {len(self.costs)} | {self.plain_bytes / 1_000:,.0f} kB "
            f"| {gzip_bytes / 1_000:,.0f} kB | {self.slowest.seconds:.3f} s, "
            f"{self.slowest.question.panel} | {total:.2f} s |"
        )


def seconds_of(duration: str) -> int:
    """A duration as dashboards write it, "12h" or "now-7d"."""
    text = duration.removeprefix("now-")
    return int(text[:-1]) * _SECONDS[text[-1]]


def step_of(span: int, points: int, least: int) -> int:
    """The step of a range query that Grafana makes for so many points at most."""
    wanted = max(span / points, least)
    return next((step for step in _STEPS if step >= wanted), _STEPS[-1])


def questions(series: str, seasons: Sequence[str], job: str = ".+") -> Iterator[Question]:
    """Every query of every board, its variables filled in; a panel that repeats is asked for each season."""
    chosen = {"$series": series, "$job": job}
    for name, board in dashboards().items():
        span = seconds_of(board["time"]["from"])
        for panel in board["panels"]:
            points = panel.get("maxDataPoints") or PAGE_PIXELS * panel["gridPos"]["w"] // 24
            step = step_of(span, points, seconds_of(panel.get("interval") or "30s"))
            for season in seasons if panel.get("repeat") else [".+"]:
                for target in panel["targets"]:
                    asked = None if target.get("instant") else math.ceil(span / step)
                    expr = _filled(target["expr"], chosen | {"$season": season}, span, step)
                    yield Question(name, panel["title"], expr, asked)
        for mark in board["annotations"].get("list", []):
            step = seconds_of(mark["step"])
            expr = _filled(mark["expr"], chosen, span, step)
            yield Question(name, mark["name"], expr, math.ceil(span / step))


def _filled(expr: str, chosen: Mapping[str, str], span: int, step: int) -> str:
    values = {
        "$__rate_interval": f"{max(4 * 30, step + 30)}s",
        "$__interval": f"{step}s",
        "$__range": f"{span}s",
        "${series:text}": "A Series",
        "$instance": ".+",
        "$deletion": ".+",
        "$sonarr": "tv",
        **chosen,
    }
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr


class Server:
    """A running Prometheus."""

    def __init__(self, web: httpx.Client, pid: int) -> None:
        self._web = web
        self._tasks = Path(f"/proc/{pid}/task")

    def ask(self, question: Question, span: float, runs: int = RUNS) -> Cost:
        """The cost of one question; `span` is how many seconds were scraped."""
        costs = [self._asked(question, span) for _ in range(runs)]
        return min(costs, key=lambda cost: cost.seconds)

    def _asked(self, question: Question, span: float) -> Cost:
        end = time.time()
        route, parameters = "query", {"query": question.expr, "time": f"{end:.3f}"}
        if question.points is not None:
            route = "query_range"
            step = f"{span / question.points:.3f}"
            start = f"{end - span:.3f}"
            parameters = {"query": question.expr, "start": start, "end": f"{end:.3f}", "step": step}
        before = self._worked_seconds()
        answer = self._web.post(f"/api/v1/{route}", data=parameters)
        took = self._worked_seconds() - before
        if answer.status_code != 200:
            raise RuntimeError(f"{question.board}/{question.panel}: {answer.text}")
        return Cost(question, len(answer.content), answer.num_bytes_downloaded, took)

    def _worked_seconds(self) -> float:
        """Of all processors together: other programs make an answer late, but add little to this."""
        threads = [(task / "schedstat").read_text().split() for task in self._tasks.iterdir()]
        return sum(int(running) for running, *_ in threads) / 1e9

    def values(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each sample."""
        answer = self._web.post("/api/v1/query", data={"query": expr}).raise_for_status().json()
        return [(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]]

    def wait_for(self, expr: str) -> None:
        """Wait until a query has an answer.

        Raises:
            TimeoutError: it has none in time.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError):
                if self.values(expr):
                    return
            time.sleep(1)
        raise TimeoutError(f"no answer to {expr} in {PATIENCE_SECONDS} s")


@contextlib.contextmanager
def prometheus(
    folder: Path, scraped: int, path_by_job: Mapping[str, str], every: int
) -> Iterator[Server]:
    """Prometheus with the shipped rules, and a scrape of each path of a port every few seconds."""
    port = free_port()
    times = {"scrape_interval": f"{every}s", "evaluation_interval": f"{every}s"}
    configuration = {
        "global": times | {"scrape_timeout": f"{every}s"},
        "rule_files": [str(PROMETHEUS / "rules/*.yml")],
        "scrape_configs": [
            {
                "job_name": job,
                "metrics_path": path,
                "static_configs": [{"targets": [f"{HOST}:{scraped}"]}],
            }
            for job, path in path_by_job.items()
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    command = [
        *prometheus_command(folder, port, newest("prometheus")),
        f"--storage.tsdb.path={folder}/data",
    ]
    with (
        program(command, folder / "prometheus.log") as process,
        httpx.Client(base_url=f"http://{HOST}:{port}", timeout=120) as web,
    ):
        server = Server(web, process.pid)
        server.wait_for("vector(1)")
        yield server


def measure(series: int) -> list[BoardCost]:
    """The cost of each board for a library of so many series, everything read and inventoried."""
    size = size_of(series)
    with (
        tempfile.TemporaryDirectory() as name,
        simulated(["--speed=0", *size.arguments]) as systems,
    ):
        furnish(systems, size)
        systems.warm()
        with (
            exporter(Path(name), systems.environment) as running,
            prometheus(
                Path(name), running.port, {"episodarr": "/metrics"}, SCRAPE_SECONDS
            ) as server,
        ):
            server.wait_for("sum(episodarr_inventory_pending_series) == 0")
            scraped = f"count_over_time(episodarr_snapshot_timestamp_seconds[1h]) > {SCRAPES}"
            server.wait_for(scraped)
            samples = server.values("sum(scrape_samples_scraped)")[0][1]
            sys.stderr.write(f"{size.name}: {samples:,.0f} samples\n")
            return _costs(server)


def _costs(server: Server) -> list[BoardCost]:
    (largest, _), *_ = server.values("topk(1, count by (tvdb_id) (episodarr_episode_stage))")
    of = f'episodarr_episode_stage{{tvdb_id="{largest["tvdb_id"]}"}}'
    seasons = [labels["season"] for labels, _ in server.values(f"count by (season) ({of})")]
    span = SCRAPES * SCRAPE_SECONDS
    found: dict[str, list[Cost]] = {}
    for question in questions(largest["tvdb_id"], seasons):
        found.setdefault(question.board, []).append(server.ask(question, span))
    return [BoardCost(board=board, costs=costs) for board, costs in found.items()]


def main() -> None:
    """Measure and print; ends with 1 if the overview costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=LARGEST_SERIES)
    parser.add_argument("--each", action="store_true", help="every question, slowest first")
    options = parser.parse_args()
    boards = measure(options.series)
    lines = [HEAD, *(board.row() for board in boards)]
    if options.each:
        every = [cost for board in boards for cost in board.costs]
        lines += [cost.row() for cost in sorted(every, key=lambda cost: -cost.seconds)]
    sys.stdout.write("\n".join(lines) + "\n")
    (overview,) = [board for board in boards if board.board == "overview"]
    is_cheap = overview.plain_bytes < OVERVIEW_BYTES and overview.slowest.seconds < OVERVIEW_SECONDS
    sys.exit(0 if is_cheap else 1)


if __name__ == "__main__":
    main()
