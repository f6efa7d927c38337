"""`make chain` itself, on a city small enough for every test run."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from deploy.demo import pingcheng
from tests.system import chain
from tests.system.broker_kind import BROKER
from tests.system.chain import Figure

INSTITUTIONS = 60


def paper() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=120, highlight=False), written


@pytest.mark.kafka
@pytest.mark.timeout(240)
async def test_every_figure_of_a_small_city_is_equal_in_all_services(tmp_path: Path) -> None:
    pingcheng.write(tmp_path, institutions=INSTITUTIONS)
    console, written = paper()
    code = await chain.run(tmp_path, BROKER, console)
    said = written.getvalue()
    assert code == 0, said
    closing = said.rstrip().splitlines()[-1]
    assert closing.endswith(" figures equal"), said
    assert int(closing.split()[0]) > len(pingcheng.STREETS), "a figure for each street, and more"
    assert "differs" not in said


def test_a_figure_that_differs_in_one_service_is_shown_and_ends_with_an_error() -> None:
    lines = [
        Figure("institutions", 60, {"registry": 60, "inspection": 60, "metrics": 60}),
        Figure("visits", 120, {"inspection": 120, "metrics": 119}),
    ]
    console, written = paper()
    console.print(chain.table(lines, "tampered"))
    assert chain.verdict(lines, console) == 1
    shown = written.getvalue().splitlines()
    assert shown[-1] == "1 figures differ"
    assert [line for line in shown if "differs" in line] == [line for line in shown if "visits" in line]


def test_an_expectation_nobody_meets_is_a_difference_too() -> None:
    console, written = paper()
    assert chain.verdict([Figure("violations", 7, {"inspection": 0, "metrics": 0})], console) == 1
    assert written.getvalue() == "1 figures differ\n"
