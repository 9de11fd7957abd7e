"""Commands over HTTP: shapes, statuses, sessions. What they do is tested elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_bridge.agents.sessions import Sessions
from cti_bridge.agents.throttle import Throttle
from cti_bridge.api.commands import CommandsApi
from cti_bridge.api.credentials import Credentials
from cti_bridge.api.openapi import openapi
from cti_bridge.api.session import SessionApi
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, SpyMode, Unconfirmed
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, PbxId, QueueId
from cti_bridge.clock import Clock
from cti_bridge.http import http_server
from cti_bridge.push import command_bodies as ask
from cti_bridge.settings import HttpSettings, Settings
from cti_bridge.telemetry import Telemetry
from tests.api.rig import Api, MemoryRoster
from tests.loopback import free_port

KEY = "key-00000001"
CALL = CallId("main~1")


@dataclass
class Commands:
    """Remembers what it was asked, and answers as it is told."""

    result: Result = field(default_factory=Done)
    asked: list[tuple[AgentId, str, Any]] = field(default_factory=list)

    async def run(self, agent_id: AgentId, key: str, request: Any) -> Result:
        self.asked.append((agent_id, key, request))
        return self.result

    async def run_once(self, agent_id: AgentId, request: Any) -> Result:
        self.asked.append((agent_id, "", request))
        return self.result


@pytest.fixture
def commands() -> Commands:
    return Commands()


async def do_nothing() -> None:
    pass


@pytest.fixture
async def api(
    sessions: Sessions, throttle: Throttle, commands: Commands, tmp_path: Path
) -> AsyncIterator[Api]:
    settings, telemetry, roster = Settings(http=HttpSettings(port=free_port())), Telemetry(), MemoryRoster()
    roster.add("a1")
    session_api = SessionApi(
        settings=settings,
        sessions=sessions,
        roster=roster,
        credentials=Credentials(roster, roster.verify),
        throttle=throttle,
        on_sign_out=lambda key: None,
        on_signed_out_everywhere=do_nothing,
        clock=Clock(),
        telemetry=telemetry,
    )
    endpoints = [*session_api.endpoints(), *CommandsApi(sessions, commands).endpoints()]
    jar = aiohttp.CookieJar(unsafe=True)
    async with http_server(settings, endpoints, telemetry, tmp_path):
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(20)) as browser:
            api = Api(settings, roster, [], sessions, telemetry, {}, [], browser)
            await api.sign_in()
            yield api


async def send(api: Api, command: dict[str, Any], key: str = KEY) -> tuple[int, Any]:
    return await api.ask("POST", "/api/commands", {"key": key, "command": command})


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ({"type": "originate", "number": "090"}, ask.OriginateRequest("090")),
        (
            {"type": "originate", "number": "090", "name": "山田"},
            ask.OriginateRequest("090", "山田"),
        ),
        (
            {"type": "blind_transfer", "call_id": CALL, "number": "1004"},
            ask.BlindTransferRequest(CALL, "1004"),
        ),
        (
            {"type": "begin_transfer", "call_id": CALL, "number": "1004"},
            ask.BeginTransferRequest(CALL, "1004"),
        ),
        ({"type": "complete_transfer", "call_id": CALL}, ask.CompleteTransferRequest(CALL)),
        ({"type": "cancel_transfer", "call_id": CALL}, ask.CancelTransferRequest(CALL)),
        ({"type": "hang_up", "call_id": CALL}, ask.HangUpRequest(CALL)),
        ({"type": "hang_up", "call_id": CALL, "agent_id": "a2"}, ask.HangUpRequest(CALL, AgentId("a2"))),
        ({"type": "park", "call_id": CALL}, ask.ParkRequest(CALL)),
        ({"type": "hold", "call_id": CALL, "is_held": True}, ask.HoldRequest(CALL, True)),
        ({"type": "pause", "is_paused": True, "reason": "昼休み"}, ask.PauseRequest(True, "昼休み")),
        (
            {"type": "join_queue", "pbx": "main", "queue": "orders", "penalty": 1},
            ask.JoinQueueRequest(PbxId("main"), QueueId("orders"), 1),
        ),
        (
            {"type": "leave_queue", "pbx": "main", "queue": "orders"},
            ask.LeaveQueueRequest(PbxId("main"), QueueId("orders")),
        ),
        ({"type": "record", "call_id": CALL}, ask.RecordRequest(CALL)),
        (
            {"type": "mute_recording", "call_id": CALL, "is_muted": False},
            ask.MuteRecordingRequest(CALL, False),
        ),
        (
            {"type": "listen", "agent_id": "a2", "mode": "barge"},
            ask.ListenRequest(AgentId("a2"), SpyMode.BARGE),
        ),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)
async def test_every_request(api: Api, commands: Commands, command: dict[str, Any], expected: Any) -> None:
    assert await send(api, command) == (200, {"outcome": "done", "code": None, "detail": ""})
    assert commands.asked == [(AgentId("a1"), KEY, expected)]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "key"),
        ({"key": KEY}, "command"),
        ({"key": "short", "command": {"type": "park", "call_id": CALL}}, "key"),
        ({"key": "x" * 65, "command": {"type": "park", "call_id": CALL}}, "key"),
        ({"key": "key 0000001", "command": {"type": "park", "call_id": CALL}}, "key"),
        ({"key": KEY, "command": {"type": "reboot"}}, "reboot"),
        ({"key": KEY, "command": {"call_id": CALL}}, "type"),
        ({"key": KEY, "command": {"type": "park", "call_id": CALL, "channel": "x"}}, "channel"),
        ({"key": KEY, "command": {"type": "park", "call_id": CALL}, "more": 1}, "more"),
        ({"key": KEY, "command": {"type": "originate", "number": "1" * 65}}, "number"),
        ({"key": KEY, "command": {"type": "originate", "number": ""}}, "number"),
        ({"key": KEY, "command": {"type": "pause", "is_paused": "yes"}}, "is_paused"),
        ({"key": KEY, "command": {"type": "pause", "is_paused": True, "reason": "x" * 81}}, "reason"),
        ({"key": KEY, "command": {"type": "pause", "is_paused": True, "reason": "x\r\nAction: y"}}, "reason"),
        ({"key": KEY, "command": {"type": "listen", "agent_id": "a2", "mode": "record"}}, "mode"),
        ({"key": KEY, "command": {"type": "join_queue", "pbx": "m", "queue": "q", "penalty": -1}}, "penalty"),
    ],
    ids=str,
)
async def test_what_is_no_request_asks_nobody(api: Api, commands: Commands, body: Any, part: str) -> None:
    status, problem = await api.ask("POST", "/api/commands", body)
    assert (status, problem["code"]) == (400, "bad_request")
    assert part in problem["detail"]
    assert commands.asked == []


STATUSES = {
    RefusalCode.NOT_ALLOWED: 403,
    RefusalCode.NOT_FOUND: 404,
    RefusalCode.WRONG_STATE: 409,
    RefusalCode.NOT_SUPPORTED: 409,
    RefusalCode.NOT_PERMITTED_AT_PBX: 409,
    RefusalCode.BUSY: 409,
    RefusalCode.UNREACHABLE: 409,
    RefusalCode.KEY_REUSED: 409,
    RefusalCode.BAD_NUMBER: 422,
    RefusalCode.TOO_MANY: 429,
    RefusalCode.FAILED: 502,
    RefusalCode.PBX_AWAY: 503,
    RefusalCode.UNAVAILABLE: 503,
}


@pytest.mark.parametrize("code", list(RefusalCode))
async def test_every_refusal(api: Api, commands: Commands, code: RefusalCode) -> None:
    commands.result = Refused(code, "why")
    answer = await send(api, {"type": "park", "call_id": CALL})
    assert answer == (STATUSES[code], {"outcome": "refused", "code": code, "detail": "why"})


async def test_what_was_not_seen_to_happen(api: Api, commands: Commands) -> None:
    commands.result = Unconfirmed(5.02, "the PBX took it, but no event told of it")
    status, outcome = await send(api, {"type": "park", "call_id": CALL})
    assert status == 504
    assert outcome == {
        "outcome": "unconfirmed",
        "code": None,
        "detail": "the PBX took it, but no event told of it (5.02 s)",
    }


async def test_the_slot_of_a_parked_call(api: Api, commands: Commands) -> None:
    commands.result = Done("701")
    assert (await send(api, {"type": "park", "call_id": CALL}))[1]["detail"] == "701"


async def test_the_desk(api: Api, commands: Commands) -> None:
    body = {"pbx": "main", "endpoint": "PJSIP/2001"}
    assert (await api.ask("POST", "/api/desk", body))[0] == 200
    assert (await api.ask("DELETE", "/api/desk"))[0] == 200
    assert commands.asked == [
        (AgentId("a1"), "", ask.SignOnRequest(PbxId("main"), Endpoint("PJSIP/2001"))),
        (AgentId("a1"), "", ask.SignOffRequest()),
    ]
    assert (await api.ask("POST", "/api/desk", {"pbx": "main"}))[0] == 400
    assert (await api.ask("POST", "/api/desk", body | {"agent_id": "a2"}))[0] == 400


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/commands"), ("POST", "/api/desk"), ("DELETE", "/api/desk")]
)
async def test_nobody_commands_without_a_session(
    api: Api, commands: Commands, method: str, path: str
) -> None:
    await api.ask("DELETE", "/api/session")
    status, problem = await api.ask(method, path, {})
    assert (status, problem["code"]) == (401, "not_signed_in")
    assert commands.asked == []


async def test_another_sites_page_commands_nothing(api: Api, commands: Commands) -> None:
    body = {"key": KEY, "command": {"type": "park", "call_id": CALL}}
    evil = {"Origin": "https://evil.example"}
    status, _ = await api.ask("POST", "/api/commands", body, headers=evil)
    assert status == 403
    form = {"Content-Type": "text/plain"}
    status, _ = await api.ask("POST", "/api/commands", json.dumps(body).encode(), headers=form)
    assert status == 415
    assert commands.asked == []


def test_every_answer_is_in_the_document() -> None:
    endpoints = CommandsApi(None, Commands()).endpoints()  # type: ignore[arg-type]
    document = openapi(endpoints, "1")
    answers = document["paths"]["/api/commands"]["post"]["responses"]
    assert {"200", "403", "404", "409", "422", "429", "502", "503", "504"} <= set(answers)
    types = json.dumps(document["components"]["schemas"]["CommandBody"])
    assert "blind_transfer" in types


async def test_two_requests_at_a_time(api: Api, commands: Commands) -> None:
    command = {"type": "park", "call_id": CALL}
    answers = await asyncio.gather(*(send(api, command, f"key-{n:08}") for n in range(10)))
    assert {status for status, _ in answers} == {200}
    assert len(commands.asked) == 10
