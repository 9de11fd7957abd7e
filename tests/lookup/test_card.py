"""The card PostgreSQL writes: its shape, its limits, its order, and who it is of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from cti_bridge.lookup.card import Card
from cti_bridge.lookup.query import CARD_SQL, PostgresCards
from tests.conftest import Database

HOME, MOBILE, NOBODYS = "+81312345678", "+819012345678", "+81399999999"


class House:
    """Writes rows and reads cards."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.cards = PostgresCards(pool)
        self.orders = 0

    async def card(self, e164: str = HOME) -> Card:
        raw = await self.cards.read(e164)
        assert raw is not None
        return msgspec.json.decode(raw, type=Card)

    async def customer(self, name: str, *e164s: str) -> int:
        made = await self.pool.fetchval(
            "insert into customer (code, name) values ($1, $1) returning customer_id", name
        )
        for e164 in e164s:
            await self.pool.execute("insert into customer_number values ($1, $2, 'home')", made, e164)
        return int(made)

    async def order(
        self, customer: int, status: str = "delivered", days_ago: float = 1, lines: int = 1, total: int = 100
    ) -> str:
        self.orders += 1
        number = f"O{self.orders:05}"
        made = await self.pool.fetchval(
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor) '
            "values ($1, $2, 'phone', $3, now() - $4::interval, $5) returning order_id",
            number,
            customer,
            status,
            timedelta(days=days_ago),
            total,
        )
        for line in range(1, lines + 1):
            await self.pool.execute(
                "insert into order_line values ($1, $2, $3, 2, 700)", made, line, 1 + line % 2
            )
        return number

    async def contact(self, customer: int, channel: str, days_ago: float, direction: str = "in") -> None:
        await self.pool.execute(
            "insert into contact (customer_id, channel, direction, occurred_at, subject, agent_id) "
            "values ($1, $2, $3, now() - $4::interval, $5, 'a1')",
            customer,
            channel,
            direction,
            timedelta(days=days_ago),
            f"{channel} {days_ago}",
        )

    async def note(self, customer: int, text: str, days_ago: float, is_pinned: bool = False) -> None:
        await self.pool.execute(
            "insert into karte_note (customer_id, agent_id, text, is_pinned, created_at) "
            "values ($1, 'a1', $2, $3, now() - $4::interval)",
            customer,
            text,
            is_pinned,
            timedelta(days=days_ago),
        )


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    await database.pool.execute(
        "insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent')"
    )
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor) "
        "values ('S1', '煎茶', 'お茶', 1200), ('S2', '羊羹', '菓子', 800)"
    )
    return House(database.pool)


async def test_nobody_has_the_number(house: House) -> None:
    assert await house.cards.read(NOBODYS) is None


async def test_somebody_new(house: House) -> None:
    await house.customer("新田 新", HOME)
    card = await house.card()
    assert card.cues.is_first_call
    assert (card.cues.orders_total, card.cues.amount_total_minor, card.cues.contacts_total) == (0, 0, 0)
    assert card.cues.last_call_at is card.cues.first_order_at is card.cues.last_order_at is None
    assert card.sharers == card.cautions == card.notes == card.orders == card.contacts == []
    assert card.favourites == card.suggestions == []
    assert abs(card.assembled_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_the_profile(house: House) -> None:
    made = await house.customer("C1", HOME, MOBILE)
    await house.pool.execute(
        "update customer set name = $1, reading = $2, rank = 'gold', birth_date = '1950-05-01', "
        "postcode = '100-0001', address = $3, email = 'h@example.com', preferred_channel = 'letter', "
        "dedicated_agent_id = 'a1', joined_on = '2001-02-03'",
        '佐藤 "花子"\\',
        "サトウ ハナコ",
        "東京都千代田区\n1-2",
    )
    profile = (await house.card()).profile
    assert (profile.customer_id, profile.code) == (made, "C1")
    assert (profile.name, profile.address) == ('佐藤 "花子"\\', "東京都千代田区\n1-2")
    assert (profile.rank, profile.birth_date, profile.joined_on) == (
        "gold",
        date(1950, 5, 1),
        date(2001, 2, 3),
    )
    assert (profile.dedicated_agent_id, profile.dedicated_agent_name) == ("a1", "担当")
    assert [(number.e164, number.label) for number in profile.numbers] == [(HOME, "home"), (MOBILE, "home")]


async def test_cautions_worst_first_and_only_while_they_last(house: House) -> None:
    made = await house.customer("A", HOME)
    for severity, ended in (("notice", None), ("critical", None), ("warning", None), ("critical", "now")):
        await house.pool.execute(
            "insert into caution (customer_id, severity, text, ended_at) "
            "values ($1, $2, $2, $3::text::timestamptz)",
            made,
            severity,
            ended,
        )
    assert [caution.severity for caution in (await house.card()).cautions] == [
        "critical",
        "warning",
        "notice",
    ]


async def test_cues_count_what_was_sold_and_who_called(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.order(made, "delivered", 400, total=1000)
    await house.order(made, "open", 2, total=200)
    await house.order(made, "cancelled", 1, total=5000)
    await house.order(made, "returned", 900, total=5000)
    for days_ago in (0.5, 3, 8):
        await house.contact(made, "call", days_ago)
    await house.contact(made, "call", 0.1, "out")
    await house.contact(made, "email", 0.05)
    cues = (await house.card()).cues
    assert (cues.orders_total, cues.amount_total_minor) == (2, 1200)
    now = datetime.now(UTC)
    assert cues.first_order_at is not None and (now - cues.first_order_at).days == 400
    assert cues.last_order_at is not None and (now - cues.last_order_at).days == 2
    assert not cues.is_first_call
    assert cues.last_call_at is not None and now - cues.last_call_at < timedelta(hours=3)
    assert (cues.calls_7d, cues.contacts_total) == (2, 5)


async def test_a_pinned_note_is_never_crowded_out(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.note(made, "pinned long ago", 900, is_pinned=True)
    for days_ago in range(1, 8):
        await house.note(made, f"{days_ago}", days_ago)
    notes = (await house.card()).notes
    assert [note.text for note in notes] == ["1", "2", "3", "4", "pinned long ago"]
    assert [note.is_pinned for note in notes] == [False] * 4 + [True]
    assert notes[0].author == "担当"


async def test_the_last_ten_orders_and_contacts(house: House) -> None:
    made = await house.customer("A", HOME)
    numbers = [await house.order(made, days_ago=days_ago, lines=3) for days_ago in range(12)]
    for days_ago in range(12):
        await house.contact(made, "email", days_ago)
    card = await house.card()
    assert [order.number for order in card.orders] == numbers[:10]
    assert [line.sku for line in card.orders[0].lines] == ["S2", "S1", "S2"]
    assert (card.orders[0].lines[0].quantity, card.orders[0].lines[0].unit_price_minor) == (2, 700)
    assert [contact.subject for contact in card.contacts] == [f"email {days_ago}" for days_ago in range(10)]
    assert card.contacts[0].handled_by == "担当"


async def test_suggestions_of_the_current_model_that_can_be_had(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.pool.execute(
        "insert into suggestion_model (kind, is_current) values ('old', false), ('new', true)"
    )
    await house.pool.executemany(
        "insert into suggestion values ($1, $2, $3, $4, 1, $5, $6)",
        [
            (1, made, 1, 2, "popular", None),
            (2, made, 1, 1, "bought_with", 2),
            (2, made, 2, 2, "popular", None),
        ],
    )
    suggestions = (await house.card()).suggestions
    assert [(offer.sku, offer.price_minor) for offer in suggestions] == [("S1", 1200), ("S2", 800)]
    assert (suggestions[0].reason.code, suggestions[0].reason.product) == ("bought_with", "羊羹")
    assert (suggestions[1].reason.code, suggestions[1].reason.product) == ("popular", None)
    await house.pool.execute("update product set is_in_stock = false where sku = 'S1'")
    assert [offer.sku for offer in (await house.card()).suggestions] == ["S2"]


async def test_favourites_newest_first_at_most_five(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.pool.execute(
        "insert into product (sku, name, category, price_minor) "
        "select 'F' || n, 'x', 'x', 1 from generate_series(1, 7) n"
    )
    await house.pool.execute(
        "insert into favourite select $1, product_id, now() - product_id * interval '1 day' "
        "from product where sku like 'F%'",
        made,
    )
    assert [favourite.sku for favourite in (await house.card()).favourites] == ["F1", "F2", "F3", "F4", "F5"]


async def test_of_those_who_share_a_number_the_likeliest_is_shown(house: House) -> None:
    idle = await house.customer("idle", HOME)
    buyer = await house.customer("buyer", HOME)
    talker = await house.customer("talker", HOME)
    waiting = await house.customer("waiting", HOME, MOBILE)
    await house.order(buyer, "delivered", 1)
    await house.order(talker, "delivered", 100)
    await house.contact(talker, "call", 30)
    await house.contact(buyer, "email", 1)
    await house.order(waiting, "shipped", 200)
    card = await house.card()
    assert card.profile.customer_id == waiting
    assert [sharer.customer_id for sharer in card.sharers] == [talker, buyer, idle]
    assert card.sharers[0].name == "talker"
    alone = await house.card(MOBILE)
    assert alone.profile.customer_id == waiting
    assert alone.sharers == []


async def test_it_is_compact_utf8(house: House) -> None:
    await house.customer("佐藤", HOME)
    raw = await house.cards.read(HOME)
    assert raw is not None
    assert raw.startswith(b'{"profile":{"customer_id":1,"code":"')
    assert "佐藤".encode() in raw


async def test_every_card_of_a_seeded_house_is_in_shape(seeded_pool: asyncpg.Pool) -> None:
    cards = PostgresCards(seeded_pool)
    numbers = [
        row["e164"] for row in await seeded_pool.fetch("select distinct e164 from customer_number order by 1")
    ]
    assert len(numbers) > 5000
    decoder = msgspec.json.Decoder(Card)
    shared = 0
    for e164 in numbers[::7]:
        raw = await cards.read(e164)
        assert raw is not None
        card = decoder.decode(raw)
        assert len(raw) < 60_000
        assert e164 in {number.e164 for number in card.profile.numbers}
        assert len(card.orders) <= 10 and len(card.contacts) <= 10
        assert len(card.notes) <= 5 and len(card.favourites) <= 5 and len(card.suggestions) <= 5
        shared += bool(card.sharers)
    assert shared


async def test_it_is_found_by_indices(seeded_pool: asyncpg.Pool) -> None:
    """No table that grows with the house is read from end to end."""
    async with seeded_pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        await connection.execute("prepare card_plan (text) as " + CARD_SQL)
        lines = await connection.fetch(f"explain execute card_plan ('{HOME}')")
        await connection.execute("deallocate card_plan")
    plan = "\n".join(line[0] for line in lines)
    for table in (
        "customer",
        "customer_number",
        "order",
        "order_line",
        "contact",
        "karte_note",
        "suggestion",
    ):
        assert f'Seq Scan on "{table}"' not in plan
        assert f"Seq Scan on {table} " not in plan
