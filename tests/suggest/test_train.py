import random
from collections import Counter
from datetime import UTC, datetime

import asyncpg
import pytest

from cti_bridge.errors import Refused
from cti_bridge.settings import Settings, SuggestSettings
from cti_bridge.suggest import train as training
from cti_bridge.suggest.train import TrainResult, train
from tests.conftest import Database

NOW = datetime(2026, 4, 8, tzinfo=UTC)
TASTES, PRODUCTS_OF_A_TASTE, CUSTOMERS = 8, 12, 400


class Shop:
    """Writes a shop row by row."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._orders = 0

    async def product(self, name: str, *, is_active: bool = True, is_in_stock: bool = True) -> int:
        return await self.pool.fetchval(
            "insert into product (sku, name, category, price_minor, is_active, is_in_stock)"
            " values ($1, $1, 'any', 1000, $2, $3) returning product_id",
            name,
            is_active,
            is_in_stock,
        )

    async def customer(self, code: str) -> int:
        return await self.pool.fetchval(
            "insert into customer (code, name) values ($1, $1) returning customer_id", code
        )

    async def order(self, customer: int, *products: int, status: str = "delivered") -> None:
        self._orders += 1
        order_id = await self.pool.fetchval(
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)'
            " values ($1, $2, 'phone', $3, $4, 0) returning order_id",
            str(self._orders),
            customer,
            status,
            NOW,
        )
        await self.pool.executemany(
            "insert into order_line (order_id, line, product_id, quantity, unit_price_minor)"
            " values ($1, $2, $3, 1, 1000)",
            [(order_id, line, product) for line, product in enumerate(products, 1)],
        )

    async def mark(self, customer: int, product: int) -> None:
        await self.pool.execute(
            "insert into favourite (customer_id, product_id) values ($1, $2)", customer, product
        )

    async def offers(self, customer: int) -> list[tuple[int, str, int | None]]:
        rows = await self.pool.fetch(
            "select product_id, reason_code, reason_product_id from suggestion"
            " join suggestion_model using (model_id) where is_current and customer_id = $1 order by position",
            customer,
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database.pool)


async def test_an_empty_database_is_trained_to_an_empty_model(shop):
    result = await train(shop.pool)
    assert (result.customers, result.suggestions) == (0, 0)
    assert await shop.pool.fetchval("select is_current from suggestion_model")


async def test_customers_without_products_and_products_without_customers_are_no_fault(shop):
    customer = await shop.customer("c")
    assert (await train(shop.pool)).customers == 1
    assert await shop.offers(customer) == []
    await shop.pool.execute("delete from customer")
    await shop.product("p")
    assert (await train(shop.pool)).customers == 0


async def test_what_was_bought_together_is_suggested_with_its_reason(shop):
    sofa, armchair, kettle, teapot = [await shop.product(n) for n in ("sofa", "armchair", "kettle", "teapot")]
    for number in range(5):
        await shop.order(await shop.customer(f"s{number}"), sofa, armchair)
        await shop.order(await shop.customer(f"k{number}"), kettle, teapot)
    buyer, dreamer = await shop.customer("buyer"), await shop.customer("dreamer")
    await shop.order(buyer, sofa)
    await shop.mark(dreamer, teapot)
    await train(shop.pool)
    assert (await shop.offers(buyer))[0] == (armchair, "bought_with", sofa)
    await shop.pool.execute("update product set category = 'seats' where name = 'armchair'")
    await train(shop.pool, Settings(suggest=SuggestSettings(weight_like=0.1)))
    assert (await shop.offers(buyer))[0] == (armchair, "bought_together", sofa)
    assert (await shop.offers(dreamer))[0] == (kettle, "favourite_like", teapot)


async def test_never_offered_is_what_was_ordered_marked_inactive_or_out_of_stock(shop):
    kept, sent_back, cancelled, marked, wanted = [await shop.product(n) for n in "abcde"]
    gone = await shop.product("gone", is_active=False)
    out = await shop.product("out", is_in_stock=False)
    for number in range(4):
        everything = (kept, sent_back, cancelled, marked, wanted, gone, out)
        await shop.order(await shop.customer(f"c{number}"), *everything)
    customer = await shop.customer("who")
    await shop.order(customer, kept)
    await shop.order(customer, sent_back, status="returned")
    await shop.order(customer, cancelled, status="cancelled")
    await shop.mark(customer, marked)
    await train(shop.pool)
    assert [product for product, *_ in await shop.offers(customer)] == [wanted]


async def test_what_was_sent_back_is_no_reason(shop):
    good, bad, near = [await shop.product(n) for n in "abc"]
    for number in range(4):
        await shop.order(await shop.customer(f"c{number}"), good, bad, near)
    customer = await shop.customer("who")
    await shop.order(customer, bad, status="returned")
    await train(shop.pool)
    assert {(code, source) for _, code, source in await shop.offers(customer)} == {("popular", None)}


async def test_somebody_unknown_gets_what_is_popular(shop):
    products = [await shop.product(f"p{n}") for n in range(7)]
    for number, product in enumerate(products):
        for buyer in range(number):
            await shop.order(await shop.customer(f"c{number}-{buyer}"), product)
    newcomer = await shop.customer("new")
    await train(shop.pool)
    popular = [(product, "popular", None) for product in reversed(products)]
    assert await shop.offers(newcomer) == popular


async def test_the_new_model_is_seen_at_once_and_two_are_kept(shop):
    await shop.product("p")
    customer = await shop.customer("c")
    ids = [(await train(shop.pool)).model_id for _ in range(4)]
    rows = await shop.pool.fetch("select model_id, is_current from suggestion_model order by 1")
    assert [tuple(row) for row in rows] == [(ids[2], False), (ids[3], True)]
    assert await shop.pool.fetchval("select count(*) from suggestion") == 2
    assert len(await shop.offers(customer)) == 1


async def test_a_fault_on_the_way_leaves_the_old_model(shop, monkeypatch):
    await shop.product("p")
    await shop.customer("c")
    before = await train(shop.pool)

    def broken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(training, "fit", broken)
    with pytest.raises(ZeroDivisionError):
        await train(shop.pool)
    rows = await shop.pool.fetch("select model_id, is_current from suggestion_model")
    assert [tuple(row) for row in rows] == [(before.model_id, True)]


async def test_two_cannot_train_at_once(shop):
    async with shop.pool.acquire() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", training._TRAINING_LOCK)
        with pytest.raises(Refused, match="already"):
            await train(shop.pool)
    assert isinstance(await train(shop.pool), TrainResult)


async def test_suggestions_find_held_back_purchases_far_better_than_the_most_popular(shop):
    """Of purchases held back, at least three times as many, and half of all, are among the five."""
    bought, held_back = await _generate(shop)
    steps: list[tuple[int, int]] = []
    await train(shop.pool, progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (CUSTOMERS, CUSTOMERS)

    buyers = Counter(product for products in bought.values() for product in products)
    hits = popular_hits = 0
    for customer, wanted in held_back.items():
        offered = [product for product, *_ in await shop.offers(customer)]
        assert len(offered) == 8 and not set(offered) & bought[customer]
        hits += wanted in offered[:5]
        popular_hits += wanted in [p for p, _ in buyers.most_common() if p not in bought[customer]][:5]
    assert hits >= 3 * popular_hits
    assert hits >= 0.5 * len(held_back)


async def test_the_same_data_gives_the_same_suggestions(shop):
    await _generate(shop)
    sql = (
        "select customer_id, position, product_id, score, reason_code, reason_product_id"
        " from suggestion where model_id = $1 order by 1, 2"
    )
    found = [await shop.pool.fetch(sql, (await train(shop.pool)).model_id) for _ in range(2)]
    assert found[0] == found[1]


async def _generate(shop: Shop) -> tuple[dict[int, set[int]], dict[int, int]]:
    """People of one taste each who buy half of it and something odd; one purchase each is held back."""
    rng = random.Random(5)
    names = [(t, n) for t in range(TASTES) for n in range(PRODUCTS_OF_A_TASTE)]
    products = {key: await shop.product(f"taste {key[0]} number {key[1]} piece") for key in names}
    bought: dict[int, set[int]] = {}
    held_back: dict[int, int] = {}
    for number in range(CUSTOMERS):
        customer = await shop.customer(f"c{number:04d}")
        taste = number % TASTES
        liked = rng.sample(range(PRODUCTS_OF_A_TASTE), PRODUCTS_OF_A_TASTE // 2 + 1)
        held_back[customer] = products[taste, liked.pop()]
        own = {products[taste, n] for n in liked} | {products[rng.choice(names)]}
        bought[customer] = own - {held_back[customer]}
        await shop.order(customer, *sorted(bought[customer]))
    return bought, held_back
