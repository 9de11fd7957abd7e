"""Scores by fifths and by fixed steps (C7): properties that hold of any values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.segments.rfm import Boundaries, fixed, quintiles, thresholds
from cti_bridge.settings import SegmentSettings

values = st.lists(st.integers(-3000, 3000).map(float), min_size=1, max_size=200)


@given(values)
def test_a_score_is_what_the_rule_says(found: list[float]) -> None:
    boundaries = quintiles(np.array(found))
    for value in found:
        lower = sum(other < value for other in found)
        assert boundaries.score(value) == 1 + 5 * lower // len(found)


@given(values, st.randoms())
def test_the_order_of_customers_does_not_matter(found: list[float], chance: object) -> None:
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert quintiles(np.array(mixed)) == quintiles(np.array(found))


@given(values, st.lists(st.floats(-5000, 5000), min_size=2, max_size=50))
def test_more_is_never_worse_and_equal_is_equal(found: list[float], asked: list[float]) -> None:
    boundaries = quintiles(np.array(found))
    scores = boundaries.score_all(np.array(sorted(asked)))
    assert list(scores) == sorted(scores)
    assert list(scores) == [boundaries.score(value) for value in sorted(asked)]
    assert 1 <= scores.min() <= scores.max() <= 5


@given(st.sets(st.integers(-10_000, 10_000), min_size=5, max_size=300))
def test_distinct_values_fall_into_fifths_within_one(found: set[int]) -> None:
    boundaries = quintiles(np.array(sorted(found), dtype=np.float64))
    counts = np.bincount([boundaries.score(value) for value in found], minlength=6)[1:]
    assert counts.max() - counts.min() <= 1


def test_where_most_bought_once_some_scores_stay_empty() -> None:
    boundaries = quintiles(np.array([1.0] * 70 + [2.0] * 20 + [3.0] * 10))
    assert [boundaries.score(times) for times in (1, 2, 3)] == [1, 4, 5]
    assert boundaries.scores == (1, 4, 5)


def test_nobody_bought() -> None:
    assert quintiles(np.array([])) == Boundaries((), ())
    assert Boundaries((), ()).score(5) == 1


def test_fixed_steps() -> None:
    rules = fixed(SegmentSettings())
    days = {0: 5, 30: 5, 31: 4, 90: 4, 180: 3, 365: 2, 366: 1, 5000: 1}
    assert {day: rules.recency.score(-day) for day in days} == days
    assert [rules.frequency.score(orders) for orders in (0, 1, 2, 3, 5, 9, 10, 99)] == [
        1,
        1,
        2,
        3,
        4,
        4,
        5,
        5,
    ]
    assert [rules.monetary.score(amount) for amount in (4_999, 5_000, 150_000)] == [1, 2, 5]


def test_of_two_equal_steps_the_later_counts() -> None:
    assert [thresholds([1, 1, 2, 3]).score(value) for value in (0, 1, 2, 3)] == [1, 3, 4, 5]


@pytest.mark.parametrize("value", [float("-inf"), -1e300, 0.0, 1e300])
def test_any_value_has_a_score(value: float) -> None:
    assert quintiles(np.array([1.0, 2.0, 3.0])).score(value) in range(1, 6)
