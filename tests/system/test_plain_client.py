"""What another agency sees of us on Kafka: a plain client, the published schemas, and nothing of our code.

Only the platform that is listened to, and the people who work on it, come from this project.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from aiokafka import AIOKafkaConsumer, TopicPartition
from jsonschema import Draft202012Validator, FormatChecker

from deploy.demo import pingcheng
from deploy.demo.dataset import Dataset
from deploy.demo.player import Player, player
from deploy.demo.school_life import SchoolLife
from deploy.local.platform import Platform
from deploy.local.ports import Ports
from tests.system.broker_kind import BROKER

ROOT = Path(__file__).parents[2]
PREFIX = "org.doublewings."
INSTITUTIONS = 12
Record = Any

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def records(scratch_folder: Path) -> AsyncIterator[Sequence[Record]]:
    """Everything a working platform said, read from the beginning of every topic."""
    folder = scratch_folder / f"plain-{uuid4().hex[:8]}"
    async with Platform(folder, ports=Ports.free(), broker=BROKER, durable=False, quiet=True) as platform:
        async with player(platform) as one:
            await work(one, folder)
        yield await everything(platform.bootstrap)


async def work(one: Player, folder: Path) -> None:
    """A little of all that people do here."""
    pingcheng.write(folder / "pingcheng", institutions=INSTITUTIONS)
    dataset = Dataset.of(folder / "pingcheng")
    await one.import_grids(dataset)
    teams = await one.form_teams(list(pingcheng.STREETS))
    await one.import_file("registry", "institutions", dataset)

    async def placed() -> int:
        return int((await one.bureau.get("inspection", "/v1/blind-spots"))["placed"])

    await one.wait_for("placed", placed, INSTITUTIONS, seconds=60)
    await one.import_file("inspection", "visits", dataset)
    await one.import_file("inspection", "violations", dataset)
    await one.play_campaign(teams, list(pingcheng.STREETS), on=date(2026, 9, 1))
    school = {"code": "S1", "name": "一小", "stage": "primary", "district": pingcheng.DISTRICT, "street": "140213050"}
    school_id = (await one.bureau.post("afterschool", "/v1/schools", school)).json()["id"]
    life = SchoolLife(one.bureau, one.guardian)
    school_class = await life.form_class(school_id, grade=3)
    offering = {
        "school_id": school_id, "name": "篮球", "category": "sunshine_sports",
        "term": await life.open_term(), "capacity": 1,
        "opens_at": "2020-01-01T00:00:00Z", "closes_at": "2099-01-01T00:00:00Z",
    }  # fmt: skip
    offering_id = (await one.bureau.post("afterschool", "/v1/offerings", offering)).json()["id"]
    for name in ("一", "二"):  # the second child waits
        child = {"offering_id": offering_id, "student_id": await life.admit(school_class, name)}
        await one.guardian.post("afterschool", "/v1/enrolments", child)

    async def counted() -> int:
        card = await one.bureau.get("metrics", "/v1/scorecard")
        return sum(value["numerator"] for value in card["values"] if value["code"] == "afterschool.waiting")

    await one.wait_for("counted", counted, 1, seconds=60)


async def everything(bootstrap: str) -> list[Record]:
    """To the end of every topic that `deploy/topics.yaml` promises."""
    declared = yaml.safe_load((ROOT / "deploy" / "topics.yaml").read_text(encoding="utf-8"))
    partitions = [
        TopicPartition(topic["name"], number)
        for topic in declared["topics"]
        for number in range(topic.get("partitions", declared["defaults"]["partitions"]))
    ]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Record] = []
        while len(found) < sum(ends.values()):
            batch = await consumer.getmany(timeout_ms=5000)
            assert batch, f"{len(found)} of {sum(ends.values())} records came"
            found += [record for part in batch.values() for record in part]
        return found
    finally:
        await consumer.stop()


def headers_of(record: Record) -> Mapping[str, str]:
    return {name: value.decode() for name, value in record.headers}


def formats() -> FormatChecker:
    """`date-time` by the standard library: jsonschema knows it only with one more package."""
    checker = FormatChecker(["uuid", "date"])
    checker.checks("date-time", raises=ValueError)(
        lambda value: not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
    )
    return checker


def schemas() -> Mapping[str, Draft202012Validator]:
    return {
        path.stem: Draft202012Validator(json.loads(path.read_text(encoding="utf-8")), format_checker=formats())
        for path in (ROOT / "docs" / "schemas").glob("*.json")
    }


async def test_all_of_the_platform_is_heard(records: Sequence[Record]) -> None:
    said = Counter(headers_of(record)["ce_type"].removeprefix(PREFIX) for record in records)
    assert said["registry.institution.registered.v1"] == INSTITUTIONS
    assert said["inspection.target.placed.v1"] >= INSTITUTIONS
    assert said["inspection.campaign.target_closed.v1"] == said["inspection.visit.submitted.v1"] > 0
    assert said["afterschool.enrolment.enrolled.v1"] == said["afterschool.enrolment.waitlisted.v1"] == 1
    assert {name.split(".")[0] for name in said} == {"registry", "inspection", "afterschool"}


async def test_every_record_is_a_cloudevent_in_binary_mode(records: Sequence[Record]) -> None:
    for record in records:
        said = headers_of(record)
        assert len(said) == len(record.headers), "no header stands twice"
        assert said["ce_specversion"] == "1.0"
        assert said["content-type"] == "application/json"
        assert UUID(said["ce_id"])
        assert re.fullmatch(re.escape(PREFIX) + r"[a-z_]+(\.[a-z_]+)+\.v\d+", said["ce_type"])
        assert record.topic.partition(".")[0] == said["ce_type"].removeprefix(PREFIX).partition(".")[0]
        assert said["ce_source"]
        assert said["ce_subject"] == record.key.decode() == said["ce_partitionkey"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", said["ce_time"])
        assert datetime.fromisoformat(said["ce_time"])


async def test_every_value_fits_its_published_schema(records: Sequence[Record]) -> None:
    published = schemas()
    for record in records:
        name = headers_of(record)["ce_type"].removeprefix(PREFIX)
        errors = [error.message for error in published[name].iter_errors(json.loads(record.value))]
        assert errors == [], f"{name}: {errors}"


async def test_a_key_is_told_in_order_without_gaps_and_each_fact_once(records: Sequence[Record]) -> None:
    assert len({(headers_of(record)["ce_source"], headers_of(record)["ce_id"]) for record in records}) == len(records)
    sequences: dict[tuple[str, bytes], list[int]] = {}
    for record in sorted(records, key=lambda record: (record.topic, record.partition, record.offset)):
        sequences.setdefault((record.topic, record.key), []).append(int(headers_of(record)["ce_sequence"]))
    assert all(told == list(range(1, len(told) + 1)) for told in sequences.values())


async def test_the_schemas_refuse_what_does_not_fit() -> None:
    """So that "fits" above means something."""
    for name, schema in schemas().items():
        assert not schema.is_valid({}), name
        assert not schema.is_valid([]), name
