"""The rules: current, valid, tested at their limits, and each with a page of the runbook."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from episodarr.model.health import System
from tests.stack.programs import RELEASES, accepted, each_release, python, run
from tests.stack.shipped import PROMETHEUS, ROOT, alerts, read_yaml, rules

RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TEST_FILES = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS = alerts()
VERDICTS = {
    "EpisodarrDeletionPartial",
    "EpisodarrDeletionFailed",
    "EpisodarrDeletionUnverified",
    "EpisodarrDeletionLeftovers",
}
ALWAYS_FIRING = {"EpisodarrWatchdog"}


def test_the_rules_are_what_their_source_renders() -> None:
    done = python(PROMETHEUS / "build.py", "--check")
    assert done.returncode == 0, done.stderr


def test_check_notices_a_change_and_a_missing_file(tmp_path: Path) -> None:
    assert python(PROMETHEUS / "build.py", "--output", tmp_path).returncode == 0
    (tmp_path / RULE_FILES[0].name).write_text("groups: []\n", encoding="utf-8")
    (tmp_path / RULE_FILES[1].name).unlink()
    done = python(PROMETHEUS / "build.py", "--check", "--output", tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("is not what") == 2


def test_thresholds_can_be_replaced(tmp_path: Path) -> None:
    done = python(
        PROMETHEUS / "build.py", "--output", tmp_path, "--set", "download_stalled=1h30m",
        "--set", "settle=10s", "--runbook", "https://wiki.example.org/tv",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = read_yaml(tmp_path / "episodarr-downloads.yml")
    stalled = next(
        r for r in document["groups"][0]["rules"] if r["alert"] == "EpisodarrDownloadStalled"
    )
    assert "90 * 60" in stalled["expr"]
    assert stalled["for"] == "10s"
    assert (
        stalled["annotations"]["runbook_url"]
        == "https://wiki.example.org/tv#episodarrdownloadstalled"
    )
    accepted("promtool", "check", "rules", *sorted(tmp_path.glob("*.yml")))


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("no_such=1h", "no threshold 'no_such'"),
        ("settle=soon", "is not a duration"),
        ("settle=0s", "positive"),
    ],
)
def test_a_wrong_threshold_is_refused_with_a_reason(
    tmp_path: Path, setting: str, complaint: str
) -> None:
    done = python(PROMETHEUS / "build.py", "--output", tmp_path / "rules", "--set", setting)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


@each_release
def test_promtool_accepts_the_configuration_and_the_rules(release: str) -> None:
    accepted("promtool", "check", "config", PROMETHEUS / "prometheus.yml", release=release)
    lint = ("check", "rules", "--lint=all", "--lint-fatal")
    accepted("promtool", *lint, *RULE_FILES, release=release)


@each_release
def test_promtool_accepts_the_scrape_job_for_other_configurations(release: str) -> None:
    job = PROMETHEUS / "scrape-episodarr.yml"
    accepted("promtool", "check", "config", job, release=release)
    shipped = read_yaml(PROMETHEUS / "prometheus.yml")["scrape_configs"][0]
    assert read_yaml(job)["scrape_configs"][0]["job_name"] == shipped["job_name"]


def _on_another_target(text: str) -> str:
    """The unit tests as they are where every target has one more label, as on Kubernetes.

    What does not come from a sample has none: an absent job, and the watchdog.
    """
    document = yaml.safe_load(text)
    for scenario in document["tests"]:
        for series in scenario["input_series"]:
            name, _, labels = series["series"].partition("{")
            rest = f",{labels}" if labels.strip("}") else "}"
            series["series"] = f'{name}{{env="home"{rest}'
        for case in scenario.get("alert_rule_test", []):
            for alert in case.get("exp_alerts") or []:
                if case["alertname"] not in {"EpisodarrExporterAbsent", *ALWAYS_FIRING}:
                    alert["exp_labels"]["env"] = "home"
        for case in scenario.get("promql_expr_test", []):
            for sample in case["exp_samples"]:
                sample["labels"] = sample["labels"].replace("{", '{env="home",')
    return yaml.safe_dump(document)


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("release", RELEASES)
def test_promtool_unit_tests_pass(release: str, path: Path) -> None:
    done = run("promtool", "test", "rules", path, release=release)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.stem)
def test_promtool_unit_tests_pass_with_one_more_label(path: Path, tmp_path: Path) -> None:
    (tmp_path / "rules").symlink_to(PROMETHEUS / "rules")
    labelled = tmp_path / "tests" / path.name
    labelled.parent.mkdir()
    labelled.write_text(_on_another_target(path.read_text(encoding="utf-8")), encoding="utf-8")
    done = run("promtool", "test", "rules", labelled)
    assert done.returncode == 0, done.stdout + done.stderr


def _cases(name: str) -> list[tuple[str, list[tuple[float, bool]]]]:
    """For each scenario with this alert: when it was evaluated, and whether it fired."""
    scenarios = []
    for path in TEST_FILES:
        for scenario in read_yaml(path)["tests"]:
            checks = sorted(
                (_seconds(case["eval_time"]), bool(case.get("exp_alerts")))
                for case in scenario[
                    "alert_rule_test" if "alert_rule_test" in scenario else "input_series"
                ]
                if case.get("alertname") == name
            )
            if checks:
                scenarios.append((scenario["name"], checks))
    return scenarios


def _seconds(text: str) -> float:
    sizes = {"h": 3600, "m": 60, "s": 1}
    return sum(int(n) * sizes[unit] for n, unit in re.findall(r"(\d+)([hms])", text))


@pytest.mark.parametrize("name", sorted(set(ALERTS) - ALWAYS_FIRING))
def test_each_alert_has_a_silent_a_firing_and_a_resolving_case(name: str) -> None:
    stories = [[fired for _, fired in checks] for _, checks in _cases(name)]
    assert any(_tells(story, [False, True, False]) for story in stories), stories


def _tells(story: list[bool], wanted: list[bool]) -> bool:
    remaining = list(wanted)
    for fired in story:
        if remaining and fired is remaining[0]:
            remaining.pop(0)
    return not remaining


def test_there_is_a_scrape_gap_and_an_outage_among_the_tests() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TEST_FILES)
    assert "stale _x3 1x15" in text
    assert "an outage of the download client" in text
    assert 'episodarr_upstream_up{upstream="main",system="qbittorrent"}' in text


@pytest.mark.parametrize("rule", ALERTS.values(), ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_is(rule: dict[str, Any]) -> None:
    assert re.fullmatch(r"Episodarr[A-Z][A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}
    names = ["summary", "plural", "line", "subject", "description", "runbook_url"]
    assert list(rule["annotations"]) == names
    assert not rule["annotations"]["summary"].endswith(".")
    assert "$value" not in yaml.safe_dump(rule["labels"])
    if "depends_on" in rule["labels"]:
        assert rule["labels"]["depends_on"] in set(System)


@pytest.mark.parametrize("rule", ALERTS.values(), ids=lambda rule: rule["alert"])
def test_every_alert_has_its_section_in_the_runbook(rule: dict[str, Any]) -> None:
    headings = re.findall(
        r"^### (\w+)$", (ROOT / "docs/RUNBOOK.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rule["alert"] in headings
    address, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert address.endswith("/docs/RUNBOOK.md")
    assert anchor == rule["alert"].lower()


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_the_dashboards_links_find_the_section_by_the_alerts_very_name(name: str) -> None:
    """A dashboard cannot write a name in lower case, as headings are linked to."""
    runbook = (ROOT / "docs/RUNBOOK.md").read_text(encoding="utf-8")
    assert f'<a id="{name}"></a>\n\n### {name}\n' in runbook


def test_the_runbook_has_no_section_without_an_alert() -> None:
    headings = re.findall(
        r"^### (\w+)$", (ROOT / "docs/RUNBOOK.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(headings) == sorted(ALERTS)


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_verdicts_wait_for_nothing_and_depend_on_nobody(name: str) -> None:
    rule = ALERTS[name]
    assert "for" not in rule
    assert "keep_firing_for" not in rule
    assert "depends_on" not in rule["labels"]
    assert "episodarr_deletion_acknowledged" in rule["expr"]


def test_alerts_over_facts_of_upstreams_outlive_an_outage() -> None:
    kept = {name for name, rule in ALERTS.items() if "keep_firing_for" in rule}
    depending = {name for name, rule in ALERTS.items() if "depends_on" in rule["labels"]}
    assert depending - kept == {"EpisodarrSeasonReady"}, "good news needs no all-clear"


def test_recording_rules_are_named_by_level_metric_and_operation() -> None:
    for rule in rules():
        if "record" in rule:
            assert re.fullmatch(r"[a-z_]+:episodarr_[a-z_]+:[a-z0-9_]+", rule["record"])
