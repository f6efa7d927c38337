"""The generated documents: up to date, and valid in the eyes of others."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.contracts import MACHINES, ROOT, SERVICES, differences, documents, language, openapi, write
from shared.facts.asyncapi import asyncapi

VALIDATOR = Path(__file__).parent / "asyncapi"


def test_the_committed_documents_are_what_the_code_says() -> None:
    assert list(differences()) == [], "make openapi"


@pytest.mark.slow
def test_differences_are_told_one_by_one(tmp_path: Path) -> None:
    write(tmp_path)
    assert list(differences(tmp_path)) == []
    (tmp_path / "docs/events.md").write_text("old", encoding="utf-8")
    (tmp_path / "docs/api/metrics.md").unlink()
    (tmp_path / "docs/schemas/gone.v1.json").write_text("{}", encoding="utf-8")
    assert sorted(differences(tmp_path)) == [
        "docs/api/metrics.md is missing.",
        "docs/events.md is not what the code says.",
        "docs/schemas/gone.v1.json describes nothing that exists.",
    ]


@pytest.mark.slow
def test_two_runs_write_the_same() -> None:
    assert documents() == documents()


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_says_who_may_use_it(service: str) -> None:
    for path, operations in openapi(service)["paths"].items():
        for method, operation in operations.items():
            assert operation["x-roles"], f"{method} {path}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_schema_is_named_by_its_class_and_not_by_where_the_class_lies(service: str) -> None:
    """FastAPI puts the module before a name that two classes have: moving code would rename what clients generate."""
    assert [name for name in openapi(service)["components"]["schemas"] if "__" in name] == []


def resolve(document: Mapping[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_in_the_asyncapi_document_leads_somewhere() -> None:
    document = asyncapi(language())
    references: list[str] = []

    def collect(part: object) -> None:
        if isinstance(part, dict):
            references.extend(part[name] for name in part if name == "$ref")
            for below in part.values():
                collect(below)
        elif isinstance(part, list):
            for below in part:
                collect(below)

    collect(document)
    assert len(references) > 100
    for reference in references:
        resolve(document, reference)


def test_every_service_sends_and_receives_what_it_should() -> None:
    operations = asyncapi(language())["operations"]
    assert operations["afterschool.send.afterschool.enrolments.v1"]["action"] == "send"
    received = {name for name in operations if ".receive." in name}
    assert "inspection.receive.registry.institutions.v1" in received
    assert {name for name in received if name.startswith("afterschool.")} == {
        "afterschool.receive.registry.institutions.v1",
        "afterschool.receive.registry.norms.v1",
        "afterschool.receive.registry.permits.v1",
    }


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="the public AsyncAPI validator needs Node.js and npm")
@pytest.mark.timeout(600)
def test_the_public_validator_accepts_the_asyncapi_document(tmp_path: Path) -> None:
    write(tmp_path)
    document = tmp_path / MACHINES / "asyncapi.json"
    answer = json.loads(run(["node", "validate.cjs", str(document)], installed_validator()))
    assert answer["version"] == "3.0.0"
    assert answer["errors"] == []
    assert answer["channels"] == len(language().topics())


def installed_validator() -> Path:
    """Installed once per lock file, outside what is committed."""
    folder = ROOT / ".local/asyncapi-validator"
    lock = "package-lock.json"
    done = folder / "installed.json"
    if not done.exists() or done.read_bytes() != (VALIDATOR / lock).read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(VALIDATOR, folder)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
        shutil.copy(VALIDATOR / lock, done)  # last: half an installation is none
    shutil.copy(VALIDATOR / "validate.cjs", folder)
    return folder


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
