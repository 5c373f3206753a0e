"""`build.py`: writes prometheus/rules/*.yml from episodarr_rules; `--check` only says whether they are current.

The same rules go into deploy/kubernetes/prometheusrule.yaml, unless they are written elsewhere.
"""

import argparse
import sys
from pathlib import Path

from episodarr_rules.render import RUNBOOK, operator_rule, rule_files
from episodarr_rules.thresholds import Thresholds, replaced

_HERE = Path(__file__).resolve().parents[1]
_OPERATOR = _HERE.parent / "deploy/kubernetes/prometheusrule.yaml"


def main(arguments: list[str]) -> int:
    """The exit code: 0, 1 if `--check` found a difference, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if out of date")
    parser.add_argument("--output", type=Path, default=_HERE / "rules", metavar="DIRECTORY")
    parser.add_argument(
        "--operator", type=Path, metavar="FILE", help="write them as a PrometheusRule, too"
    )
    parser.add_argument("--runbook", default=RUNBOOK, metavar="URL", help="address of RUNBOOK.md")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=DURATION",
        dest="settings",
        help="replace a threshold, as in download_stalled=12h; may be repeated",
    )
    options = parser.parse_args(arguments)
    try:
        thresholds = replaced(Thresholds(), options.settings)
    except ValueError as error:
        parser.error(str(error))
    files = rule_files(thresholds, options.runbook)
    is_elsewhere = options.output != _HERE / "rules"
    operator = options.operator or (None if is_elsewhere else _OPERATOR)
    if options.check:
        return _compare(options.output, files, operator)
    options.output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (options.output / name).write_text(text, encoding="utf-8")
    if operator is not None:
        operator.write_text(operator_rule(files), encoding="utf-8")
    return 0


def _compare(directory: Path, files: dict[str, str], operator: Path | None) -> int:
    wanted = set(files)
    present = {path.name for path in directory.glob("*.yml")}
    differing = sorted(
        (wanted ^ present)
        | {
            name
            for name in wanted & present
            if (directory / name).read_text(encoding="utf-8") != files[name]
        }
    )
    for name in differing:
        sys.stderr.write(f"{directory / name} is not what prometheus/build.py writes\n")
    if operator is not None and (
        not operator.exists() or operator.read_text(encoding="utf-8") != operator_rule(files)
    ):
        differing.append(operator.name)
        sys.stderr.write(f"{operator} is not what prometheus/build.py writes\n")
    return 1 if differing else 0
