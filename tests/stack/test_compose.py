"""The compose file, the image and the .env that belong together."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from episodarr import __version__
from episodarr.cli.files import SHIPPED
from episodarr.settings import Settings, load_settings
from tests.stack.shipped import GRAFANA, ROOT, read_yaml

COMPOSE = read_yaml(ROOT / "docker-compose.yml")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def _example(*, with_commented: bool) -> dict[str, str]:
    pattern = r"^#?([A-Z][A-Z0-9_]*)=(.*)$" if with_commented else r"^([A-Z][A-Z0-9_]*)=(.*)$"
    return dict(re.findall(pattern, EXAMPLE, re.MULTILINE))


def _specification() -> Any:
    """The compose specification's schema, which check-jsonschema carries."""
    schema = files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json")
    return json.loads(schema.read_text(encoding="utf-8"))


def test_it_is_a_compose_file() -> None:
    jsonschema.validate(COMPOSE, _specification())


def test_the_schema_would_notice() -> None:
    wrong = {**COMPOSE, "services": {"x": {"image": "x", "volume": []}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, _specification())


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image, _, tag = SERVICES[name]["image"].rpartition(":")
    assert image.count("/") <= 1, "no registry's host"
    assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag)
    if SERVICES[name].get("build"):
        assert tag == __version__


def test_the_image_is_built_on_a_pinned_slim_one_and_runs_as_nobody_special() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.12\.\d+-slim-\w+", bases[0])
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", DOCKERFILE, re.MULTILINE)
    assert re.search(r'HEALTHCHECK .+\\\n +CMD \["episodarr", "healthcheck"\]', DOCKERFILE)
    assert "amd64" not in re.sub(r"^#.*$", "", DOCKERFILE, flags=re.MULTILINE), (
        "no architecture is named"
    )


def test_the_image_is_built_from_what_is_let_through_and_nothing_secret() -> None:
    assert re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE) == [". ."]
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*", "nothing else is let through"
    allowed = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert set(allowed) > set(SHIPPED), "the wheel is built of these, too"
    for source in allowed:
        assert (ROOT / source).exists(), source
    assert "alertmanager" not in allowed, "its folder of secrets is in there"
    assert not re.search(r"^(ARG|ENV).*(KEY|PASSWORD|SECRET|TOKEN)", DOCKERFILE, re.MULTILINE)


def _needed(names: Iterable[str]) -> set[str]:
    """These distributions and all that they need to run, by canonical name."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            needs = [Requirement(text) for text in metadata.requires(name) or []]
            waiting += [
                canonicalize_name(need.name)
                for need in needs
                if need.marker is None or need.marker.evaluate({"extra": ""})
            ]
    return found


def test_the_image_gets_pinned_packages_and_none_of_the_tests() -> None:
    assert "--constraint constraints.txt ." in DOCKERFILE
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = [Requirement(text).name for text in project["dependencies"]]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = {canonicalize_name(line.partition("==")[0]) for line in constraints.split()}
    installed = _needed(own)
    assert installed <= pinned
    assert len(installed) > len(own)
    assert not installed & {"libtorrent", "pytest", "grafana-foundation-sdk", "check-jsonschema"}


def _volumes() -> list[tuple[str, str, str]]:
    return [
        (name, *re.fullmatch(r"(\$\{[^}]+\}|[^:]+):(.+)", entry).groups())  # type: ignore[union-attr]  # all are short
        for name, service in SERVICES.items()
        for entry in service.get("volumes", [])
    ]


def test_what_is_mounted_exists_and_is_read_only() -> None:
    for service, source, rest in _volumes():
        if source.startswith("./"):
            assert (ROOT / source).exists(), (service, source)
            assert rest.endswith(":ro"), (service, source)
        elif source.startswith("$"):
            assert source == "${MEDIA_DIR:-demo-media}"
            assert rest == "/media:ro"
        else:
            assert source in COMPOSE["volumes"], (service, source)
    assert set(COMPOSE["volumes"]) == {s for _, s, _ in _volumes() if s in COMPOSE["volumes"]}


def test_the_files_that_programs_are_pointed_at_are_mounted() -> None:
    targets = {(name, rest.removesuffix(":ro")) for name, _, rest in _volumes()}
    assert ("prometheus", "/etc/prometheus/prometheus.yml") in targets
    assert ("prometheus", "/etc/prometheus/rules") in targets
    assert read_yaml(ROOT / "prometheus/prometheus.yml")["rule_files"] == ["rules/*.yml"]
    provider = read_yaml(GRAFANA / "provisioning/dashboards/episodarr.yml")["providers"][0]
    assert ("grafana", provider["options"]["path"]) in targets
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.startswith(provider["options"]["path"])
    assert (GRAFANA / "dashboards" / home.rpartition("/")[2]).exists()
    assert ("alertmanager", "/etc/alertmanager") in targets
    assert (ROOT / "alertmanager/start.sh").stat().st_mode & 0o111


def test_services_find_each_other_by_their_names() -> None:
    configuration = read_yaml(ROOT / "prometheus/prometheus.yml")
    jobs = {
        job["job_name"]: job["static_configs"][0]["targets"][0]
        for job in configuration["scrape_configs"]
    }
    assert jobs["episodarr"] == "episodarr:10987"
    assert jobs["alertmanager"] == "alertmanager:9093"
    source, _ = read_yaml(GRAFANA / "provisioning/datasources/episodarr.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert {"episodarr", "prometheus", "alertmanager", "grafana"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_containers_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_in_a_command_line_or_written_into_the_file(name: str) -> None:
    command = " ".join([*SERVICES[name].get("command", []), *SERVICES[name].get("entrypoint", [])])
    assert not re.search(r"key|password|secret|token", command, re.IGNORECASE)
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search(r"PASSWORD|KEY|SECRET|TOKEN", key):
            assert not value or value.startswith("${"), key


def test_ports_are_open_to_this_machine_only_unless_configured_otherwise() -> None:
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert port.startswith("${LISTEN_ADDRESS:-127.0.0.1}:"), name


def test_the_exporter_is_not_given_what_is_the_others() -> None:
    environment = SERVICES["episodarr"]["environment"]
    for name in ("GRAFANA_ADMIN_PASSWORD", "ALERT_WEBHOOK_URL", "ALERT_WATCHDOG_URL"):
        assert environment[name] == "", name


OWN = {"COMPOSE_PROFILES"}
"""Read by compose itself."""


def test_the_environment_documented_is_the_environment_used() -> None:
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", TEXT))
    documented = set(_example(with_commented=True))
    stack = {name for name in documented if not name.startswith("EPISODARR_")}
    assert stack == used | OWN


def test_defaults_in_the_compose_file_are_those_documented() -> None:
    documented = _example(with_commented=True)
    for name, default in re.findall(r"\$\{([A-Z0-9_]+):-([^}]+)\}", TEXT):
        if name not in {"MEDIA_DIR", "GRAFANA_ANONYMOUS"}:
            assert documented[name] == default, name


def _loaded(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> Settings:
    for name in list(os.environ):
        if name.startswith("EPISODARR_"):
            monkeypatch.delenv(name)
    for name, value in values.items():
        if name.startswith("EPISODARR_"):
            monkeypatch.setenv(name, value)
    return load_settings()


def test_the_exporter_understands_the_whole_example(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {
        name: value
        for name, value in SERVICES["episodarr"]["environment"].items()
        if name.startswith("EPISODARR_")
    }
    settings = _loaded(monkeypatch, {**_example(with_commented=True), **own})
    assert set(settings.sonarr) == {"tv", "anime4k"}
    assert settings.deletion.rescan_shoko
    assert settings.web.port == 10987
    assert str(settings.state_dir) == "/state"
    assert set(settings.paths.values()) == {"/media/tv", "/media/anime", "/media/anime-4k"}


def _free_ports(count: int) -> int:
    """The first of so many consecutive free ports."""
    for first in range(31000, 32700, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    listener = stack.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no ports are free")


def test_the_example_starts_the_demo_that_compose_runs() -> None:
    service = SERVICES["simulated"]
    assert service["profiles"] == ["demo"]
    assert _example(with_commented=False)["COMPOSE_PROFILES"] == "demo"
    assert service["network_mode"] == "service:episodarr"
    assert service["command"][:2] == ["simulate", "--port-base=18000"]
    base = _free_ports(7)
    with subprocess.Popen(
        [sys.executable, "-m", "episodarr", "simulate", f"--port-base={base}", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    ) as simulation:  # fmt: skip
        assert simulation.stdout
        line = simulation.stdout.readline()
        simulation.send_signal(signal.SIGINT)
    announced = json.loads(line)["environment"]
    example = _example(with_commented=False)
    for name, value in announced.items():
        if name != "EPISODARR_PATHS":
            shipped = re.sub(r":180(\d\d)$", lambda m: f":{base + int(m[1])}", example[name])
            assert shipped == value, name
    folders = json.loads(example["EPISODARR_PATHS"])
    assert folders == {path: f"/media{path}" for path in ("/tv", "/anime", "/anime-4k")}
