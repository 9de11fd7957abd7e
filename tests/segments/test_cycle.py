"""The purchase cycle (C6): robust, asks for evidence, and knows when it is due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.segments.cycle import cycle

FIRST = date(2025, 1, 1)
gaps = st.lists(st.integers(20, 40), min_size=2, max_size=20)


def days_after(between: list[int]) -> list[date]:
    days = [FIRST]
    for gap in between:
        days.append(days[-1] + timedelta(days=gap))
    return days


def test_every_thirty_days() -> None:
    found = cycle(days_after([30, 30, 30]), 3)
    assert found is not None
    assert (found.days, found.spread_days, found.due_on) == (30, 0, FIRST + timedelta(days=120))


@pytest.mark.parametrize("between", [[], [30]])
def test_too_few_purchases_are_no_cycle(between: list[int]) -> None:
    assert cycle(days_after(between), 3) is None
    assert cycle([], 2) is None


def test_days_that_vary_too_much_are_no_cycle() -> None:
    assert cycle(days_after([3, 100, 10, 200]), 3) is None


@given(gaps)
def test_it_lies_among_the_days_between(between: list[int]) -> None:
    found = cycle(days_after(between), 3)
    assert found is not None
    assert min(between) <= found.days <= max(between)
    assert found.due_on > days_after(between)[-1]


@given(gaps, st.randoms())
def test_neither_order_nor_repetition_matters(between: list[int], chance: object) -> None:
    days = days_after(between)
    mixed = days + days[:3]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert cycle(mixed, 3) == cycle(days, 3)


@given(st.lists(st.integers(28, 32), min_size=5, max_size=20), st.integers(0, 20), st.integers(60, 2000))
def test_one_long_pause_moves_it_by_days_only(between: list[int], place: int, pause: int) -> None:
    calm = cycle(days_after(between), 3)
    disturbed = cycle(days_after([*between[:place], pause, *between[place:]]), 3)
    assert calm is not None
    assert disturbed is not None
    assert abs(disturbed.days - calm.days) <= 4
