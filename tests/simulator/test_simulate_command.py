"""``episodarr simulate`` as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from episodarr.cli.simulate import _announce, _ports, simulate
from episodarr.simulator import Scenario, Simulation
from tests.processes import free_port

COMMAND = [sys.executable, "-c", "from episodarr.cli.simulate import simulate; simulate()"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, dict[str, str]]]]:
    """The command with ``--json``, stopped by its own process at the end."""
    process = subprocess.Popen(
        [*COMMAND, "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_and_ends_well(number: signal.Signals) -> None:
    with running("--series", "10", "--episodes", "100", "--active", "4") as (process, ready):
        assert set(ready) == {"urls", "environment"}
        urls, environment = ready["urls"], ready["environment"]
        key = {"X-Api-Key": environment["EPISODARR_SONARR__TV__API_KEY"]}
        answer = httpx.get(f"{urls['sonarr.tv']}/api/v3/series", headers=key)
        assert len(answer.json()) == 10
        state = httpx.get(f"{urls['control']}/control/state").json()
        assert state["torrents"]["main"] == 4
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_ports_follow_a_base_or_stand_alone(tmp_path: Path) -> None:
    alone = free_port()
    with running("--sonarr-port", str(alone), "--media-root", str(tmp_path)) as (_, ready):
        assert ready["urls"]["sonarr.tv"] == f"http://127.0.0.1:{alone}"
        assert (tmp_path / "anime" / "SPY x FAMILY").is_dir()


def test_a_taken_port_is_an_error_with_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(simulate, ["--control-port", port])
    assert result.exit_code == 1
    assert "cannot open a port" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--episodes", "5"], "need --series"),
        (["--series", "9", "--episodes", "3"], "cannot spread"),
        (["--speed", "-1"], "not in the range"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(simulate, arguments)
    assert (result.exit_code, words in result.output) == (2, True)


async def test_people_get_urls_and_lines_for_their_shell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with Simulation(Scenario.empty()) as simulation:
        _announce(simulation, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    for name, url in simulation.urls.items():
        assert any(line.split() == [name, url] for line in lines)
    assert f"export EPISODARR_SONARR__TV__URL={simulation.urls['sonarr.tv']}" in lines


def test_the_ports_of_a_base_follow_each_other() -> None:
    ports = _ports(Scenario.default(), 5000, {"jellyfin": 99, "sonarr": 0, "shoko": None})
    assert ports == {
        "sonarr.tv": 0,
        "sonarr.anime4k": 5001,
        "qbittorrent.main": 5002,
        "jellyfin": 99,
        "shoko": 5004,
        "jellyseerr": 5005,
        "control": 5006,
    }
