"""What the triggers tell where a row hangs on another: on an order, on a call."""

from __future__ import annotations

import pytest

from tests.storage.test_notifications import ANNA, BERT, MOBILE, Ear, ear

__all__ = ["ear"]


@pytest.mark.parametrize("table", ["payment", "order_return", "order_line"])
async def test_what_hangs_on_an_order_and_is_moved_to_another_tells_both(ear: Ear, table: str) -> None:
    order = "(number, customer_id, channel, status, ordered_at, total_minor)"
    await ear.cards(f"insert into \"order\" {order} values ('O2', 2, 'web', 'open', now(), 1)")
    assert await ear.cards(f"update {table} set order_id = 2") == {ANNA, MOBILE, BERT}
    await ear.cards('update "order" set customer_id = null where order_id = 2')
    assert await ear.cards(f"delete from {table}") == set(), "nobody's order is on no card"


async def test_a_new_segment_is_told(ear: Ear) -> None:
    assert await ear.cards("insert into customer_segment (customer_id, stage) values (2, 'trial')") == {BERT}


async def test_whom_a_call_was_from_tells_the_number_of_the_call(ear: Ear) -> None:
    choose = "insert into call_customer (call_id, e164, customer_id, chosen_by) values"
    assert await ear.cards(f"{choose} ('c1', '{MOBILE}', 1, 'a1')") == {MOBILE}
    assert await ear.cards(f"{choose} ('c2', null, 1, 'a1')") == set()
    assert await ear.cards("update call_customer set customer_id = 2 where call_id = 'c1'") == {MOBILE}
    assert await ear.cards(f"update call_customer set e164 = '{BERT}' where call_id = 'c1'") == {MOBILE, BERT}
    assert await ear.cards("delete from call_customer") == {BERT}


async def test_everything_told_is_written_down_too(ear: Ear) -> None:
    await ear.connection.execute("delete from card_change")
    await ear.cards("update payment set amount_minor = 3; truncate caution")
    rows = await ear.connection.fetch("select e164s from card_change order by e164s nulls last")
    assert [row["e164s"] for row in rows] == [[ANNA, MOBILE], [ANNA, MOBILE], None]
