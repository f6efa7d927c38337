"""Loops look often while there is work, and seldom when there is none."""

from shared.process.pace import STAYS_QUICK, Pace


def test_a_loop_looks_often_while_there_is_work_and_slows_down_after_it() -> None:
    now = 0.0
    pace = Pace(0.1, 0.5, clock=lambda: now)
    assert pace.after(found=False) == 0.1
    now = STAYS_QUICK - 0.01
    assert pace.after(found=False) == 0.1
    now = STAYS_QUICK
    assert [pace.after(found=False) for _ in range(4)] == [0.2, 0.4, 0.5, 0.5]
    assert pace.after(found=True) == 0.1
    now += STAYS_QUICK - 0.01
    assert pace.after(found=False) == 0.1
