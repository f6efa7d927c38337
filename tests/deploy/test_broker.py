import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.local.broker import EmbeddedBroker
from deploy.topics import create_topics, declared_topics
from tests.infrastructure import Broker, Topics


@pytest.mark.kafka
async def test_a_record_comes_back_with_its_key_and_headers(broker: Broker, topics: Topics) -> None:
    topic = await topics("deploy.check.v1")
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all", enable_idempotence=broker.idempotence)
    await producer.start()
    await producer.send_and_wait(topic, b"value", key=b"key", headers=[("ce_type", "督导".encode())])
    await producer.stop()
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 20)
    finally:
        await consumer.stop()
    assert (record.key, record.value) == (b"key", b"value")
    assert record.headers == (("ce_type", "督导".encode()),)


async def test_the_embedded_broker_forgets_at_a_restart() -> None:
    """The fact on which the platform's recovery rests; should it change, recovery can go."""
    broker = EmbeddedBroker()
    await broker.start()
    try:
        names = await create_topics(broker.bootstrap, declared_topics())
        assert await create_topics(broker.bootstrap, declared_topics()) == []
        await broker.kill()
        await broker.start()
        assert await create_topics(broker.bootstrap, declared_topics()) == names
    finally:
        await broker.stop()
