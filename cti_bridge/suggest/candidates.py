"""What speaks for each product for one customer, reason by reason. Pure.

Every reason has an array over all products, scaled so that its strongest
product has 1. What the customer bought is a candidate only to be bought
again when it runs out; the rest comes from what goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cti_bridge.suggest.catalogue import Flags
from cti_bridge.suggest.model import Model
from cti_bridge.suggest.neighbours import Near

ReasonCode: TypeAlias = Literal[
    "bought_with",
    "bought_together",
    "bought_after",
    "favourite_like",
    "replenishment",
    "counselling",
    "popular",
]
Component: TypeAlias = Literal["like", "together", "after", "replenishment", "counselling", "popular"]
COMPONENTS: Final[tuple[Component, ...]] = (
    "like",
    "together",
    "after",
    "replenishment",
    "counselling",
    "popular",
)
Scores: TypeAlias = NDArray[np.float64]

# From so many days before it is due a product may be offered again.
EARLY_DAYS = 14
# What somebody bought long ago says less of what goes with it now.
RECENT_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Bought:
    """One product of the customer's. ``due_on``: by the customer's own cycle, where there is one."""

    times: int
    last_on: date
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A counselling answer that names a product."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Taste:
    """What is known of one customer, by place in the catalogue.

    ``refused``: sent back, or declined lately; ``welcomed``: accepted once.
    """

    customer_id: int
    bought: Mapping[int, Bought] = field(default_factory=dict)
    favourites: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()
    welcomed: frozenset[int] = frozenset()
    answers: Mapping[int, Answered] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidates:
    """``scores`` by component and ``blocked`` over all products; ``due_on``: when what was bought is due."""

    scores: Mapping[Component, Scores]
    due_on: Mapping[int, date]
    blocked: Flags


def candidates(taste: Taste, model: Model, today: date, *, bought_rest_days: int) -> Candidates:
    """Everything that speaks for or against each product."""
    products = len(model.catalogue)
    wants = _wants(taste)
    like = _spread(wants, model.like, products)
    # What was marked only was not bought with anything.
    recent = {place: wants[place] * _recency(one, today) for place, one in taste.bought.items()}
    together = _spread(recent, model.together, products)
    after = _spread(recent, model.after, products)
    due_on = {place: due for place in taste.bought if (due := _due_on(taste, model, place)) is not None}
    replenishment = np.zeros(products)
    for place, due in due_on.items():
        replenishment[place] = urgency(due, today, cycle=(due - taste.bought[place].last_on).days)
    counselling = np.zeros(products)
    counselling[list(taste.answers)] = 1.0
    for scores in (like, together, after, counselling):
        scores[list(taste.bought)] = 0.0
    popular = 1.0 + np.log1p(model.buyers.astype(np.float64))
    popular[list(taste.bought)] = 0.0
    found: dict[Component, Scores] = {
        "like": _scaled(like),
        "together": _scaled(together),
        "after": _scaled(after),
        "replenishment": replenishment,
        "counselling": counselling,
        "popular": _scaled(popular),
    }
    return Candidates(found, due_on, _blocked(taste, model, today, replenishment, bought_rest_days))


def urgency(due_on: date, today: date, *, cycle: int) -> float:
    """From 0 to 1: rises in the two weeks before it is due, stays for a cycle, fades within two more."""
    late = (today - due_on).days
    if late < 0:
        return max(0.0, 1.0 + late / EARLY_DAYS * 0.7) if late >= -EARLY_DAYS else 0.0
    over = late / max(cycle, 7)
    return 1.0 if over <= 1 else max(0.0, 1.0 - (over - 1) / 2)


def source_of(place: int, component: Component, taste: Taste, model: Model) -> int | None:
    """The product of the customer's that adds most to a component at ``place``; of equal ones the first."""
    near = {"like": model.like, "together": model.together, "after": model.after}.get(component)
    if near is None:
        return None
    best, best_weight = None, 0.0
    for source, weight in sorted(_wants(taste).items()):
        places, strengths = near[source]
        at = int(np.searchsorted(places, place))
        if at < len(places) and places[at] == place and weight * strengths[at] > best_weight:
            best, best_weight = source, weight * float(strengths[at])
    return best


def _wants(taste: Taste) -> dict[int, float]:
    """How much the customer showed to want each product; grows with the root of the times bought."""
    wants = {place: float(bought.times) ** 0.5 for place, bought in taste.bought.items()}
    for place in taste.favourites:
        wants[place] = wants.get(place, 0.0) + 1.0
    return wants


def _spread(wants: Mapping[int, float], near: Mapping[int, Near] | object, products: int) -> Scores:
    scores = np.zeros(products)
    for place in sorted(wants):
        places, strengths = near[place]  # type: ignore[index]
        scores[places] += wants[place] * strengths
    return scores


def _recency(bought: Bought, today: date) -> float:
    return float(0.5 ** (max(0, (today - bought.last_on).days) / RECENT_DAYS))


def _due_on(taste: Taste, model: Model, place: int) -> date | None:
    """By the customer's own cycle, else by everybody's for what is used up."""
    bought = taste.bought[place]
    if bought.due_on is not None:
        return bought.due_on
    days = model.cycle_days[place]
    if np.isnan(days) or days < 1 or not model.repeats(place):
        return None
    return date.fromordinal(bought.last_on.toordinal() + round(float(days)))


def _blocked(taste: Taste, model: Model, today: date, replenishment: Scores, bought_rest_days: int) -> Flags:
    catalogue = model.catalogue
    blocked = ~catalogue.can_offer
    closed: set[int] = set()  # variants: five sizes of what was declined are no five chances
    for place in taste.refused:
        closed.add(int(catalogue.variant[place]))
    for place, bought in taste.bought.items():
        if (today - bought.last_on).days < bought_rest_days or not model.repeats(place):
            closed.add(int(catalogue.variant[place]))
        elif replenishment[place] <= 0:
            blocked[place] = True
    if closed:
        blocked |= np.isin(catalogue.variant, list(closed))
    # The card shows favourites beside; what runs out is named all the same.
    for place in taste.favourites:
        if replenishment[place] <= 0:
            blocked[place] = True
    return blocked


def _scaled(scores: Scores) -> Scores:
    most = scores.max(initial=0.0)
    return scores / most if most > 0 else scores
