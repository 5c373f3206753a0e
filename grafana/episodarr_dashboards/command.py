"""`build.py`: writes grafana/dashboards and grafana/import; `--check` only says whether they are current."""

import argparse
import sys
from pathlib import Path

from episodarr_dashboards.render import dashboard_files

_HERE = Path(__file__).resolve().parents[1]


def main(arguments: list[str]) -> int:
    """The exit code: 0, or 1 if `--check` found a difference."""
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if out of date")
    options = parser.parse_args(arguments)
    files = dashboard_files()
    if options.check:
        return _compare(files)
    for name, text in files.items():
        path = _HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def _compare(files: dict[str, str]) -> int:
    present = {
        f"{folder}/{path.name}"
        for folder in ("dashboards", "import")
        for path in (_HERE / folder).glob("*.json")
    }
    differing = sorted(
        (set(files) ^ present)
        | {
            name
            for name in set(files) & present
            if (_HERE / name).read_text(encoding="utf-8") != files[name]
        }
    )
    for name in differing:
        sys.stderr.write(f"grafana/{name} is not what grafana/build.py writes\n")
    return 1 if differing else 0
