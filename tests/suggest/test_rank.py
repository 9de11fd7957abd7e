import numpy as np

from cti_bridge.suggest.rank import best, fill
from cti_bridge.suggest.reasons import Because, because
from cti_bridge.suggest.variants import variants

NOTHING = np.zeros(6, dtype=bool)
ALL_DIFFERENT = np.arange(6)


def places(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def scores(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


def test_the_highest_score_comes_first_and_of_equal_ones_the_lower_place():
    found = best(places(4, 2, 0, 1), scores(0.5, 0.9, 0.5, 0.1), NOTHING, ALL_DIFFERENT, 3)
    assert found == [(2, 0.9), (0, 0.5), (4, 0.5)]


def test_what_is_blocked_or_says_nothing_is_left_out():
    blocked = NOTHING.copy()
    blocked[2] = True
    assert best(places(1, 2, 3), scores(0.2, 0.9, 0.0), blocked, ALL_DIFFERENT) == [(1, 0.2)]


def test_one_size_of_an_article_is_enough():
    variant = places(0, 0, 1, 1, 2, 3)
    assert best(places(0, 1, 2), scores(0.3, 0.4, 0.2), NOTHING, variant) == [(1, 0.4), (2, 0.2)]
    assert fill([1], [0, 3, 2, 4], NOTHING, variant, 3) == [3, 4]


def test_nothing_in_gives_nothing_out():
    assert best(places(), scores(), NOTHING, ALL_DIFFERENT) == []
    assert fill([], [], NOTHING, ALL_DIFFERENT) == []


def test_filling_stops_at_the_count_and_skips_the_chosen_and_the_blocked():
    blocked = NOTHING.copy()
    blocked[3] = True
    assert fill([5, 0], [0, 3, 1, 2, 4], blocked, ALL_DIFFERENT, 4) == [1, 2]
    assert fill([5, 0], [1], NOTHING, ALL_DIFFERENT, 2) == []


def test_the_reason_is_the_product_that_adds_most():
    wanted = scores(1.0, 3.0, 0.0, 1.0, 0.0, 0.0)
    bought = np.array([True, False, False, True, False, False])
    near = places(0, 1, 2)
    assert because(near, scores(0.9, 0.2, 1.0), wanted, bought) == Because("bought_with", 0)
    assert because(near, scores(0.5, 0.2, 1.0), wanted, bought) == Because("favourite_like", 1)


def test_sizes_of_one_article_are_told_by_the_last_word():
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
