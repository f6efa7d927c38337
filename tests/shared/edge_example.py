"""A tiny service on the shared HTTP edge, and an issuer whose tokens it accepts."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar
from uuid import UUID, uuid4

import httpx
from fastapi import APIRouter, FastAPI, File, Request, Response, UploadFile
from joserfc import jwk, jwt
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from sqlalchemy import CheckConstraint, MetaData, String, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.data.database import shared_metadata
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.http.auth import KeyRing, TokenVerifier
from shared.http.etags import IfMatch, check_version
from shared.http.idempotency import PersonalData, idempotency_key
from shared.http.paging import Page, PageOf, PageParams
from shared.http.policies import Principal, allow, public
from shared.http.reads import fetch_json
from shared.http.web import SessionDep, create_service, problems, service_router
from shared.process.settings import ServiceSettings

ISSUER = "http://issuer.test"
KEY = jwk.ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})


class Settings(ServiceSettings):
    service: ClassVar[str] = "example"


class NoteNotFound(NotFound):
    """There is no such note."""

    code = "note-not-found"
    zh = "没有该记录。"


class NoteTaken(Conflict):
    """A note with this name exists."""

    code = "note-taken"
    zh = "同名记录已存在。"


class NoteClosed(Invalid):
    """Closed notes are not accepted."""

    code = "note-closed"
    zh = "不接受已关闭的记录。"


class ExampleBase(DeclarativeBase):
    metadata = MetaData(naming_convention=shared_metadata.naming_convention)


class Note(ExampleBase):
    __tablename__ = "note"
    __table_args__ = (CheckConstraint("amount < 1000", name="small"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String, unique=True)
    amount: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=80)]
    amount: StrictInt = 1
    tree: Any = None


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    amount: int
    version: int


def notes_router() -> APIRouter:
    router = service_router(prefix="/v1/notes", tags=["notes"])

    @router.post("", response_model=NoteOut, status_code=201, responses=problems(NoteTaken, NoteClosed))
    async def write_note(
        body: NoteIn, session: SessionDep, response: Response, _: Annotated[Principal, allow("bureau", "inspector")]
    ) -> Note:
        """Write a note down."""
        if body.name == "closed":
            raise NoteClosed(pointer="/name", limit=3)
        if body.name == "broken":
            raise RuntimeError("the child's number is 110101201501011234")
        note = Note(name=body.name, amount=body.amount)
        session.add(note)
        await session.flush()
        response.headers["location"] = f"/v1/notes/{note.id}"
        return note

    @router.get("", response_model=Page[NoteOut])
    async def list_notes(
        session: SessionDep, page: PageParams, _: Annotated[Principal, allow("bureau")], q: str | None = None
    ) -> PageOf[Note]:
        """Notes by name."""
        notes = select(Note).order_by(Note.name).limit(page.limit + 1)
        if (after := page.position(q=q)) is not None:
            notes = notes.where(Note.name > after[0])
        rows = (await session.scalars(notes)).all()
        return page.page(rows, "name", q=q)

    @router.get("/{note_id}", response_model=NoteOut, responses=problems(NoteNotFound))
    async def show_note(
        note_id: UUID,
        session: SessionDep,
        _: Annotated[Principal, allow("bureau")],
    ) -> Note:
        """One note."""
        note = await session.get(Note, note_id)
        if note is None:
            raise NoteNotFound
        return note

    @router.patch("/{note_id}", response_model=NoteOut)
    async def change_note(
        note_id: UUID,
        body: NoteIn,
        expected: IfMatch,
        session: SessionDep,
        _: Annotated[Principal, allow("bureau")],
    ) -> Note:
        """Change a note."""
        note = await session.get(Note, note_id, with_for_update=True)
        if note is None:
            raise NoteNotFound
        check_version(note, expected)
        note.name, note.version = body.name, note.version + 1
        return note

    @router.post("/uploads", dependencies=[allow("bureau")], max_body_size=4 * 1024 * 1024)
    async def upload_note(file: Annotated[UploadFile, File()]) -> int:
        """Count the bytes of a file."""
        return len(await file.read())

    @router.get("/{name}/raw", response_model=NoteOut)
    async def show_raw(request: Request, name: str, _: Annotated[Principal, allow("bureau")]) -> Response:
        """One note as PostgreSQL writes it."""
        return await fetch_json(request, "SELECT to_json(n) FROM note n WHERE name = $1", name, missing=NoteNotFound())

    return router


class ReadingOut(PersonalData):
    """Who is behind a note."""

    phone: str


def readings_router() -> APIRouter:
    router = service_router(prefix="/v1/readings", tags=["readings"])

    @router.post("", response_model=ReadingOut, dependencies=[allow("bureau")])
    async def read_phone() -> ReadingOut:
        """Look at a telephone number."""
        return ReadingOut(phone="13800000000")

    return router


def open_router() -> APIRouter:
    router = service_router(prefix="/v1/public/hello", tags=["hello"], dependencies=[public()])

    @router.get("")
    async def greet() -> str:
        """For everybody."""
        return "hello"

    return router


def example_settings(database_url: str = "postgresql+asyncpg://nobody@127.0.0.1:1/none") -> Settings:
    return Settings(
        database_url=database_url,
        kafka_bootstrap_servers="127.0.0.1:1",
        issuer=ISSUER,
        jwks_url=f"{ISSUER}/jwks",
        log_level="WARNING",
        body_limit=1024 * 1024,
    )


def key_set(*keys: jwk.Key) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def example_app(database_url: str | None = None, *routers: APIRouter) -> FastAPI:
    settings = example_settings(database_url) if database_url else example_settings()
    app = create_service(
        settings,
        routers=routers or [notes_router(), readings_router(), open_router()],
        title="Example",
        description="Example.",
        constraints={"uq_note_name": NoteTaken},
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=key_set(KEY)))
    app.state.verifier = TokenVerifier(
        KeyRing(f"{ISSUER}/jwks", transport=transport), issuer=ISSUER, audience="example"
    )
    return app


def token(key: jwk.Key = KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    payload = {
        "iss": ISSUER,
        "aud": "example",
        "sub": "u1",
        "roles": ["bureau"],
        "iat": now,
        "exp": now + 7200,  # a slow machine takes an hour for all tests
        **claims,
    }
    payload = {name: value for name, value in payload.items() if value is not ...}
    full = {"alg": "ES256", "kid": "one", "typ": "at+jwt", **(header or {})}
    full = {name: value for name, value in full.items() if value is not ...}
    return jwt.encode(full, payload, key, algorithms=[str(full["alg"])], default_type=None)


@asynccontextmanager
async def client_of(app: FastAPI, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A bureau's client, as any other unless `authorization` says otherwise."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://example.test",
            headers={"authorization": f"Bearer {token()}", **headers},
        ) as client,
    ):
        yield client


async def create_tables(app: FastAPI) -> None:
    async with app.state.engine.begin() as connection:
        await connection.run_sync(ExampleBase.metadata.create_all)
        await connection.run_sync(idempotency_key.create)
        await connection.execute(text("SELECT 1"))
