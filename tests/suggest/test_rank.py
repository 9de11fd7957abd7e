"""From a taste to a list (S1 S2 S3): what may be offered, in which order, and what outcomes do to it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.settings import SuggestSettings
from cti_bridge.suggest.acceptance import LEAST, MOST, Acceptance
from cti_bridge.suggest.candidates import Answered, Bought, Taste, candidates, source_of, urgency
from cti_bridge.suggest.rank import Choice, rank, weights_of
from cti_bridge.suggest.variants import variants
from tests.suggest.taste import ARMCHAIR, BIG_TEA, CUP, GONE, SOAP, SOFA, TEA, TODAY, ago, model, taste

WEIGHTS = weights_of(SuggestSettings())
EVEN = np.ones(7)


def offered(found: Taste, *, factors: np.ndarray = EVEN, rest: int = 14, **weights: float) -> list[Choice]:
    made = model()
    scores = candidates(found, made, TODAY, bought_rest_days=rest)
    return rank(scores, WEIGHTS | weights, factors, made.catalogue.variant)  # type: ignore[arg-type]


def places(found: Taste, **how: object) -> list[int]:
    return [choice.place for choice in offered(found, **how)]  # type: ignore[arg-type]


def test_who_bought_nothing_gets_what_is_popular_one_size_of_each() -> None:
    choices = offered(taste())
    assert [choice.place for choice in choices] == [TEA, SOAP, SOFA, CUP, ARMCHAIR]
    assert {choice.component for choice in choices} == {"popular"}


def test_each_reason_speaks_and_names_its_source() -> None:
    found = taste({TEA: 60, SOFA: 60}, answers={CUP: Answered("home", "new")})
    by_place = {choice.place: choice for choice in offered(found, counselling=5.0)}
    assert by_place[SOAP].component == "like"
    assert source_of(SOAP, "like", found, model()) == TEA
    assert by_place[ARMCHAIR].component == "together"
    assert source_of(ARMCHAIR, "together", found, model()) == SOFA
    assert by_place[CUP].component == "counselling"
    assert source_of(CUP, "counselling", found, model()) is None
    assert source_of(CUP, "after", found, model()) == TEA


def test_what_runs_out_is_offered_when_it_does() -> None:
    for days, is_due in ((10, False), (15, False), (17, True), (30, True), (60, True), (130, False)):
        choices = {choice.place: choice for choice in offered(taste({TEA: days}))}
        assert (TEA in choices) == is_due, days
        if is_due:
            assert choices[TEA].component == "replenishment"
            assert choices[TEA].due_on == ago(days - 30)


def test_the_customers_own_cycle_counts_before_everybodys() -> None:
    found = Taste(7, {TEA: Bought(5, ago(50), due_on=TODAY + timedelta(days=40))})
    assert TEA not in places(found)
    assert TEA in places(Taste(7, {TEA: Bought(5, ago(20), due_on=TODAY)}))


def test_what_does_not_repeat_is_never_offered_again() -> None:
    assert SOFA not in places(taste({SOFA: 2000}))
    assert places(taste({SOFA: 2000, CUP: 900, SOAP: 900})) == [ARMCHAIR, TEA]


def test_what_the_shop_says_of_repeating_counts_before_what_people_do() -> None:
    for says in (True, False):
        made = model({TEA: says})
        found = candidates(taste({TEA: 30}), made, TODAY, bought_rest_days=14)
        assert bool(found.blocked[TEA]) is not says


@given(
    st.dictionaries(st.integers(0, 6), st.integers(0, 400), max_size=6),
    st.frozensets(st.integers(0, 6), max_size=3),
    st.frozensets(st.integers(0, 6), max_size=3),
    st.integers(0, 60),
)
def test_what_must_not_be_offered_never_is(
    bought: dict[int, int], refused: frozenset[int], favourites: frozenset[int], rest: int
) -> None:
    found = taste(bought, refused=refused, favourites=favourites)
    choices = offered(found, rest=rest)
    made = model()
    variant = made.catalogue.variant
    chosen = [int(variant[choice.place]) for choice in choices]
    assert len(chosen) == len(set(chosen))
    assert [choice.score for choice in choices] == sorted((choice.score for choice in choices), reverse=True)
    for choice in choices:
        assert choice.place != GONE
        assert variant[choice.place] not in {variant[place] for place in refused}
        if choice.place in bought:
            assert choice.component == "replenishment"
            assert bought[choice.place] >= rest
            assert made.repeats(choice.place)


@given(st.dictionaries(st.integers(0, 6), st.integers(0, 400), max_size=6), st.randoms())
def test_the_order_in_which_things_were_bought_does_not_matter(
    bought: dict[int, int], chance: object
) -> None:
    items = list(bought.items())
    chance.shuffle(items)  # type: ignore[attr-defined]
    assert offered(taste(dict(items))) == offered(taste(bought))


@given(st.sampled_from(sorted(WEIGHTS)), st.floats(0, 3), st.floats(0.1, 3))
def test_a_reason_that_counts_more_never_sinks_its_best(name: str, weight: float, more: float) -> None:
    found = taste({TEA: 60, SOFA: 60}, answers={CUP: Answered("home", "new")})
    scores = candidates(found, model(), TODAY, bought_rest_days=14).scores[name]  # type: ignore[index]
    before, after = (places(found, **{name: one}) for one in (weight, weight + more))
    open_ = [place for place in after if scores[place] == 1]
    for place in open_:
        assert place not in before or after.index(place) <= before.index(place)


@given(st.integers(-100, 400), st.integers(1, 120))
def test_urgency_is_a_share_and_highest_when_due(late: int, cycle: int) -> None:
    value = urgency(TODAY - timedelta(days=late), TODAY, cycle=cycle)
    assert 0 <= value <= urgency(TODAY, TODAY, cycle=cycle) == 1


def learned(**answers: tuple[int, int]) -> Acceptance:
    ids = {"soap": 15, "cup": 14, "tea": 12}
    return Acceptance({ids[name]: counts for name, counts in answers.items()})


IDS = np.arange(10, 17)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 50))
def test_one_more_accepted_raises_and_one_more_declined_sinks(
    accepted: int, declined: int, more: int
) -> None:
    soap, others = 5, (30, 30)
    base = learned(soap=(accepted, declined), cup=others).mean(IDS)[soap]
    assert learned(soap=(accepted + more, declined), cup=others).mean(IDS)[soap] > base
    assert learned(soap=(accepted, declined + more), cup=others).mean(IDS)[soap] < base


@given(
    st.dictionaries(st.integers(10, 16), st.tuples(st.integers(0, 500), st.integers(0, 500))),
    st.floats(0, 1),
    st.integers(0, 10**9),
)
def test_nothing_rises_or_sinks_without_bound(
    answered: dict[int, tuple[int, int]], learning: float, customer: int
) -> None:
    factors = Acceptance(answered).drawn(IDS, learning, customer, TODAY)
    assert ((factors >= LEAST) & (factors <= MOST)).all()


def test_over_many_days_what_is_declined_is_offered_last() -> None:
    found = taste({TEA: 10})
    assert places(found)[:2] == [SOAP, CUP]
    answers = learned(soap=(0, 40), cup=(40, 0))
    days = [date.fromordinal(TODAY.toordinal() + day) for day in range(200)]
    firsts = [offered(found, factors=answers.drawn(IDS, 0.5, 7, day))[0].place for day in days]
    assert firsts.count(CUP) > 150


def test_one_day_is_one_list_and_days_differ() -> None:
    answers = learned(soap=(3, 3), cup=(3, 3))
    dates = [date.fromordinal(day) for day in (800_000, 800_001)]
    draws = [answers.drawn(IDS, 0.5, customer, day) for customer in (1, 2) for day in dates]
    assert (answers.drawn(IDS, 0.5, 1, date.fromordinal(800_000)) == draws[0]).all()
    assert len({tuple(draw) for draw in draws}) == 4


def test_nothing_learned_changes_nothing() -> None:
    assert (Acceptance({}).drawn(IDS, 1.0, 1, TODAY) == 1).all()
    assert (learned(soap=(9, 0)).drawn(IDS, 0.0, 1, TODAY) == 1).all()


def test_sizes_of_one_article_are_told_by_the_last_word() -> None:
    names = [
        ("tea", "Sencha 100g"),
        ("tea", "Sencha 300g×3袋"),
        ("tea", "Sencha"),
        ("tea", "Sencha gold"),
        ("food", "Sencha 100g"),
        ("wear", "肌着 長袖 M"),
        ("wear", "肌着 長袖 LL"),
        ("wear", "肌着 半袖 M"),
        ("wear", "タイツ M-L"),
        ("wear", "タイツ L-LL"),
    ]
    assert variants(names).tolist() == [0, 0, 0, 1, 2, 3, 3, 4, 5, 5]


@pytest.mark.parametrize("rest", [0, 30])
def test_sizes_of_what_was_just_bought_rest_too(rest: int) -> None:
    assert (BIG_TEA in places(taste({TEA: 5}), rest=rest)) == (rest == 0)
