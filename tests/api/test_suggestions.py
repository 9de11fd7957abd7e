"""What became of a suggestion, over HTTP (S3): written once a call, the last word counting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.asking import Desk

PATH = "/api/customers/1/suggestions/S1/outcome"


async def written(desk: Desk) -> list[tuple[Any, ...]]:
    rows = await desk.pool.fetch(
        "select customer_id, outcome, amount_minor, agent_id, call_id from suggestion_outcome order by at"
    )
    return [tuple(row) for row in rows]


async def test_of_a_call_the_last_word_counts(customer_desk: Desk) -> None:
    for body in (
        {"outcome": "offered", "call_id": "c1"},
        {"outcome": "accepted", "call_id": "c1", "amount_minor": 1080},
    ):
        status, said = await customer_desk.ask("POST", PATH, body)
        assert (status, said["outcome"]) == (200, body["outcome"])
    assert await written(customer_desk) == [(1, "accepted", 1080, "a1", "c1")]
    await customer_desk.ask("POST", PATH, {"outcome": "declined", "call_id": "c1"})
    assert await written(customer_desk) == [(1, "declined", None, "a1", "c1")]
    await customer_desk.ask("POST", PATH, {"outcome": "not_offered", "call_id": "c2"}, agent="a2")
    assert (await written(customer_desk))[1] == (1, "not_offered", None, "a2", "c2")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PATH, {"outcome": "accepted", "amount_minor": -1}, 400),
        (PATH, {"outcome": "accepted", "amount_minor": 10**13}, 400),
        (PATH, {"outcome": "declined", "amount_minor": 5}, 400),
        (PATH, {"outcome": "bought"}, 400),
        (PATH, {}, 400),
        (PATH, {"outcome": "offered", "call_id": "x" * 201}, 400),
        (PATH, {"outcome": "offered", "call_id": "\0"}, 400),
        (PATH, b'{"outcome": "offered"', 400),
        (PATH, b"\xff\xfe", 400),
        (PATH.replace("S1", "S%00"), {"outcome": "offered"}, 400),
        (PATH.replace("S1", "S9"), {"outcome": "offered"}, 404),
        (PATH.replace("customers/1", "customers/9"), {"outcome": "offered"}, 404),
        (PATH.replace("customers/1", "customers/x"), {"outcome": "offered"}, 404),
    ],
)
async def test_what_cannot_be_is_refused(customer_desk: Desk, path: str, body: Any, status: int) -> None:
    got, problem = await customer_desk.ask("POST", path, body)
    assert got == status, problem
    assert problem["detail"]
    assert await written(customer_desk) == []


async def test_nobody_unsigned_says_anything(customer_desk: Desk) -> None:
    assert (await customer_desk.ask("POST", PATH, {"outcome": "offered"}, agent=None))[0] == 401
    assert await written(customer_desk) == []
