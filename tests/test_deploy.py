"""`deploy/`: valid for its tools, closed where filings are, and true to the code.

Kubernetes and Compose files are checked against the published schemas; names of metrics, settings,
ports and versions against what the code has.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from itertools import combinations
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from counted_metrics import Counted, use_everything
from packaging.requirements import Requirement
from prometheus_client import ProcessCollector

from cpc_classifier import settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OBJECTS = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds."""
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
SELECTOR = re.compile(r"\b((?:cpc|process)_\w+|up)\b(?:\{([^}]*)\})?")


def one(kind: str) -> dict[str, Any]:
    (found,) = (item for item in OBJECTS if item["kind"] == kind)
    return dict(found)


POD = one("Deployment")["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def shown() -> dict[str, set[str]]:
    """The names of all series in the exposition, with their labels."""
    counted = Counted()
    ProcessCollector(registry=counted.registry)
    use_everything(counted.metrics)
    labels: dict[str, set[str]] = {}
    for family in counted.registry.collect():
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


SHOWN = shown()


def queries() -> list[tuple[str, str]]:
    """The title of a panel and a query of it, for all queries of the dashboard."""
    panels = DASHBOARD["panels"]
    return [(p["title"], t["expr"]) for p in panels for t in p.get("targets", ())]


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: str(item["kind"]))
@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
def test_kubernetes_knows_every_field(item: dict[str, Any], version: str) -> None:
    assert kubernetes_validate.validate(item, version, strict=True)


def test_a_field_that_kubernetes_does_not_know_is_found() -> None:
    wrong = one("Service") | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError, match="prots"):
        kubernetes_validate.validate(wrong, "1.30", strict=True)


def test_the_pod_has_no_rights_and_writes_nowhere() -> None:
    context = CONTAINER["securityContext"]
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert POD["automountServiceAccountToken"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    writable = [mount for mount in CONTAINER["volumeMounts"] if not mount.get("readOnly")]
    assert [mount["mountPath"] for mount in writable] == ["/tmp"]
    variables = {entry["name"]: entry["value"] for entry in CONTAINER["env"]}
    assert variables["BENTOML_HOME"].startswith("/tmp/")
    assert variables["CPC_KEYS_FILE"].startswith("/run/secrets/cpc/")


def test_nothing_goes_out_of_the_pod() -> None:
    policy = one("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []
    assert policy["podSelector"]["matchLabels"].items() <= labels_of_the_pod().items()


def labels_of_the_pod() -> dict[str, str]:
    return dict(one("Deployment")["spec"]["template"]["metadata"]["labels"])


def test_the_objects_find_the_pod() -> None:
    assert one("Service")["spec"]["selector"].items() <= labels_of_the_pod().items()
    budget = one("PodDisruptionBudget")["spec"]
    assert budget["selector"]["matchLabels"].items() <= labels_of_the_pod().items()
    target = one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", one("Deployment")["metadata"]["name"])
    assert "replicas" not in one("Deployment")["spec"]
    assert one("HorizontalPodAutoscaler")["spec"]["minReplicas"] > budget["maxUnavailable"]
    assert {item["metadata"].get("namespace", "cpc") for item in OBJECTS} == {"cpc"}


def test_the_probes_ask_what_there_is() -> None:
    paths = [CONTAINER[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness")]
    assert paths == ["/readyz", "/readyz"]
    assert CONTAINER["livenessProbe"]["httpGet"]["path"] == "/livez"
    (port,) = CONTAINER["ports"]
    annotations = one("Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(port["containerPort"])


def test_there_is_time_to_finish_what_was_accepted() -> None:
    variables = {entry["name"]: entry["value"] for entry in CONTAINER["env"]}
    before = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    work = int(variables["CPC_QUEUE_FILINGS"]) / 20
    assert POD["terminationGracePeriodSeconds"] >= before + work
    grace = int(COMPOSE["services"]["cpc"]["stop_grace_period"].removesuffix("s"))
    assert grace >= settings.Settings().queue_filings / 20


def test_variables_of_kubernetes_itself_do_not_look_like_settings() -> None:
    assert POD["enableServiceLinks"] is False
    assert CONTAINER["env"]
    settings.Settings.from_environment(
        {e["name"]: e["value"] for e in CONTAINER["env"]}
        | COMPOSE["services"]["cpc"]["environment"]
    )


def test_every_setting_named_is_one() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in sorted(DEPLOY.iterdir()) if path.is_file()
    ]
    named = set(re.findall(r"\bCPC_[A-Z_]*[A-Z]", "\n".join([*texts, PAGE])))
    fields = {settings.variable(name) for name in settings.Settings.__dataclass_fields__}
    assert named - fields - {"CPC_HOME"} == set()
    assert "CPC_KEYS_FILE" in named


def test_compose_follows_its_specification() -> None:
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = subprocess.run([*command, DEPLOY / "compose.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_compose_keeps_filings_inside() -> None:
    services = COMPOSE["services"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("cpc", "postgres", "prometheus"):
        assert services[name]["networks"] == ["inside"]
        assert "ports" not in services[name]
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert services["cpc"]["read_only"] is True


def test_compose_names_files_that_are_there_or_secret() -> None:
    for service in COMPOSE["services"].values():
        mounts = [volume.split(":") for volume in service.get("volumes", ())]
        for source, *_ in mounts:
            if source.startswith("."):
                assert (DEPLOY / source).is_file()
            else:
                assert source in COMPOSE["volumes"]
        assert service["healthcheck"]["test"][0] == "CMD"
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/deploy/secrets/" in ignored
    assert all(s["file"].startswith("./secrets/") for s in COMPOSE["secrets"].values())


def test_prometheus_and_the_proxy_find_the_service() -> None:
    scrape = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = scrape["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["cpc:3000"]}]
    assert "http://cpc:3000;" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert "cpc" in COMPOSE["services"]
    sources = yaml.safe_load(COMPOSE["configs"]["grafana_datasources"]["content"])["datasources"]
    assert sources[0]["url"] == "http://prometheus:9090"


def test_the_image_is_that_of_this_version() -> None:
    image = f"registry.example/cpc-classifier:{VERSION}"
    assert CONTAINER["image"] == COMPOSE["services"]["cpc"]["image"] == image
    assert f"--version {VERSION}" in PAGE


def test_the_bento_for_gpus_differs_by_the_runtime_alone() -> None:
    cpu, gpu = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for name in ("bentofile.yaml", "deploy/bentofile.gpu.yaml")
    )
    different = {key for key in cpu.keys() | gpu.keys() if cpu.get(key) != gpu.get(key)}
    assert different == {"name", "python", "envs"}
    runtime = "onnxruntime-gpu[cuda,cudnn]"
    kept = [line for line in gpu["python"]["packages"] if not line.startswith(runtime)]
    assert kept == [line for line in cpu["python"]["packages"] if not line.startswith("onnx")]
    assert len(kept) == len(cpu["python"]["packages"]) - 1 == len(gpu["python"]["packages"]) - 1
    (wanted,) = (Requirement(x) for x in gpu["python"]["packages"] if x.startswith(runtime))
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"{wanted.name}{wanted.specifier}" in pinned
    assert cpu["envs"][0] in gpu["envs"]


def test_the_autoscaler_follows_a_metric_that_is_served() -> None:
    (metric,) = one("HorizontalPodAutoscaler")["spec"]["metrics"]
    name = metric["pods"]["metric"]["name"]
    assert "lane" in SHOWN[name]
    adapter = yaml.safe_load((DEPLOY / "prometheus-adapter.yaml").read_text(encoding="utf-8"))
    (rule,) = adapter["rules"]["custom"]
    assert rule["name"]["as"] == rule["name"]["matches"] == name
    assert rule["seriesQuery"].startswith(name + "{")


def test_the_panels_lie_side_by_side() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    boxes = [(p["title"], p["gridPos"]) for p in panels]
    assert all(b["x"] >= 0 and b["x"] + b["w"] <= 24 for _, b in boxes)
    for (title, a), (other, b) in combinations(boxes, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart or below, (title, other)


def test_the_data_source_is_a_variable() -> None:
    (variable,) = (v for v in DASHBOARD["templating"]["list"] if v["type"] == "datasource")
    wanted = {"type": "prometheus", "uid": f"${{{variable['name']}}}"}
    for panel in DASHBOARD["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"] == wanted
            assert all(target["datasource"] == wanted for target in panel["targets"])


@pytest.mark.parametrize(("title", "query"), queries())
def test_a_panel_asks_for_what_is_shown(title: str, query: str) -> None:
    selectors = SELECTOR.findall(query)
    assert selectors, title
    known: set[str] = set()
    for name, matchers in selectors:
        labels = SHOWN[name] | SCRAPED if name != "up" else SCRAPED
        assert set(MATCHER.findall(matchers)) <= labels
        assert "job" in MATCHER.findall(matchers)
        known |= labels
    for group in re.findall(r"\bby \(([^)]*)\)", query):
        assert set(group.split(", ")) <= known
    assert query.count("(") == query.count(")")


def test_the_dashboard_shows_all_there_is() -> None:
    asked = {name for _, query in queries() for name, _ in SELECTOR.findall(query)}
    families = {re.sub(r"_(bucket|sum|count)$", "", n) for n in SHOWN if n.startswith("cpc_")}
    assert {name for name in families if not any(a.startswith(name) for a in asked)} == set()


def test_the_page_lists_the_metrics() -> None:
    rows = {name.partition("{")[0] for name in re.findall(r"^\| `(cpc_[^`]+)`", PAGE, re.MULTILINE)}
    assert rows == {re.sub(r"_(bucket|sum|count)$", "", n) for n in SHOWN if n.startswith("cpc_")}
    named = {name.partition("{")[0] for name in re.findall(r"`((?:cpc|process)_[^`]+)`", PAGE)}
    assert {name for name in named if not any(n.startswith(name) for n in SHOWN)} == set()
