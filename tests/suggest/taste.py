"""A small catalogue and a model of it, for tests to ask."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from cti_bridge.suggest.candidates import Bought, Taste
from cti_bridge.suggest.catalogue import Catalogue
from cti_bridge.suggest.model import Model
from cti_bridge.suggest.neighbours import Near

TODAY = date(2026, 4, 8)
SOFA, ARMCHAIR, TEA, BIG_TEA, CUP, SOAP, GONE = range(7)
NAMES = ("sofa", "armchair", "tea 100g", "tea 300g", "cup", "soap", "gone")
CATEGORIES = ("seats", "seats", "drinks", "drinks", "dishes", "bath", "bath")


def catalogue(repeats: Mapping[int, bool] | None = None) -> Catalogue:
    said = repeats or {}
    return Catalogue.of(
        (10 + place, CATEGORIES[place], NAMES[place], place != GONE, said.get(place))
        for place in range(len(NAMES))
    )


def near(pairs: Mapping[int, Mapping[int, float]]) -> list[Near]:
    rows = [sorted(pairs.get(place, {}).items()) for place in range(len(NAMES))]
    return [
        (
            np.array([one for one, _ in row], dtype=np.int64),
            np.array([one for _, one in row], dtype=np.float64),
        )
        for row in rows
    ]


def model(repeats: Mapping[int, bool] | None = None) -> Model:
    """Tea is used up in 30 days; soap goes with tea, cups are bought after it, the armchair with the sofa."""
    cycles = np.full(len(NAMES), np.nan)
    cycles[[TEA, BIG_TEA]] = 30
    return Model(
        catalogue(repeats),
        like=near({TEA: {SOAP: 0.6, CUP: 0.2, GONE: 0.9}, SOFA: {SOAP: 0.1}}),
        together=near({SOFA: {ARMCHAIR: 0.5}}),
        after=near({TEA: {CUP: 0.4}}),
        buyers=np.array([50, 20, 100, 30, 40, 60, 99]),
        rebuyers=np.array([1, 0, 70, 20, 1, 5, 0]),
        cycle_days=cycles,
    )


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def taste(bought: Mapping[int, int] | None = None, **more: object) -> Taste:
    """Who bought products so many days ago."""
    return Taste(7, {place: Bought(1, ago(days)) for place, days in (bought or {}).items()}, **more)  # type: ignore[arg-type]
