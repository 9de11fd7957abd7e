"""The fake bridge's after-call work: the shipped dispositions; what is said is noted, what is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from cti_bridge.api.wrap_up import shown_category
from cti_bridge.calls.views import AgentState
from cti_bridge.customers.dispositions import Disposition, load_dispositions
from cti_bridge.push import wrap_up_bodies as bodies
from cti_bridge.push.customer_bodies import FieldFault
from tests.web.fake_customers import refusal, reply
from tests.web.scenes import desk

SHIPPED = load_dispositions(Path(__file__).parents[2] / "config" / "dispositions.toml")
MORE_S = 45
CHOICES = bodies.DispositionChoices(
    categories=[shown_category(one) for one in SHIPPED.categories], more_s=MORE_S
)


def routes(person_of: Callable[[web.Request], Any]) -> list[web.RouteDef]:
    """What the fake bridge serves of it. ``person_of``: who asks."""

    async def choices(request: web.Request) -> web.Response:
        person = person_of(request)
        asks = person is not None and person.asks_dispositions
        return reply(CHOICES if asks else bodies.DispositionChoices(categories=[], more_s=0))

    async def say(request: web.Request) -> web.Response:
        person = person_of(request)
        body = msgspec.json.decode(await request.read(), type=bodies.CallDisposition)
        await person.may_answer.wait()
        if person.refuses:
            return refusal("forbidden", 403)
        faults = _faults(person, request.match_info["call_id"], body)
        if faults:
            return reply(bodies.DispositionRefused(faults=faults), 422)
        person.wrote.append(("PUT", request.path, msgspec.to_builtins(body)))
        said = bodies.SaidOfCall(
            **msgspec.structs.asdict(body),
            agent_id="a1001",
            agent="川村 由紀",
            revision=1,
            at=datetime.now(UTC),
            changed_at=None,
        )
        return reply(bodies.CallDispositions(said=[said]))

    async def work(request: web.Request) -> web.Response:
        person = person_of(request)
        if person.refuses:
            return refusal("bad_request", 409)
        person.wrote.append(("POST", request.path, None))
        now = desk(AgentState.READY)
        if request.path.endswith("/more"):
            until = datetime.now(UTC) + timedelta(seconds=39 + MORE_S)
            now = msgspec.structs.replace(desk(AgentState.WRAP_UP), wrap_up_until=until)
        await person.send("agent.state", now)
        return web.Response(status=204)

    return [
        web.get("/api/dispositions", choices),
        web.put("/api/calls/{call_id}/disposition", say),
        web.post("/api/wrap-up/{what:done|more}", work),
    ]


def _faults(person: Any, call_id: str, body: bodies.CallDisposition) -> list[FieldFault]:
    found = SHIPPED.find(body.category, body.disposition)
    assert isinstance(found, Disposition)
    is_noted = any(
        path.endswith("/notes") and wrote["call_id"] == call_id for _, path, wrote in person.wrote if wrote
    )
    is_there = {
        "note": is_noted,
        "customer": body.customer_id is not None,
        "amount": body.amount_minor is not None,
        "follow_up_on": body.follow_up_on is not None,
    }
    return [
        FieldFault(field=name, code="empty", reason="is required")
        for name in found.requires
        if not is_there[name]
    ]
