"""A house in which every text that is shown was written by somebody who means harm."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
from aiohttp import web

E164 = "+81312345678"
DIALLED_FROM = "0312345678"


@dataclass
class Trap:
    """A server elsewhere: whoever asks it for anything fell for a text."""

    port: int = 0
    caught: list[str] = field(default_factory=list)

    def text(self, mark: str) -> str:
        """What loads and runs something where it is taken for markup, and begins with ``mark``."""
        return f"{mark}<img src=//127.0.0.1:{self.port} onerror=ran='{mark}'>"

    def script(self, mark: str) -> str:
        """The same by other means."""
        return f"{mark}<script src=//127.0.0.1:{self.port}></script><svg onload=ran='{mark}'>"

    def short(self, mark: str) -> str:
        """For where little is taken: a broken picture, which would be seen as an element."""
        return f"{mark}<img src=x>"


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    found = Trap()

    async def catch(request: web.Request) -> web.Response:
        found.caught.append(request.path)
        return web.Response(text="window.ran = 'loaded'", content_type="text/javascript")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", catch)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


async def fill(pool: asyncpg.Pool, trap: Trap) -> None:
    """Customer 1 whose every field is hostile, and 2 on the same number."""
    text, now = trap.text, datetime.now(UTC)
    ago = [now - timedelta(days=days) for days in range(400)]
    await pool.execute(
        "insert into customer (code, name, reading, postcode, address, email, rank, dedicated_agent_id)"
        " values ($1, $2, $3, $4, $5, $6, 'gold', 'a2')",
        *(text("code"), text("name"), text("reading"), trap.short("post"), text("address"), text("email")),
    )
    await pool.execute(
        "insert into customer (code, name, reading) values ('C2', $1, $2)",
        text("sharer"),
        text("sharer-reading"),
    )
    await pool.execute(
        "insert into customer_number values (1, $1, 'home', $2), (2, $1, 'home', '03-1234-5678')",
        E164,
        trap.short("display"),
    )
    for severity in ("notice", "warning", "critical"):
        await pool.execute(
            "insert into caution (customer_id, severity, text) values (1, $1, $2)",
            severity,
            trap.script(severity),
        )
    for kind, pinned in (("note", True), ("handover", False), ("note", False)):
        await pool.execute(
            "insert into karte_note (customer_id, agent_id, text, is_pinned, kind, created_at)"
            " values (1, 'a2', $1, $2, $3, $4)",
            trap.script("pinned" if pinned else kind),
            pinned,
            kind,
            ago[3],
        )
    await pool.execute(
        "insert into product (sku, name, category, price_minor, repeats)"
        " values ($1, $2, $3, 1080, true), ($4, $5, $6, 2160, true)",
        *(text(f"bought {field}") for field in ("sku", "name", "category")),
        *(text(f"offered {field}") for field in ("sku", "name", "category")),
    )
    for number, days in (("number", 40), ("older", 100)):
        order_id = await pool.fetchval(
            'insert into "order" (number, customer_id, channel, status, ordered_at, total_minor, source)'
            " values ($1, 1, 'web', 'delivered', $2, 1080, $3) returning order_id",
            text(number),
            ago[days],
            text("source"),
        )
        await pool.execute("insert into order_line values ($1, 1, 1, 1, 1080)", order_id)
    await pool.execute(
        "insert into contact (customer_id, channel, direction, occurred_at, subject, body, kind, agent_id)"
        " values (1, 'email', 'in', $1, $2, $3, 'inquiry', 'a2')",
        ago[5],
        text("subject"),
        text("body"),
    )
    await pool.execute("insert into favourite (customer_id, product_id, added_at) values (1, 2, $1)", ago[9])
    await pool.execute(
        "insert into counselling_answer (customer_id, question, answer, agent_id)"
        " values (1, 'tea_taste', $1::text::jsonb, 'a2')",
        json.dumps([text("answer")]),
    )
    await pool.execute(
        "insert into suggestion_model (model_id, trained_at, kind, is_current)"
        " overriding system value values (7, $1, 'cosine', true)",
        ago[0],
    )
    await pool.execute(
        "insert into suggestion (model_id, customer_id, position, product_id, score, reason_code,"
        " reason_product_id) values (7, 1, 1, 2, 1.0, 'bought_with', 1)"
    )
