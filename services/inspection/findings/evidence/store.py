"""Where the bytes are: a folder, or anything that speaks S3. Keys are made of ids, never of names from outside."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, from_url

from shared.http.problems import EdgeProblem

READ_AT_ONCE = 1024**2


class EvidenceStore:
    """Parts while they arrive; then the original, which is read only for a case's bundle, and the clean copy."""

    def __init__(self, where: str) -> None:
        if where == "memory":
            self._store: obstore.store.ObjectStore = MemoryStore()
        elif "://" in where:
            self._store = from_url(where)
        else:
            self._store = LocalStore(Path(where).absolute(), mkdir=True)

    async def put_part(self, evidence_id: UUID, offset: int, content: bytes) -> None:
        """Store a part; storing it again replaces it."""
        with _reachable():
            await obstore.put_async(self._store, _part(evidence_id, offset), content)

    async def read_parts(self, evidence_id: UUID, offsets: list[int]) -> AsyncIterator[bytes]:
        for offset in offsets:
            yield bytes(await (await obstore.get_async(self._store, _part(evidence_id, offset))).bytes_async())

    async def drop_parts(self, evidence_id: UUID, offsets: list[int]) -> None:
        for offset in offsets:
            try:
                await obstore.delete_async(self._store, _part(evidence_id, offset))
            except (NotFoundError, FileNotFoundError):
                continue  # an attempt before this one came as far as here

    async def put_original(self, evidence_id: UUID, content: BinaryIO) -> None:
        await obstore.put_async(self._store, _original(evidence_id), content)

    async def put_clean(self, evidence_id: UUID, content: BinaryIO) -> None:
        await obstore.put_async(self._store, _clean(evidence_id), content)

    async def original(self, evidence_id: UUID) -> AsyncIterator[bytes]:
        return await self._open(_original(evidence_id))

    async def clean(self, evidence_id: UUID) -> AsyncIterator[bytes]:
        return await self._open(_clean(evidence_id))

    async def _open(self, key: str) -> AsyncIterator[bytes]:
        """Look the object up before the answer begins: if the store is away, the answer is a 503, not a truncated
        200."""
        with _reachable():
            found = await obstore.get_async(self._store, key)
        return (bytes(piece) async for piece in found.stream(min_chunk_size=READ_AT_ONCE))


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise EdgeProblem(503, "storage-unavailable", headers={"Retry-After": "5"}) from error


def _part(evidence_id: UUID, offset: int) -> str:
    return f"parts/{evidence_id}/{offset:015d}"


def _original(evidence_id: UUID) -> str:
    return f"originals/{evidence_id}"


def _clean(evidence_id: UUID) -> str:
    return f"clean/{evidence_id}"
