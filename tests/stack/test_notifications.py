"""Alertmanager: what is notified, to whom, with which text, and what is muted."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.stack.programs import accepted, each_release, run
from tests.stack.shipped import ALERTMANAGER, alerts, read_yaml

CONFIGURATION = ALERTMANAGER / "alertmanager.yml"
ALERTS = alerts()
SHIPPED = read_yaml(CONFIGURATION)
RECEIVERS = sorted((ALERTMANAGER / "receivers").glob("*.yml"))

DIGEST = {
    "EpisodarrClockSkew",
    "EpisodarrEpisodeNotFound",
    "EpisodarrEpisodeUnlistedByJellyfin",
    "EpisodarrSeasonReady",
    "EpisodarrDeletionLeftovers",
    "EpisodarrObjectsDropped",
}


@each_release
def test_amtool_accepts_the_configuration(release: str) -> None:
    accepted("amtool", "check-config", CONFIGURATION, release=release)


def _receiver(name: str) -> str:
    if name == "EpisodarrWatchdog":
        return "watchdog"
    return "digest" if name in DIGEST else "people"


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_reaches_its_receiver(name: str) -> None:
    labels = {"alertname": name, "series": "Show", "sonarr": "tv", **ALERTS[name]["labels"]}
    # A template, which is no value yet.
    labels.pop("alert_order", None)
    accepted(
        "amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}",
        f"--verify.receivers={_receiver(name)}", *(f"{k}={v}" for k, v in labels.items()),
    )  # fmt: skip


@each_release
def test_a_wrong_receiver_would_be_noticed(release: str) -> None:
    done = run(
        "amtool", "config", "routes", "test", f"--config.file={CONFIGURATION}",
        "--verify.receivers=digest", "alertname=EpisodarrExporterDown", "severity=critical",
        release=release,
    )  # fmt: skip
    assert done.returncode != 0


def _route_of(labels: dict[str, str]) -> dict[str, Any]:
    """The first route whose matchers hold, with what it inherits."""
    root = SHIPPED["route"]
    for route in root["routes"]:
        if all(_holds(matcher, labels) for matcher in route["matchers"]):
            return {**root, **route}
    return dict(root)


def _holds(matcher: str, labels: dict[str, str]) -> bool:
    match = re.fullmatch(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*', matcher)
    assert match, matcher
    name, operator, wanted = match.groups()
    value = labels.get(name, "")
    found = bool(re.fullmatch(wanted, value)) if "~" in operator else value == wanted
    return found is (operator in {"=", "=~"})


@pytest.mark.parametrize(
    "name", [n for n, rule in ALERTS.items() if "depends_on" in rule["labels"] and n not in DIGEST]
)
def test_many_alerts_of_one_series_are_one_notification(name: str) -> None:
    route = _route_of({"alertname": name, **ALERTS[name]["labels"]})
    assert route["group_by"] == ["alertname", "series"]


def test_the_text_for_several_alerts_of_a_group_is_the_same_in_all_of_them() -> None:
    for name, rule in ALERTS.items():
        group = set(_route_of({"alertname": name, **rule["labels"]})["group_by"])
        used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["plural"]))
        assert used <= group, f"{name} would have no text for several alerts"


def _muted(target: dict[str, str], source: dict[str, str]) -> bool:
    for rule in SHIPPED["inhibit_rules"]:
        if (
            all(_holds(m, source) for m in rule["source_matchers"])
            and all(_holds(m, target) for m in rule["target_matchers"])
            and all(source.get(k, "") == target.get(k, "") for k in rule.get("equal", []))
        ):
            return True
    return False


def _labels(name: str, **more: str) -> dict[str, str]:
    return {"alertname": name, **ALERTS[name]["labels"], **more}


def test_a_system_that_is_down_mutes_what_depends_on_it_and_nothing_else() -> None:
    for system in ("qbittorrent", "jellyfin", "shoko", "jellyseerr", "disk"):
        down = _labels("EpisodarrUpstreamDown", system=system, upstream="x")
        for name, rule in ALERTS.items():
            expected = rule["labels"].get("depends_on") == system
            assert _muted(_labels(name, sonarr="tv"), down) is expected, (name, system)


def test_a_sonarr_that_is_down_mutes_only_what_comes_from_it() -> None:
    down = _labels("EpisodarrUpstreamDown", system="sonarr", upstream="tv", sonarr="tv")
    assert _muted(_labels("EpisodarrImportBlocked", sonarr="tv"), down)
    assert not _muted(_labels("EpisodarrImportBlocked", sonarr="anime"), down)
    assert not _muted(_labels("EpisodarrDownloadStalled", sonarr="tv"), down)
    assert not _muted(_labels("EpisodarrMassDisappearance", sonarr="tv"), down)


def test_no_upstream_mutes_a_verdict() -> None:
    for system in ("sonarr", "qbittorrent", "jellyfin", "shoko", "jellyseerr", "disk"):
        down = _labels("EpisodarrUpstreamDown", system=system, upstream="tv", sonarr="tv")
        for name in ALERTS:
            if name.startswith(("EpisodarrDeletion", "EpisodarrMass", "EpisodarrDeleted")):
                assert not _muted(_labels(name, series="A"), down), name


def test_a_dead_exporter_mutes_everything_but_itself_and_the_watchdog() -> None:
    loud = {"EpisodarrExporterDown", "EpisodarrExporterAbsent", "EpisodarrWatchdog"}
    for source in ("EpisodarrExporterDown", "EpisodarrExporterAbsent"):
        quiet = {name for name in ALERTS if _muted(_labels(name), _labels(source))}
        assert quiet == set(ALERTS) - loud


@pytest.mark.parametrize("source", ["EpisodarrExporterDown", "EpisodarrUpstreamDown"])
def test_what_one_exporter_lacks_mutes_nothing_of_another(source: str) -> None:
    for system in ("sonarr", "qbittorrent", "jellyfin", "shoko"):
        of = {"system": system, "upstream": "tv", "sonarr": "tv"}
        for name in set(ALERTS) - {"EpisodarrExporterAbsent"}:
            told = _labels(name, instance="nas:10987", **of)
            assert not _muted(told, _labels(source, instance="attic:10987", **of)), name


def test_an_outage_is_reported_once_and_not_also_as_old_data() -> None:
    down = _labels("EpisodarrUpstreamDown", system="shoko", upstream="main")
    assert _muted(_labels("EpisodarrUpstreamStale", system="shoko", upstream="main"), down)
    assert not _muted(_labels("EpisodarrUpstreamStale", system="shoko", upstream="other"), down)


def _alert(
    name: str, summary: str, description: str, *, firing: bool = True, **labels: str
) -> dict[str, Any]:
    return {
        "status": "firing" if firing else "resolved",
        "labels": {"alertname": name, **labels},
        "annotations": {
            "summary": summary,
            "plural": "downloads of A & B are stalled",
            "description": description,
            "line": summary,
            "subject": name,
            "runbook_url": f"https://runbook.example.org/RUNBOOK.md#{name.lower()}",
        },
        "startsAt": "2026-01-02T03:04:05Z",
        "endsAt": "0001-01-01T00:00:00Z" if firing else "2026-01-02T04:04:05Z",
    }


def _rendered(tmp_path: Path, template: str, alerts_: list[dict[str, Any]]) -> str:
    data = {
        "receiver": "people",
        "status": "firing" if any(a["status"] == "firing" for a in alerts_) else "resolved",
        "alerts": alerts_,
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {"plural": "downloads of A & B are stalled"},
        "externalURL": "http://alertmanager.example.org",
    }
    file = tmp_path / "data.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return accepted(
        "amtool", "template", "render", f"--template.glob={ALERTMANAGER}/templates/*.tmpl",
        f'--template.text={{{{ template "{template}" . }}}}', f"--template.data={file}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "path"),
    [
        ({"alertname": "EpisodarrUpstreamDown"}, "/d/episodarr-exporter"),
        ({"alertname": "EpisodarrMassDisappearance", "sonarr": "tv"}, "/d/episodarr-deletions"),
        (
            {"alertname": "EpisodarrDeletionFailed", "deletion_id": "d"},
            "/d/episodarr-deletions?var-deletion=d",
        ),
        (
            {"alertname": "EpisodarrDownloadStalled", "sonarr": "a & b", "tvdb_id": "7"},
            "/d/episodarr-series?var-sonarr=a+%26+b&var-series=7",
        ),
        ({"alertname": "EpisodarrDownloadError", "download_id": "aa"}, "/d/episodarr-overview"),
    ],
)
def test_links_lead_to_the_dashboard_that_shows_it(
    tmp_path: Path, labels: dict[str, str], path: str
) -> None:
    alert = _alert(labels["alertname"], "s", "d") | {"labels": labels}
    link = _rendered(tmp_path, "episodarr.dashboard", [alert])
    assert link.strip() == f"http://localhost:3000{path}"


def _started(tmp_path: Path, **environment: str) -> Path:
    """The configuration that start.sh makes; `true` stands for Alertmanager."""
    target = tmp_path / "made"
    accepted(
        "env", "-i", "PATH=/usr/bin:/bin", f"ALERTMANAGER_SOURCE={ALERTMANAGER}",
        f"ALERTMANAGER_TARGET={target}", *(f"{k}={v}" for k, v in environment.items()),
        "sh", ALERTMANAGER / "start.sh", "true",
    )  # fmt: skip
    accepted("amtool", "check-config", target / "alertmanager.yml")
    return target


def test_without_addresses_no_message_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    made = read_yaml(_started(tmp_path) / "alertmanager.yml")
    assert made["receivers"] == [{"name": name} for name in ("people", "digest", "watchdog")]
    assert made["route"] == SHIPPED["route"]
    assert not [key for key in made["global"] if key.startswith("smtp")]


def test_addresses_of_any_shape_arrive_unchanged(tmp_path: Path) -> None:
    address = 'https://hooks.example.net/x?a=1&b=\\1"2"#$HOME'
    target = _started(
        tmp_path,
        ALERT_WEBHOOK_URL=address.replace('"', "%22"),
        ALERT_WATCHDOG_URL="https://watchdog.example.net/abc",
        ALERT_EMAIL_TO='"Kim & Sam" <tv@example.net>',
        ALERT_EMAIL_FROM="from@example.net",
        ALERT_SMTP_HOST="mail.example.net:25",
        ALERT_SMTP_USERNAME="user",
        GRAFANA_URL="https://grafana.example.net/tv/",
    )
    made = read_yaml(target / "alertmanager.yml")
    people, digest, watchdog = made["receivers"]
    assert people["webhook_configs"][0]["url"] == address.replace('"', "%22")
    assert digest["webhook_configs"][0]["url"] == address.replace('"', "%22")
    assert people["email_configs"][0]["to"] == '"Kim & Sam" <tv@example.net>'
    assert watchdog["webhook_configs"][0]["url"] == "https://watchdog.example.net/abc"
    assert made["global"]["smtp_auth_username"] == "user"
    assert made["global"]["smtp_auth_password_file"] == f"{ALERTMANAGER}/secrets/smtp_password"
    template = (target / "templates" / "episodarr.tmpl").read_text(encoding="utf-8")
    assert '{{ define "episodarr.grafana" }}https://grafana.example.net/tv{{ end }}' in template
    assert (
        "example.org"
        not in (target / "alertmanager.yml").read_text(encoding="utf-8").split("route:")[1]
    )


def test_mail_without_login_has_no_password(tmp_path: Path) -> None:
    made = read_yaml(
        _started(
            tmp_path,
            ALERT_EMAIL_TO="a@b.example",
            ALERT_EMAIL_FROM="c@d.example",
            ALERT_SMTP_HOST="mail:25",
        )
        / "alertmanager.yml"
    )
    assert not [key for key in made["global"] if key.startswith("smtp_auth")]
    assert "webhook_configs" not in made["receivers"][0]


NEEDS_NEWER = {
    "discord": {"webhook_url_file": "webhook_url: https://discord.example/x"},
    "telegram": {"bot_token_file": "bot_token: not-a-token"},
    "pushover": {"user_key_file": "user_key: nobody", "token_file": "token: nothing"},
}
"""Fields that Alertmanager 0.25 does not know, and what its comment offers instead."""


@pytest.mark.parametrize("path", RECEIVERS, ids=lambda path: path.stem)
def test_receivers_name_their_minimum_and_are_read_by_the_version_here(
    path: Path, tmp_path: Path
) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"Alertmanager 0\.\d\d and newer", text)
    assert "template" in text
    for field, instead in NEEDS_NEWER.get(path.stem, {}).items():
        assert f"`{instead.partition(':')[0]}`" in text
        text, count = re.subn(rf"\b{field}: \S+", instead, text)
        assert count == 1
    whole = tmp_path / "alertmanager.yml"
    whole.write_text(
        f"templates: ['{ALERTMANAGER}/templates/*.tmpl']\nroute: {{receiver: people}}\n{text}",
        encoding="utf-8",
    )
    accepted("amtool", "check-config", whole)


def test_no_receiver_holds_a_secret() -> None:
    for path in RECEIVERS:
        for receiver in read_yaml(path)["receivers"]:
            text = json.dumps(receiver)
            assert "_file" in text, path.name
            for key in ("bot_token", "user_key", "token", "webhook_url", "api_url", "credentials"):
                assert f'"{key}"' not in text
