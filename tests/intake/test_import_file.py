"""Files of every kind (X3): what is good is written once, what is bad gets its line and reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cti_bridge.errors import Refused, Unavailable
from cti_bridge.intake import import_file as importing
from cti_bridge.intake.import_file import Report, import_file
from cti_bridge.intake.kinds import KINDS, KindName
from cti_bridge.intake.values import Rules
from tests.conftest import Database

RULES = Rules("JP", ZoneInfo("Asia/Tokyo"), datetime(2026, 4, 8, 3, 0, tzinfo=UTC))
ORDERS = "number,customer_code,channel,status,ordered_at,sku,quantity,unit_price_minor\n"


class Shop:
    """A house with two customers and two products, and files brought into it."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.pool = pool
        self.folder = folder

    async def take(
        self,
        kind: KindName,
        content: str,
        *,
        source: str = "",
        dry_run: bool = False,
        encoding: str = "utf-8",
    ) -> Report:
        path = self.folder / f"{kind}.csv"
        path.write_bytes(content.encode(encoding))
        return await import_file(self.pool, path, KINDS[kind], source, RULES, dry_run=dry_run)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.pool.fetch(sql)]

    async def everything(self) -> list[list[tuple[Any, ...]]]:
        """All that files may bring, without what differs by the time it was written."""
        return [
            await self.rows(
                "select number, source, customer_id, channel, status, ordered_at, total_minor"
                ' from "order" order by 1, 2'
            ),
            await self.rows(
                "select number, line, product_id, quantity, unit_price_minor"
                ' from order_line join "order" using (order_id) order by 1, 2'
            ),
            await self.rows("select external_id, customer_id, channel, kind, body from contact order by 1"),
        ]


@pytest.fixture
async def shop(database: Database, tmp_path: Path) -> Shop:
    await database.pool.execute("insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木')")
    await database.pool.execute(
        "insert into customer_identifier values ('shop', 'u-1', 1), ('shop', 'u-2', 2), ('fax', 'u-1', 2)"
    )
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor)"
        " values ('S1', '茶', '茶', 500), ('S2', '菓子', '菓子', 300)"
    )
    await database.pool.execute(
        "insert into agent (agent_id, login, name, role) values ('a1', '1', '担当', 'agent')"
    )
    return Shop(database.pool, tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_orders_with_their_lines(shop: Shop, encoding: str) -> None:
    report = await shop.take(
        "orders",
        ORDERS
        + "N1,C1,web,open,2026-04-01 10:15,S1,2,500\nN1,,,,,S2,1,300\n"
        + 'N2,Ｃ２,電話,paid,2026/4/2,S1,１,"1,500"\n'.replace("電話", "phone")
        + "N3,C2,FAX,shipped,2026年4月3日 09:05,S1,1,500円\n",
        encoding=encoding,
    )
    assert report == Report(records=3, created=3)
    assert await shop.rows(
        'select number, customer_id, channel, status, total_minor from "order" order by 1'
    ) == [
        ("N1", 1, "web", "open", 1300),
        ("N2", 2, "phone", "paid", 1500),
        ("N3", 2, "fax", "shipped", 500),
    ]
    times = "select (ordered_at at time zone 'Asia/Tokyo')::text from \"order\" order by number"
    assert [row[0] for row in await shop.rows(times)] == [
        "2026-04-01 10:15:00",
        "2026-04-02 00:00:00",
        "2026-04-03 09:05:00",
    ]
    assert await shop.rows("select line, product_id, quantity from order_line order by order_id, line") == [
        (1, 1, 2), (2, 2, 1), (1, 1, 1), (1, 1, 1)
    ]  # fmt: skip


async def test_the_same_file_again_changes_nothing_and_a_changed_one_what_changed(shop: Shop) -> None:
    content = (
        ORDERS
        + "N1,C1,web,open,2026-04-01,S1,2,500\nN1,C1,web,open,2026-04-01,S2,1,300\n"
        + "N2,C1,web,open,2026-04-01,S1,1,500\n"
    )
    await shop.take("orders", content)
    before = await shop.everything()
    assert await shop.take("orders", content) == Report(records=2, unchanged=2)
    assert await shop.everything() == before
    report = await shop.take(
        "orders", ORDERS + "N1,C1,web,paid,2026-04-01,S2,3,300\nN2,C1,web,open,2026-04-01,S1,1,500\n"
    )
    assert (report.updated, report.unchanged) == (1, 1)
    assert await shop.rows("select line, product_id, quantity from order_line where order_id = 1") == [
        (1, 2, 3)
    ]
    # A change of the lines alone is a change.
    assert (await shop.take("orders", ORDERS + "N2,C1,web,open,2026-04-01,S2,1,500\n")).updated == 1


async def test_each_source_has_numbers_and_customers_of_its_own(shop: Shop) -> None:
    header = "number,customer_external_id,channel,status,ordered_at,sku,quantity,unit_price_minor\n"
    for source in ("shop", "fax"):
        await shop.take("orders", header + "7,u-1,web,open,2026-04-01,S1,1,500\n", source=source)
    assert await shop.rows('select source, customer_id from "order" order by 1') == [("fax", 2), ("shop", 1)]


async def test_every_fault_gets_its_line_and_reason_and_the_rest_is_written(shop: Shop) -> None:
    report = await shop.take(
        "orders",
        ORDERS
        + "N1,C1,web,open,2026-04-01,S1,1,500\n"
        + "N2,C9,web,open,2026-04-01,S1,1,500\n"
        + "N3,C1,web,open,2026-04-01,S1,1,500\nN3,C1,web,open,2026-04-01,S9,1,500\n"
        + "N4,C1,pigeon,opne,2027-04-01,S1,0,-5\n"
        + "N1,C1,web,open,2026-04-01,S1,1,500\n"
        + "N5,C1,web,open,2026-02-30,S1,1.5,99999999999999999999\n"
        + "N6,C1,web,open,2026-04-01,S1,1,500\nN6,C2,web,open,2026-04-01,S2,1,500\n"
        + ",C1,web,open,2026-04-01,S1,1,500\n"
        + "N8,C1,web\n"
        + "N9,C2,shop,delivered,2026-04-01,S1,1,500\n",
    )
    assert (report.created, report.refused) == (2, 8)
    assert {(bad.line, bad.column) for bad in report.bad} == {
        (3, "customer_code"), (5, "sku"), (6, "channel"), (6, "status"), (6, "ordered_at"), (6, "quantity"),
        (6, "unit_price_minor"), (7, "number"), (8, "ordered_at"), (8, "quantity"), (8, "unit_price_minor"),
        (9, ""), (11, "number"), (12, ""),
    }  # fmt: skip
    reasons = {(bad.line, bad.column): bad.reason for bad in report.bad}
    assert reasons[3, "customer_code"] == "there is no customer C9"
    assert reasons[5, "sku"] == "there is no product S9"
    assert reasons[6, "status"] == "'opne', did you mean 'open'?"
    assert reasons[6, "ordered_at"] == "2027-04-01 is in the future"
    assert reasons[6, "unit_price_minor"] == "-5 is negative"
    assert reasons[7, "number"] == "'N1' is on line 2 already"
    assert reasons[9, ""] == "customer_code differs between lines 9 and 10 of one order"
    assert [row[0] for row in await shop.rows('select number from "order" order by 1')] == ["N1", "N9"]


async def test_returns_and_payments(shop: Shop) -> None:
    await shop.take(
        "orders", ORDERS + "N1,C1,web,open,2026-04-01,S1,3,500\nN2,C1,web,open,2026-04-01,S1,1,500\n"
    )
    report = await shop.take(
        "returns",
        "external_id,order_number,returned_at,sku,quantity,amount_minor,reason\n"
        "R1,N1,2026-04-05,S1,1,,割れていた\nR2,N2,2026-04-05,,,,\nR3,N9,2026-04-05,,,,\nR4,N1,2026-04-05,S2,1,,\n"
        "R5,N1,2026-04-05,S1,9,,\nR6,N1,2026-04-05,S1,,,\n",
    )
    assert (report.created, [(bad.line, bad.column) for bad in report.bad]) == (
        2,
        [(4, "order_number"), (5, "sku"), (6, "quantity"), (7, "quantity")],
    )
    assert await shop.rows("select order_id, line, quantity, amount_minor from order_return order by 1") == [
        (1, 1, 1, 500), (2, None, None, 500)
    ]  # fmt: skip
    assert await shop.rows('select number, status from "order" order by 1') == [
        ("N1", "open"),
        ("N2", "returned"),
    ]
    payments = "external_id,order_number,paid_at,amount_minor,method\n"
    assert (await shop.take("payments", payments + "P1,N1,2026-04-02,1000,card\n")).created == 1
    assert (await shop.rows("select status from \"order\" where number = 'N1'"))[0] == ("open",)
    assert (
        await shop.take("payments", payments + "P2,N1,2026-04-03,500,card\nP3,N9,2026-04-03,1,card\n")
    ).created == 1
    assert (await shop.rows("select status from \"order\" where number = 'N1'"))[0] == ("paid",)
    # A line that was sent back cannot vanish from its order.
    report = await shop.take("orders", ORDERS + "N1,C1,web,paid,2026-04-01,S2,1,300\n")
    assert report.updated == 1
    await shop.take("orders", ORDERS + "N3,C1,web,paid,2026-04-01,S1,1,500\nN3,,,,,S2,1,300\n")
    await shop.take("returns", "external_id,order_number,returned_at,sku,quantity\nR9,N3,2026-04-05,S2,1\n")
    report = await shop.take("orders", ORDERS + "N3,C1,web,paid,2026-04-01,S1,1,500\n")
    assert [bad.reason for bad in report.bad] == ["line 2 was sent back and is missing"]


async def test_contacts_of_any_channel(shop: Shop) -> None:
    header = "external_id,customer_code,channel,direction,kind,occurred_at,subject,body,agent_id,is_open\n"
    report = await shop.take(
        "contacts",
        header
        + "K1,C1,shop_visit,in,inquiry,2026-04-01T10:00:00+09:00,来店,,,\n"
        + 'K2,C1,email,in,complaint,2026-04-02 10:00,苦情,"割れていた。\n二行目",a1,yes\n'
        + "K3,C1,email,in,praise,2026-04-02 10:00,,,,yes\n"
        + "K4,C1,email,in,other,2026-04-02 10:00,,,a9,\n"
        + f"K5,C1,email,in,other,2026-04-02 10:00,,{'長' * 10_001},,\n",
    )
    assert report.created == 2
    assert [(bad.line, bad.column) for bad in report.bad] == [(5, "is_open"), (6, "agent_id"), (7, "body")]
    assert await shop.rows("select kind, body, agent_id, is_open from contact where external_id = 'K2'") == [
        ("complaint", "割れていた。\n二行目", "a1", True)
    ]
    report = await shop.take("contacts", header + "K2,C1,email,in,complaint,2026-04-02 10:00,苦情,済,a1,no\n")
    assert report.updated == 1
    assert (await shop.rows("select is_open, closed_at is not null from contact where external_id = 'K2'"))[
        0
    ] == (
        False,
        True,
    )


async def test_ten_megabytes_of_note_are_one_fault(shop: Shop) -> None:
    header = "external_id,customer_code,text,created_at\n"
    big = "\n".join("猫" * 50_000 for _ in range(60))
    report = await shop.take(
        "notes", header + f'M1,C1,猫が二匹,2026-04-01\nM2,C1,"{big}",2026-04-01\nM3,C2,犬,2026-04-01\n'
    )
    assert (report.created, report.refused) == (2, 1)
    assert report.bad[0].column == "text"
    assert "longer than 10,000 characters" in report.bad[0].reason
    assert report.bad[0].line == 3


async def test_favourites_and_products(shop: Shop) -> None:
    products = (
        "sku,name,category,price_minor,kind,repeats\nS1,煎茶,茶,600,main,yes\nS3,お試し,茶,100,trial,\n"
    )
    report = await shop.take("products", products)
    assert (report.created, report.updated) == (1, 1)
    assert await shop.rows("select kind, repeats from product order by product_id") == [
        ("main", True), ("other", None), ("trial", None)
    ]  # fmt: skip
    header = "customer_code,sku,added_at,is_removed\n"
    report = await shop.take("favourites", header + "C1,S1,2026-04-01,\nC1,S2,,\nC9,S1,,\nC1,S9,,\nC1,S1,,\n")
    assert (report.created, [(bad.line, bad.column) for bad in report.bad]) == (
        2, [(4, "customer_code"), (5, "sku"), (6, "sku")]
    )  # fmt: skip
    report = await shop.take("favourites", header + "C1,S1,,\nC1,S2,,yes\n")
    assert (report.unchanged, report.updated) == (1, 1)
    assert await shop.rows("select customer_id, product_id from favourite") == [(1, 1)]


async def test_a_dry_run_judges_against_the_database_and_writes_nothing(shop: Shop) -> None:
    before = await shop.everything()
    content = ORDERS + "N1,C1,web,open,2026-04-01,S1,1,500\nN2,C9,web,open,2026-04-01,S1,1,500\n"
    report = await shop.take("orders", content, dry_run=True)
    assert (report.created, report.refused) == (1, 1)
    assert await shop.everything() == before
    assert await shop.rows("select * from import_progress") == []


def many(count: int) -> str:
    return ORDERS + "".join(f"N{n},C1,web,open,2026-04-01,S1,{1 + n % 5},500\n" for n in range(count))


async def test_a_cancelled_import_goes_on_where_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 10)
    path = shop.folder / "orders.csv"
    path.write_text(many(50) + "N3,C1,web,open,2026-04-01,S1,1,500\n")

    def stop(done: int, total: int) -> None:
        if done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_file(shop.pool, path, KINDS["orders"], "", RULES, progress=stop)
    written = (await shop.rows('select count(*) from "order"'))[0][0]
    assert written == 10
    report = await import_file(shop.pool, path, KINDS["orders"], "", RULES)
    assert report.resumed_after == written + 1
    assert report.created == 50 - written
    # What stood before the break is still known of what comes after it.
    assert [bad.reason for bad in report.bad] == ["'N3' is on line 5 already"]
    assert await shop.rows("select * from import_progress") == []
    assert (await import_file(shop.pool, path, KINDS["orders"], "", RULES)).unchanged == 50


async def test_a_lost_database_is_said_and_what_was_written_stays(shop: Shop) -> None:
    path = shop.folder / "orders.csv"
    path.write_text(many(3))
    await shop.pool.execute('alter table "order" rename to gone')
    with pytest.raises(Unavailable):
        await import_file(shop.pool, path, KINDS["orders"], "", RULES)


async def test_what_the_database_itself_refuses_takes_nobody_along(shop: Shop) -> None:
    await shop.pool.execute("alter table \"order\" add constraint no_n1 check (number <> 'N1')")
    report = await shop.take("orders", many(4))
    assert (report.created, report.refused) == (3, 1)
    assert (report.bad[0].line, "no_n1" in report.bad[0].reason) == (3, True)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("C1,web,open\n", "no header"),
        ("number;customer_code\n", "separated by semicolons"),
        (ORDERS.replace("sku,", ""), "column 'sku' is missing"),
        (ORDERS.replace("customer_code,", ""), "column 'customer_code' is missing"),
        (ORDERS.replace("sku", "skuu"), "unknown column 'skuu', did you mean 'sku'?"),
        (ORDERS.replace("status", "number"), "column 'number' appears twice"),
    ],
)
async def test_a_wrong_header_is_refused_before_anything_is_written(
    shop: Shop, header: str, reason: str
) -> None:
    with pytest.raises(Refused, match="line 1") as refused:
        await shop.take("orders", header + "N1,C1,web,open,2026-04-01,S1,1,500\n")
    assert reason in str(refused.value)


order = st.tuples(
    st.sampled_from(["N1", "N2", "N3"]),
    st.sampled_from(["C1", "C2"]),
    st.sampled_from(["open", "paid", "shipped"]),
    st.lists(st.tuples(st.sampled_from(["S1", "S2"]), st.integers(1, 9)), min_size=1, max_size=3),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(order, max_size=3, unique_by=lambda one: one[0]), max_size=4))
async def test_any_sequence_of_files_ends_as_the_last_version_of_each_order(
    shop: Shop, files: list[list[tuple[str, str, str, list[tuple[str, int]]]]]
) -> None:
    await shop.pool.execute('delete from "order"')
    last: dict[str, tuple[str, str, list[tuple[str, int]]]] = {}
    for file in files:
        content = ORDERS
        for number, customer, status, lines in file:
            last[number] = (customer, status, lines)
            for sku, quantity in lines:
                content += f"{number},{customer},web,{status},2026-04-01,{sku},{quantity},100\n"
        report = await shop.take("orders", content)
        assert report.refused == 0
        assert report.created + report.updated + report.unchanged == len(file)
    rows = await shop.rows(
        'select o.number, c.code, o.status, p.sku, l.quantity from "order" o'
        " join customer c using (customer_id) join order_line l using (order_id)"
        " join product p using (product_id) order by 1, l.line"
    )
    assert rows == [
        (number, customer, status, sku, quantity)
        for number, (customer, status, lines) in sorted(last.items())
        for sku, quantity in lines
    ]


async def test_the_list_of_faults_is_bounded_and_their_number_is_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_FAULTS", 3)
    rows = "".join(f"N{n},C1,web,open,2026-04-01,S1,0,x\n" for n in range(5))
    report = await shop.take("orders", ORDERS + rows)
    assert len(report.bad) == 3
    assert (report.refused, report.faults) == (5, 10)
