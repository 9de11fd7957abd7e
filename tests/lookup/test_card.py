"""The card PostgreSQL writes: its shape, its limits, its order, and who it is of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec
import pytest

from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.households import Households
from cti_bridge.lookup.card import MAX_BYTES, Card, Rfm, Segment
from cti_bridge.lookup.query import CARD_SQL, CardRules, PostgresCards
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

    async def offer_both(self, customer: int) -> None:
        """Both products suggested, the second because it runs out."""
        await self.pool.execute("insert into suggestion_model (kind, is_current) values ('new', true)")
        await self.pool.execute(
            "insert into suggestion (model_id, customer_id, position, product_id, score, reason_code) values"
            " (1, $1, 1, 1, 1, 'popular'), (1, $1, 2, 2, 1, 'replenishment')",
            customer,
        )

    async def segment(self, customer: int, **columns: object) -> None:
        """What the bridge derives beside the change itself; written by hand here."""
        names = ["customer_id", "stage", *columns]
        values = [customer, columns.pop("stage", "main"), *columns.values()]
        names = list(dict.fromkeys(names))
        places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        await self.pool.execute(
            f"insert into customer_segment ({', '.join(names)}) values ({places})", *values
        )

    async def product(self, customer: int, product: int, amount: int, due_in_days: int | None = None) -> None:
        await self.pool.execute(
            "insert into customer_product (customer_id, product_id, times, quantity, amount_minor, first_at,"
            " last_at, cycle_days, spread_days, due_on) values ($1, $2, 3, 6, $3, now() - interval '90 days',"
            " now() - interval '30 days', $4, 2, current_date + $5::int)",
            customer,
            product,
            amount,
            None if due_in_days is None else 30,
            due_in_days,
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


async def test_cues_are_what_was_derived_and_who_called_this_week(house: House) -> None:
    made = await house.customer("A", HOME)
    for days_ago in (0.5, 3, 8):
        await house.contact(made, "call", days_ago)
    await house.contact(made, "call", 0.1, "out")
    await house.contact(made, "email", 0.05)
    last = datetime.now(UTC) - timedelta(hours=2)
    await house.segment(
        made,
        stage="repeater",
        recency=5,
        frequency=3,
        monetary=4,
        orders_total=2,
        amount_total_minor=1200,
        first_order_at=last - timedelta(days=400),
        last_order_at=last,
        contacts_total=5,
        last_call_at=last,
        preferred_channel="call",
    )
    card = await house.card()
    cues = card.cues
    assert (cues.orders_total, cues.amount_total_minor) == (2, 1200)
    assert (cues.first_order_at, cues.last_order_at) == (last - timedelta(days=400), last)
    assert not cues.is_first_call
    assert (cues.last_call_at, cues.calls_7d, cues.contacts_total) == (last, 2, 5)
    assert cues.preferred_channel == "call"
    assert card.segment == Segment(stage="repeater", rfm=Rfm(recency=5, frequency=3, monetary=4))


async def test_who_never_bought_has_a_stage_and_no_scores(house: House) -> None:
    made = await house.customer("A", HOME)
    assert (await house.card()).segment is None
    await house.segment(made, stage="never_bought")
    assert (await house.card()).segment == Segment(stage="never_bought", rfm=None)


async def test_what_runs_out_is_due_and_what_was_given_up_is_not(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.pool.execute(
        "insert into product (sku, name, category, price_minor) "
        "select 'D' || n, 'D' || n, 'x', 1 from generate_series(1, 6) n"
    )
    for product, due_in_days in ((3, 7), (4, 8), (5, -20), (6, -60), (7, 0), (8, None)):
        await house.product(made, product, 1, due_in_days)
    due = (await house.card()).due
    assert [one.sku for one in due] == ["D3", "D5", "D1"]
    assert due[0].cycle_days == 30
    today = await house.pool.fetchval("select current_date")
    assert [((one.due_on - today).days, one.state) for one in due] == [
        (-20, "overdue"),
        (0, "due"),
        (7, "soon"),
    ]


async def test_the_share_of_each_product(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.product(made, 1, 500)
    await house.product(made, 2, 900)
    card = await house.card()
    assert [(one.sku, one.times, one.quantity, one.amount_minor) for one in card.products] == [
        ("S2", 3, 6, 900),
        ("S1", 3, 6, 500),
    ]
    assert card.totals.products == 2


async def test_answers_of_any_type_newest_first(house: House) -> None:
    made = await house.customer("A", HOME)
    for question, answer in (
        ("skin", '"dry"'),
        ("age", "61"),
        ("pets", "true"),
        ("teas", '["green", "black"]'),
    ):
        await house.pool.execute(
            "insert into counselling_answer (customer_id, question, answer) values ($1, $2, $3::jsonb)",
            made,
            question,
            answer,
        )
    answers = (await house.card()).answers
    assert [(one.question, one.answer) for one in answers] == [
        ("teas", ["green", "black"]),
        ("pets", True),
        ("age", 61),
        ("skin", "dry"),
    ]


@pytest.mark.parametrize(
    ("thank_yous", "months_ago", "gate_thank_yous", "gate_months", "is_open"),
    [
        (0, 0, 0, 0, True),
        (0, 0, 2, 0, False),
        (1, 60, 2, 0, False),
        (2, 0, 2, 0, True),
        (0, 3, 0, 4, False),
        (0, 4, 0, 4, True),
        (2, 0, 2, 4, True),
        (1, 3, 2, 4, False),
        (0, 5, 2, 4, True),
    ],
)
async def test_the_gate_opens_with_thank_yous_or_with_time(
    house: House, thank_yous: int, months_ago: int, gate_thank_yous: int, gate_months: int, is_open: bool
) -> None:
    house.cards = PostgresCards(house.pool, CardRules(gate_thank_yous, gate_months))
    made = await house.customer("A", HOME)
    await house.segment(made, thank_yous=thank_yous)
    await house.pool.execute(
        "update customer set joined_on = (current_date - make_interval(months => $1))::date", months_ago
    )
    await house.offer_both(made)
    card = await house.card()
    if is_open:
        assert card.stop is None
        assert [one.sku for one in card.suggestions] == ["S1", "S2"]
    else:
        assert card.stop is not None
        assert (card.stop.code, card.stop.thank_yous, card.stop.thank_yous_needed) == (
            "trust_gate",
            thank_yous,
            gate_thank_yous,
        )
        assert (card.stop.opens_on is None) == (gate_months == 0)
        # What runs out may still be offered: it is a service, no sale.
        assert [one.reason.code for one in card.suggestions] == ["replenishment"]


async def test_an_open_complaint_stops_everything_until_it_is_closed(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.offer_both(made)
    await house.contact(made, "email", 1)
    await house.pool.execute("update contact set kind = 'complaint', is_open = true")
    card = await house.card()
    assert card.stop is not None
    assert (card.stop.code, card.suggestions) == ("open_complaint", [])
    assert (card.contacts[0].kind, card.contacts[0].is_open) == ("complaint", True)
    await house.pool.execute("update contact set is_open = false, closed_at = now()")
    card = await house.card()
    assert (card.stop, len(card.suggestions)) == (None, 2)


async def test_who_is_excluded_is_offered_nothing(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.offer_both(made)
    await house.pool.execute("update customer set is_excluded = true")
    card = await house.card()
    assert card.stop is not None
    assert (card.stop.code, card.suggestions) == ("excluded", [])


async def test_a_pinned_note_is_never_crowded_out(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.note(made, "pinned long ago", 900, is_pinned=True)
    for days_ago in range(1, 8):
        await house.note(made, f"{days_ago}", days_ago)
    await house.pool.execute("update karte_note set deleted_at = now() where text = '2'")
    card = await house.card()
    assert [note.text for note in card.notes] == ["pinned long ago", "1", "3", "4", "5"]
    assert [note.is_pinned for note in card.notes] == [True] + [False] * 4
    assert (card.notes[0].author, card.notes[0].kind, card.notes[0].is_cut) == ("担当", "note", False)
    assert card.totals.notes == 7


async def test_a_long_note_is_cut_and_says_so(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.note(made, "猫" * 301, 1)
    [note] = (await house.card()).notes
    assert (note.text, note.is_cut) == ("猫" * 300, True)


async def test_the_last_eight_orders_and_contacts(house: House) -> None:
    made = await house.customer("A", HOME)
    numbers = [await house.order(made, days_ago=days_ago, lines=5) for days_ago in range(12)]
    for days_ago in range(12):
        await house.contact(made, "email", days_ago)
    card = await house.card()
    assert [order.number for order in card.orders] == numbers[:8]
    assert [line.sku for line in card.orders[0].lines] == ["S2", "S1", "S2", "S1"]
    assert card.orders[0].lines_total == 5
    assert (card.orders[0].lines[0].quantity, card.orders[0].lines[0].unit_price_minor) == (2, 700)
    assert [contact.subject for contact in card.contacts] == [f"email {days_ago}" for days_ago in range(8)]
    assert (card.totals.orders, card.totals.sharers) == (12, 0)
    assert card.contacts[0].handled_by == "担当"


async def test_suggestions_of_the_current_model_that_can_be_had(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.pool.execute(
        "insert into suggestion_model (kind, is_current) values ('old', false), ('new', true)"
    )
    await house.pool.executemany(
        "insert into suggestion (model_id, customer_id, position, product_id, score, reason_code,"
        " reason_product_id) values ($1, $2, $3, $4, 1, $5, $6)",
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


async def test_what_was_paid_and_sent_back(house: House) -> None:
    made = await house.customer("A", HOME)
    await house.order(made, total=3000)
    await house.pool.execute(
        "insert into payment (order_id, external_id, paid_at, amount_minor)"
        " values (1, 'p1', now(), 1000), (1, 'p2', now(), 500)"
    )
    await house.pool.execute(
        "insert into order_return (order_id, external_id, returned_at, line, quantity, amount_minor)"
        " values (1, 'r1', now(), 1, 1, 700)"
    )
    [order] = (await house.card()).orders
    assert (order.total_minor, order.paid_minor, order.returned_minor, order.source) == (3000, 1500, 700, "")


async def test_a_chosen_customer_comes_with_the_others_of_the_number(house: House) -> None:
    first, second = await house.customer("first", HOME), await house.customer("second", HOME)
    stranger = await house.customer("stranger")
    for chosen, others in ((second, [first]), (first, [second]), (stranger, [first, second])):
        raw = await house.cards.read(HOME, chosen)
        assert raw is not None
        card = msgspec.json.decode(raw, type=Card)
        assert card.profile.customer_id == chosen
        assert [one.customer_id for one in card.sharers] == others
    alone = await house.cards.read(None, second)
    assert alone is not None
    assert msgspec.json.decode(alone, type=Card).sharers == []
    assert await house.cards.read(HOME, 999) is None
    assert await house.cards.read(None, None) is None


async def test_whom_an_agent_chose_comes_first_when_the_number_calls_again(house: House) -> None:
    first, second = await house.customer("first", HOME), await house.customer("second", HOME)
    households = Households(house.pool)
    assert (await house.card()).profile.customer_id == first
    call = CallId("main-1")
    assert await households.choose(call, HOME, second, AgentId("a1")) == "saved"
    assert (await house.card()).profile.customer_id == second
    assert await households.choose(CallId("main-2"), HOME, first, AgentId("a1")) == "saved"
    assert (await house.card()).profile.customer_id == first
    await households.take_back(CallId("main-2"))
    assert (await house.card()).profile.customer_id == second
    # Nobody of them: the next call begins as if nothing had been said.
    assert await households.choose(call, HOME, None, AgentId("a1")) == "saved"
    assert (await house.card()).profile.customer_id == first
    assert await households.choose(call, HOME, 999, AgentId("a1")) == "no_such_customer"


async def test_a_card_of_somebody_with_very_much_of_everything_still_fits(house: House) -> None:
    made = await house.customer("大", HOME)
    long = '\\"漢字' * 100
    await house.pool.execute(
        "update customer set name = left($1, 100), reading = left($1, 100), address = left($1, 300),"
        " email = left($1, 254)",
        long,
    )
    await house.pool.execute("update product set name = left($1, 200), category = left($1, 100)", long)
    await house.pool.execute("update agent set name = left($1, 100)", long)
    for n in range(10):
        await house.pool.execute(
            "insert into customer_number values ($1, $2, 'home', $3)", made, f"+8131111{n:04}", long
        )
        await house.pool.execute(
            "insert into caution (customer_id, severity, text) values ($1, 'critical', left($2, 300))",
            made,
            long,
        )
        await house.note(made, long, n)
        await house.order(made, lines=6)
        await house.contact(made, "call", n)
        other = await house.customer(f"other {n}", HOME)
        await house.pool.execute(
            "update customer set name = left($2, 100) where customer_id = $1", other, long
        )
        await house.pool.execute(
            "insert into counselling_answer (customer_id, question, answer)"
            " values ($1, $2, to_jsonb($3::text))",
            made,
            f"q{n}",
            long,
        )
    await house.pool.execute("update contact set subject = $1", long)
    await house.offer_both(made)
    raw = await house.cards.read(HOME, made)
    assert raw is not None
    assert len(raw) <= MAX_BYTES
    card = msgspec.json.decode(raw, type=Card)
    assert card.cautions
    assert card.totals.orders == 10


async def test_favourites_newest_first_at_most_four(house: House) -> None:
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
    assert [favourite.sku for favourite in (await house.card()).favourites] == ["F1", "F2", "F3", "F4"]


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
    # What must be seen first stands first.
    assert raw.startswith(b'{"cautions":[],"profile":{"customer_id":1,"code":"')
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
        assert len(raw) <= MAX_BYTES
        assert e164 in {number.e164 for number in card.profile.numbers}
        assert len(card.orders) <= 8 and len(card.contacts) <= 8
        assert len(card.notes) <= 5 and len(card.favourites) <= 5 and len(card.suggestions) <= 5
        shared += bool(card.sharers)
    assert shared


async def test_it_is_found_by_indices(seeded_pool: asyncpg.Pool) -> None:
    """No table that grows with the house is read from end to end."""
    async with seeded_pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        await connection.execute("prepare card_plan (text, bigint, int, int, int, int) as " + CARD_SQL)
        lines = await connection.fetch(f"explain execute card_plan ('{HOME}', null, 0, 0, 7, 7)")
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
        "customer_segment",
        "customer_product",
        "payment",
        "order_return",
        "counselling_answer",
        "call_customer",
    ):
        assert f'Seq Scan on "{table}"' not in plan
        assert f"Seq Scan on {table} " not in plan
