"""OneRoster 1.1 and 1.2 as CSV: a zip of files as one table, in the order in which its rows can be applied.

Every row of every file is a row of the table; `file` says where it stood. What one row says of another is joined to it:
the class of a user from the enrolments, the role from `roles.csv`, and the agents of a student as guardians.
"""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

Row = dict[str, str]
ReadCsv = Callable[[bytes], Iterator[Row]]

MANIFEST: Final = "manifest"
FILES: Final = ("orgs", "academicSessions", "courses", "classes", "users", "roles", "demographics", "enrollments")
"""The files that are read first, in this order; others follow by name."""
COLUMNS: Final = frozenset(
    {
        *("file", "mode", "status", "reference", "name", "number", "phone", "role", "school", "class_code", "grade"),
        *("valid_from", "guardians"),
    }
)
MEMBER_LIMIT: Final = 256 * 1024 * 1024
"""Bytes of one unpacked file."""
STUDENT: Final = "student"
ENDED: Final = "tobedeleted"


def is_bundle(content: bytes) -> bool:
    """Whether these bytes are a zip of CSV files, and no workbook."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except zipfile.BadZipFile:
        return False
    workbook = any(name in ("[Content_Types].xml", "mimetype") for name in names)
    return not workbook and any(_stem(name) in (MANIFEST, *FILES) for name in names)


def rows_of(content: bytes, read: ReadCsv) -> list[Row]:
    """The rows of all files; `read` reads one CSV file. Raises `zipfile.BadZipFile` and `ValueError`."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = {_stem(one.filename): one for one in archive.infolist() if one.filename.lower().endswith(".csv")}
    if any(one.file_size > MEMBER_LIMIT for one in members.values()):
        raise ValueError("a file of the bundle is too large")
    tables = {name: list(read(archive.read(one))) for name, one in members.items() if one.file_size}
    modes = {row.get("propertyName", ""): row.get("value", "") for row in tables.pop(MANIFEST, [])}
    bundle = _Bundle(tables)
    others = sorted(tables.keys() - set(FILES))
    return [
        {"file": name, "mode": modes.get(f"file.{name}", ""), **_said(bundle.row(name, row))}
        for name in (*FILES, *others)
        for row in bundle.ordered(name)
    ]


def _stem(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".csv")


def _said(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}


class _Bundle:
    """The files, and what their rows say of one another."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self._tables = tables
        self._users = {row.get("sourcedId", ""): row for row in tables.get("users", [])}
        self._roles = {
            row.get("userSourcedId", ""): row.get("role", "")
            for row in sorted(tables.get("roles", []), key=lambda one: one.get("roleType", "") == "primary")
        }
        self._classes: dict[str, Row] = {}
        for row in tables.get("enrollments", []):
            user = row.get("userSourcedId", "")
            counts = row.get("role") == STUDENT and row.get("status", "").lower() != ENDED
            if counts and (user not in self._classes or row.get("primary", "").lower() == "true"):
                self._classes[user] = row

    def ordered(self, name: str) -> list[Row]:
        """The rows of a file; students come before the adults of whom they speak."""
        rows = self._tables.get(name, [])
        return sorted(rows, key=lambda row: self._role(row) != STUDENT) if name == "users" else rows

    def row(self, name: str, row: Row) -> Row:
        said = {"status": row.get("status", "").lower(), "reference": row.get("sourcedId", "")}
        describe = {
            "orgs": self._org,
            "classes": self._class,
            "users": self._user,
            "enrollments": self._enrolment,
        }.get(name)
        return said if describe is None else said | describe(row)

    def _org(self, row: Row) -> Row:
        return {"name": row.get("name", ""), "role": row.get("type", "")}

    def _class(self, row: Row) -> Row:
        grades = (row.get("grades") or row.get("grade") or "").split(",")
        return {"name": row.get("title", ""), "school": row.get("schoolSourcedId", ""), "grade": grades[0].strip()}

    def _user(self, row: Row) -> Row:
        joined = self._classes.get(row.get("sourcedId", ""), {})
        org = row.get("primaryOrgSourcedId") or (row.get("orgSourcedIds") or "").split(",")[0]
        return {
            "role": self._role(row),
            "name": _name(row),
            "number": row.get("identifier", ""),
            "phone": row.get("sms") or row.get("phone") or "",
            "school": joined.get("schoolSourcedId") or org.strip(),
            "class_code": joined.get("classSourcedId", ""),
            "valid_from": joined.get("beginDate", ""),
            "guardians": _told(self._guardians(row)),
        }

    def _guardians(self, row: Row) -> list[dict[str, Any]]:
        listed = row.get("agents") or row.get("agentSourcedIds") or ""
        agents = [self._users.get(one.strip()) for one in listed.split(",")]
        return [
            {
                "name": _name(agent),
                "phone": agent.get("sms") or agent.get("phone") or None,
                "role": self._role(agent),
                "reference": agent.get("sourcedId", ""),
            }
            for agent in agents
            if agent is not None and agent.get("status", "").lower() != ENDED
        ]

    def _enrolment(self, row: Row) -> Row:
        user = row.get("userSourcedId", "")
        joined = self._classes.get(user) is row and user in self._users
        return {
            "reference": user,
            "role": "joined" if joined else row.get("role", ""),
            "school": row.get("schoolSourcedId", ""),
            "class_code": row.get("classSourcedId", ""),
            "valid_from": row.get("beginDate", ""),
        }

    def _role(self, row: Row) -> str:
        return row.get("role") or self._roles.get(row.get("sourcedId", ""), "")


def _told(guardians: list[dict[str, Any]]) -> str:
    return json.dumps(guardians, ensure_ascii=False) if guardians else ""


def _name(row: Row) -> str:
    """Family name first, without a blank, for names in Chinese characters."""
    family, given = row.get("familyName", ""), row.get("givenName", "")
    if (family + given).isascii():
        return f"{given} {family}".strip()
    return family + given
