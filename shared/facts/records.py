"""Kafka records as aiokafka reads them, of whatever bytes they are.

aiokafka decodes a header's name as UTF-8 in the midst of a fetched batch. A name that is none ends the fetch with an
error, and again after every restart: one foreign record would stop its partition for ever. Where its fast reader fails
over a batch, the batch is read here, and such names are kept as `surrogateescape`.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import _MemoryRecordsPy
from aiokafka.record.util import decode_varint


class PatientRecords(_MemoryRecordsPy):  # type: ignore[misc]  # the library ships no types
    """What one fetch brought of a partition: batch after batch."""

    def next_batch(self, *args: Any) -> Any:
        ahead = self._next_slice
        batch = super().next_batch(*args)
        return _Batch(batch, ahead) if isinstance(batch, DefaultRecordBatch) else batch


class _Batch:
    """The fast reader's batch, unless it cannot read it."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch, self._raw = batch, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except (CorruptRecordException, UnicodeDecodeError):
            return iter(list(_PatientBatch(self._raw)))

    def __next__(self) -> Any:
        return next(self._batch)


class _PatientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # the library ships no types
    def _read_msg(self, decode_varint: Any = decode_varint) -> Any:
        buffer = self._buffer
        _, pos = decode_varint(buffer, self._pos)  # type: ignore[has-type]  # the library ships no types
        _, pos = decode_varint(buffer, pos)  # attributes
        ts_delta, pos = decode_varint(buffer, pos)
        offset_delta, pos = decode_varint(buffer, pos)
        key, pos = self._bytes(pos)
        value, pos = self._bytes(pos)
        number, pos = decode_varint(buffer, pos)
        headers = []
        for _ in range(number):
            name, pos = self._bytes(pos)
            content, pos = self._bytes(pos)
            headers.append(((name or b"").decode("utf-8", "surrogateescape"), content))
        self._pos = pos
        appended = self.timestamp_type == self.LOG_APPEND_TIME
        timestamp = self.max_timestamp if appended else self.first_timestamp + ts_delta
        return _DefaultRecordPy(self.base_offset + offset_delta, timestamp, self.timestamp_type, key, value, headers)

    def _bytes(self, pos: int) -> tuple[bytes | None, int]:
        length, pos = decode_varint(self._buffer, pos)
        if length < 0:
            return None, pos
        return bytes(self._buffer[pos : pos + length]), pos + length


def read_any_record() -> None:
    """Make every consumer of this process read in this way; called where consumers are made."""
    fetcher.MemoryRecords = PatientRecords
