"""What an entry must say, and what changes it."""

import csv
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from stdnum.cn.uscc import calc_check_digit

from services.registry.ledger.institutions.domain import (
    PRIVATE,
    CoordinatesIncomplete,
    Details,
    Institution,
    check_uscc,
)
from tests.registry.conftest import AT, USCC

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "uscc_test_vectors.csv"


def details(**more: Any) -> Details:
    return Details.model_validate({"name": "晨光", "kind": "subject", "address": "1 号", **more})


def entered(**more: Any) -> Institution:
    institution, _ = Institution.register(details(**more), at=AT)
    return institution


def refused(**more: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        details(**more)
    return {error["type"] for error in caught.value.errors()}


def test_an_entry_begins_at_version_zero_and_tells_all_but_the_private_fields() -> None:
    institution, fact = Institution.register(
        details(uscc=USCC, phone="13800000000", legal_representative="张三", stages=["primary"]), at=AT
    )
    assert (institution.version, institution.registered_at, institution.changed_at) == (0, AT, AT)
    assert (fact.institution_id, fact.uscc, fact.stages, fact.at) == (institution.id, USCC, ["primary"], AT)
    told = fact.model_dump_json()
    assert "13800000000" not in told
    assert "张三" not in told
    assert not PRIVATE & set(type(fact).model_fields)


def test_defaults() -> None:
    said = details()
    assert (said.mode, said.profit, said.status, said.stages) == ("offline", "for_profit", "active", [])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "   "), ("name", "x" * 201), ("name", "a\tb"), ("name", "a\x00b"), ("name", None),
        ("address", ""), ("address", "x" * 301), ("address", "a\nb"), ("kind", "sport"), ("kind", None),
        ("mode", "fax"), ("profit", "some"), ("status", "gone"), ("stages", ["university"]),
        ("stages", ["primary"] * 5), ("district", "14 0213"), ("district", ""), ("district", "1" * 21),
        ("street", "街道"), ("capacity", -1), ("capacity", 100_001), ("capacity", True), ("capacity", 1.5),
        ("permit_no", ""), ("permit_no", "x" * 101), ("phone", "1\u202e2"), ("external_ref", " "),
        ("uscc", ""), ("uscc", "x" * 41), ("surprise", 1),
    ],
)  # fmt: skip
def test_fields_that_are_refused(field: str, value: object) -> None:
    refused(**{field: value})


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(113.3, None), (None, 40.1), (181, 40.1), (113.3, 91), (-181, 0), (float("nan"), 0), (0, float("inf")), (True, 0)],
)
def test_coordinates_that_are_refused(lon: object, lat: object) -> None:
    refused(lon=lon, lat=lat)


def test_coordinates_that_are_accepted() -> None:
    said = details(lon=180, lat="-90")
    assert (said.lon, said.lat) == (180.0, -90.0)


def test_a_change_tells_what_changed() -> None:
    institution = entered(lon=113.3, lat=40.1)
    fact = institution.change({"name": "晨曦", "address": "1 号", "lon": None, "lat": None}, at=AT)
    assert fact is not None
    assert fact.changed == ["name", "lon", "lat"]
    assert (fact.name, fact.lon, institution.name, institution.lat) == ("晨曦", None, "晨曦", None)


def test_a_change_of_nothing_is_none() -> None:
    assert entered(phone="1").change({"name": "晨光", "phone": "1"}, at=AT) is None
    assert entered().change({}, at=AT) is None


@pytest.mark.parametrize("half", [{"lon": None}, {"lat": None}])
def test_a_change_may_not_leave_half_a_point(half: dict[str, None]) -> None:
    institution = entered(lon=113.3, lat=40.1)
    with pytest.raises(CoordinatesIncomplete):
        institution.change(half, at=AT)
    assert (institution.lon, institution.lat) == (113.3, 40.1)


def test_a_private_change_is_a_fact_without_its_value() -> None:
    fact = entered(phone="1").change({"phone": "2"}, at=AT)
    assert fact is not None
    assert fact.changed == ["phone"]
    assert "phone" not in fact.model_dump()


@pytest.mark.parametrize("written", [USCC, f" {USCC.lower()} ", f"{USCC[:9]} {USCC[9:]}", f"９{USCC[1:]}"])
def test_codes_that_hold(written: str) -> None:
    assert details(uscc=written).uscc == USCC


@pytest.mark.parametrize("department", "1259ANY")
def test_codes_of_every_department_that_registers(department: str) -> None:
    code = f"{department}1110000600037341"
    assert details(uscc=code + calc_check_digit(code)).uscc is not None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (USCC[:-1], "uscc-format"), (USCC + "0", "uscc-format"), ("9135010OM000100Y43", "uscc-format"),
        ("0１350100M000100Y43", "uscc-department"), ("91350100M000100Y44", "uscc-checksum"),
        ("19350100M000100Y43", "uscc-checksum"), ("A1110000600037341L", "uscc-checksum"),
        ("91A10000600037341L", "uscc-region"), ("B1110000600037341L", "uscc-department"),
    ],
)  # fmt: skip
def test_codes_that_do_not_hold(written: str, code: str) -> None:
    assert refused(uscc=written) == {code.replace("-", "_")}


def test_every_single_wrong_digit_is_found() -> None:
    for place, right in enumerate(USCC):
        for digit in "0123456789":
            if digit != right:
                assert refused(uscc=USCC[:place] + digit + USCC[place + 1 :])


@pytest.mark.data
def test_published_vectors() -> None:
    if not VECTORS.is_file():
        pytest.skip("the public data sets are not beside the project")
    with VECTORS.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 40
    right = {row["uscc"] for row in rows if row["independent_mod31"] == "valid"}
    for row in rows:
        canonical = row["uscc"].strip().upper()
        holds = canonical in right and row["org_code_gb11714_check_ok"] != "False"
        try:
            found = check_uscc(row["uscc"]) == canonical
        except ValueError:
            found = False
        assert found == holds, row
