"""The documents others build on: `python -m deploy.contracts` writes them, `--check` says whether they are up to date.

All come from the code, none is written by hand. Committed are those that people review: a page per API, a page about
the events, a JSON Schema per event. The OpenAPI and AsyncAPI documents say the same for machines and are too long for a
review; they are written beside the local data.
"""

import argparse
import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsoncompat

from deploy.api_page import api_page
from deploy.events_page import events_page
from deploy.topics import declared_topics
from deploy.tree_page import with_tree
from shared.events import Event
from shared.events.catalogue import EVENTS, PRODUCERS, events_of
from shared.facts.asyncapi import Language, asyncapi, event_schema
from shared.process.settings import ServiceSettings

ROOT = Path(__file__).parents[1]
SERVICES = tuple(PRODUCERS)
MACHINES = Path(".local/documents")
ARCHITECTURE = Path("docs/architecture.md")


def language() -> Language:
    """Who says what, and who listens to it."""
    return Language(
        sent={service: list(events_of(service)) for service in SERVICES},
        received={service: _wanted(service) for service in SERVICES},
        partitions={topic.name: topic.partitions for topic in declared_topics()},
    )


def _wanted(service: str) -> frozenset[type[Event]]:
    inbox = importlib.import_module(f"services.{service}.subscriptions").INBOX
    return frozenset() if inbox is None else frozenset(inbox.wanted)


def documents() -> dict[Path, str]:
    """The committed documents: path below the root -> content."""
    spoken = language()
    return {
        **{Path(f"docs/api/{service}.md"): api_page(service, openapi(service)) for service in SERVICES},
        **{Path(f"docs/schemas/{name}.json"): _json(event_schema(event)) for name, event in EVENTS.items()},
        Path("docs/events.md"): events_page(spoken),
        ARCHITECTURE: with_tree((ROOT / ARCHITECTURE).read_text(encoding="utf-8"), ROOT),
    }


def machine_documents() -> dict[Path, str]:
    """The same for machines: path below the root -> content."""
    return {
        **{MACHINES / f"{service}.openapi.json": _json(openapi(service)) for service in SERVICES},
        MACHINES / "asyncapi.json": _json(asyncapi(language())),
    }


def openapi(service: str) -> Mapping[str, Any]:
    """A service's document, from an application that reaches nothing."""
    kind: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    settings = kind(
        environment="development",
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        kafka_bootstrap_servers="127.0.0.1:1",
        issuer="http://127.0.0.1:8100",
        jwks_url="http://127.0.0.1:8100/jwks",
    )
    document: Mapping[str, Any] = importlib.import_module(f"services.{service}.app").create_app(settings).openapi()
    return document


def _json(document: Mapping[str, Any]) -> str:
    """Keys in their order, which is the code's: a difference shows where the code changed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def incompatible(events: Mapping[str, type[Event]] = EVENTS, root: Path = ROOT) -> Iterator[str]:
    """Events whose schema no longer keeps what its committed one promised to those who read it."""
    for name, event in events.items():
        committed = root / f"docs/schemas/{name}.json"
        if committed.exists():
            before, after = json.loads(committed.read_text(encoding="utf-8")), event_schema(event)
            if not jsoncompat.check_compat(_anonymous(before), _anonymous(after), "serializer"):
                yield name


def _anonymous(schema: dict[str, Any]) -> str:
    """Without `$id`, which jsoncompat takes for a reference it cannot follow."""
    return json.dumps({key: value for key, value in schema.items() if key != "$id"})


def write(root: Path = ROOT) -> None:
    wanted = documents()
    for path in _forgotten(wanted, root):
        (root / path).unlink()
    for path, content in (wanted | machine_documents()).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")


def differences(root: Path = ROOT) -> Iterator[str]:
    """One sentence for each document that is not what the code says."""
    wanted = documents()
    for path, content in wanted.items():
        if not (root / path).exists():
            yield f"{path} is missing."
        elif (root / path).read_text(encoding="utf-8") != content:
            yield f"{path} is not what the code says."
    for path in _forgotten(wanted, root):
        yield f"{path} describes nothing that exists."


def _forgotten(wanted: Mapping[Path, str], root: Path) -> list[Path]:
    there = [*(root / "docs/api").glob("*.md"), *(root / "docs/schemas").glob("*.json")]
    return sorted(path.relative_to(root) for path in there if path.relative_to(root) not in wanted)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.contracts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where something differs")
    check = parser.parse_args().check
    broken = [f"{name} changed incompatibly: publish a new version of it instead." for name in incompatible()]
    found = list(differences()) if check else []
    if not check and not broken:
        write()
    advice = ["Write them with: make openapi"] if found else []
    sys.stderr.writelines(f"{line}\n" for line in [*broken, *found, *advice])
    return 1 if broken or found else 0


if __name__ == "__main__":
    sys.exit(main())
