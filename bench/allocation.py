"""The allocation of places without a database: `python -m bench.allocation`, in a process of its own.

First one market of 200,000 children with five choices each, 2,000 offerings of 40 seats and some favourites. No school
is so large, and one large market is slower than many small ones. Then five slots of a city of 100 schools, a million
lists of choices, from the frozen input to the last check.
"""

import random
import resource
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from bench.measure import HEADING, Measure
from bench.sizes import WrongResult, expect
from services.afterschool.placement.allocations.checker import faults, term_faults
from services.afterschool.placement.allocations.credits import credits_after
from services.afterschool.placement.allocations.lottery import Draw, numbers
from services.afterschool.placement.allocations.market import CHOICES, GENERAL, Child, Market, Offering
from services.afterschool.placement.allocations.mechanism import allocate
from services.afterschool.placement.allocations.sequence import Outcome, input_hashes, run

CHILDREN = 200_000
SCHOOLS = 100
SEATS = 40
SLOTS = ("mon", "tue", "wed", "thu", "fri")
RESERVES = (("hardship", 4), ("left-behind", 2), ("siblings", 4))
GROUPS = [(), (), (), (), (), (), (), ("hardship",), ("left-behind", "siblings"), ("siblings",)]
SECRET = bytes(range(32))


def market(school: int, slot: str, children: int) -> Market:
    """Always the same wishes for the same names."""
    dice = random.Random(f"{school}|{slot}|{children}")
    count = max(CHOICES + 5, children // 100)
    pools = (*RESERVES, (GENERAL, SEATS - sum(size for _, size in RESERVES)))
    names = [f"{school:04}-{slot}-{number:05}" for number in range(count)]
    weights = [1 / (number + count / 40) for number in range(count)]
    wishes = zip(*[iter(dice.choices(names, weights, k=children * 8))] * 8, strict=True)
    rows = [
        Child(
            f"{school:04}-{number:06}",
            tuple(dict.fromkeys((*wanted, *dice.sample(names, CHOICES))))[:CHOICES],
            GROUPS[number % len(GROUPS)],
            number % 4 // 3,
        )
        for number, wanted in enumerate(wishes)
    ]
    offerings = [Offering(name, pools) for name in names]
    return Market.of(f"school {school}", "2026-1", (slot,), offerings, rows)


def less(name: str, figure: float, limit: float, unit: str) -> Measure:
    """A figure that must not exceed its limit."""
    return Measure(name, figure, limit, 1, unit, more_is_better=False)


def measures(children: int = CHILDREN, *, plant: bool = False) -> Iterator[Measure]:
    """`plant`: lose one seat, which the checker must see."""
    yield from _one_market(children, plant=plant)
    yield from _five_slots(children)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield less("  peak memory of the process", peak, 1024, "MiB")


def _one_market(children: int, *, plant: bool) -> Iterator[Measure]:
    one = market(0, "mon", children)
    began = time.process_time()
    draw = Draw(SECRET, "x", input_hashes([one]))
    frozen = time.process_time()
    drawn = numbers(draw.seed, one)
    lottery = time.process_time()
    result = allocate(one, drawn)
    allocated = time.process_time()
    if plant:
        result.seats.popitem()
    expect("first fault", next(faults(one, drawn, result.seats.items(), result.cutoffs), None), None)
    checked = time.process_time()
    name = f"one market, {children:,} x {CHOICES}"
    yield less(f"{name}: hash of the input", frozen - began, 5, "s of CPU")
    yield less(f"{name}: lottery", lottery - frozen, 5, "s of CPU")
    yield less(f"{name}: mechanism", allocated - lottery, 5, "s of CPU")
    yield less(f"{name}: checker", checked - allocated, 10, "s of CPU")


def _five_slots(children: int) -> Iterator[Measure]:
    markets = [market(school, slot, children // SCHOOLS) for school in range(1, SCHOOLS + 1) for slot in SLOTS]
    began = time.process_time()
    draw = Draw(SECRET, "x", input_hashes(markets))
    outcomes: list[Outcome] = list(run(markets, draw))
    expect("first fault", next(term_faults(outcomes), None), None)
    expect("children with a credit", len(credits_after(outcomes)), children)
    spent = time.process_time() - began
    yield less(f"{len(markets)} markets, {len(SLOTS) * children:,} lists: all, checked", spent, 300, "s of CPU")


def main(
    children: Annotated[int, typer.Option(help="Children; a multiple of a hundred.")] = CHILDREN,
    plant_loss: Annotated[bool, typer.Option(help="Take a seat away, which must end red.")] = False,
) -> None:
    """Measure. A figure that is short is shown and does not fail the run; a wrong result does."""
    print(HEADING, flush=True)
    try:
        for measure in measures(children, plant=plant_loss):
            print(measure.line(judged=children >= CHILDREN), flush=True)
    except WrongResult as error:
        print(f"WRONG in allocation: {error}", flush=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
