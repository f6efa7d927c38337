import pytest

from deploy.failures import StartFailed
from deploy.local.processes import free_port
from deploy.topics import create_topics, declared_topics
from shared.events.catalogue import EVENTS


async def test_every_published_event_has_its_topic_declared() -> None:
    assert {event.topic for event in EVENTS.values()} <= {topic.name for topic in declared_topics()}


async def test_topics_never_expire_here_and_have_six_partitions() -> None:
    assert {(topic.partitions, topic.retention_ms) for topic in declared_topics()} == {(6, -1)}
    names = [topic.name for topic in declared_topics()]
    assert len(names) == len(set(names))


async def test_no_broker_is_one_clear_sentence() -> None:
    port = free_port()
    with pytest.raises(StartFailed, match=rf"^No Kafka answers at 127\.0\.0\.1:{port}\.$"):
        await create_topics(f"127.0.0.1:{port}", declared_topics())
