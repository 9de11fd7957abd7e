"""What the customers of the demo house bought: three years of orders with tastes behind them.

Who has a habit comes back as what they use runs out; what they add follows
their tastes, the season, and what goes with the rest of the basket.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import accumulate

from cti_bridge.demo.known import KnownCustomer
from cti_bridge.demo.people import Person
from cti_bridge.demo.products import Product

HISTORY_DAYS = 3 * 365
JAPAN = timezone(timedelta(hours=9))
_CHANNELS = ("phone", "web", "fax", "postcard", "shop")
# Hours of the day (Japan) in which orders of a channel come in.
_HOURS = {"phone": (9, 18), "web": (6, 24), "fax": (8, 20), "postcard": (10, 12), "shop": (10, 19)}
_PIECES = ((1, 2, 3), (12, 3, 1))


@dataclass(frozen=True, slots=True)
class Line:
    """``product``: place in the catalogue. ``unit_price_minor`` in yen."""

    product: int
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order; ``customer`` is the place among the people. ``ordered_at`` is aware."""

    customer: int
    channel: str
    status: str
    ordered_at: datetime
    lines: tuple[Line, ...]

    @property
    def total_minor(self) -> int:
        """What the lines come to."""
        return sum(line.quantity * line.unit_price_minor for line in self.lines)

    @property
    def is_sale(self) -> bool:
        """Whether it counts as spent."""
        return self.status not in ("cancelled", "returned")


class Shelf:
    """What can be drawn: products by taste and month, and what goes with what."""

    def __init__(self, products: Sequence[Product], discontinued: frozenset[int], seed: int) -> None:
        self.products = products
        self.discontinued = discontinued
        self.by_sku = {product.sku: place for place, product in enumerate(products)}
        self._by_taste: dict[str, list[int]] = {}
        for place, product in enumerate(products):
            for taste in product.tastes:
                self._by_taste.setdefault(taste, []).append(place)
        self._weights: dict[tuple[str, int], list[float]] = {}
        rng = random.Random(f"{seed}/companions")
        self._companions = [self._draw_companions(rng, place) for place in range(len(products))]

    def any(self, rng: random.Random) -> int:
        """Any product at all."""
        return rng.randrange(len(self.products))

    def by_taste(self, rng: random.Random, taste: str, month: int) -> int:
        """A product of the taste; what is in season more, what stands first in the catalogue more."""
        pool = self._by_taste[taste]
        weights = self._weights.get((taste, month))
        if weights is None:
            weights = list(accumulate(self._weight(p, taste, month, n) for n, p in enumerate(pool)))
            self._weights[taste, month] = weights
        return rng.choices(pool, cum_weights=weights)[0]

    def companion(self, rng: random.Random, place: int) -> int:
        """A product bought together with the one at ``place``."""
        return rng.choice(self._companions[place])

    def consumables(self, taste: str) -> list[int]:
        """Products of the taste that are used up."""
        return [place for place in self._by_taste[taste] if self.products[place].cycle_days]

    def _weight(self, place: int, taste: str, month: int, rank: int) -> float:
        product = self.products[place]
        season = 1.0 if not product.months else 3.0 if month in product.months else 0.15
        return season * (1.0 if product.tastes[0] == taste else 0.4) / (1 + 0.1 * rank)

    def _draw_companions(self, rng: random.Random, place: int) -> list[int]:
        product = self.products[place]
        pool = [
            other
            for other in self._by_taste[product.tastes[0]]
            if self.products[other].series != product.series
        ]
        return rng.sample(pool, min(3, len(pool)))


def orders(people: Sequence[Person], shelf: Shelf, seed: int, now: datetime) -> list[Order]:
    """Every order of ``people`` up to ``now``, oldest first."""
    rng = random.Random(f"{seed}/orders")
    found: list[Order] = []
    for customer, person in enumerate(people):
        if person.known is not None:
            found.extend(_planned(customer, person.known, shelf, now))
        elif person.habit != "never":
            found.extend(_history(rng, customer, person, shelf, now))
    found.sort(key=lambda order: (order.ordered_at, order.customer))
    return found


def _planned(customer: int, known: KnownCustomer, shelf: Shelf, now: datetime) -> list[Order]:
    return [
        Order(
            customer,
            plan.channel,
            plan.status,
            now - timedelta(days=plan.days_ago, minutes=7),
            tuple(
                Line(shelf.by_sku[sku], 1, shelf.products[shelf.by_sku[sku]].price_minor) for sku in plan.skus
            ),
        )
        for plan in known.orders
    ]


def _history(rng: random.Random, customer: int, person: Person, shelf: Shelf, now: datetime) -> list[Order]:
    channels = _channel_weights(person.age(now.date()), bool(person.email), rng)
    staples = _staples(rng, person, shelf)
    last_bought: dict[int, datetime] = {}
    found: list[Order] = []
    for day in _days(rng, person, [shelf.products[s].cycle_days for s in staples], now):
        channel = rng.choices(_CHANNELS, channels)[0]
        ordered_at = _at(rng, day, channel, now)
        due = [
            staple
            for staple in staples
            if staple not in last_bought
            or ordered_at - last_bought[staple] >= timedelta(days=0.8 * shelf.products[staple].cycle_days)
        ]
        basket = _basket(rng, person, shelf, due, ordered_at, (now - ordered_at).days)
        if not basket:
            continue
        last_bought.update((staple, ordered_at) for staple in due)
        status = _status(rng, (now - ordered_at) / timedelta(days=1))
        found.append(Order(customer, channel, status, ordered_at, basket))
    return found


def _staples(rng: random.Random, person: Person, shelf: Shelf) -> list[int]:
    """The consumables this person keeps coming back for; none for who buys now and then."""
    wanted = {"regular": (1, 3), "heavy": (2, 4), "occasional": (0, 1)}.get(person.habit, (0, 0))
    staples: list[int] = []
    for _ in range(rng.randint(*wanted)):
        pool = shelf.consumables(rng.choice(person.tastes))
        if pool and (staple := rng.choice(pool)) not in staples:
            staples.append(staple)
    return staples


def _days(rng: random.Random, person: Person, cycles: list[int], now: datetime) -> list[datetime]:
    """The days of the person's orders, oldest first; habits run back from the last one."""
    joined = datetime.combine(person.joined_on, datetime.min.time(), JAPAN)
    start = max(joined, now - timedelta(days=HISTORY_DAYS))
    span = (now - start) / timedelta(days=1)
    if person.habit in ("once", "occasional"):
        count = 1 if person.habit == "once" else rng.randint(2, 6)
        return sorted(start + timedelta(days=span * rng.random()) for _ in range(count))
    step = min(cycles, default=60) * (
        rng.uniform(0.95, 1.1) if person.habit == "heavy" else rng.uniform(1.4, 2.4)
    )
    # Four of five still buy; the others stopped some day.
    day = now - timedelta(days=step * rng.random() if rng.random() < 0.8 else span * rng.random())
    found = []
    while day > start:
        found.append(day)
        day -= timedelta(days=step * rng.uniform(0.88, 1.15))
    return found[::-1]


def _basket(
    rng: random.Random, person: Person, shelf: Shelf, due: list[int], at: datetime, age_days: int
) -> tuple[Line, ...]:
    chosen = list(due)
    month = at.astimezone(JAPAN).month
    if month in (7, 12) and rng.random() < 0.12:
        chosen.append(shelf.by_taste(rng, "gift", month))
    for _ in range(rng.choices((0, 1, 2, 3, 4), (1, 4, 4, 3, 1))[0] + (not due)):
        luck = rng.random()
        if chosen and luck < 0.55:
            chosen.append(shelf.companion(rng, rng.choice(chosen)))
        elif luck < 0.92:
            taste = rng.choices(person.tastes, range(len(person.tastes), 0, -1))[0]
            chosen.append(shelf.by_taste(rng, taste, month))
        else:
            chosen.append(shelf.any(rng))
    return tuple(
        Line(place, rng.choices(*_PIECES)[0], shelf.products[place].price_minor)
        for place in dict.fromkeys(chosen)
        if age_days > 240 or place not in shelf.discontinued
    )


def _channel_weights(age: int, has_mail: bool, rng: random.Random) -> list[float]:
    """Shares of phone, web, fax, postcard, shop: the old call and write, the young click."""
    if age >= 75:
        weights = [60, 4, 8, 22, 6]
    elif age >= 60:
        weights = [45, 22, 8, 15, 10]
    elif age >= 40:
        weights = [18, 62, 3, 4, 13]
    else:
        weights = [5, 83, 0, 1, 11]
    if not has_mail:
        weights[1] = 0
    # People keep to their way of ordering.
    favourite = rng.choices(range(5), weights)[0]
    return [weight * (5.0 if place == favourite else 1.0) for place, weight in enumerate(weights)]


def _at(rng: random.Random, day: datetime, channel: str, now: datetime) -> datetime:
    first, end = _HOURS[channel]
    at = day.astimezone(JAPAN).replace(
        hour=rng.randrange(first, end), minute=rng.randrange(60), second=rng.randrange(60), microsecond=0
    )
    return at if at < now else now - timedelta(minutes=rng.randint(5, 240))


def _status(rng: random.Random, age_days: float) -> str:
    """How far an order of this age has come; a few went wrong."""
    luck = rng.random()
    if age_days > 10 and luck < 0.02:
        return "returned"
    if age_days > 0.3 and luck < 0.04:
        return "cancelled"
    stages = (
        (0.5, "open", "open"),
        (1.5, "paid", "open"),
        (4, "shipped", "paid"),
        (6, "delivered", "shipped"),
    )
    for until, usual, late in stages:
        if age_days < until:
            return usual if luck < 0.7 else late
    return "delivered"
