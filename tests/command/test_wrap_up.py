"""After-call work by the clock (A1): it ends in time, when its agent is done, and takes longer once."""

from __future__ import annotations

import asyncio

from cti_bridge.calls.effects import BeginWrapUp, EndWrapUp
from cti_bridge.calls.events import CallEvent, WrapUpEnded, WrapUpExtended
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, PbxId
from cti_bridge.calls.views import AgentState, AgentView
from cti_bridge.clock import Clock
from cti_bridge.command.wrap_up import WrapUps

PBX, ANNA, SEAT = PbxId("main"), AgentId("anna"), (PbxId("main"), Endpoint("PJSIP/1001"))
VIEW = AgentView(ANNA, PBX, SEAT[1], AgentState.WRAP_UP, 0.0, "", None)


class Stage:
    def __init__(self, more_s: float = 30.0) -> None:
        self.told: asyncio.Queue[CallEvent] = asyncio.Queue()
        self.pauses: list[tuple[PbxId, Endpoint, bool]] = []
        self.clock = Clock()
        self.work = WrapUps(
            self.told.put_nowait,
            lambda *asked: self.pauses.append(asked),
            self.clock,
            pauses=True,
            more_s=more_s,
        )

    def begin(self, lasts_s: float) -> float:
        until_s = self.clock.now_s() + lasts_s
        self.work.begin(BeginWrapUp(VIEW, CallId("c1"), until_s, (SEAT,)))
        return until_s

    async def next(self) -> CallEvent:
        async with asyncio.timeout(5):
            return await self.told.get()


async def test_an_agent_who_is_done_ends_it_before_its_time() -> None:
    stage = Stage()
    assert not stage.work.finish(ANNA)
    stage.begin(600)
    assert stage.work.finish(ANNA)
    assert not stage.work.finish(ANNA)
    ended = await stage.next()
    assert isinstance(ended, WrapUpEnded) and (ended.pbx, ended.agent_id) == (PBX, ANNA)
    assert stage.told.empty()
    stage.work.end(EndWrapUp(VIEW, (SEAT,)))
    assert stage.pauses == [(*SEAT, True), (*SEAT, False)]


async def test_it_takes_longer_once() -> None:
    stage = Stage(more_s=0.05)
    assert not stage.work.take_longer(ANNA)
    until_s = stage.begin(0.05)
    assert stage.work.take_longer(ANNA)
    assert not stage.work.take_longer(ANNA)
    longer = await stage.next()
    assert isinstance(longer, WrapUpExtended) and longer.until_s == until_s + 0.05
    ended = await stage.next()
    assert isinstance(ended, WrapUpEnded) and ended.at_s >= longer.until_s
    assert not stage.work.take_longer(ANNA), "it is over"
    stage.begin(600)
    assert stage.work.take_longer(ANNA), "each call has its own"
    stage.work.finish(ANNA)


async def test_where_no_more_time_is_given_none_is_taken() -> None:
    stage = Stage(more_s=0)
    stage.begin(600)
    assert not stage.work.take_longer(ANNA)
    assert stage.work.finish(ANNA)
