"""A server with the bridge's face and nothing behind it: serves the built pages and scripted scenes.

``python -m tests.web.fake_bridge`` and then, in a browser,
``http://127.0.0.1:8090/scene/ringing`` (any scene, ``?language=en``), or the
sign-in page with any login and the password ``demo``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from cti_bridge.lookup.card import Card
from cti_bridge.push.envelope import (
    BEAT_INTERVAL_S,
    Me,
    MyDay,
    Preferences,
    Problem,
    SignIn,
    SignInWays,
)
from cti_bridge.push.heartbeat import BEAT
from tests.web import fake_customers, fake_desk, fake_wrap_up, histories
from tests.web.fake_desk import FakeDesk
from tests.web.floor import floor, step
from tests.web.people import COLLEAGUES
from tests.web.scenes import AGENT_SCENES

PAGES = Path(__file__).resolve().parents[2] / "cti_bridge" / "pages"
COOKIE = "fake_session"
CSP = "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self'; img-src 'self' data:"
BOARD_SCENES = ("board", "board_gap", "board_moving", "board_no_records")
SUPERVISOR = "s2001"


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Person:
    """Somebody signed in, what is played to them, and what they wrote.

    While ``may_answer`` is not set no answer comes to what they write. ``is_silent``: no beats come.
    """

    scene: str
    language: str = "ja"
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    is_cut: bool = False
    is_silent: bool = False
    acks: list[int] = field(default_factory=list)
    wrote: list[tuple[str, str, Any]] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    refuses: bool = False
    asks_dispositions: bool = True
    card: Card | None = None
    desk: FakeDesk = field(default_factory=FakeDesk)
    may_answer: asyncio.Event = field(default_factory=_set)
    offset: int = 0
    epoch: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def is_supervisor(self) -> bool:
        return self.scene in BOARD_SCENES

    def me(self, request: web.Request) -> Me:
        return Me(
            agent_id=SUPERVISOR if self.is_supervisor else "a1001",
            name="大野 由紀" if self.is_supervisor else COLLEAGUES[0][1],
            role="supervisor" if self.is_supervisor else "agent",
            language="en" if self.language == "en" else "ja",
            push_url=f"ws://{request.host}/push",
            currency="JPY",
            time_zone="Asia/Tokyo",
            ringing_card="masked" if self.scene == "masked" else "all",
            has_proxy_login=True,
            pause_reasons=["休憩", "昼休み", "研修"],
        )

    @property
    def topic(self) -> str:
        return "board" if self.is_supervisor else "agent:a1001"

    def frame(self, kind: str, data: object) -> str:
        self.offset += 1
        return msgspec.json.encode(
            {
                "v": 1,
                "epoch": self.epoch,
                "offset": self.offset,
                "topic": self.topic,
                "type": kind,
                "at": datetime.now(UTC),
                "data": data,
            }
        ).decode()

    async def send(self, kind: str, data: object) -> None:
        """One more frame to every socket of this person."""
        text = self.frame(kind, data)
        for socket in list(self.sockets):
            await socket.send_str(text)

    async def cut(self) -> None:
        """Drops the link and keeps it down until ``is_cut`` is false."""
        self.is_cut = True
        for socket in list(self.sockets):
            await socket.close(code=1001)


PEOPLE: web.AppKey[dict[str, Person]] = web.AppKey("people", dict)


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")


def _person(request: web.Request) -> Person | None:
    return request.app[PEOPLE].get(request.cookies.get(COOKIE, ""))


def _enter(request: web.Request, response: web.StreamResponse, person: Person) -> None:
    token = request.query.get("token") or uuid.uuid4().hex
    request.app[PEOPLE][token] = person
    response.set_cookie(COOKIE, token, httponly=True, samesite="Strict")


async def scene(request: web.Request) -> web.Response:
    """Signs somebody in to whom the named scene is played, and opens their page."""
    name = request.match_info["name"]
    if name not in AGENT_SCENES and name not in BOARD_SCENES:
        raise web.HTTPNotFound(text=" ".join([*AGENT_SCENES, *BOARD_SCENES]))
    response = web.Response(status=302, headers={"Location": "/"})
    _enter(request, response, Person(name, request.query.get("language", "ja")))
    return response


async def post_session(request: web.Request) -> web.Response:
    body = msgspec.json.decode(await request.read(), type=SignIn)
    if body.login == "down":
        return _json(Problem(code="unavailable", detail=""), 503)
    if body.password != "demo":
        return _json(Problem(code="wrong_credentials", detail=""), 401)
    person = Person("board" if body.login.startswith("s") else "idle")
    response = _json(person.me(request))
    _enter(request, response, person)
    return response


async def get_ways(_request: web.Request) -> web.Response:
    return _json(SignInWays(oidc=None))


async def get_my_day(_request: web.Request) -> web.Response:
    return _json(MyDay(sold_minor=48_200, accepted=9, praise=2))


async def get_me(request: web.Request) -> web.Response:
    person = _person(request)
    return (
        _json(Problem(code="not_signed_in", detail=""), 401) if person is None else _json(person.me(request))
    )


async def patch_me(request: web.Request) -> web.Response:
    person = _person(request)
    if person is None:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    person.language = msgspec.json.decode(await request.read(), type=Preferences).language
    return _json(person.me(request))


async def delete_session(request: web.Request) -> web.Response:
    request.app[PEOPLE].pop(request.cookies.get(COOKIE, ""), None)
    response = web.Response(status=204)
    response.del_cookie(COOKIE)
    return response


async def get_calls(request: web.Request) -> web.Response:
    person = _person(request)
    if person is None or not person.is_supervisor:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    if person.scene == "board_no_records":
        return _json(msgspec.structs.replace(histories.found({"outcome": "live"}), is_partial=True))
    return _json(histories.found(dict(request.query)))


async def get_why(request: web.Request) -> web.Response:
    person = _person(request)
    if person is None or not person.is_supervisor:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    if person.scene == "board_no_records":
        return _json(Problem(code="unavailable", detail=""), 503)
    found = histories.why(request.match_info["call_id"])
    return _json(Problem(code="not_found", detail=""), 404) if found is None else _json(found)


async def get_counselling(request: web.Request) -> web.Response:
    return _json(fake_customers.QUESTIONS)


async def get_customers(request: web.Request) -> web.Response:
    person = _person(request)
    if person is None:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    person.looked_for.append(request.query.get("q", ""))
    return _json(fake_customers.find(request.query.get("q", "")))


async def get_past(request: web.Request) -> web.Response:
    person = _person(request)
    if person is None or person.card is None:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    return _json(fake_customers.page(person.card, request.match_info["part"], request.query.get("before")))


async def take(request: web.Request) -> web.Response:
    """Whatever is written is noted; whom a call is from is told to the screens."""
    person = _person(request)
    if person is None:
        return _json(Problem(code="not_signed_in", detail=""), 401)
    await person.may_answer.wait()
    if person.refuses:
        return fake_customers.refusal("forbidden", 403)
    body = msgspec.json.decode(await request.read() or b"null")
    person.wrote.append((request.method, request.path, body))
    if request.path.startswith("/api/calls/"):
        chosen = body["customer_id"] if request.method == "POST" else fake_customers.MADE
        await person.send("card.resolved", fake_customers.resolved(request.match_info["call_id"], chosen))
    return fake_customers.answer_to(request.method, request.path, body)


async def push(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    person = _person(request)
    if person is None:
        await socket.close(code=4001)
        return socket
    if person.is_cut:
        await socket.close(code=1013)
        return socket
    person.sockets.add(socket)
    beats = asyncio.create_task(_beat(person, socket))
    try:
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = msgspec.json.decode(message.data)
            if asked["type"] == "ack":
                person.acks.append(asked["offset"])
            elif asked["topic"] != person.topic:
                await socket.close(code=4003)
            elif asked["epoch"] != person.epoch or asked["offset"] != person.offset:
                await _play(person, socket)
    finally:
        person.sockets.discard(socket)
        beats.cancel()
    return socket


async def _beat(person: Person, socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        if not person.is_silent:
            await socket.send_str(BEAT.json().decode())
        await asyncio.sleep(BEAT_INTERVAL_S)


async def _play(person: Person, socket: web.WebSocketResponse) -> None:
    if not person.is_supervisor:
        played = AGENT_SCENES[person.scene]()
        person.card = played.offers[0].card if played.offers else None
        await socket.send_str(person.frame("snapshot", played))
        return
    shown = floor(has_gap=person.scene == "board_gap")
    await socket.send_str(person.frame("snapshot", shown))
    chance = random.Random(1)
    while person.scene == "board_moving" and not socket.closed:
        await asyncio.sleep(0.5)
        shown, delta = step(shown, chance, datetime.now(UTC))
        await socket.send_str(person.frame("delta", delta))


async def page(request: web.Request) -> web.FileResponse:
    """The one page for each of its routes; its files by their names."""
    wanted = (PAGES / request.match_info["path"]).resolve()
    is_file = wanted.is_relative_to(PAGES) and wanted.is_file()
    return web.FileResponse(wanted if is_file else PAGES / "index.html")


@web.middleware
async def policy(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        response.headers["Content-Security-Policy"] = CSP
    return response


def application() -> web.Application:
    app = web.Application(middlewares=[policy])
    app[PEOPLE] = {}
    app.add_routes(
        [
            web.get("/scene/{name}", scene),
            web.post("/api/session", post_session),
            web.get("/api/session/ways", get_ways),
            web.get("/api/me/day", get_my_day),
            web.delete("/api/session", delete_session),
            web.get("/api/me", get_me),
            web.patch("/api/me", patch_me),
            web.get("/api/calls", get_calls),
            web.get("/api/calls/{call_id}/why", get_why),
            web.get("/api/counselling", get_counselling),
            web.get("/api/customers", get_customers),
            web.post("/api/customers", take),
            web.get("/api/customers/{id}/{part}", get_past),
            web.post("/api/customers/{id}/{part:.*}", take),
            web.patch("/api/customers/{id}/{part:.*}", take),
            web.patch("/api/notes/{id}", take),
            web.delete("/api/cautions/{id}", take),
            web.post("/api/contacts/{id}/close", take),
            web.post("/api/calls/{call_id}/customer", take),
            web.delete("/api/calls/{call_id}/customer", take),
            *fake_wrap_up.routes(_person),
            *fake_desk.routes(_person),
            web.get("/push", push),
            web.get("/{path:.*}", page),
        ]
    )
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description="Serves the pages with scripted scenes.")
    parser.add_argument("--port", type=int, default=8090)
    web.run_app(application(), host="127.0.0.1", port=parser.parse_args().port)


if __name__ == "__main__":
    main()
