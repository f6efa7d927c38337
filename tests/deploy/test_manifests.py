"""The files that cannot be run here at least parse, and agree with the code they start."""

import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from deploy.local.ports import SERVICES
from services.afterschool.settings import Settings as AfterschoolSettings
from services.inspection.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
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


INSPECTION = [
    *((f"compose {part}", part) for part in ("migration", "api", "worker")),
    *((f"pod {part}", part) for part in ("api", "worker")),
]
SECRETS = {"DATABASE_URL": "postgresql+asyncpg://db/inspection", "CURSOR_KEY": "a secret", "SEAL_KEY": "another"}
ADDRESSES = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "ISSUER": "https://id", "JWKS_URL": "https://id/jwks"}


@pytest.mark.parametrize(("where", "part"), INSPECTION, ids=[where for where, _ in INSPECTION])
def test_inspection_starts_with_what_its_container_has_and_not_without_a_seal(
    where: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = _of_compose(part) if where.startswith("compose") else _of_pod(part)
    for name in ("ENVIRONMENT", "EVIDENCE_STORE", *SECRETS, *ADDRESSES):
        monkeypatch.delenv(name, raising=False)
    for name, value in (given | ADDRESSES | SECRETS).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.environment == "production"
    assert settings.evidence_store == given["EVIDENCE_STORE"]
    monkeypatch.delenv("SEAL_KEY")
    with pytest.raises(ValidationError, match="SEAL_KEY must be set in production"):
        Settings()
    monkeypatch.setenv("SEAL_KEY", SECRETS["SEAL_KEY"])
    monkeypatch.delenv("EVIDENCE_STORE")
    with pytest.raises(ValidationError, match="EVIDENCE_STORE must be set in production"):
        Settings()


def test_afterschool_starts_in_production_only_with_its_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    (compose,) = documents(DEPLOY / "compose.yaml")
    key = b64encode(bytes(range(32))).decode()
    keys = {"PERSONAL_KEYS": f'{{"first": "{key}"}}', "PERSONAL_KEY": "first", "FINGERPRINT_KEY": key}
    for part in ("migration", "api", "worker"):
        said = compose["services"][f"afterschool-{part}"]["environment"]
        assert all(said[name].startswith(f"${{{name}:?") for name in keys)
    for name, value in ({"ENVIRONMENT": "production"} | ADDRESSES | SECRETS | keys).items():
        monkeypatch.setenv(name, value)
    assert AfterschoolSettings().personal_key == "first"
    for name, wrong, said in [
        ("FINGERPRINT_KEY", None, "must be set in production"),
        ("PERSONAL_KEY", "second", "names no key"),
        ("PERSONAL_KEYS", '{"first": "c2hvcnQ="}', "32 bytes"),
    ]:
        with monkeypatch.context() as changed:
            changed.delenv(name) if wrong is None else changed.setenv(name, wrong)
            with pytest.raises(ValidationError, match=said):
                AfterschoolSettings()


def _of_compose(part: str) -> dict[str, str]:
    """What the file itself says; `${NAME:-value}` is the value, and what must be given is left out."""
    (compose,) = documents(DEPLOY / "compose.yaml")
    said = compose["services"][f"inspection-{part}"]["environment"]
    assert "SEAL_KEY" in said
    assert said["SEAL_KEY"].startswith("${SEAL_KEY:?")
    if part != "migration":
        assert any(
            "/var/lib/double-wings/evidence" in one for one in compose["services"][f"inspection-{part}"]["volumes"]
        )
    defaults = {name: str(value).rpartition(":-")[2].rstrip("}") for name, value in said.items() if value is not None}
    return {name: value for name, value in defaults.items() if not value.startswith("${")}


def _of_pod(part: str) -> dict[str, str]:
    """What the maps say that the pod names; the secret is not in the repository, and must be named."""
    (deployment,) = [
        one
        for one in documents(BASE / "inspection.yaml")
        if one["kind"] == "Deployment" and one["metadata"]["name"] == f"inspection-{part}"
    ]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": "inspection-secrets"}} in container["envFrom"]
    maps = {one["name"]: one["literals"] for one in documents(BASE / "kustomization.yaml")[0]["configMapGenerator"]}
    named = [one["configMapRef"]["name"] for one in container["envFrom"] if "configMapRef" in one]
    return dict(literal.split("=", 1) for name in named for literal in maps[name])


def test_the_image_ships_what_a_stranger_verifies_with() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "COPY deploy/verify deploy/verify" in dockerfile
    assert {file.name for file in (DEPLOY / "verify").glob("*.py")} >= {"bundle.py", "draw.py"}


def test_the_dashboard_shows_what_operators_look_at() -> None:
    dashboard = json.loads((DEPLOY / "grafana" / "double-wings.json").read_text(encoding="utf-8"))
    asked = " ".join(target["expr"] for panel in dashboard["panels"] for target in panel["targets"])
    for metric in (
        "http_server_request_duration_seconds",
        "outbox_pending",
        "consumer_lag",
        "consumer_parked",
        "consumer_standing",
    ):
        assert metric in asked


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_all_that_its_processes_import(tmp_path: Path, service: str) -> None:
    """The tree that the Dockerfile copies, without the rest of the project beside it."""
    for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if not line.startswith("COPY ") or "--from" in line:
            continue
        *sources, target = line.replace("$SERVICE", service).split()[1:]
        for source in sources:
            place = tmp_path / target / Path(source).name if target.endswith(("/", ".")) else tmp_path / target
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    imports = f"import services.{service}.app, services.{service}.subscriptions, shared.worker, deploy.local.__main__"
    migrations = "import deploy.alembic.shared_tables"
    script = f"{imports}; {migrations}; import pathlib, shared; print(pathlib.Path(shared.__file__).parents[1])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == str(tmp_path), ran.stderr
