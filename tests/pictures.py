"""Make the README's pictures from the product: `make pictures` writes them anew.

Runs the demo as a process, waits until both deletions have their verdict, and takes the page with a
headless Chromium.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).resolve().parents[1] / "pictures"
WAIT_SECONDS = 120
PICTURES = {
    "page.png": (1280, 1400),
    "page-phone.png": (420, 1100),
}
"""Of the page: how large the window is."""
TERMINALS = {"status.svg": ("status", "SPY x FAMILY"), "deletions.svg": ("deletions",)}
"""Of the terminal: the command."""
COLUMNS = 96
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's form without the fonts it fetches from the network."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def address_of(demo: subprocess.Popen[str]) -> str:
    """Where the demo serves its page."""
    assert demo.stdout is not None
    found = re.search(r"http://\S+", demo.stdout.readline())
    assert found is not None
    return found[0].rstrip("/")


def wait_for_verdicts(address: str) -> None:
    """Wait until one deletion is complete and one is partial."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            deletions = httpx.get(f"{address}/api/v1/deletions").json()["deletions"]
        except httpx.TransportError:
            deletions = []
        if {"complete", "partial"} <= {deletion["status"] for deletion in deletions}:
            return
        time.sleep(1)
    raise SystemExit("the demo's deletions got no verdict in time")


def draw(address: str, name: str, command: tuple[str, ...]) -> None:
    """One picture of the terminal."""
    shown = subprocess.run(
        [sys.executable, "-m", "episodarr", *command, "--url", address],
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  a device, no path
        console = Console(record=True, width=COLUMNS, file=nowhere)
        # Where this machine keeps its temporary folders is not to be shown.
        console.print(Text.from_ansi(re.sub(r"/\S*episodarr-demo-\w+", "", shown.stdout.rstrip())))
    title = " ".join(("episodarr", *command))
    (FOLDER / name).write_text(
        console.export_svg(title=title, code_format=SVG, unique_id="t"), encoding="utf-8"
    )


def take(url: str, name: str, size: tuple[int, int]) -> None:
    """One picture of the page."""
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("chromium is not installed")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *FLAGS,
                f"--user-data-dir={profile}",
                f"--window-size={size[0]},{size[1]}",
                f"--screenshot={FOLDER / name}",
                url,
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(exist_ok=True)
    demo = subprocess.Popen(
        [sys.executable, "-m", "episodarr", "demo", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = address_of(demo)
        wait_for_verdicts(address)
        for name, size in PICTURES.items():
            take(f"{address}/", name, size)
        for name, command in TERMINALS.items():
            draw(address, name, command)
    finally:
        demo.terminate()
        demo.communicate()


if __name__ == "__main__":
    main()
