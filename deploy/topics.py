"""Create the topics of `deploy/topics.yaml`; what is there already stays as it is."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from deploy.failures import StartFailed

TOPICS_FILE = Path(__file__).with_name("topics.yaml")


@dataclass(frozen=True)
class Topic:
    name: str
    partitions: int
    retention_ms: int = -1


def declared_topics(file: Path = TOPICS_FILE) -> list[Topic]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [Topic(**(content["defaults"] | entry)) for entry in content["topics"]]


async def create_topics(bootstrap: str, topics: Iterable[Topic], *, replication: int = 1) -> list[str]:
    """Create those that are missing and return their names."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
    except KafkaConnectionError as error:
        raise StartFailed(f"No Kafka answers at {bootstrap}.") from error
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            response = await admin.create_topics([_new(topic, replication) for topic in missing])
            _check(response.topic_errors)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def create_declared_topics(bootstrap: str, *, within: float = 30.0, replication: int = 1) -> list[str]:
    """As `create_topics`, for a broker that may still be starting."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        try:
            return await create_topics(bootstrap, declared_topics(), replication=replication)
        except StartFailed:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.2)


def _new(topic: Topic, replication: int) -> NewTopic:
    return NewTopic(
        topic.name,
        num_partitions=topic.partitions,
        replication_factor=replication,
        topic_configs={"retention.ms": str(topic.retention_ms)},
    )


def _check(topic_errors: Iterable[tuple[str | int, ...]]) -> None:
    for name, code, *_ in topic_errors:
        error = for_code(code)
        if code != 0 and error is not TopicAlreadyExistsError:  # another run may create it meanwhile
            raise StartFailed(f"The broker refused to create topic {name}: {error.__name__}.")
