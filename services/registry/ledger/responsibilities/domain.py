"""The three responsibilities for an institution: the district's, the street's and the industry department's officer."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import CheckConstraint, Date, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.ledger.institutions.domain import Institution
from services.registry.orm import Base
from shared.data.database import Aggregate, new_id
from shared.domain.clock import china_date
from shared.domain.refusals import Conflict, Invalid, Refusal
from shared.domain.wording import Key, Line, Name
from shared.events.registry.responsibilities import ResponsibilityAssigned


class DepartmentNotForRole(Invalid):
    """Only an officer of the industry department has a department."""

    code = "department-not-for-role"
    zh = "仅行业主管部门责任人填写主管部门。"


class ResponsibilityVacant(Conflict):
    """Nobody is assigned to this responsibility."""

    code = "responsibility-vacant"
    zh = "该责任岗位目前空缺。"


class AssignedMeanwhile(Conflict):
    """Somebody else was assigned to this responsibility at the same moment. Read it again."""

    code = "responsibility-assigned-meanwhile"
    zh = "该责任岗位同时被他人指定，请重新读取。"


class Role(StrEnum):
    DISTRICT_OFFICER = "district_officer"
    STREET_OFFICER = "street_officer"
    INDUSTRY_DEPARTMENT = "industry_department"


class Department(StrEnum):
    EDUCATION = "education"
    CULTURE_TOURISM = "culture_tourism"
    SCIENCE_TECHNOLOGY = "science_technology"
    SPORTS = "sports"


class Holder(BaseModel):
    """Who is responsible: `officer` is the subject of an account. Name and telephone stay in the registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    officer: Line
    officer_name: Name
    phone: Key | None = None
    department: Department | None = None


def check_department(role: Role, department: Department | None) -> None:
    """Raise `DepartmentNotForRole` if a department is named for a role that has none."""
    if department is not None and role is not Role.INDUSTRY_DEPARTMENT:
        raise DepartmentNotForRole(pointer="/department")


class Responsibility(Base, Aggregate):
    """One role for one institution, and who has it; without an officer it is vacant since that day."""

    __tablename__ = "responsibility"
    __table_args__ = (
        UniqueConstraint("institution_id", "role", name="uq_responsibility_institution_id_role"),
        Index("ix_responsibility_held", "role", "institution_id", postgresql_where=text("officer IS NOT NULL")),
        CheckConstraint(
            "officer IS NOT NULL OR (officer_name IS NULL AND phone IS NULL AND department IS NULL)",
            name="vacant_without_a_name",
        ),
        CheckConstraint("department IS NULL OR role = 'industry_department'", name="department_of_the_industry"),
    )

    institution_id: Mapped[UUID]
    role: Mapped[str] = mapped_column(Text)
    officer: Mapped[str | None] = mapped_column(Text)
    officer_name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    district: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, institution: Institution, role: Role, *, at: datetime) -> Self:
        """A vacant responsibility; it publishes nothing until it is assigned."""
        return cls(
            id=new_id(),
            version=0,
            institution_id=institution.id,
            role=role,
            since=china_date(at),
            district=institution.district,
            street=institution.street,
        )

    def assign(self, holder: Holder, institution: Institution, *, at: datetime) -> ResponsibilityAssigned | None:
        """Assign it; None if this officer holds it already with the same details."""
        institution.check_open()
        check_department(Role(self.role), holder.department)
        given = holder.model_dump()
        if all(getattr(self, name) == value for name, value in given.items()):
            return None
        if self.officer != holder.officer:
            self.since = china_date(at)
        for name, value in given.items():
            setattr(self, name, value)
        self.district, self.street = institution.district, institution.street
        return self._assigned(at)

    def vacate(self, *, at: datetime) -> ResponsibilityAssigned:
        if self.officer is None:
            raise ResponsibilityVacant
        self.officer = self.officer_name = self.phone = self.department = None
        self.since = china_date(at)
        return self._assigned(at)

    def _assigned(self, at: datetime) -> ResponsibilityAssigned:
        return ResponsibilityAssigned(
            responsibility_id=self.id,
            institution_id=self.institution_id,
            role=str(self.role),
            officer=self.officer,
            department=None if self.department is None else str(self.department),
            district=self.district,
            street=self.street,
            at=at,
        )


CONSTRAINTS: Final[Mapping[str, type[Refusal]]] = {"uq_responsibility_institution_id_role": AssignedMeanwhile}
