"""A real Apache Kafka (KRaft, one node) for whoever wants production's behaviour on one machine.

Its jars come from Maven Central once, and Java 17 runs them.
"""

import asyncio
import os
import re
import shutil
import signal
import uuid
from asyncio.subprocess import Process
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import IO

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.failures import StartFailed
from deploy.local import processes
from deploy.local.processes import HOST, accepts_connections, free_port, ready_within, require_free_port, spawn

KAFKA_VERSION = "4.1.0"
JARS = Path(__file__).parents[2] / ".local" / "kafka" / f"libs-{KAFKA_VERSION}"

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>double-wings</groupId><artifactId>local-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


class ApacheKafka:
    """One broker that is its own controller. Its log stays in `folder`, so a restart continues."""

    idempotence = True
    keeps_log = True

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self._controller_port = self.port + 1 if port else free_port()
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def process(self) -> Process | None:
        return self._process

    async def start(self) -> None:
        java = await find_java()
        await fetch_jars()
        require_free_port(self.port, purpose="Apache Kafka")
        require_free_port(self._controller_port, purpose="the controller of Apache Kafka")
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self._write_properties()
        with (self.folder / "kafka.log").open("ab") as log:
            if not (self.folder / "log" / "meta.properties").exists():
                await self._format(java, properties, log)
            begin = log.tell()
            self._process = await spawn([*java_command(java, "512m"), "kafka.Kafka", properties], output=log)
        async with ready_within(90, "Apache Kafka"):
            while not await self._answers():
                if self._process.returncode is not None:
                    raise StartFailed(f"Apache Kafka did not start: {self._last_words(begin)}")
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ordered; the log is flushed."""
        if self._process is not None:
            await processes.stop(self._process, signal.SIGTERM, within=20)
            self._process = None

    async def kill(self) -> None:
        if self._process is not None:
            await processes.kill(self._process)
            self._process = None

    def _write_properties(self) -> Path:
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self.port},CONTROLLER://{HOST}:{self._controller_port}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": f"{HOST}:{self._controller_port}",
            "log.dirs": str(self.folder / "log"),
            "log.retention.ms": "-1",
            "auto.create.topics.enable": "false",
            # One node: nothing can be replicated, and fifty partitions of offsets would only slow the start.
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "4",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # After kill -9 the controller waits for the old session to end before it takes the broker back.
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
        }
        file = self.folder / "server.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return file

    async def _format(self, java: Path, properties: Path, log: IO[bytes]) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # A leading dash would be read as an option.
        cluster_id = cluster.replace("-", "x")
        arguments = ["format", "--standalone", "--cluster-id", cluster_id, "--config"]
        begin = log.tell()
        tool = await spawn([*java_command(java, "128m"), "kafka.tools.StorageTool", *arguments, properties], output=log)
        if await tool.wait() != 0:
            raise StartFailed(f"The folder of Apache Kafka could not be prepared: {self._last_words(begin)}")

    async def _answers(self) -> bool:
        """The port opens before the broker knows itself as a member of the cluster: ask it."""
        if not await accepts_connections(self.port):
            return False
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5_000)
        try:
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
        except KafkaError:
            return False
        finally:
            await admin.close()

    def _last_words(self, begin: int) -> str:
        said = (self.folder / "kafka.log").read_bytes()[begin:].decode(errors="replace")
        if "No space left on device" in said:
            return f"the disk that holds {self.folder} is full."
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith("\tat ")]
        return lines[-1][:300] if lines else "it said nothing."


def java_command(java: Path, heap: str) -> list[str | Path]:
    tuning = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return [java, f"-Xms{heap}", f"-Xmx{heap}", *tuning, "-cp", f"{JARS}/*"]


async def find_java() -> Path:
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise StartFailed(
            "Apache Kafka needs Java 17 or newer, and no java was found: install openjdk-17-jre-headless."
        )
    process = await asyncio.create_subprocess_exec(found, "-version", stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    version = re.search(rb'version "(\d+)', said)
    if version is None or int(version[1]) < 17:
        raise StartFailed(f"Apache Kafka needs Java 17 or newer, and {found} is an older one.")
    return Path(found)


async def fetch_jars() -> None:
    """Fetch the jars, once per clone. They appear under their final name only when complete."""
    if JARS.exists():
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise StartFailed("The jars of Apache Kafka are fetched with Maven, and no mvn was found: install maven.")
    work = JARS.with_name(f"{JARS.name}.{os.getpid()}")
    work.mkdir(parents=True)
    try:
        (work / "pom.xml").write_text(POM)
        copy = [
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={work}/libs",
        ]
        with (work / "maven.log").open("wb") as log:
            process = await spawn([maven, *copy], cwd=work, output=log)
            if await process.wait() != 0:
                said = (work / "maven.log").read_text(errors="replace").strip().splitlines()
                raise StartFailed(f"Maven could not fetch Apache Kafka: {said[0][:300] if said else 'no reason given'}")
        if not JARS.exists():  # another process may have been quicker
            (work / "libs").rename(JARS)
    finally:
        shutil.rmtree(work, ignore_errors=True)
