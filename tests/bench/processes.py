"""The processes of a measurement: simulated systems and exporter, each stopped by its handle."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.processes import end

PATIENCE_SECONDS = 120.0


def machine_seconds() -> tuple[float, float]:
    """Of this machine's processors since it began: all their time, and what its host took of it."""
    _, *ticks = Path("/proc/stat").read_text().splitlines()[0].split()
    user_to_steal = [int(tick) / os.sysconf("SC_CLK_TCK") for tick in ticks[:8]]
    return sum(user_to_steal), user_to_steal[7]


class PrintedLines:
    """Lines of JSON that a process prints, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.Queue[dict[str, object] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def next(self, seconds: float = PATIENCE_SECONDS) -> dict[str, object]:
        """The next line.

        Raises:
            RuntimeError: The process ended, or printed nothing for so long.
        """
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = None
        if line is None:
            state = self.process.poll()
            msg = f"{self.process.args!r} prints nothing (exit code {state})"
            raise RuntimeError(msg)
        return line

    def waiting(self) -> list[dict[str, object]]:
        """Every line that is there already."""
        found = []
        while not self._lines.empty():
            line = self._lines.get_nowait()
            if line is not None:
                found.append(line)
        return found


@contextmanager
def started(
    command: Sequence[str], env: Mapping[str, str] | None = None, errors: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process of ours that ends with the block; pipes for its input and output."""
    with (errors or Path(os.devnull)).open("a") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            text=True,
            env=env,
        )
    try:
        yield process
    finally:
        end(process, 15)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@dataclass(frozen=True)
class Simulated:
    """Running simulated systems."""

    urls: Mapping[str, str]
    environment: Mapping[str, str]
    control: httpx.Client

    def event(self, name: str, **arguments: object) -> object:
        """Let something happen."""
        answer = self.control.post(
            "/control/events", json={"event": name, "arguments": arguments}
        ).raise_for_status()
        return answer.json()["result"]

    def fault(self, system: str, kind: str, **details: object) -> None:
        """Switch a fault on; kind `none` switches a system's faults off."""
        body = {"system": system, "kind": kind, **details}
        self.control.post("/control/faults", json=body).raise_for_status()

    def requests(self) -> dict[str, dict[str, int]]:
        """Requests so far by system and path, `peak` and `total` among them."""
        report = self.control.get("/control/requests").raise_for_status().json()
        return {
            system: {**counts["paths"], "total": counts["total"], "peak": counts["peak"]}
            for system, counts in report.items()
        }

    def forget_requests(self) -> None:
        """Count from zero again."""
        self.control.post("/control/requests/reset").raise_for_status()

    def warm(self) -> None:
        """Have Sonarr's list encoded: a real one keeps it, the simulated one builds it when asked."""
        key = {"X-Api-Key": self.environment["EPISODARR_SONARR__TV__API_KEY"]}
        url = f"{self.urls['sonarr.tv']}/api/v3/series"
        self.control.get(url, headers=key).raise_for_status()
        self.forget_requests()


@contextmanager
def simulated(arguments: Sequence[str]) -> Iterator[Simulated]:
    """`episodarr simulate` with these arguments."""
    command = [sys.executable, "-m", "episodarr", "simulate", "--json", *arguments]
    with started(command) as process:
        line = PrintedLines(process).next()
        urls, environment = line["urls"], line["environment"]
        assert isinstance(urls, dict)
        assert isinstance(environment, dict)
        with httpx.Client(base_url=urls["control"], timeout=60) as control:
            yield Simulated(urls, environment, control)


class Exporter:
    """A running exporter under watch."""

    def __init__(self, process: subprocess.Popen[str], state: Path) -> None:
        self.process = process
        self.state = state
        self.started_at = time.perf_counter()
        self._printed = PrintedLines(process)
        self.cycles: list[dict[str, object]] = []
        self.port = 0

    def wait_until_listening(self) -> None:
        """Wait for the port."""
        self.port = int(str(self._next("listening")["port"]))

    def _next(self, kind: str) -> dict[str, object]:
        """The next line of this kind; cycles on the way are kept."""
        while True:
            line = self._printed.next()
            if line["kind"] == "cycle":
                self.cycles.append(line)
            if line["kind"] == kind:
                return line

    def next_cycle(self) -> dict[str, object]:
        """The next cycle that ends."""
        return self._next("cycle")

    def skip_cycles(self) -> None:
        """Forget those that have ended."""
        self.cycles += [line for line in self._printed.waiting() if line["kind"] == "cycle"]

    def _give(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    @contextmanager
    def without_cycles(self) -> Iterator[None]:
        """Within this block it answers and does nothing else."""
        self._give("hold")
        self._next("held")
        try:
            yield
        finally:
            self.command("go on")

    def command(self, words: str, kind: str = "done") -> dict[str, object]:
        """Give a command and wait for its answer."""
        self._give(words)
        answer = self._next(kind)
        if kind != "done":
            self._next("done")
        return answer

    def mark(self) -> dict[str, float]:
        """What happened since the last mark."""
        answer = self.command("mark", "mark")
        return {name: float(str(value)) for name, value in answer.items() if name != "kind"}

    def status(self) -> dict[str, int]:
        """What the kernel says of the process: memory in bytes, threads, descriptors."""
        folder = Path(f"/proc/{self.process.pid}")
        lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        return {
            "peak_bytes": int(lines["VmHWM"].split()[0]) * 1024,
            "resident_bytes": int(lines["VmRSS"].split()[0]) * 1024,
            "threads": int(lines["Threads"]),
            "descriptors": len(list((folder / "fd").iterdir())),
            "state_bytes": sum(f.stat().st_size for f in self.state.rglob("*") if f.is_file()),
            "state_files": sum(f.is_file() for f in self.state.rglob("*")),
        }


@contextmanager
def exporter(folder: Path, environment: Mapping[str, str]) -> Iterator[Exporter]:
    """The exporter with this environment, on a free port."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    own = {k: v for k, v in os.environ.items() if not k.startswith("EPISODARR_")}
    variables = {
        **own,
        **environment,
        "EPISODARR_WEB__LISTEN": "127.0.0.1:0",
        "EPISODARR_STATE_DIR": str(state),
    }
    command = [sys.executable, "-m", "tests.bench.watched"]
    with started(command, variables, folder / "episodarr.log") as process:
        running = Exporter(process, state)
        running.wait_until_listening()
        yield running
