"""Hostile requests to every operation: never a 5xx, always a problem with a code, and nothing of the request in it."""

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest

from tests.edge.asks import Ask
from tests.edge.conftest import Worlds
from tests.edge.hostile import (
    BODIES,
    CANARY,
    FIELD_VALUES,
    FORM_FIELDS,
    HEADERS,
    MEDIA_TYPES,
    MULTIPARTS,
    WORDS,
    places,
    with_value,
)
from tests.edge.matrix import MATRIX
from tests.edge.operations import OPERATIONS, Operation

pytestmark = pytest.mark.slow

MEDIA_TYPE = "application/problem+json"
QUERIES = ("limit=0", "limit=201", "limit=1e1", "cursor=", f"cursor={CANARY}", "cursor=AAAA", "cursor=%F0%9F%98%80",
           "cursor=" + "A" * 1000, f"{CANARY}=1", "limit=1&limit=2", "&&==&%", "%ff=%ff")  # fmt: skip

OPTIONAL_FIELDS: dict[str, dict[str, Any]] = {
    "register_institution": {
        "uscc": "x", "permit_no": "x", "mode": "x", "profit": "x", "status": "x", "legal_representative": "x",
        "phone": "x", "external_ref": "x",
    },
    "change_institution": {"uscc": None, "kind": "x", "stages": ["x"], "district": "x", "lon": 1, "capacity": 1},
    "plan_visit": {"id": "x", "campaign_id": "x", "grid": "x"},
    "plan_campaign": {"scope": {"grids": ["x"], "districts": ["x"], "streets": ["x"], "kinds": ["x"], "statuses": []}},
    "conclude_recheck": {"missed_violations": [{"severity": "x", "description": "x", "clause": "x"}]},
    "commit_draw": {
        "held_on": "x",
        "pool": {"teams": ["x"], "subjects": ["x"]},
        "recusals": [{"subject": "x", "institution_id": "x", "reason": "x"}],
        "exclusions": [{"institution_id": "x", "reason": "x"}],
    },
    "submit_visit": {
        "violations": [{"severity": "x", "description": "x", "clause": "x"}],
        "discovery": {"name": "x", "address": "x", "kind": "x", "lon": 1, "lat": 1},
    },
    "report_violation": {"grid": "x", "found_on": "x", "offence": "x"},
    "rectify_violation": {"evidence": ["x"]},
    "enact_offence": {"leniency": True, "life_or_finance": True, "status": "x"},
    "file_case": {
        "offence": "x", "party_name": "x", "acts_until": "x", "gravity": "x", "harmful": True, "illegal_income_fen": 1,
        "aggravations": [{"circumstance": "x", "ground": "x"}],
    },
    "record_case_inquiry": {
        "evidence": ["x"], "harmful": True, "illegal_income_fen": 1,
        "aggravations": [{"circumstance": "x", "ground": "x"}],
    },
    "notify_party": {
        "hearing_told": True, "public_notice": True, "penalties": [{"kind": "fine", "amount_fen": 1, "until": "x"}],
    },
    "decide_case": {"collective": True, "notice": True, "penalties": [{"kind": "fine", "amount_fen": 1}]},
    "decide_on_the_spot": {"fine_fen": 1},
    "complain": {"uscc": "x", "address": "x", "contact": {"name": "x", "phone": "x"}},
    "enter_complaint": {"uscc": "x", "address": "x"},
    "match_complaint": {"grid": "x"},
    "accept_proposal": {"confirm_by": "x"},
    "enact_norm": {"status": "x"},
    "enact_catalogue_item": {"status": "x"},
    "enact_management_rule": {"status": "x"},
    "commit_management_draw": {"managements": ["x"]},
    "verify_declaration": {"falls_short": ["x"]},
    "open_survey": {"audiences": ["x"]},
    "order_rectification": {"due_on": "x"},
    "import_grids": {"successions": [{"code": "x", "successors": ["x"]}]},
    "form_team": {"members": [{"subject": "x", "name": "x"}], "street": "x", "leader": "x", "active": True},
    "change_team": {"grids": ["x"], "members": [{"subject": "x", "name": "x"}], "district": "x", "active": True},
    "change_offering": {"name": "x", "opens_at": "x", "closes_at": "x"},
    "enrol_student": {"guardian": "x"},
    "generate_sessions": {"school_id": "x", "term": "x"},
    "record_pickup": {"guardianship_id": "x"},
}  # fmt: skip
"""Fields that the examples leave out, to be filled with hostile values as well."""


STRIDE = 1 if os.environ.get("HOSTILE") == "all" else 4
"""Of the hostile values each field gets every fourth, its neighbour the next ones; with HOSTILE=all it gets all."""


class Shot(NamedTuple):
    what: str
    url: str
    headers: dict[str, bytes]
    content: bytes


def shots(operation: Operation, ask: Ask) -> Iterator[Shot]:
    url = operation.path.format(**ask.ids)
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in ask.query.items())
    target = f"{url}?{query}" if query else url
    version = {name: value.encode() for name, value in ask.headers.items()}
    version |= {"if-match": b'"1"'} if operation.needs_version else {}
    json_type = {"content-type": b"application/json", **version}
    if "application/json" in operation.media_types:
        for name, content in BODIES.items():
            yield Shot(f"body {name}", target, json_type, content)
        for name, media_type in MEDIA_TYPES.items():
            headers = version if media_type is None else {"content-type": media_type.encode(), **version}
            yield Shot(f"media type {name}", target, headers, b'{"%s":1}' % CANARY.encode())
        body = {**(ask.body or {}), **OPTIONAL_FIELDS.get(operation.name, {})}
        for number, place in enumerate(places(body)):
            for name, value in islice(FIELD_VALUES.items(), number % STRIDE, None, STRIDE):
                yield Shot(f"{place} {name}", target, json_type, with_value(body, place, value))
    if "multipart/form-data" in operation.media_types:
        for name, (media_type, content) in MULTIPARTS.items():
            yield Shot(f"multipart {name}", target, {"content-type": media_type.encode()}, content)
        for name, fields in FORM_FIELDS.items():
            form = httpx.Request("POST", "http://x", files=ask.files, data=fields)
            headers = {"content-type": form.headers["content-type"].encode()}
            yield Shot(f"form {name}", target, headers, form.read())
        for name, content in BODIES.items():
            yield Shot(f"body {name}", target, {"content-type": b"multipart/form-data; boundary=x"}, content)
    content, headers = _good_body(operation, ask)
    for where, parameter in operation.parameters:
        for name, word in WORDS.items():
            if where == "path":
                url = operation.path.format(**{**ask.ids, parameter: word})
                yield Shot(f"path {name}", f"{url}?{query}", {**version, **headers}, content)
            else:
                kept = [one for one in query.split("&") if one and not one.startswith(f"{parameter}=")]
                url = operation.path.format(**ask.ids)
                asked = "&".join([*kept, f"{parameter}={word}"])
                yield Shot(f"query {parameter} {name}", f"{url}?{asked}", {**version, **headers}, content)
    for extra in QUERIES:
        yield Shot(
            f"query {extra[:20]}", f"{operation.path.format(**ask.ids)}?{extra}", {**version, **headers}, content
        )
    for name, odd in HEADERS.items():
        yield Shot(f"header {name}", target, {**version, **headers, **odd}, content)


def _good_body(operation: Operation, ask: Ask) -> tuple[bytes, dict[str, bytes]]:
    example = httpx.Request(
        operation.method,
        "http://x",
        **(
            {"json": ask.body}
            if ask.body is not None
            else {"files": ask.files}
            if ask.files
            else {"content": ask.content}
        ),
    )
    content_type = example.headers.get("content-type")
    return example.read(), {"content-type": content_type.encode()} if content_type else {}


def faults(answer: httpx.Response) -> Iterator[str]:
    """What is wrong with an answer to a hostile request."""
    if answer.status_code >= 500:
        yield f"{answer.status_code} {answer.text[:100]}"
    if answer.status_code < 400:
        return
    if answer.headers.get("content-type") != MEDIA_TYPE:
        yield f"{answer.status_code} as {answer.headers.get('content-type')}"
        return
    problem: dict[str, Any] = answer.json()
    if not problem.get("code") or not problem.get("request_id") or problem["status"] != answer.status_code:
        yield f"incomplete problem {answer.text[:100]}"
    told = answer.text + str(answer.headers)
    if CANARY in told or CANARY.swapcase() in told:
        yield f"echo {answer.status_code} {answer.text[:300]}"


IN_A_PROCESS_EACH = {"import_grids"}
"""Operations that read every body in a process of its own: a second for each shot."""


def _operations() -> Iterator[Any]:
    for operation in OPERATIONS.values():
        patient = [pytest.mark.timeout(900)] if operation.name in IN_A_PROCESS_EACH else []
        yield pytest.param(operation, id=str(operation), marks=patient)


@pytest.mark.parametrize("operation", list(_operations()))
async def test_hostile(operation: Operation, battered_worlds: Worlds, capsys: pytest.CaptureFixture[str]) -> None:
    world = await battered_worlds(operation.service)
    role = next(role for role, answer in MATRIX[str(operation)].items() if not answer.isdigit())
    client = world.client(role)
    wrong, count = [], 0
    for shot in shots(operation, world.asks[operation.name]):
        count += 1
        answer = await _fire(client, operation.method, shot)
        wrong += [f"{shot.what}: {fault}" for fault in faults(answer)]
    assert count >= len(HEADERS) + len(QUERIES)
    assert not wrong, "\n".join(wrong[:30])
    said = capsys.readouterr()
    assert CANARY not in said.out + said.err, "logs hold what was sent"
    assert (await world.service().get("/readyz")).status_code == 200


async def test_a_refused_set_of_grids_does_not_repeat_its_codes(battered_worlds: Worlds) -> None:
    world = await battered_worlds("inspection")
    feature = world.asks["import_grids"].body["features"][0]
    named = {**feature, "properties": {"code": CANARY, "name": CANARY}}
    answer = await world.client("bureau").post(
        "/v1/grids/import", json={"type": "FeatureCollection", "features": [named, named]}
    )
    assert answer.json()["code"] == "grids-refused"
    assert {"feature": 1, "fault": "code-repeated"} in answer.json()["facts"]["report"]
    assert CANARY not in answer.text


async def _fire(client: httpx.AsyncClient, method: str, shot: Shot) -> httpx.Response:
    # Built by hand: httpx would mend some of what is meant to be odd.
    headers = {**{name.encode(): value.encode() for name, value in client.headers.items()},
               **{name.encode(): value for name, value in shot.headers.items()}}  # fmt: skip
    request = httpx.Request(
        method, f"http://service.test{shot.url}", headers=list(headers.items()), content=shot.content
    )
    return await client.send(request)
