"""An off-campus training institution as the ledger knows it."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from stdnum.cn.uscc import calc_check_digit

from services.registry.ledger.institutions.searching import searchable
from services.registry.orm import Base
from shared.data.database import Aggregate, key_check, new_id
from shared.domain.refusals import Conflict, Forbidden, Invalid, NotFound, field_error
from shared.domain.wording import CREDIT_CODE, NUMBER, Address, Code, Key, Line, Name, Phone
from shared.events.registry.institutions import InstitutionChanged, InstitutionMerged, InstitutionRegistered


class InstitutionNotFound(NotFound):
    """There is no such institution, or you may not see it."""

    code = "institution-not-found"
    zh = "没有此机构，或不在您的权限范围内。"


class UsccTaken(Conflict):
    """Another institution in the ledger already has this unified social credit code."""

    code = "uscc-taken"
    zh = "台账中已有机构使用该统一社会信用代码。"


class ExternalRefTaken(Conflict):
    """Another institution in the ledger already has this external reference."""

    code = "external-ref-taken"
    zh = "台账中已有机构使用该外部编号。"


class KeyUnusual(Invalid):
    """A reference or number contains characters that are not allowed."""

    code = "key-unusual"
    zh = "编号中含有不能使用的字符。"


class CoordinatesIncomplete(Invalid):
    """Give both the longitude and the latitude, or neither."""

    code = "coordinates-incomplete"
    zh = "经纬度须同时给出。"


class OutsideYourDistrict(Forbidden):
    """You may keep the ledger only of your own district, and of your own street if you are bound to one."""

    code = "outside-your-district"
    zh = "区县人员只能维护本区县台账。"


class InstitutionEnded(Conflict):
    """The institution was closed, or merged into another."""

    code = "institution-ended"
    zh = "该机构已关闭或已并入其他机构。"


class Kind(StrEnum):
    """Subject training teaches 道德与法治, 语文, 历史, 地理, 数学, 外语, 物理, 化学 or 生物 (教监管厅函〔2021〕3号)."""

    SUBJECT = "subject"
    NON_SUBJECT = "non_subject"


class Mode(StrEnum):
    OFFLINE = "offline"
    ONLINE = "online"
    BOTH = "both"


class Profit(StrEnum):
    FOR_PROFIT = "for_profit"
    NON_PROFIT = "non_profit"


class Stage(StrEnum):
    PRESCHOOL = "preschool"
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"


class Status(StrEnum):
    """`applying` waits for its first permit; `unlicensed` was found by inspection, or lost its permit.

    `closed` and `merged` (a duplicate of another institution) stay in the ledger with their history.
    """

    APPLYING = "applying"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    UNLICENSED = "unlicensed"
    MERGED = "merged"


AT_WORK: Final = (Status.ACTIVE, Status.SUSPENDED, Status.UNLICENSED)
"""Whom the bureau can tell something, and who needs somebody responsible: licensed or not, but neither closed, nor
another entry twice, nor still applying."""


def check_uscc(value: str) -> str:
    """GB 32100-2015: registering department, class, region, organisation, and a check character over all of them.

    Departments are digits, and A (military), N (agriculture), Y (others). The check is that of ISO 7064, modulus 31;
    the organisation code inside has its own check (GB 11714), and both must hold. Codes of abolished regions are
    accepted.
    """
    value = value.strip().upper()
    if re.fullmatch(r"[0-9A-HJ-NPQRTUWXY]{18}", value) is None:
        raise field_error(
            "uscc-format",
            en="A USCC has 18 digits and letters, but not I, O, S, V or Z.",
            zh="统一社会信用代码应为18位。",
        )
    if re.match(r"[1-9ANY]", value) is None:
        raise field_error(
            "uscc-department",
            en="The first character of a USCC is the registering department: 1 to 9, A, N or Y.",
            zh="统一社会信用代码首位应为登记管理部门代码（1至9、A、N、Y）。",
        )
    if re.match(r"..[0-9]{6}", value) is None:
        raise field_error(
            "uscc-region",
            en="Characters 3 to 8 of a USCC are a region code of six digits.",
            zh="统一社会信用代码第3至8位应为六位行政区划码。",
        )
    if calc_check_digit(value[:17]) != value[17]:
        raise field_error(
            "uscc-checksum", en="The check character of the USCC is wrong.", zh="统一社会信用代码校验位错误。"
        )
    if not _organisation_code_holds(value[8:17]):
        raise field_error(
            "uscc-organisation-code",
            en="The organisation code inside the USCC is wrong.",
            zh="统一社会信用代码中的主体标识码校验位错误。",
        )
    return value


_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _organisation_code_holds(code: str) -> bool:
    """GB 11714-1997: weighted sum modulo 11 over eight characters."""
    total = sum(weight * _ALPHABET.index(character) for weight, character in zip(_WEIGHTS, code, strict=False))
    check = (11 - total % 11) % 11
    return code[8] == ("X" if check == 10 else str(check))


Uscc = Annotated[str, Field(max_length=40), CREDIT_CODE, AfterValidator(check_uscc)]
Degrees = Annotated[float, NUMBER, Field(allow_inf_nan=False)]
Longitude = Annotated[Degrees, Field(ge=-180, le=180)]
Latitude = Annotated[Degrees, Field(ge=-90, le=90)]
Capacity = Annotated[int, NUMBER, Field(ge=0, le=100_000)]


class Details(BaseModel):
    """The details of an institution. `lon` and `lat` are degrees in WGS 84; `district` and `street` administrative
    codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    uscc: Uscc | None = None
    permit_no: Key | None = None
    kind: Kind
    mode: Mode = Mode.OFFLINE
    profit: Profit = Profit.FOR_PROFIT
    stages: Annotated[list[Stage], Field(max_length=4)] = Field(default_factory=list)
    status: Status = Status.ACTIVE
    district: Code | None = None
    street: Code | None = None
    address: Address
    lon: Longitude | None = None
    lat: Latitude | None = None
    legal_representative: Line | None = None
    phone: Phone | None = None
    capacity: Capacity | None = None
    external_ref: Key | None = None

    @model_validator(mode="after")
    def both_coordinates_or_none(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise field_error(CoordinatesIncomplete.code, en=CoordinatesIncomplete.en(), zh=CoordinatesIncomplete.zh)
        return self


FIELDS = tuple(Details.model_fields)
"""The fields of an entry, in the order of ledger exports."""

PRIVATE = frozenset({"legal_representative", "phone"})
"""Kept in the registry: no event carries them."""
_PUBLIC = tuple(name for name in FIELDS if name not in PRIVATE)


class Institution(Base, Aggregate):
    """An institution's entry in the ledger (一机构一档)."""

    __tablename__ = "institution"
    __table_args__ = (
        Index("uq_institution_uscc", "uscc", unique=True, postgresql_where=text("uscc IS NOT NULL")),
        Index(
            "uq_institution_external_ref",
            "external_ref",
            unique=True,
            postgresql_where=text("external_ref IS NOT NULL"),
        ),
        Index("ix_institution_district_id", "district", "id"),
        Index("ix_institution_street_id", "street", "id"),
        Index("ix_institution_kind_id", "kind", "id"),
        Index("ix_institution_status_id", "status", "id"),
        Index("ix_institution_permit_no", "permit_no", postgresql_where=text("permit_no IS NOT NULL")),
        Index("ix_institution_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="both_coordinates_or_none"),
        key_check("external_ref"),
        key_check("permit_no"),
        CheckConstraint("uscc ~ '^[0-9A-Z]{18}$'", name="uscc_is_normal"),
    )

    name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[str | None] = mapped_column(Text)
    permit_no: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    profit: Mapped[str] = mapped_column(Text)
    stages: Mapped[list[str]] = mapped_column(ARRAY(Text))
    status: Mapped[str] = mapped_column(Text)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    legal_representative: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    capacity: Mapped[int | None]
    external_ref: Mapped[str | None] = mapped_column(Text)
    registered_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    merged_into: Mapped[UUID | None]
    search: Mapped[str] = mapped_column(
        Text, server_default="", comment="name and address in the form that lookups compare"
    )

    @classmethod
    def register(
        cls, details: Details, *, institution_id: UUID | None = None, at: datetime
    ) -> tuple[Self, InstitutionRegistered]:
        institution = cls(
            id=institution_id or new_id(),
            version=0,
            registered_at=at,
            changed_at=at,
            search=searchable(details.name, details.address),
            **details.model_dump(),
        )
        return institution, InstitutionRegistered(**public_state(institution.id, details), at=at)

    def change(self, changes: Mapping[str, object], *, at: datetime) -> InstitutionChanged | None:
        """Change fields that are valid each by itself; None if nothing would change."""
        before = self.details()
        after = before.model_copy(update=dict(changes))
        if (after.lon is None) != (after.lat is None):
            raise CoordinatesIncomplete(pointer="/lon")
        changed = [field for field in FIELDS if getattr(before, field) != getattr(after, field)]
        if not changed:
            return None
        for field in changed:
            setattr(self, field, getattr(after, field))
        self.search, self.changed_at = searchable(after.name, after.address), at
        return InstitutionChanged(**public_state(self.id, after), changed=changed, at=at)

    def merge_into(self, survivor: Self, *, at: datetime) -> InstitutionMerged:
        """End this entry, a duplicate of the survivor, whose file now contains its history.

        A credit code may stand in one entry only: if the survivor has none, this entry loses its own.
        """
        if self.status == Status.MERGED:
            raise InstitutionEnded(status=self.status)
        if survivor.uscc is None:
            self.uscc = None
        self.status, self.merged_into, self.changed_at = Status.MERGED, survivor.id, at
        return InstitutionMerged(**public_state(self.id, self.details()), merged_into=survivor.id, at=at)

    def missing_from(self, other: Details) -> dict[str, object]:
        """Fields that are empty here and filled in another entry of the same institution, except the reference."""
        silent = [field for field in FIELDS if field not in ("external_ref", "lat") and not getattr(self, field)]
        known: dict[str, object] = {field: value for field in silent if (value := getattr(other, field))}
        return known | {"lat": other.lat} if "lon" in known else known

    def check_open(self) -> None:
        """Raise `InstitutionEnded` for an entry that is closed or merged."""
        if self.status in (Status.CLOSED, Status.MERGED):
            raise InstitutionEnded(status=self.status)

    def details(self) -> Details:
        return Details.model_construct(**{field: getattr(self, field) for field in FIELDS})


def public_state(institution_id: UUID, details: Details) -> dict[str, Any]:
    """The state that events carry: everything except private fields."""
    return {"institution_id": institution_id, **{name: getattr(details, name) for name in _PUBLIC}}
