import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from cti_bridge.calls.numbers import CallerKind, normalise
from cti_bridge.demo import phrases, places
from cti_bridge.demo.house import RANKS, Table, house
from cti_bridge.demo.known import HANAKO_SATO, HOUSEHOLD, KNOWN
from cti_bridge.demo.orders import JAPAN
from cti_bridge.demo.people import people
from cti_bridge.demo.products import catalogue

NOW = datetime(2026, 4, 8, 1, 0, tzinfo=UTC)
AGENTS = ("a1", "a2")


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    return {table.name: table for table in house(800, 1, NOW, AGENTS)}


def column(table: Table, name: str) -> list:
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def test_the_catalogue_has_300_products_each_with_its_own_sku_and_name():
    products = catalogue()
    assert len(products) == 300
    assert len({p.sku for p in products}) == len({p.name for p in products}) == 300
    assert len({p.category for p in products}) == 12
    assert all(p.price_minor > 0 and p.price_minor % 10 == 0 for p in products)
    tastes = {taste for p in products for taste in p.tastes}
    assert tastes - {"gift"} == set(phrases.NOTES_BY_TASTE)


def test_people_are_readable_and_their_numbers_are_numbers():
    persons = people(500, 3, NOW.date())
    assert len(persons) == 500
    assert len({p.code for p in persons}) == 500
    for person in persons:
        assert len(person.name.split(" ")) == len(person.reading.split(" ")) == 2
        assert all("ァ" <= letter <= "ー" or letter == " " for letter in person.reading)
        assert person.joined_on < NOW.date()
        assert person.numbers
        for number, _ in person.numbers:
            caller = normalise(number)
            assert (caller.kind, caller.e164) == (CallerKind.NUMBER, number)


def test_nearly_every_invented_number_belongs_to_its_town():
    rng = random.Random(1)
    numbers = [places.landline(rng, city) for city in places.cities() for _ in range(5)]
    valid = sum(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)
    assert valid > 0.95 * len(numbers)


def test_those_who_share_a_number_are_a_family_at_one_address():
    holders: dict[str, list] = {}
    for person in people(1500, 1, NOW.date()):
        for number, _ in person.numbers:
            holders.setdefault(number, []).append(person)
    shared = [found for found in holders.values() if len(found) > 1]
    assert len(shared) >= 30
    for family in shared:
        assert 2 <= len(family) <= 4
        assert len({p.name.split()[0] for p in family}) == 1
        assert len({p.home.address for p in family}) == 1


def test_people_lean_to_the_elderly_and_the_old_do_not_click():
    persons = people(1500, 1, NOW.date())
    ages = sorted(p.age(NOW.date()) for p in persons)
    assert 60 <= ages[len(ages) // 2] <= 70
    assert ages[0] >= 19


def test_the_same_arguments_make_the_same_house_whatever_the_hash_seed(tables):
    script = (
        "import hashlib, datetime\n"
        "from cti_bridge.demo.house import house\n"
        "now = datetime.datetime(2026, 4, 8, 1, 0, tzinfo=datetime.UTC)\n"
        "print(hashlib.sha256(repr(house(100, 1, now, ('a1', 'a2'))).encode()).hexdigest())\n"
    )
    here = hashlib.sha256(repr(house(100, 1, NOW, AGENTS)).encode()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert there.stdout.strip() == here
    other = house(100, 2, NOW, AGENTS)
    assert hashlib.sha256(repr(other).encode()).hexdigest() != here


def test_nothing_happens_after_now(tables):
    for name, moment in (
        ("order", "ordered_at"),
        ("contact", "occurred_at"),
        ("karte_note", "created_at"),
        ("caution", "created_at"),
        ("favourite", "added_at"),
    ):
        moments = column(tables[name], moment)
        assert moments
        assert NOW - timedelta(days=3 * 366) < min(moments)
        assert max(moments) < NOW


def test_an_order_is_the_sum_of_its_lines_and_young_ones_are_under_way(tables):
    sums: Counter[int] = Counter()
    for order, _, _, quantity, price in tables["order_line"].rows:
        sums[order] += quantity * price
    for order_id, _, _, _, status, ordered_at, total in tables["order"].rows:
        assert sums[order_id] == total > 0
        if status in ("open", "paid", "shipped"):
            assert NOW - ordered_at < timedelta(days=7)
    statuses = Counter(column(tables["order"], "status"))
    assert set(statuses) == {"open", "paid", "shipped", "delivered", "cancelled", "returned"}
    assert set(column(tables["order"], "channel")) == {"phone", "web", "fax", "postcard", "shop"}


def test_telephone_orders_come_by_day(tables):
    hours = {
        row[5].astimezone(JAPAN).hour
        for row in tables["order"].rows
        if row[3] == "phone" and NOW - row[5] > timedelta(days=2)
    }
    assert hours <= set(range(9, 18))


def test_ranks_follow_what_was_spent_and_the_best_have_an_agent(tables):
    spent: Counter[int] = Counter()
    for _, _, customer, _, status, _, total in tables["order"].rows:
        if status not in ("cancelled", "returned"):
            spent[customer] += total
    ranks = column(tables["customer"], "rank")
    agents = column(tables["customer"], "dedicated_agent_id")
    for place, (rank, agent) in enumerate(zip(ranks, agents, strict=True), 1):
        assert rank == next(name for least, name in RANKS if spent[place] >= least)
        assert (agent is not None) == (rank in ("gold", "platinum"))
    assert set(ranks) == {"regular", "silver", "gold", "platinum"}


def test_contacts_come_by_every_channel_and_calls_are_handled_by_somebody(tables):
    channels = {"call", "email", "letter", "fax", "chat", "social", "shop_visit"}
    assert set(column(tables["contact"], "channel")) == channels
    assert all(row[5] in AGENTS for row in tables["contact"].rows if row[1] == "call" and row[0] > len(KNOWN))


def test_about_six_in_a_hundred_have_a_caution(tables):
    share = len(set(column(tables["caution"], "customer_id"))) / 800
    assert 0.035 < share < 0.09


def test_notes_are_filled_in(tables):
    texts = column(tables["karte_note"], "text")
    assert not any("{" in text for text in texts)
    assert any(column(tables["karte_note"], "is_pinned"))


def test_known_customers_come_first_and_as_they_are_described(tables):
    rows = [dict(zip(tables["customer"].columns, row, strict=True)) for row in tables["customer"].rows]
    numbers = {(row[0], row[1]) for row in tables["customer_number"].rows}
    for row, known in zip(rows, KNOWN, strict=False):
        for field in ("code", "name", "reading", "rank", "email", "preferred_channel", "birth_date"):
            assert row[field] == getattr(known, field)
        assert (row["customer_id"], known.e164) in numbers
    assert len({known.e164 for known in HOUSEHOLD}) == 1
    assert rows[KNOWN.index(HANAKO_SATO)]["dedicated_agent_id"] == "a1001"
    never = KNOWN[-1]
    assert not never.orders
    assert KNOWN.index(never) + 1 not in column(tables["order"], "customer_id")
