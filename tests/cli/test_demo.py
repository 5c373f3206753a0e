"""`episodarr demo` as people run it: in a pipe, in a terminal, stopped with Ctrl-C."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from episodarr.cli.demo import usual_port

COMMAND = [sys.executable, "-m", "episodarr", "demo", "--port", "0", "--speed", "8"]
WANTED = ("SPY x FAMILY", "E02", "stalled: no seeds", "Searching", "Queued")


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "120", "LINES": "90"}


def read_until(read: object, words: tuple[str, ...], seconds: float = 40) -> str:
    deadline, text = time.monotonic() + seconds, ""
    while not all(word in text for word in words):
        assert time.monotonic() < deadline, text[-3000:]
        text += read()  # type: ignore[operator]  # a callable of the test
    return text


@pytest.mark.e2e
def test_in_a_pipe_it_prints_plain_lines_and_ends_on_sigint(tmp_path: Path) -> None:
    process = subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    try:
        assert process.stdout is not None
        text = read_until(process.stdout.readline, WANTED)
        assert "\x1b" not in text
        assert "inventoried yet" not in text
        page = re.search(r"The page: +(http://\S+)", text)
        assert page is not None
        assert httpx.get(page[1]).status_code == 200
        # However slow the machine: nothing is deleted before there is an inventory.
        text += read_until(
            process.stdout.readline, ("Charlotte (2015): complete, Deleted 13/13",), 60
        )
        assert "unverified" not in text
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Traceback" not in err
        assert list(tmp_path.iterdir()) == [], "something is left behind"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.e2e
def test_in_a_terminal_it_draws_the_tree_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(tmp_path),
        start_new_session=True, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        text = read_until(
            lambda: os.read(ours, 65536).decode(errors="replace"), ("SPY x FAMILY", "Season 2")
        )
        assert "\x1b[" in text
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 20
        while process.poll() is None:
            assert time.monotonic() < deadline
            try:
                os.read(ours, 65536)
            except OSError:
                time.sleep(0.05)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_taken_port_is_reported_and_is_not_blamed_on_a_variable(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*COMMAND[:4], "--port", str(port)], env=environment(tmp_path), capture_output=True,
            text=True, timeout=30, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"--port {port}: cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "EPISODARR_WEB__LISTEN" not in done.stderr


def test_the_usual_port_taken_by_this_shells_exporter_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert usual_port(f":{port}", port) == 0
        by_shell = capsys.readouterr().err
        assert usual_port(":9", port) == 0
        by_another = capsys.readouterr().err
    assert (
        by_shell == f"Port {port} is taken by EPISODARR_WEB__LISTEN of this shell, so the demo "
        "takes a free one.\n"
    )
    assert by_another == f"Port {port} is taken, so the demo takes a free one.\n"
    assert usual_port(f":{port}", port) == port
    assert capsys.readouterr().err == ""
