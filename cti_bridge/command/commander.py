"""Has PBXs do what agents ask for: authorised, once for each key, written down, answered honestly.

The same key of the same agent is the same wish: it is carried out once, and
whoever sends it again, even while it runs, gets the first outcome.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
import structlog

from cti_bridge.agents.command_log import CommandEntry
from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.roster import Agent
from cti_bridge.calls import commands as cmd
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result, Unconfirmed
from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import AgentId, BridgeId, ChannelId, PbxId
from cti_bridge.calls.state import Live
from cti_bridge.clock import Clock
from cti_bridge.command.aim import aim
from cti_bridge.command.hot_desk import HotDesk, Operates
from cti_bridge.errors import Unavailable
from cti_bridge.push import command_bodies as ask
from cti_bridge.storage.postgres import FAULTS, SETTING, explain
from cti_bridge.telemetry import Telemetry, mask

AnyRequest: TypeAlias = ask.Request | ask.DeskRequest

# A browser that lost the answer asks again within seconds; after this nobody does.
REMEMBERED_S = 600.0
MAX_REMEMBERED = 10_000
# More wishes at a time than one person has hands: a page that went wild.
MAX_RUNNING_EACH = 8

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    request: AnyRequest
    began_ns: int
    result: asyncio.Task[Result]


class Commander:
    """Carries out requests. ``agents`` finds who works here; ``tell`` applies events of ours."""

    def __init__(
        self,
        live: Live,
        sources: Mapping[PbxId, Operates],
        hot_desk: HotDesk,
        agents: Callable[[AgentId], Agent | None],
        tell: Callable[[CallEvent], None],
        write: Callable[[CommandEntry], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]],
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        self._live = live
        self._sources = sources
        self._hot_desk = hot_desk
        self._agents = agents
        self._tell = tell
        self._write = write
        self._spawn = spawn
        self._telemetry = telemetry
        self._clock = clock
        self._running: Counter[AgentId] = Counter()
        self._wishes: OrderedDict[tuple[AgentId, str], _Wish] = OrderedDict()
        self._consultations: dict[tuple[PbxId, ChannelId], BridgeId | None] = {}

    async def run(self, agent_id: AgentId, key: str, request: AnyRequest) -> Result:
        """What came of an agent's request. ``key`` is the agent's own."""
        self._forget()
        known = self._wishes.get((agent_id, key))
        if known is None:
            running = self._running[agent_id]
            if running >= MAX_RUNNING_EACH:
                return Refused(RefusalCode.TOO_MANY, f"{running} commands of {agent_id} are still running")
            # A task of its own: a browser that goes away leaves nothing half done.
            task = self._begin(agent_id, request)
            known = self._wishes[agent_id, key] = _Wish(request, self._clock.ticks_ns(), task)
        elif known.request != request:
            return Refused(RefusalCode.KEY_REUSED, "the key was used for another request")
        return await asyncio.shield(known.result)

    async def run_once(self, agent_id: AgentId, request: AnyRequest) -> Result:
        """What came of a request that does no harm when it is made twice."""
        return await asyncio.shield(self._begin(agent_id, request))

    def _begin(self, agent_id: AgentId, request: AnyRequest) -> asyncio.Task[Result]:
        self._running[agent_id] += 1
        task = self._spawn(self._carry_out(agent_id, request))
        task.add_done_callback(lambda _: self._ended(agent_id))
        return task

    def _ended(self, agent_id: AgentId) -> None:
        self._running[agent_id] -= 1
        if not self._running[agent_id]:
            del self._running[agent_id]

    def _forget(self) -> None:
        """Drop outcomes past either bound, the oldest first."""
        now_ns = self._clock.ticks_ns()
        while self._wishes:
            place, oldest = next(iter(self._wishes.items()))
            is_old = now_ns - oldest.began_ns > REMEMBERED_S * 1e9
            if not oldest.result.done() or not (is_old or len(self._wishes) >= MAX_REMEMBERED):
                return
            del self._wishes[place]

    async def _carry_out(self, agent_id: AgentId, request: AnyRequest) -> Result:
        """Carry out and write down; never raises, since a fault in one wish must not end the bridge."""
        began_ns = self._clock.ticks_ns()
        try:
            result = await self._authorised(agent_id, request)
        except Unavailable as error:
            result = Refused(RefusalCode.UNAVAILABLE, str(error))
        except Exception:
            self._telemetry.task_failures.labels("command").inc()
            log.exception("command_failed", kind=kind_of(request), by=agent_id)
            result = Refused(RefusalCode.FAILED, "an error of the server; its log says more")
        self._note(agent_id, request, result, began_ns)
        return result

    async def _authorised(self, agent_id: AgentId, request: AnyRequest) -> Result:
        agent = self._agents(agent_id)
        if agent is None:
            return Refused(RefusalCode.NOT_ALLOWED, f"{agent_id} does not work here")
        whose_id = getattr(request, "agent_id", None) or agent_id
        right = right_for(request, is_own=whose_id == agent_id)
        if not may(agent.role, right):
            return Refused(RefusalCode.NOT_ALLOWED, f"role {agent.role} lacks the right {right}")
        whose = self._agents(whose_id)
        if whose is None:
            return Refused(RefusalCode.NOT_FOUND, f"nobody here is {whose_id}")
        match request:
            case ask.SignOnRequest(pbx=pbx, endpoint=endpoint):
                return await self._hot_desk.sign_on(agent, pbx, endpoint)
            case ask.SignOffRequest():
                return await self._hot_desk.sign_off(agent)
            case ask.JoinQueueRequest(pbx=pbx, queue=queue) | ask.LeaveQueueRequest(pbx=pbx, queue=queue):
                is_chief = may(agent.role, Right.CHOOSE_OTHERS_STATE)
                if not is_chief and not await self._hot_desk.may_serve(agent_id, pbx, queue):
                    return Refused(RefusalCode.NOT_ALLOWED, f"{queue} is no queue of {agent_id}")
        aimed = aim(self._live, agent, whose, request, self._consultations, self._clock.now_s())
        if isinstance(aimed, Refused):
            return aimed
        results = await asyncio.gather(*(self._perform(command) for command in aimed))
        return next((result for result in results if not isinstance(result, Done)), results[0])

    async def _perform(self, command: cmd.Command) -> Result:
        source = self._sources.get(command.pbx)
        if source is None:
            return Refused(RefusalCode.PBX_AWAY, f"pbx.{command.pbx} is not in the settings")
        if not isinstance(command, cmd.BeginTransfer):
            return await source.perform(command, self._tell)
        channel = self._live.tables(command.pbx).channels.get(command.channel)
        home = channel.bridge if channel else None
        result = await source.perform(command, self._tell)
        if isinstance(result, Done):
            for place in list(self._consultations):
                if place[1] not in self._live.tables(place[0]).channels:
                    del self._consultations[place]
            self._consultations[command.pbx, command.channel] = home
        return result

    def _note(self, agent_id: AgentId, request: AnyRequest, result: Result, began_ns: int) -> None:
        """Log it with numbers masked, and have it written down; a database that is away stops nobody."""
        kind = kind_of(request)
        target = msgspec.to_builtins(request)
        call_id = target.pop("call_id", None)
        target.pop("type", None)
        outcome, detail = _spelled(result)
        took_ms = round((self._clock.ticks_ns() - began_ns) / 1e6, 1)
        shown = {key: mask(value) if key == "number" else value for key, value in target.items()}
        shown.pop("name", None)
        log.info(
            "command",
            by=agent_id,
            kind=kind,
            call_id=call_id,
            outcome=outcome,
            detail=detail,
            took_ms=took_ms,
            **{f"on_{key}": value for key, value in shown.items()},
        )
        entry = CommandEntry(self._clock.now_s(), agent_id, kind, call_id, target, outcome, detail)
        self._spawn(self._write_down(entry))

    async def _write_down(self, entry: CommandEntry) -> None:
        try:
            await self._write(entry)
        except FAULTS as error:
            log.warning("command_not_written", setting=SETTING, cause=explain(error), by=entry.agent_id)
        except Exception:
            self._telemetry.task_failures.labels("command_log").inc()
            log.exception("command_not_written", by=entry.agent_id)


def right_for(request: AnyRequest, *, is_own: bool) -> Right:
    """The right a request needs. ``is_own``: it is about whoever asks."""
    match request:
        case ask.OriginateRequest():
            return Right.CALL_OUT
        case ask.ListenRequest():
            return Right.LISTEN_IN
        case ask.HangUpRequest() if not is_own:
            return Right.HANDLE_OTHERS_CALLS
        case ask.PauseRequest() | ask.JoinQueueRequest() | ask.LeaveQueueRequest():
            return Right.CHOOSE_OWN_STATE if is_own else Right.CHOOSE_OTHERS_STATE
        case ask.SignOnRequest() | ask.SignOffRequest():
            return Right.CHOOSE_OWN_STATE
        case _:
            return Right.HANDLE_OWN_CALL


def kind_of(request: AnyRequest) -> str:
    """What a request is called in logs."""
    if isinstance(request, ask.SignOnRequest):
        return "sign_on"
    if isinstance(request, ask.SignOffRequest):
        return "sign_off"
    return str(request.__struct_config__.tag)


def _spelled(result: Result) -> tuple[str, str]:
    match result:
        case Done(detail=detail):
            return "done", detail
        case Refused(code=code, detail=detail):
            return code.value, detail
        case Unconfirmed(detail=detail):
            return "unconfirmed", detail
