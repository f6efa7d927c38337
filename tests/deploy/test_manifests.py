"""The files that cannot be run here at least parse, and agree with the code they start."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.ports import SERVICES

DEPLOY = Path(__file__).parents[2] / "deploy"
BASE = DEPLOY / "k8s" / "base"


def documents(file: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(file.read_text(encoding="utf-8")) if document]


@pytest.mark.parametrize("file", sorted(DEPLOY.rglob("*.yaml")), ids=lambda file: str(file.relative_to(DEPLOY)))
def test_every_yaml_file_parses(file: Path) -> None:
    assert documents(file)


@pytest.mark.parametrize("folder", [BASE, DEPLOY / "k8s" / "overlays" / "production"], ids=lambda path: path.name)
def test_kustomizations_name_files_that_exist(folder: Path) -> None:
    (kustomization,) = documents(folder / "kustomization.yaml")
    assert all((folder / resource).exists() for resource in kustomization["resources"])


@pytest.mark.parametrize("service", SERVICES)
def test_pods_are_locked_down_and_probed(service: str) -> None:
    manifests = documents(BASE / f"{service}.yaml")
    kinds = [manifest["kind"] for manifest in manifests]
    assert sorted(kinds) == ["Deployment", "Deployment", "Job", "PodDisruptionBudget", "PodDisruptionBudget", "Service"]
    for manifest in manifests:
        if manifest["kind"] not in ("Deployment", "Job"):
            continue
        pod = manifest["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"requests", "limits"} <= container["resources"].keys()
        assert service in container["image"]
        if manifest["kind"] == "Deployment":
            assert pod["terminationGracePeriodSeconds"] == 30
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            assert container["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_compose_has_all_services_after_their_migrations() -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    services = compose["services"]
    for service in SERVICES:
        for part in ("api", "worker"):
            after = services[f"{service}-{part}"]["depends_on"]
            assert after[f"{service}-migration"]["condition"] == "service_completed_successfully"
        assert services[f"{service}-api"]["environment"]["DATABASE_URL"].endswith(f"/{service}")
    assert services["registry-worker"]["environment"]["WORKER_PORT"] == "8000"


def test_the_dashboard_shows_what_operators_look_at() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "double-wings.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    for metric in ("http_server_request_duration_seconds", "outbox_pending", "consumer_lag", "consumer_parked"):
        assert metric in asked
