"""Which log the databases' positions belong to.

Against another log they mean nothing, and facts sent to the former one but not yet applied would be missed.
"""

from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient


async def identity_of(bootstrap: str) -> str:
    """A cluster gets its id when its folders are made, so one that lost its log has another."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


class FollowedLog:
    """The log this folder's databases followed last."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def recall(self) -> str | None:
        try:
            return self._file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def remember(self, identity: str) -> None:
        self._file.write_text(identity + "\n", encoding="utf-8")
