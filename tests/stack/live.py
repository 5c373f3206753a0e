"""Real programs on loopback: simulated systems, the exporter, Prometheus, Alertmanager."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.processes import end, free_port
from tests.stack.programs import accepted, newest, python, run
from tests.stack.shipped import ALERTMANAGER, PROMETHEUS, ROOT, Query, read_yaml

HOST = "127.0.0.1"
LONGEST_STOP_SECONDS = 20
PATIENCE_SECONDS = 90
"""For everything that is waited for: other programs may use this machine too."""

_WEB = httpx.Client(timeout=20)
"""One for all, because making one takes longer than most answers."""


def tells(samples: list[dict[str, Any]]) -> bool:
    """Whether there is a number in an answer: a quantile of nothing is not one."""
    values = [v for sample in samples for v in sample.get("values", [sample.get("value")])]
    return any(number != "NaN" for _, number in values)


def until[T](read: Callable[[], T], what: str) -> T:
    """The first answer that is true.

    Raises:
        AssertionError: there was none in time; it says what was waited for and the last answer.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    answer: object = None
    while time.monotonic() < deadline:
        try:
            answer = read()
        except httpx.TransportError as error:
            answer = error
        if answer and not isinstance(answer, Exception):
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {PATIENCE_SECONDS} s; last seen: {answer!r}")


@contextlib.contextmanager
def program(command: list[str], log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program while it is needed; its output goes to the file."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**clean, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            end(process, LONGEST_STOP_SECONDS)


@dataclass(frozen=True, slots=True)
class Simulated:
    """The simulated systems."""

    environment: dict[str, str]
    control: str

    def cause(self, event: str, **arguments: object) -> Any:
        """Lets something happen; what the event returns."""
        return self._post("events", event=event, arguments=arguments)["result"]

    def fail(self, system: str, kind: str = "none") -> None:
        """Switches a fault on, or off with kind "none"."""
        self._post("faults", system=system, kind=kind)

    def run(self, speed: float) -> None:
        """Lets the world's time pass that much faster than ours; 0 stops it."""
        self._post("speed", speed=speed)

    def _post(self, route: str, **order: object) -> Any:
        answer = _WEB.post(f"{self.control}/control/{route}", json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextlib.contextmanager
def simulated(folder: Path, webhooks_to: str) -> Iterator[Simulated]:
    """The systems of the demo, with real files in the folder; their time stands still at first."""
    log = folder / "simulated.log"
    command = [
        sys.executable, "-m", "episodarr", "simulate", "--json", "--speed=0", "--control-port=0",
        f"--media-root={folder / 'media'}", f"--webhook-url={webhooks_to}",
    ]  # fmt: skip
    with program(command, log) as process:

        def announced() -> str:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            return next((ln for ln in log.read_text("utf-8").splitlines() if ln[:1] == "{"), "")

        line = json.loads(until(announced, "the simulated systems"))
        yield Simulated(line["environment"], line["urls"]["control"])


@dataclass(frozen=True, slots=True)
class Exporter:
    """The exporter, and what people ask it to do."""

    address: str
    secret: str

    def expect_deletion(self, series: int) -> None:
        """Announces a deletion: the inventory is taken at once, whatever else is due."""
        self._asked("deletions", series=f"tv:{series}")

    def recheck(self, series: int) -> None:
        """Asks every system again about the deletion of a series."""
        listed = _WEB.get(f"{self.address}/api/v1/deletions").json()["deletions"]
        (wanted,) = [deletion["id"] for deletion in listed if deletion["tvdb_id"] == series]
        self._asked(f"deletions/{wanted}/recheck")

    def _asked(self, route: str, **body: str) -> None:
        answer = _WEB.post(
            f"{self.address}/api/v1/{route}", json=body, headers={"X-Episodarr-Secret": self.secret}
        )
        assert answer.status_code == 202, answer.text


@contextlib.contextmanager
def exporter(
    folder: Path, port: int, environment: dict[str, str], **more: str
) -> Iterator[Exporter]:
    """The exporter itself, once it is ready. `more` is environment too."""
    log = folder / "episodarr.log"
    own = {
        "EPISODARR_WEB__LISTEN": f"{HOST}:{port}",
        "EPISODARR_STATE_DIR": str(folder / "state"),
        "EPISODARR_CYCLE_SECONDS": "0.5",
        "EPISODARR_SERIES_SECONDS": "2",
        "EPISODARR_LIBRARY_SECONDS": "1",
        "EPISODARR_REQUESTS_SECONDS": "2",
        "EPISODARR_DELETION__CHECK_SECONDS": "0.5",
        "EPISODARR_DELETION__COALESCE_SECONDS": "1",
        "EPISODARR_DELETION__RESCAN_SHOKO": "true",
        "EPISODARR_DELETION__RESCAN_JELLYFIN": "true",
    }
    deadlines = {
        "SONARR": 5, "DISK": 5, "JELLYSEERR": 60, "JELLYFIN": 60, "JELLYFIN_RESCAN": 60, "SHOKO": 60,
    }  # fmt: skip
    for system, seconds in deadlines.items():
        own[f"EPISODARR_DELETION__DEADLINE_{system}_SECONDS"] = str(seconds)
    address = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "episodarr", "serve"]
    with program(command, log, **{**environment, **own, **more}) as process:

        def ready() -> bool:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            return _WEB.get(f"{address}/-/ready").status_code == 200

        until(ready, "the exporter")
        yield Exporter(address, environment["EPISODARR_WEB__SECRET"])


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    address: str
    log: Path

    def rules(self) -> list[dict[str, Any]]:
        """Every rule with its health and last error."""
        groups = _WEB.get(f"{self.address}/api/v1/rules").json()["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def now(self, expr: str) -> list[dict[str, Any]]:
        """The samples of an instant query."""
        return self._asked("query", query=expr)

    def lately(self, expr: str, seconds: int = 60) -> list[dict[str, Any]]:
        """The series of a range query that ends now."""
        end = time.time()
        return self._asked("query_range", query=expr, start=end - seconds, end=end, step=1)

    def answers(self, query: Query) -> list[dict[str, Any]]:
        """What a shipped query gives, asked as its panel asks it."""
        return self.now(query.filled) if query.is_instant else self.lately(query.filled)

    def _asked(self, route: str, **parameters: str | float) -> list[dict[str, Any]]:
        answer = _WEB.get(f"{self.address}/api/v1/{route}", params=parameters)
        document = answer.json()
        assert document["status"] == "success", (parameters["query"], document)
        result: list[dict[str, Any]] = document["data"]["result"]
        return result


def prometheus_command(home: Path, port: int, server: str = "prometheus") -> list[str]:
    """What starts it with the configuration in a folder."""
    return [
        server, f"--config.file={home}/prometheus.yml", f"--web.listen-address={HOST}:{port}"
    ]  # fmt: skip


@contextlib.contextmanager
def prometheus(
    folder: Path, scraped_port: int, *settings: str, alertmanager: str | None = None
) -> Iterator[Prometheus]:
    """Prometheus with the shipped configuration; addresses and times are the test's.

    `settings` are thresholds as `prometheus/build.py --set` takes them.
    """
    port = free_port()
    home = folder / "prometheus"
    rendered = python(
        PROMETHEUS / "build.py", "--output", home / "rules",
        *(part for setting in settings for part in ("--set", setting)),
    )  # fmt: skip
    assert rendered.returncode == 0, rendered.stderr
    configuration = read_yaml(PROMETHEUS / "prometheus.yml")
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    targets = {"episodarr": f"{HOST}:{scraped_port}", "prometheus": f"{HOST}:{port}"}
    configuration["scrape_configs"] = [
        {**job, "scrape_timeout": "1s", "static_configs": [_target(targets[job["job_name"]])]}
        for job in configuration["scrape_configs"]
        if job["job_name"] in targets
    ]
    configuration["alerting"]["alertmanagers"] = (
        [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
    )
    (home / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    accepted("promtool", "check", "config", home / "prometheus.yml")
    server = newest("prometheus")
    command = [
        *prometheus_command(home, port, server), *_features(server),
        f"--storage.tsdb.path={home}/data",
    ]  # fmt: skip
    address = f"http://{HOST}:{port}"
    with program(command, folder / "prometheus.log"):
        until(lambda: _WEB.get(f"{address}/-/ready").status_code == 200, "Prometheus")
        yield Prometheus(address, folder / "prometheus.log")


def _target(address: str) -> dict[str, object]:
    """As people's targets are, on Kubernetes for one: with a label more than the address."""
    return {"targets": [address], "labels": {"env": "home"}}


def _features(server: str) -> list[str]:
    """What is switched on where the version has it; it adds labels to every sample."""
    version = run(server, "--version").stdout.split("version ")[1]
    is_new = tuple(int(part) for part in version.split(".")[:2]) >= (3, 5)
    return ["--enable-feature=type-and-unit-labels"] if is_new else []


@contextlib.contextmanager
def alertmanager(folder: Path, webhook: str) -> Iterator[str]:
    """Alertmanager with the shipped configuration, its waits shortened; host and port."""
    server = newest("prometheus-alertmanager")
    port = free_port()
    source = folder / "alertmanager"
    shutil.copytree(ALERTMANAGER, source)
    text = (source / "alertmanager.yml").read_text(encoding="utf-8")
    for name, short in (("group_wait", "4s"), ("group_interval", "2s")):
        text = _with_value(text, name, short)
    (source / "alertmanager.yml").write_text(text, encoding="utf-8")
    assert read_yaml(source / "alertmanager.yml") != read_yaml(ALERTMANAGER / "alertmanager.yml")
    command = [
        "sh", str(source / "start.sh"), server,
        f"--storage.path={folder}/alertmanager-data", f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
    ]  # fmt: skip
    environment = {
        "ALERTMANAGER_SOURCE": str(source),
        "ALERTMANAGER_TARGET": str(folder / "alertmanager-made"),
        "ALERT_WEBHOOK_URL": webhook,
    }
    with program(command, folder / "alertmanager.log", **environment):
        address = f"{HOST}:{port}"
        until(lambda: _WEB.get(f"http://{address}/-/ready").status_code == 200, "Alertmanager")
        yield address


def _with_value(text: str, key: str, value: str) -> str:
    lines = [
        f"{line.partition(key)[0]}{key}: {value}" if line.strip().startswith(f"{key}:") else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"
