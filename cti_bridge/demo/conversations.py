"""What was said between the demo house and its customers: contacts, karte notes, cautions, favourites.

The functions yield rows in the order of the table's columns as ``seed.py``
writes them; a customer is named by the place among the people, from 0.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cti_bridge.demo import phrases
from cti_bridge.demo.known import KnownCustomer
from cti_bridge.demo.orders import HISTORY_DAYS, JAPAN, Order, Shelf
from cti_bridge.demo.people import Person

_CAUTION_SHARE = 0.06
_NOTE_SHARE = 0.4
_PINNED_SHARE = 0.04
# A complaint is settled within three weeks.
_COMPLAINT_OPEN = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class Contact:
    """``agent_id``: None where no person of ours was involved. ``is_open``: a complaint not settled yet."""

    customer: int
    channel: str
    direction: str
    occurred_at: datetime
    subject: str
    agent_id: str | None
    kind: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Note:
    customer: int
    agent_id: str
    text: str
    is_pinned: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Caution:
    """``ended_at``: None while it holds."""

    customer: int
    severity: str
    text: str
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Favourite:
    """``product``: place in the catalogue."""

    customer: int
    product: int
    added_at: datetime


def contacts(
    people: Sequence[Person],
    orders: Sequence[Order],
    dedicated: Sequence[str | None],
    agent_ids: Sequence[str],
    seed: int,
    now: datetime,
) -> list[Contact]:
    """Every contact, oldest first: most orders leave one, and people ask, thank and complain."""
    rng = random.Random(f"{seed}/contacts")
    found: list[Contact] = []
    orders_of = [0] * len(people)
    for order in orders:
        orders_of[order.customer] += 1
        if people[order.customer].known is not None or rng.random() < 0.2:
            continue
        channel, direction, subject = phrases.ORDER_CONTACTS[order.channel]
        agent = _agent(rng, channel, dedicated[order.customer], agent_ids)
        found.append(_contact(order.customer, channel, direction, order.ordered_at, subject, agent, now))
    for customer, person in enumerate(people):
        if person.known is not None:
            found.extend(_planned(customer, person.known, now))
            continue
        age = person.age(now.date())
        for _ in range(min(12, int(rng.expovariate(1 / (0.8 + 0.15 * orders_of[customer]))))):
            channel = rng.choices(tuple(phrases.INQUIRIES), _channel_weights(age, bool(person.email)))[0]
            agent = _agent(rng, channel, dedicated[customer], agent_ids)
            subjects = phrases.INQUIRIES[channel]
            direction, subject = "in", rng.choices([s for s, _ in subjects], [w for _, w in subjects])[0]
            if channel == "call" and rng.random() < 0.25:
                direction, subject = "out", rng.choice(phrases.OUTGOING)
            found.append(_contact(customer, channel, direction, _past(rng, person, now), subject, agent, now))
    found.sort(key=lambda contact: (contact.occurred_at, contact.customer))
    return found


def notes(
    people: Sequence[Person],
    dedicated: Sequence[str | None],
    agent_ids: Sequence[str],
    seed: int,
    now: datetime,
) -> Iterator[Note]:
    """Karte notes for two customers in five, a pinned hand-over note for a few."""
    rng = random.Random(f"{seed}/notes")
    for customer, person in enumerate(people):
        if person.known is not None:
            if person.known.pinned_note:
                agent = person.known.dedicated_agent_id or agent_ids[0]
                yield Note(customer, agent, person.known.pinned_note, True, now - timedelta(days=20))
            continue
        if person.habit != "never" and rng.random() < _NOTE_SHARE:
            pool = [n for taste in person.tastes for n in phrases.NOTES_BY_TASTE[taste]]
            pool.extend(rng.sample(phrases.NOTES_FOR_ALL, 3))
            pet = rng.choice(phrases.PETS)
            for text in rng.sample(pool, rng.choices((1, 2, 3), (6, 3, 1))[0]):
                agent = dedicated[customer] or rng.choice(agent_ids)
                text = text.format(pet=pet, kin=_kin(rng, person))
                yield Note(customer, agent, text, False, _past(rng, person, now))
        if rng.random() < _PINNED_SHARE:
            agent = dedicated[customer] or rng.choice(agent_ids)
            text = rng.choice(phrases.PINNED_NOTES).format(kin=_kin(rng, person))
            yield Note(customer, agent, text, True, now - timedelta(days=rng.uniform(0.5, 60)))


def cautions(people: Sequence[Person], seed: int, now: datetime) -> Iterator[Caution]:
    """A caution for about six in a hundred, of which some ended."""
    rng = random.Random(f"{seed}/cautions")
    weights = [weight for _, _, weight in phrases.CAUTIONS]
    for customer, person in enumerate(people):
        if person.known is not None:
            if person.known.critical_caution:
                at = now - timedelta(days=400)
                yield Caution(customer, "critical", person.known.critical_caution, at, None)
            continue
        if rng.random() >= _CAUTION_SHARE:
            continue
        for severity, text, _ in dict.fromkeys(
            rng.choices(phrases.CAUTIONS, weights)[0] for _ in range(rng.choices((1, 2), (9, 1))[0])
        ):
            created_at = _past(rng, person, now)
            ended_at = created_at + (now - created_at) * rng.random() if rng.random() < 0.15 else None
            yield Caution(customer, severity, text, created_at, ended_at)


def favourites(people: Sequence[Person], shelf: Shelf, seed: int, now: datetime) -> Iterator[Favourite]:
    """What people of the web shop marked: mostly to their taste."""
    rng = random.Random(f"{seed}/favourites")
    for customer, person in enumerate(people):
        if person.known is not None:
            for days, sku in enumerate(person.known.favourites, start=5):
                yield Favourite(customer, shelf.by_sku[sku], now - timedelta(days=days))
            continue
        if not person.email or rng.random() > (0.6 if person.age(now.date()) < 60 else 0.3):
            continue
        chosen = (
            shelf.by_taste(rng, rng.choice(person.tastes), rng.randint(1, 12))
            if rng.random() < 0.9
            else shelf.any(rng)
            for _ in range(rng.randint(1, 6))
        )
        for place in dict.fromkeys(chosen):
            yield Favourite(customer, place, _past(rng, person, now))


def _planned(customer: int, known: KnownCustomer, now: datetime) -> Iterator[Contact]:
    for plan in known.contacts:
        at = now - timedelta(days=plan.days_ago, minutes=7)
        yield _contact(customer, plan.channel, plan.direction, at, plan.subject, plan.agent_id, now)


def _contact(
    customer: int,
    channel: str,
    direction: str,
    at: datetime,
    subject: str,
    agent: str | None,
    now: datetime,
) -> Contact:
    kind = phrases.KINDS.get(subject, "inquiry")
    is_open = kind == "complaint" and now - at < _COMPLAINT_OPEN
    return Contact(customer, channel, direction, at, subject, agent, kind, is_open)


def _channel_weights(age: int, has_mail: bool) -> list[int]:
    """Shares of the channels of INQUIRIES in their order."""
    if age >= 65:
        return [70, 5 if has_mail else 0, 14, 5, 0, 0, 6]
    if age >= 40:
        return [40, 30 if has_mail else 0, 4, 2, 8, 3, 8]
    return [15, 30 if has_mail else 0, 1, 0, 30, 16, 8]


def _agent(rng: random.Random, channel: str, dedicated: str | None, agent_ids: Sequence[str]) -> str | None:
    """Calls, chats and mails are handled by somebody, often by the dedicated agent."""
    if channel in ("letter", "fax", "shop_visit", "social"):
        return None
    return dedicated if dedicated is not None and rng.random() < 0.6 else rng.choice(agent_ids)


def _past(rng: random.Random, person: Person, now: datetime) -> datetime:
    """A moment of the day within the history and since the person joined."""
    joined = datetime.combine(person.joined_on, datetime.min.time(), JAPAN)
    span = now - max(joined, now - timedelta(days=HISTORY_DAYS))
    at = (now - span * rng.random()).astimezone(JAPAN)
    at = at.replace(hour=rng.randrange(9, 18), minute=rng.randrange(60), second=0, microsecond=0)
    return min(at, now - timedelta(minutes=rng.randint(10, 600)))


def _kin(rng: random.Random, person: Person) -> str:
    return rng.choice(phrases.KIN if person.is_woman else phrases.KIN_OF_MEN)
