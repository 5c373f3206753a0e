"""The examples for systemd, Kubernetes and Unraid, each read by the program that judges it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import kubernetes_validate
import pytest
import yaml

from episodarr.settings import Settings
from tests.stack.shipped import ROOT, read_yaml

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
UNIT = DEPLOY / "systemd/episodarr.service"
WORST_EXPOSURE = 20
"""Of 100, as systemd-analyze rates it: 15 when this was written."""
NEWEST_KUBERNETES = kubernetes_validate.latest_version()

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here"
)


@needs_systemd
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """With this Python in place of the command, which is installed nowhere here."""
    text = UNIT.read_text(encoding="utf-8")
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("/usr/local/bin/episodarr", sys.executable))
    for spoiled, is_good in ((False, True), (True, False)):
        if spoiled:
            unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystems=yes"))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", unit],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        complaints = [line for line in done.stderr.splitlines() if unit.name in line]
        assert (done.returncode == 0 and not complaints) is is_good, done.stderr


@needs_systemd
def test_systemd_finds_the_unit_hardened() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={WORST_EXPOSURE}", UNIT],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-500:] + done.stderr


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Every object that the kustomization names, with its file."""
    found = []
    for name in read_yaml(KUBERNETES / "kustomization.yaml")["resources"]:
        if name.endswith(".yaml"):
            text = (KUBERNETES / name).read_text(encoding="utf-8")
            found += [(name, document) for document in yaml.safe_load_all(text)]
    return found


BUILT_IN = [(n, d) for n, d in documents() if "coreos" not in d["apiVersion"]]
OPERATORS = [(n, d) for n, d in documents() if "coreos" in d["apiVersion"]]


@pytest.mark.parametrize(("name", "document"), BUILT_IN, ids=[name for name, _ in BUILT_IN])
def test_kubernetes_takes_each_object(name: str, document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, NEWEST_KUBERNETES, strict=True)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**document, "specs": {}}, NEWEST_KUBERNETES, strict=True)


_OPERATOR = """
import json, sys
import cloudcoil.models.prometheus_operator.v1 as operator
for document in json.load(sys.stdin):
    model = getattr(operator, document["kind"]).model_validate(document)
    kept = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    print(json.dumps(kept == document))
"""


def test_the_operator_takes_its_objects_whole() -> None:
    """Its models drop what they do not know: what comes back must be what went in."""
    wrong = json.loads(json.dumps(OPERATORS[0][1]))
    wrong["spec"]["unheard"] = "of"
    asked = [document for _, document in OPERATORS] + [wrong]
    done = subprocess.run(
        [sys.executable, "-c", _OPERATOR],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["true"] * len(OPERATORS) + ["false"]
    assert {document["kind"] for _, document in OPERATORS} == {"ServiceMonitor", "PrometheusRule"}


@pytest.mark.parametrize("folder", [KUBERNETES, ROOT / "grafana"], ids=lambda path: path.name)
def test_kustomize_finds_every_file_it_names(folder: Path) -> None:
    """Files lie below the kustomization, which is all that kustomize reads; folders have their own."""
    kustomization = read_yaml(folder / "kustomization.yaml")
    for name in kustomization.get("resources", []):
        place = (folder / name).resolve()
        assert place.exists(), name
        if place.is_dir():
            assert (place / "kustomization.yaml").exists(), name
        else:
            assert place.is_relative_to(folder), name
    generated = [
        name for one in kustomization.get("configMapGenerator", []) for name in one["files"]
    ]
    for name in generated:
        assert (folder / name).resolve().is_relative_to(folder)
        assert (folder / name).stat().st_size < 1_000_000, "the most that a ConfigMap holds"
    if generated:
        boards = {f"dashboards/{path.name}" for path in (folder / "dashboards").glob("*.json")}
        assert set(generated) == boards
        assert kustomization["generatorOptions"]["labels"]["grafana_dashboard"] == "1"
    unread = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
    assert unread <= set(kustomization.get("resources", []))


def test_one_runs_at_a_time_and_can_do_little() -> None:
    (deployment,) = [document for _, document in documents() if document["kind"] == "Deployment"]
    spec = deployment["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["envFrom"] == [{"secretRef": {"name": "episodarr"}}], "a secret by reference"
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts["media"]["readOnly"] is True
    assert set(mounts) == {volume["name"] for volume in pod["volumes"]}
    for variable in container["env"]:
        assert_is_setting(variable["name"])


def test_service_monitor_service_and_pod_find_each_other() -> None:
    by_kind = {document["kind"]: document for _, document in documents()}
    pod = by_kind["Deployment"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    (port,) = by_kind["Service"]["spec"]["ports"]
    (endpoint,) = by_kind["ServiceMonitor"]["spec"]["endpoints"]
    assert by_kind["Service"]["spec"]["selector"].items() <= labels.items()
    selected = by_kind["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items()
    assert selected <= by_kind["Service"]["metadata"]["labels"].items()
    assert by_kind["Service"]["metadata"]["labels"]["app.kubernetes.io/name"] == "episodarr"
    assert by_kind["ServiceMonitor"]["spec"]["jobLabel"] == "app.kubernetes.io/name"
    assert endpoint["port"] == port["name"]
    assert port["targetPort"] == pod["spec"]["containers"][0]["ports"][0]["name"]


def assert_is_setting(variable: str) -> None:
    name, *nested = variable.removeprefix("EPISODARR_").lower().split("__")
    assert name in Settings.model_fields, variable
    model: Any = Settings.model_fields[name].annotation
    if nested and name == "web":
        assert nested[-1] in model.model_fields, variable


def test_unraids_template_has_the_fields_that_unraid_names() -> None:
    root = ElementTree.parse(DEPLOY / "unraid/episodarr.xml").getroot()  # noqa: S314  our own file
    assert (root.tag, root.get("version")) == ("Container", "2")
    for tag in ("Name", "Repository", "Network", "Shell", "Privileged", "Support", "Project",
                "Overview", "Category", "WebUI", "Icon", "ExtraParams"):  # fmt: skip
        field = root.find(tag)
        assert field is not None, tag
        assert field.text, tag
    configs = root.findall("Config")
    targets = {config.get("Target"): config for config in configs}
    for config in configs:
        assert set(config.keys()) == {"Name", "Target", "Default", "Mode", "Description", "Type",
                                      "Display", "Required", "Mask"}  # fmt: skip
        assert config.get("Type") in {"Port", "Path", "Variable", "Label", "Device"}
        assert config.get("Display") in {"always", "advanced", "always-hide", "advanced-hide"}
        is_secret = re.search("KEY|SECRET|PASSWORD", config.get("Target") or "") is not None
        assert config.get("Mask") == ("true" if is_secret else "false")
        if config.get("Type") == "Variable":
            assert_is_setting(config.get("Target") or "")
    assert targets["/state"].get("Mode") == "rw"
    assert targets["/data"].get("Mode") == "ro"
    assert targets["10987"].get("Mode") == "tcp"
