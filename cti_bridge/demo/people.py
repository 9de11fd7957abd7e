"""Who the customers of the demo house are: invented people and the households they live in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import jaconv

from cti_bridge.demo import names, places
from cti_bridge.demo.known import KNOWN, KnownCustomer
from cti_bridge.demo.places import Home

# Chance that the next to be invented is a household of two to four sharing one telephone.
_HOUSEHOLD_SHARE = 0.05
# How people buy, with their share: see orders.py for what each means.
_HABITS = {"never": 5, "once": 20, "occasional": 53, "regular": 18, "heavy": 4}
_MAIL_DOMAINS = ("example.jp", "example.com", "example.ne.jp", "example.co.jp")
# What people like: share in per cent for everybody, then added for women and for those of 65 and over.
_TASTES: dict[str, tuple[int, int, int]] = {
    "tea": (10, 4, 14),
    "coffee": (16, 0, -6),
    "rice": (8, 0, 8),
    "fish": (7, 0, 6),
    "cooking": (8, 6, 0),
    "sweets": (10, 5, 3),
    "beauty": (4, 16, -2),
    "hair": (6, 1, 3),
    "joint": (3, 1, 15),
    "health": (8, 3, 8),
    "sleep": (7, 0, 3),
    "warm": (4, 4, 7),
    "fashion": (2, 8, 1),
    "clean": (7, 3, 0),
    "flower": (3, 6, 4),
    "vegetable": (6, -2, 4),
    "cat": (6, 3, 0),
    "dog": (6, 0, -2),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One customer before anything was bought. ``numbers``: E.164 with its label, the usual one first."""

    code: str
    name: str
    reading: str
    is_woman: bool
    birth_date: date
    home: Home
    email: str
    numbers: tuple[tuple[str, str], ...]
    joined_on: date
    tastes: tuple[str, ...]
    habit: str
    known: KnownCustomer | None = None

    def age(self, today: date) -> int:
        """Age in whole years, leap days aside."""
        return (today - self.birth_date).days * 100 // 36525


def people(count: int, seed: int, today: date) -> list[Person]:
    """``count`` people, the known ones first; the same for the same arguments."""
    rng = random.Random(f"{seed}/people")
    taken = {number for known in KNOWN for number, _ in known.numbers}
    found = [_known(known, today) for known in KNOWN][:count]
    while len(found) < count:
        size = rng.choices((2, 3, 4), (6, 3, 1))[0] if rng.random() < _HOUSEHOLD_SHARE else 1
        found.extend(_household(rng, min(size, count - len(found)), len(found), today, taken))
    return found


def _known(known: KnownCustomer, today: date) -> Person:
    city = next(city for city in places.cities() if known.address.startswith(city.prefecture + city.name))
    return Person(
        code=known.code,
        name=known.name,
        reading=known.reading,
        is_woman=known.is_woman,
        birth_date=known.birth_date,
        home=Home(city, known.postcode, known.address),
        email=known.email,
        numbers=known.numbers,
        joined_on=min(known.joined_on, today),
        tastes=known.tastes,
        habit="planned",
        known=known,
    )


def _household(rng: random.Random, size: int, first: int, today: date, taken: set[str]) -> Iterator[Person]:
    """People of one family at one address; two or more share the home's telephone."""
    family = rng.choices(names.FAMILY, range(len(names.FAMILY) + 20, 20, -1))[0]
    home = places.home(rng)
    shared = _fresh(taken, lambda: places.landline(rng, home.city))
    head_age = max(24, min(97, round(rng.gauss(64, 15))))
    head_is_woman = rng.random() < 0.7
    for place in range(size):
        is_woman = head_is_woman if place == 0 else not head_is_woman if place == 1 else rng.random() < 0.6
        age = _age(rng, place, head_age)
        birth_date = today - timedelta(days=int((age + rng.random()) * 365.25))
        given = rng.choice(names.given(is_woman, birth_date.year))
        code = f"C{first + place + 1:06d}"
        yield Person(
            code=code,
            name=f"{family.written} {given.written}",
            reading=f"{family.reading} {given.reading}",
            is_woman=is_woman,
            birth_date=birth_date,
            home=home,
            email=_email(rng, family.reading, given.reading, age, first + place),
            numbers=_numbers(rng, age, home, shared, size > 1, taken),
            joined_on=_joined_on(rng, birth_date, today),
            tastes=_tastes(rng, is_woman, age),
            habit=rng.choices(list(_HABITS), list(_HABITS.values()))[0],
        )


def _age(rng: random.Random, place: int, head_age: int) -> int:
    """The head's age, a spouse's near it, and of any other a child's or a parent's."""
    if place == 0:
        return head_age
    if place == 1:
        return max(22, min(98, head_age + rng.randint(-5, 5)))
    return (
        max(20, head_age - rng.randint(24, 34)) if head_age > 48 else min(97, head_age + rng.randint(24, 32))
    )


def _numbers(
    rng: random.Random, age: int, home: Home, landline: str, shared: bool, taken: set[str]
) -> tuple[tuple[str, str], ...]:
    numbers: list[tuple[str, str]] = []
    if shared or rng.random() < (0.9 if age >= 60 else 0.6 if age >= 40 else 0.2):
        numbers.append((landline, "home"))
    if not numbers or rng.random() < (0.9 if age < 60 else 0.7 if age < 75 else 0.4):
        numbers.append((_fresh(taken, lambda: places.mobile(rng)), "mobile"))
    if rng.random() < (0.07 if age >= 55 else 0.02):
        numbers.append((_fresh(taken, lambda: places.landline(rng, home.city)), "fax"))
    if age < 70 and rng.random() < 0.05:
        numbers.append((_fresh(taken, lambda: places.landline(rng, home.city)), "work"))
    return tuple(numbers)


def _fresh(taken: set[str], invent: Callable[[], str]) -> str:
    """A number nobody has yet, now taken."""
    while (number := invent()) in taken:
        pass
    taken.add(number)
    return number


def _email(rng: random.Random, family: str, given: str, age: int, place: int) -> str:
    if rng.random() > (0.95 if age < 55 else 0.6 if age < 72 else 0.25):
        return ""
    family_latin, given_latin = (jaconv.kata2alphabet(part).lower() for part in (family, given))
    # The place keeps two of one name apart.
    return f"{given_latin}.{family_latin}{place}@{rng.choice(_MAIL_DOMAINS)}"


def _joined_on(rng: random.Random, birth_date: date, today: date) -> date:
    """Within twelve years, most of them long ago, nobody before coming of age."""
    joined = today - timedelta(days=3 + int(12 * 365 * rng.random() ** 0.8))
    return max(joined, min(birth_date + timedelta(days=18 * 366), today - timedelta(days=3)))


def _tastes(rng: random.Random, is_woman: bool, age: int) -> tuple[str, ...]:
    """One to three tastes, the strongest first."""
    weights = {
        taste: max(1, share + (women if is_woman else 0) + (old if age >= 65 else 0))
        for taste, (share, women, old) in _TASTES.items()
    }
    chosen: list[str] = []
    for _ in range(rng.choices((1, 2, 3), (3, 5, 3))[0]):
        taste = rng.choices(list(weights), list(weights.values()))[0]
        chosen.append(taste)
        del weights[taste]
    return tuple(chosen)
