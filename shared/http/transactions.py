"""One request, one transaction: the answer leaves only after COMMIT.

The unit of work is the route, not a `yield` dependency, because the answer itself must be stored under its
Idempotency-Key in the same transaction, and only the route sees both (ADR: one transaction per request).
"""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, get_args, get_origin

from fastapi import Depends, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.datastructures import FormData
from starlette.responses import StreamingResponse

from shared.data.outages import ROLLED_BACK
from shared.domain.clock import utc_now
from shared.http import idempotency, strict_json
from shared.http.auth import ANONYMOUS, Principal
from shared.http.batches import batch_member
from shared.http.etags import tagged, tells_a_version
from shared.http.policies import policies_of
from shared.http.problems import EdgeProblem
from shared.process.failpoints import failpoint

ATTEMPTS = 3


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Transaction:
    """The session of one request, opened when somebody asks for it: reads past the ORM pay nothing."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._session: AsyncSession | None = None

    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = self._sessions()
        return self._session

    async def commit(self) -> None:
        """Commit. If the connection breaks during COMMIT, the outcome is unknown, and the caller is told so."""
        if self._session is None:
            return
        await self._session.flush()
        try:
            await self._session.commit()
            await failpoint("W3")
        except Exception as error:
            if isinstance(error, DBAPIError) and not error.connection_invalidated:
                raise  # PostgreSQL itself said no: certainly rolled back
            raise EdgeProblem(503, "outcome-unknown", headers={"Retry-After": "1"}) from error

    async def close(self) -> None:
        """End the transaction; whatever was not committed is rolled back."""
        if self._session is not None:
            await self._session.close()


async def request_session(request: Request) -> AsyncSession:
    transaction: Transaction = request.state.transaction
    return transaction.session()


SessionDep = Annotated[AsyncSession, Depends(request_session)]


async def end_transaction(request: Request) -> None:
    """End the transaction before the answer is made, because the rest takes longer than a transaction may last."""
    transaction: Transaction = request.state.transaction
    await transaction.commit()


class StrictRequest(Request):
    """A request whose body is limited while it arrives and whose JSON is read strictly."""

    body_limit = 0
    batch: str | None = None
    """The member of the body whose elements are judged one by one."""

    async def stream(self) -> Any:
        length = self.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise EdgeProblem(400, "bad-request")
        if not hasattr(self, "_body") and int(length) > self.body_limit:
            raise EdgeProblem(413, "body-too-large", headers={"Connection": "close"})
        received = 0
        async for chunk in super().stream():
            received += len(chunk)
            if received > self.body_limit:
                raise EdgeProblem(413, "body-too-large", headers={"Connection": "close"})
            yield chunk

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                # A large body is parsed beside the loop, which others are waiting for.
                self._json = (
                    self._parsed(body) if len(body) < 256 * 1024 else await asyncio.to_thread(self._parsed, body)
                )
            except strict_json.JsonRefused as refused:
                raise EdgeProblem(400, refused.code) from None
        return self._json

    def _parsed(self, body: bytes) -> object:
        return strict_json.loads(body) if self.batch is None else strict_json.loads_batch(body, self.batch)

    async def rewind_form(self) -> None:
        form: FormData | None = self._form
        for value in form.values() if form else ():
            if not isinstance(value, str):
                await value.seek(0)


class TransactionalRoute(APIRoute):
    """Admits the caller, reads the body strictly, runs the handler in a transaction, commits, then answers.

    `max_body_size=` on a route replaces the service's limit, for uploads. A route whose
    `openapi_extra` is a `json_body` takes the JSON from the request itself: it is not to be parsed here.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        # Taken from FastAPI, whose own limit answers in plain text around every exception handler.
        self.own_body_limit: int | None = options.pop("max_body_size", None)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        dependant: Dependant = self.dependant
        batch = batch_member(self.body_field.field_info.annotation) if self.body_field is not None else None
        parameters = get_flat_params(dependant)
        queries = {one.alias: one.field_info for one in parameters if isinstance(one.field_info, params.Query)}
        single = {alias for alias, info in queries.items() if not _is_list(info.annotation)}
        policies = list(policies_of(dependant))
        own_body = (self.openapi_extra or {}).get("requestBody", {}).get("content", {})
        expects_json = "application/json" in own_body or (
            self.body_field is not None and not isinstance(self.body_field.field_info, params.Form)
        )
        expects_form = self.body_field is not None and not expects_json

        async def transactional(plain: Request) -> Response:
            request = StrictRequest(plain.scope, plain.receive)
            request.body_limit = self.own_body_limit or request.app.state.settings.body_limit
            request.batch = batch
            caller = ANONYMOUS
            # Before the body is looked at: a stranger learns nothing about what would be valid.
            for policy in policies:
                caller = await policy(request)
            given = [name for name, _ in request.query_params.multi_items()]
            if not queries.keys() >= set(given):
                raise EdgeProblem(422, "query-unknown")
            if len(set(given)) < len(given) and any(given.count(name) > 1 for name in single):
                raise EdgeProblem(422, "query-repeated")
            if (expects_json or expects_form) and _has_body(request):
                _check_media_type(request, json=expects_json)
            claim = await self._claim(request, caller)
            await failpoint("W1")
            response = await _attempts(request, self._answering(handle), claim)
            await failpoint("W4")
            return response

        return transactional

    def _answering(self, handle: Handler) -> Handler:
        """The handler's answer, with an ETag if it has a version."""
        if not tells_a_version(self.response_model):
            return handle

        async def answer(request: Request) -> Response:
            return tagged(request, await handle(request))

        return answer

    async def _claim(self, request: StrictRequest, caller: Principal) -> idempotency.Claim | None:
        key = request.headers.get(idempotency.HEADER)
        if key is None or request.method != "POST" or _is_personal(self.response_model):
            return None
        if not idempotency.valid_key(key):
            raise EdgeProblem(400, "idempotency-key-invalid")
        target = request.scope["path"].encode() + b"?" + request.scope["query_string"]
        fingerprint = idempotency.fingerprint(
            method=request.method,
            target=target,
            caller=caller,
            content_type=request.headers.get("content-type", ""),
            body=await request.body(),
        )
        return idempotency.claim_of(caller, f"{request.method} {self.path_format}", key, fingerprint)


async def _attempts(request: StrictRequest, handle: Handler, claim: idempotency.Claim | None) -> Response:
    """Run the unit of work; repeat it a few times if PostgreSQL or a dead connection certainly undid it."""
    for attempt in range(1, ATTEMPTS):
        try:
            return await _attempt(request, handle, claim)
        except DBAPIError as error:
            if not _certainly_undone(error):
                raise
        await asyncio.sleep(random.uniform(0.005, 0.05) * attempt)  # noqa: S311 -- spreads retries, guards nothing
        await request.rewind_form()
    return await _attempt(request, handle, claim)


def _certainly_undone(error: DBAPIError) -> bool:
    """Whether nothing was committed. A COMMIT that failed never arrives here: `Transaction.commit` turns it into a
    problem of its own."""
    lost_before_commit = error.connection_invalidated
    return lost_before_commit or getattr(error.driver_exception, "sqlstate", None) in ROLLED_BACK


async def _attempt(request: StrictRequest, handle: Handler, claim: idempotency.Claim | None) -> Response:
    transaction = Transaction(request.app.state.sessions)
    request.state.transaction = transaction
    try:
        if claim is not None:
            stored = await idempotency.claim_or_replay(transaction.session(), claim)
            if stored is not None:
                return stored
        response = await handle(request)
        if response.status_code >= 400:
            return response
        if claim is not None and not isinstance(response, StreamingResponse):
            await idempotency.remember(transaction.session(), claim, response, at=utc_now())
            await failpoint("W2")
        await transaction.commit()
        return response
    finally:
        await transaction.close()


def _is_list(annotation: Any) -> bool:
    """Whether a query parameter takes several values."""
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


def _is_personal(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, idempotency.PersonalData)


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def _check_media_type(request: Request, *, json: bool) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if json:
        accepted = media_type == "application/json" or (
            media_type.startswith("application/") and media_type.endswith("+json")
        )
    else:
        accepted = media_type in ("multipart/form-data", "application/x-www-form-urlencoded")
    if not accepted:
        raise EdgeProblem(415, "media-type-unsupported")
