"""`/v1/imports`: upload a file, follow its progress, read the result of every row."""

from collections.abc import Mapping as Dict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Response, UploadFile, status
from pydantic import BaseModel, ValidationError
from sqlalchemy import delete, insert, select, update

from shared.data.database import new_id
from shared.domain.clock import utc_now
from shared.domain.refusals import Conflict, Invalid, NotFound
from shared.http import strict_json
from shared.http.paging import Page, PageParams
from shared.http.policies import Principal, allow
from shared.http.web import SessionDep, problems, service_router
from shared.imports.mapping import Mapping
from shared.imports.runner import OPEN, Importer, Outcome
from shared.imports.tables import import_file, import_job, import_row

LARGEST_FILE = 64 * 1024 * 1024
IMPORTING = ("bureau", "district_officer", "service")


class ImportNotFound(NotFound):
    """There is no such import, or you may not see it."""

    code = "import-not-found"
    zh = "没有此导入任务，或不在您的权限范围内。"


class ImportKindUnknown(Invalid):
    """This service does not import rows of this kind."""

    code = "import-kind-unknown"
    zh = "本服务不支持此类导入。"


class MappingMalformed(Invalid):
    """The mapping must be JSON with `columns`, `constants`, `values`, `qualify`, `prefix` and `dates`; all optional."""

    code = "mapping-malformed"
    zh = "映射须为 JSON，可含 columns、constants、values、qualify、prefix、dates。"


class ImportEnded(Conflict):
    """The import has already ended."""

    code = "import-ended"
    zh = "该导入任务已结束。"


class ImportNoteOut(BaseModel):
    """A part of the file that was not read, and why: a sheet, or one of several columns with the same name."""

    code: Literal["sheet-hidden", "sheet-left-out", "column-repeated", "merged-not-read"]
    sheet: str
    column: str | None = None


class ImportOut(BaseModel):
    """An import. When `state` is `done`, the four counts add up to `total`: all rows below the header, footnotes
    included, except blank ones."""

    id: UUID
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    dry_run: bool
    filename: str
    error: str | None
    total: int | None
    accepted: int
    updated: int
    unchanged: int
    rejected: int
    attempts: int
    notes: list[ImportNoteOut]
    created_at: datetime
    finished_at: datetime | None


class ImportRowOut(BaseModel):
    """The result of one row. `row` counts from 1 below the header."""

    row: int
    outcome: Outcome
    codes: list[str]
    entity_id: UUID | None


def imports_router(importers: Dict[str, Importer]) -> APIRouter:
    """The import routes of one service; the first kind is the default."""
    router = service_router(prefix="/v1/imports", tags=["imports"])
    default = next(iter(importers))
    ImporterDep = Annotated[Principal, allow(*IMPORTING)]
    ReaderDep = Annotated[Principal, allow(*IMPORTING, "auditor")]

    @router.post(
        "",
        status_code=status.HTTP_202_ACCEPTED,
        response_model=ImportOut,
        responses=problems(ImportKindUnknown, MappingMalformed),
        max_body_size=LARGEST_FILE,
    )
    async def start_import(
        caller: ImporterDep,
        session: SessionDep,
        response: Response,
        file: Annotated[UploadFile, File(json_schema_extra={"format": "binary"}, description="CSV, XLSX or JSON")],
        mapping: Annotated[str, Form(max_length=100_000, description='`{"columns": {}, "constants": {}}`')] = "{}",
        kind: Annotated[str, Form(max_length=40)] = default,
        dry_run: Annotated[bool, Form()] = False,
    ) -> object:
        """Queue a file for import. Rows are applied in order. A row seen before (same external reference) changes
        nothing."""
        importer = importers.get(kind)
        if importer is None:
            raise ImportKindUnknown(pointer="/kind", kinds=sorted(importers))
        try:
            parsed = Mapping.model_validate(strict_json.loads(mapping))
        except (ValidationError, strict_json.JsonRefused):
            raise MappingMalformed(pointer="/mapping") from None
        parsed = parsed.or_template(importer.template)
        parsed.check(importer.fields)
        job = {
            "id": new_id(),
            "kind": kind,
            "state": "queued",
            "dry_run": dry_run,
            "filename": (file.filename or "upload.csv").replace("\x00", "")[-200:],
            "mapping": parsed.model_dump(),
            "actor": caller.subject,
            "scope": caller.district if "district_officer" in caller.roles else None,
            "created_at": utc_now(),
        }
        content = await file.read()
        created = (await session.execute(insert(import_job).values(job).returning(import_job))).one()
        await session.execute(insert(import_file).values(job_id=job["id"], content=content))
        response.headers["Location"] = f"/v1/imports/{job['id']}"
        return created

    @router.get("/{import_id}", response_model=ImportOut, responses=problems(ImportNotFound))
    async def get_import(import_id: UUID, caller: ReaderDep, session: SessionDep) -> object:
        """Progress of an import."""
        return await _visible(session, import_id, caller)

    @router.post("/{import_id}/cancellation", response_model=ImportOut, responses=problems(ImportNotFound, ImportEnded))
    async def cancel_import(import_id: UUID, caller: ImporterDep, session: SessionDep) -> object:
        """Cancel an import. Rows already applied stay; the chunk being applied is undone."""
        await _visible(session, import_id, caller)
        cancelled = await session.execute(
            update(import_job)
            .where(import_job.c.id == import_id, import_job.c.state.in_(OPEN))
            .values(state="cancelled", finished_at=utc_now())
            .returning(import_job)
        )
        job = cancelled.first()
        if job is None:
            raise ImportEnded
        await session.execute(delete(import_file).where(import_file.c.job_id == import_id))
        return job

    @router.get("/{import_id}/rows", response_model=Page[ImportRowOut], responses=problems(ImportNotFound))
    async def list_import_rows(
        import_id: UUID,
        caller: ReaderDep,
        session: SessionDep,
        page: PageParams,
        outcome: Annotated[Outcome | None, Query()] = None,
    ) -> object:
        """The results of the rows, in order."""
        await _visible(session, import_id, caller)
        row = import_row.c
        wanted = select(row.row, row.outcome, row.codes, row.entity_id).where(row.job_id == import_id)
        if outcome is not None:
            wanted = wanted.where(row.outcome == outcome)
        (after,) = page.position(job=import_id, outcome=outcome) or (0,)
        found = await session.execute(wanted.where(row.row > after).order_by(row.row).limit(page.limit + 1))
        return page.page(found.all(), "row", job=import_id, outcome=outcome)

    return router


async def _visible(session: SessionDep, import_id: UUID, caller: Principal) -> object:
    wanted = select(import_job).where(import_job.c.id == import_id)
    if "district_officer" in caller.roles:
        wanted = wanted.where(import_job.c.scope == caller.district)
    job = (await session.execute(wanted)).first()
    if job is None:
        raise ImportNotFound
    return job
