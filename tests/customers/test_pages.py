"""A customer's history page by page: no gap and no double, also where many things happened at one moment."""

from __future__ import annotations

import base64
import json

import asyncpg
import pytest

from cti_bridge.customers.pages import Page, Pages, Part
from tests.conftest import Database

PARTS: tuple[Part, ...] = ("orders", "contacts", "notes", "products")
IDS = {"orders": "number", "contacts": "contact_id", "notes": "note_id", "products": "product_id"}
COUNT = 23
# Seven rows a moment, one microsecond from the next: pages of any length end within one.
_FILL: dict[Part, str] = {
    "orders": """
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        select n::text, $1, 'web', 'open', '2026-04-08 10:00+09'::timestamptz - n / 7 * interval '1 us', n
        from generate_series(1, 23) n""",
    "contacts": """
        insert into contact (customer_id, channel, direction, occurred_at)
        select $1, 'call', 'in', '2026-04-08 10:00+09'::timestamptz - n / 7 * interval '1 us'
        from generate_series(1, 23) n""",
    "notes": """
        insert into karte_note (customer_id, text, is_pinned, created_at)
        select $1, 'x', n % 5 = 0, '2026-04-08 10:00+09'::timestamptz - n / 7 * interval '1 us'
        from generate_series(1, 23) n""",
    "products": """
        insert into customer_product
            (customer_id, product_id, times, quantity, amount_minor, first_at, last_at)
        select $1, product_id, 1, 1, product_id / 7 * 100, now(), now() from product""",
}


class Shelf:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pages = Pages(pool)
        self.pool = pool

    async def read(self, part: Part, before: str | None = None, limit: int = 5, customer_id: int = 1) -> Page:
        page = await self.pages.read(customer_id, part, before, limit)
        assert page is not None
        assert len(json.loads(page.items)) <= limit
        return page

    async def leaf(self, part: Part, limit: int) -> list[object]:
        """The ids of all pages, one after another."""
        found: list[object] = []
        before: str | None = None
        while True:
            page = await self.read(part, before, limit)
            found += ids(page, part)
            if page.next is None:
                return found
            assert len(json.loads(page.items)) == limit, "only the last page is short"
            before = page.next


def ids(page: Page, part: Part) -> list[object]:
    return [one[IDS[part]] for one in json.loads(page.items)]


@pytest.fixture
async def shelf(database: Database) -> Shelf:
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木')")
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor)"
        " select 'S' || n, '茶', '茶', n from generate_series(1, 23) n"
    )
    return Shelf(database.pool)


@pytest.mark.parametrize("part", PARTS)
async def test_all_pages_together_are_the_whole_in_order(shelf: Shelf, part: Part) -> None:
    await shelf.pool.execute(_FILL[part], 1)
    whole = ids(await shelf.read(part, limit=100), part)
    assert len(whole) == len(set(whole)) == COUNT
    # Later ones bear lower ids here; within a moment the newest row, of products the lowest id, comes first.
    at = [int(str(one)) for one in whole]
    assert [one // 7 for one in at] == sorted((one // 7 for one in at), reverse=part == "products")
    for limit in (1, 2, 3, 7, COUNT - 1, COUNT, COUNT + 1):
        assert await shelf.leaf(part, limit) == whole


@pytest.mark.parametrize("part", PARTS)
async def test_the_last_page_says_it_is_the_last(shelf: Shelf, part: Part) -> None:
    assert await shelf.read(part) == Page(b"[]", None)
    await shelf.pool.execute(_FILL[part], 1)
    assert (await shelf.read(part, limit=COUNT)).next is None
    assert (await shelf.read(part, limit=COUNT - 1)).next is not None


@pytest.mark.parametrize("part", ["orders", "contacts", "notes"])
async def test_what_comes_in_meanwhile_shifts_nothing(shelf: Shelf, part: Part) -> None:
    await shelf.pool.execute(_FILL[part], 1)
    whole = ids(await shelf.read(part, limit=100), part)
    first = await shelf.read(part, limit=10)
    newer = _FILL[part].replace("2026-04-08 10:00", "2026-04-09 10:00").replace("n::text", "'new' || n")
    await shelf.pool.execute(newer, 1)
    rest = await shelf.read(part, first.next, limit=100)
    assert ids(first, part) + ids(rest, part) == whole


@pytest.mark.parametrize("part", PARTS)
async def test_each_customer_has_pages_of_their_own(shelf: Shelf, part: Part) -> None:
    await shelf.pool.execute(_FILL[part], 2)
    assert await shelf.read(part) == Page(b"[]", None)
    assert len(ids(await shelf.read(part, limit=100, customer_id=2), part)) == COUNT
    theirs = (await shelf.read(part, customer_id=2)).next
    assert await shelf.read(part, theirs) == Page(b"[]", None)


@pytest.mark.parametrize("part", PARTS)
async def test_nobody_has_no_pages(shelf: Shelf, part: Part) -> None:
    assert await shelf.pages.read(9, part, None, 5) is None


async def test_an_order_tells_its_lines_payments_and_returns(shelf: Shelf) -> None:
    await shelf.pool.execute(
        """
        insert into "order" (number, customer_id, channel, status, ordered_at, total_minor, source)
            values ('N1', 1, 'fax', 'shipped', '2026-04-08 10:00+09', 700, 'shop');
        insert into order_line select 1, n, n, 2, 10 * n from generate_series(1, 6) n;
        insert into payment (order_id, external_id, paid_at, amount_minor)
            values (1, 'p1', now(), 500), (1, 'p2', now(), -100);
        insert into order_return (order_id, external_id, returned_at, amount_minor)
            values (1, 'r', now(), 30);
        """
    )
    [order] = json.loads((await shelf.read("orders")).items)
    assert (order["number"], order["channel"], order["source"], order["status"]) == (
        "N1",
        "fax",
        "shop",
        "shipped",
    )
    assert (order["total_minor"], order["paid_minor"], order["returned_minor"]) == (700, 400, 30)
    assert ([line["sku"] for line in order["lines"]], order["lines_total"]) == (
        ["S1", "S2", "S3", "S4", "S5", "S6"],
        6,
    )


async def test_notes_are_whole_and_deleted_ones_are_not_there(shelf: Shelf) -> None:
    await shelf.pool.execute(
        "insert into karte_note (customer_id, text, deleted_at) values (1, $1, null), (1, '消した', now())",
        "字" * 10_000,
    )
    [note] = json.loads((await shelf.read("notes")).items)
    assert (note["text"], note["is_cut"]) == ("字" * 10_000, False)


def position(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "before",
    [
        "",
        "x",
        "???",
        "é",
        "\ud800",
        position("2026-04-08"),
        position("some day\n1"),
        position("1; drop table customer\n1"),
        position("a\0b\n1"),
        position("2026-04-08\nmany"),
        position("2026-04-08\n-1"),
        position(f"2026-04-08\n{2**63}"),
        position("2026-04-08\n1\n2"),
        position("9" * 41 + "\n1"),
        base64.urlsafe_b64encode(b"\xff\xfe\n1").decode(),
    ],
)
async def test_a_position_that_no_page_gave_is_refused(shelf: Shelf, part: Part, before: str) -> None:
    await shelf.pool.execute(_FILL[part], 1)
    with pytest.raises(ValueError, match="before is not a position that a page gave"):
        await shelf.pages.read(1, part, before, 5)
