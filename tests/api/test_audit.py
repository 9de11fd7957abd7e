"""Who saw whose card, over HTTP: for those who lead, by customer, agent and time."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api.asking import Desk


async def ask(desk: Desk, **wanted: Any) -> tuple[int, Any]:
    path = f"/api/audit/card-views?{urlencode(wanted)}"
    return await desk.ask("GET", path, agent="s1", role="supervisor")


@pytest.fixture
async def audited(customer_desk: Desk) -> Desk:
    await customer_desk.pool.execute(
        """
        insert into card_view (view_key, at, agent_id, customer_id, reason, call_id)
        select 'v' || n, timestamptz '2026-04-08 09:00+09' + make_interval(mins => n),
               case when n % 2 = 0 then 'a1' else 'a2' end, case when n = 5 then 77 else 1 end,
               'call', 'c' || n
        from generate_series(1, 7) n
        """
    )
    return customer_desk


async def test_the_newest_come_first_and_pages_join(audited: Desk) -> None:
    seen, before = [], {}
    while True:
        status, page = await ask(audited, limit=3, **before)
        assert status == 200
        seen += [view["call_id"] for view in page["views"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == ["c7", "c6", "c5", "c4", "c3", "c2", "c1"]


async def test_who_and_whose_are_named(audited: Desk) -> None:
    _, page = await ask(audited, customer=1, agent="a2", since="2026-04-08T09:03:00+09:00")
    views = [(v["call_id"], v["agent_name"], v["customer_code"], v["customer_name"]) for v in page["views"]]
    assert views == [("c7", "大森 恵", "C1", "佐藤 花子"), ("c3", "大森 恵", "C1", "佐藤 花子")]
    _, page = await ask(audited, until="2026-04-08T00:02:00Z")
    assert [view["call_id"] for view in page["views"]] == ["c1"]
    _, page = await ask(audited, customer=77)
    [gone] = page["views"]
    assert (gone["customer_code"], gone["customer_name"]) == (None, None), "the record outlives the customer"


@pytest.mark.parametrize(
    "wanted",
    [
        {"customer": "x"},
        {"before": "-1"},
        {"limit": "501"},
        {"limit": "0"},
        {"since": "yesterday"},
        {"until": "2026-04-08T09:00:00"},
        {"agent": "a\0"},
    ],
)
async def test_what_cannot_be_asked_is_named(audited: Desk, wanted: dict[str, str]) -> None:
    status, problem = await ask(audited, **wanted)
    assert status == 400
    assert next(iter(wanted)) in problem["detail"]


async def test_it_is_for_those_who_lead(audited: Desk) -> None:
    path = "/api/audit/card-views"
    assert (await audited.ask("GET", path))[0] == 403
    assert (await audited.ask("GET", path, agent=None))[0] == 401
    assert (await audited.ask("GET", path, agent="s1", role="administrator"))[0] == 200
