"""Processes that tests start on ports of this machine, and end again."""

import socket
import subprocess


def free_port() -> int:
    """A port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end[T: (str, bytes)](process: subprocess.Popen[T], within_seconds: float = 10.0) -> None:
    """Have a process end; one that does not within this time is killed."""
    process.terminate()
    try:
        process.wait(timeout=within_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
