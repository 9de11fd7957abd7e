"""The seven stages (C7), each by its rule, and which goes before which."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.segments.kinds import Kind, Kinds
from cti_bridge.segments.names import Stage
from cti_bridge.segments.stage import StageRules, stage
from cti_bridge.settings import ProductRule, SegmentSettings

TODAY = date(2026, 4, 8)
RULES = StageRules(dormant_after_days=365, repeater_from_orders=2)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def of(*bought: tuple[Kind, int], is_excluded: bool = False) -> Stage:
    days = [(kind, ago(age)) for kind, age in bought]
    return stage(
        is_excluded=is_excluded,
        last_order_on=max((day for _, day in days), default=None),
        bought=days,
        today=TODAY,
        rules=RULES,
    )


@pytest.mark.parametrize(
    ("bought", "expected"),
    [
        ([], "never_bought"),
        ([("trial", 3)], "trial"),
        ([("other", 3)], "trial"),
        ([("trial", 30), ("main", 3)], "main"),
        ([("main", 3), ("main", 3)], "main"),
        ([("main", 30), ("main", 3)], "repeater"),
        ([("main", 800), ("main", 366)], "dormant"),
        ([("main", 365)], "main"),
        ([("subscription", 365), ("main", 3)], "subscription"),
        ([("subscription", 366), ("main", 3)], "main"),
        ([("subscription", 366)], "dormant"),
    ],
)
def test_what_was_bought_tells(bought: list[tuple[Kind, int]], expected: Stage) -> None:
    assert of(*bought) == expected
    assert of(*bought, is_excluded=True) == "excluded"


kinds = st.sampled_from(("trial", "main", "subscription", "other"))


@given(st.lists(st.tuples(kinds, st.integers(0, 2000)), max_size=20), st.randoms())
def test_the_order_of_purchases_does_not_matter(bought: list[tuple[Kind, int]], chance: object) -> None:
    mixed = list(bought)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert of(*mixed) == of(*bought)


@given(st.lists(st.tuples(kinds, st.integers(0, 2000)), max_size=20))
def test_an_order_of_today_wakes_and_never_degrades(bought: list[tuple[Kind, int]]) -> None:
    rise: list[Stage] = ["never_bought", "dormant", "trial", "main", "repeater", "subscription"]
    before, after = of(*bought), of(*bought, ("main", 0))
    assert after not in ("never_bought", "dormant", "trial")
    assert rise.index(after) >= rise.index(before) or before == "subscription"


def test_kinds_by_rule_before_the_products_own() -> None:
    settings = SegmentSettings(
        trial=ProductRule(skus=("TRIAL-*",)), subscription=ProductRule(categories=("定期*",))
    )
    products: list[tuple[int, str, str, Kind]] = [
        (1, "TRIAL-1", "茶", "main"),
        (2, "S-1", "定期便", "other"),
        (3, "S-2", "茶", "main"),
        (4, "S-3", "茶", "other"),
    ]
    found = Kinds.of_catalogue(products, settings)
    assert [found.of(product) for product in (1, 2, 3, 4, 99)] == [
        "trial",
        "subscription",
        "main",
        "other",
        "other",
    ]


def test_a_house_that_marks_no_main_product_sells_nothing_else() -> None:
    found = Kinds.of_catalogue([(1, "a", "x", "other"), (2, "b", "x", "trial")], SegmentSettings())
    assert [found.of(product) for product in (1, 2)] == ["main", "trial"]
