"""Keyset pages. A cursor is the last row's sort key, signed, and bound to the sort and filters it was made for."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from shared.domain.wording import NUMBER
from shared.http.problems import EdgeProblem

MAX_LIMIT = 200
_SIGNATURE_BYTES = 16

Item = TypeVar("Item")
Row = TypeVar("Row")


class Page(BaseModel, Generic[Item]):
    """One page of a list. `next_cursor` is null on the last one."""

    model_config = ConfigDict(from_attributes=True)

    items: list[Item]
    next_cursor: str | None

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`InstitutionPage` in the OpenAPI document, where `Page_InstitutionOut_` would surprise generators."""
        return f"{params[0].__name__.removesuffix('Out')}Page"


@dataclass(frozen=True)
class PageOf(Generic[Row]):
    """What a handler returns where the response model is `Page[...]`: rows as they are, entities included."""

    items: Sequence[Row]
    next_cursor: str | None


@dataclass(frozen=True)
class Cursors:
    """Signs and reads cursors with one key; the same key on every replica."""

    key: bytes

    def encode(self, position: Sequence[object], **binding: object) -> str:
        payload = orjson.dumps(list(position), default=str)
        return base64.urlsafe_b64encode(self._sign(payload, binding) + payload).rstrip(b"=").decode()

    def decode(self, cursor: str, **binding: object) -> list[Any]:
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise EdgeProblem(400, "cursor-invalid") from None
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload, binding)):
            raise EdgeProblem(400, "cursor-invalid")
        position: list[Any] = orjson.loads(payload)
        return position

    def _sign(self, payload: bytes, binding: Mapping[str, object]) -> bytes:
        bound = orjson.dumps(binding, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        message = len(bound).to_bytes(8, "big") + bound + payload
        return hmac.digest(self.key, message, hashlib.sha256)[:_SIGNATURE_BYTES]


@dataclass(frozen=True)
class PageRequest:
    """What the caller asked for. Fetch `limit + 1` rows after `position(...)`, then hand them to `page`."""

    limit: int
    cursor: str | None
    cursors: Cursors

    def position(self, **binding: object) -> list[Any] | None:
        """The sort key of the last row seen (JSON scalars), None on the first page; 400 if the cursor was made for
        another list."""
        return None if self.cursor is None else self.cursors.decode(self.cursor, **binding)

    def next_cursor(self, rows: Sequence[Any], *sort: str, **binding: object) -> str | None:
        """The cursor after these rows; a row beyond `limit` only shows that there are more."""
        if len(rows) <= self.limit:
            return None
        last = rows[self.limit - 1]
        return self.cursors.encode([getattr(last, name) for name in sort], **binding)

    def page(self, rows: Sequence[Row], *sort: str, **binding: object) -> PageOf[Row]:
        """The rows of this page and the cursor after them; `sort` names the attributes of the sort key."""
        return PageOf(rows[: self.limit], self.next_cursor(rows, *sort, **binding))


async def page_request(
    request: Request,
    limit: Annotated[int, NUMBER, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=1024, description="`next_cursor` of the previous page.")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor, request.app.state.cursors)


PageParams = Annotated[PageRequest, Depends(page_request)]
