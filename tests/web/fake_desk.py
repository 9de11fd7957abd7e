"""What the fake bridge answers to commands, and the PBX's events that follow what it has done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import msgspec
from aiohttp import web

from cti_bridge.calls.commands import RefusalCode
from cti_bridge.calls.outcomes import PartReason
from cti_bridge.calls.views import AgentState, AgentStatus
from cti_bridge.push import command_bodies as ask
from cti_bridge.push.colleague_bodies import Colleague, Colleagues
from cti_bridge.push.envelope import (
    CallEnded,
    CallHeld,
    CallRecording,
    CallResumed,
    Problem,
)
from tests.web.people import COLLEAGUES
from tests.web.scenes import desk

SLOT = "701"
_DONE = ask.CommandOutcome(outcome="done")
_STATES = (
    AgentState.READY,
    AgentState.TALKING,
    AgentState.READY,
    AgentState.PAUSED,
    AgentState.OFFLINE,
    AgentState.WRAP_UP,
    AgentState.RINGING,
)
_FREE = (AgentState.READY, AgentState.PAUSED, AgentState.WRAP_UP)
Event = tuple[str, object]


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class FakeDesk:
    """One person's commands. ``sent``: every body that came, repeats too; ``done``: each wish once.

    No answer comes while ``may_answer`` is not set; those to the next ``drops``
    bodies get lost; what is done while it ``is_silent`` is told by no event.
    """

    sent: list[ask.CommandBody] = field(default_factory=list)
    done: list[ask.Request] = field(default_factory=list)
    outcome: ask.CommandOutcome = _DONE
    drops: int = 0
    is_silent: bool = False
    has_colleagues: bool = True
    may_answer: asyncio.Event = field(default_factory=_set)
    known: dict[str, ask.CommandOutcome] = field(default_factory=dict)

    def refuse(self, code: RefusalCode) -> None:
        """From here on every wish is refused."""
        self.outcome = ask.CommandOutcome(outcome="refused", code=code, detail="for developers")

    def keep_silent(self) -> None:
        """From here on the PBX confirms nothing."""
        self.outcome = ask.CommandOutcome(outcome="unconfirmed", detail="for developers")

    def relent(self) -> None:
        """Wishes are carried out again."""
        self.outcome = _DONE

    def take(self, body: ask.CommandBody) -> tuple[ask.CommandOutcome, list[Event]]:
        """What is answered, and the events before it: none where the wish was known or came to nothing."""
        self.sent.append(body)
        if body.key in self.known:
            return self.known[body.key], []
        outcome = self.outcome
        if outcome.outcome == "done" and isinstance(body.command, ask.ParkRequest):
            outcome = msgspec.structs.replace(outcome, detail=SLOT)
        self.known[body.key] = outcome
        if outcome.outcome != "done":
            return outcome, []
        self.done.append(body.command)
        return outcome, [] if self.is_silent else events_of(body.command)


def events_of(command: ask.Request) -> list[Event]:
    """What a PBX tells of a command about a call of a scene, whose offer is named like it."""
    now = datetime.now(UTC)
    offer_id = str(getattr(command, "call_id", "")).removeprefix("call-")

    def ended(reason: PartReason) -> list[Event]:
        return [("call.ended", CallEnded(offer_id=offer_id, ended_at=now, reason=reason))]

    match command:
        case ask.HoldRequest(is_held=True) | ask.BeginTransferRequest():
            return [("call.held", CallHeld(offer_id=offer_id, held_at=now))]
        case ask.HoldRequest() | ask.CancelTransferRequest():
            return [("call.resumed", CallResumed(offer_id=offer_id))]
        case ask.BlindTransferRequest() | ask.CompleteTransferRequest():
            return ended(PartReason.TRANSFERRED)
        case ask.ParkRequest():
            return ended(PartReason.PARKED)
        case ask.HangUpRequest():
            return ended(PartReason.COMPLETED)
        case ask.MuteRecordingRequest(is_muted=is_muted):
            told = CallRecording(offer_id=offer_id, is_recorded=True, is_recording_muted=is_muted)
            return [("call.recording", told)]
        case ask.PauseRequest(is_paused=True, reason=reason):
            paused = desk(AgentState.PAUSED, pause_reason=reason, status=AgentStatus.PAUSED)
            return [("agent.state", paused)]
        case ask.PauseRequest():
            return [("agent.state", desk(AgentState.READY))]
        case _:
            return []


def colleagues() -> Colleagues:
    """Everybody but the first, who is signed in; the last has no number."""
    found = []
    for index, (agent_id, name, reading) in enumerate(COLLEAGUES[1:]):
        state = _STATES[index % len(_STATES)]
        number = None if index == len(COLLEAGUES) - 2 else agent_id[1:]
        can = number is not None and state in _FREE
        found.append(
            Colleague(
                agent_id=agent_id, name=name, reading=reading, state=state, can_be_called=can, number=number
            )
        )
    return Colleagues(colleagues=sorted(found, key=lambda one: one.reading))


class Signed(Protocol):
    """Somebody signed in, as the fake bridge keeps them."""

    desk: FakeDesk

    def send(self, kind: str, data: object) -> Awaitable[None]:
        """One more frame."""
        ...


def routes(person: Callable[[web.Request], Signed | None]) -> list[web.RouteDef]:
    """What is served. ``person``: who asks."""

    async def get_colleagues(request: web.Request) -> web.Response:
        asking = person(request)
        if asking is None:
            return _problem("not_signed_in", 401)
        if not asking.desk.has_colleagues:
            return _problem("unavailable", 503)
        return _json(colleagues())

    async def post_command(request: web.Request) -> web.Response:
        asking = person(request)
        if asking is None:
            return _problem("not_signed_in", 401)
        body = msgspec.json.decode(await request.read(), type=ask.CommandBody)
        outcome, events = asking.desk.take(body)
        await asking.desk.may_answer.wait()
        for kind, data in events:
            await asking.send(kind, data)
        if asking.desk.drops > 0:
            # As of a proxy that lost the server: a browser repeats by itself what was merely cut off.
            asking.desk.drops -= 1
            return web.Response(text="<html>Bad gateway</html>", status=502, content_type="text/html")
        return _json(outcome, 200 if outcome.outcome == "done" else 409)

    return [web.get("/api/colleagues", get_colleagues), web.post("/api/commands", post_command)]


def _problem(code: Literal["not_signed_in", "unavailable"], status: int) -> web.Response:
    return _json(Problem(code=code, detail=""), status)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
