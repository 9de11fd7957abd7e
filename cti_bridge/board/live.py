"""The live board: effects folded into rows, and what changed since the last look.

A call, queue or agent that changes many times between two looks is sent once,
as it is: the board's topic is coalesced, never queued.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cti_bridge.board.day import AgentDay, Day, QueueDay
from cti_bridge.board.rows import (
    BoardAgent,
    BoardCall,
    BoardDelta,
    BoardQueue,
    BoardSnapshot,
    BoardSource,
    CallerInfo,
    Totals,
)
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls.effects import (
    CloseCall,
    ConnectOffer,
    CountQueueCall,
    DropAgent,
    DropQueue,
    Effect,
    EndOffer,
    ShowAgent,
    ShowCall,
    ShowQueue,
    ShowSource,
)
from cti_bridge.calls.ids import AgentId, CallId, PbxId, QueueId
from cti_bridge.calls.views import AgentState, AgentView, CallState, CallView, OfferState, QueueView
from cti_bridge.clock import as_utc


@dataclass(frozen=True, slots=True)
class Person:
    """Who an agent is, for people."""

    name: str
    reading: str


@dataclass(slots=True)
class _CallRow:
    view: CallView
    state: CallState
    since_s: float
    customer_name: str | None = None
    rank: str | None = None


class Board:
    """Everything the board shows, and what of it must be sent anew."""

    def __init__(
        self,
        day: Day,
        latency: LatencyWindow,
        person: Callable[[AgentId], Person],
        queue_labels: Mapping[tuple[PbxId, QueueId], str],
    ) -> None:
        self._day = day
        self._latency = latency
        self._person = person
        self._labels = queue_labels
        self._calls: dict[CallId, _CallRow] = {}
        self._queues: dict[tuple[PbxId, QueueId], QueueView] = {}
        self._agents: dict[AgentId, AgentView] = {}
        self._sources: dict[PbxId, BoardSource] = {}
        self._dirty_calls: set[CallId] = set()
        self._dirty_queues: set[tuple[PbxId, QueueId]] = set()
        self._dirty_agents: set[AgentId] = set()
        self._dirty_sources: set[PbxId] = set()
        self._dirty_totals = True
        self._waiting: tuple[int, float | None] | None = None

    def apply(self, effect: Effect) -> None:
        """Fold one effect in; those that say nothing to the board are passed over."""
        if isinstance(effect, ShowCall):
            self._show_call(effect)
        elif isinstance(effect, CloseCall):
            self._calls.pop(effect.call.call_id, None)
            self._dirty_calls.add(effect.call.call_id)
        elif isinstance(effect, ShowQueue):
            self._queues[effect.queue.pbx, effect.queue.queue] = effect.queue
            self._waiting = None
            self._dirty_queues.add((effect.queue.pbx, effect.queue.queue))
        elif isinstance(effect, DropQueue):
            self._queues.pop((effect.pbx, effect.queue), None)
            self._waiting = None
            self._dirty_queues.add((effect.pbx, effect.queue))
        elif isinstance(effect, CountQueueCall):
            self._dirty_queues.add((effect.pbx, effect.queue))
            self._dirty_totals = True
        elif isinstance(effect, ShowAgent):
            self._agents[effect.agent.agent_id] = effect.agent
            self._dirty_agents.add(effect.agent.agent_id)
        elif isinstance(effect, DropAgent):
            self._agents.pop(effect.agent_id, None)
            self._dirty_agents.add(effect.agent_id)
        elif isinstance(effect, (ConnectOffer, EndOffer)):
            self._dirty_agents.add(effect.offer.agent_id)
        elif isinstance(effect, ShowSource):
            self._show_source(effect)

    def _show_source(self, effect: ShowSource) -> None:
        known = self._sources.get(effect.pbx)
        if known is not None and known.is_connected and effect.is_connected:
            return  # taken anew without a loss: since when it is seen, and the gap before, still hold
        self._sources[effect.pbx] = BoardSource(
            pbx=effect.pbx,
            is_connected=effect.is_connected,
            since=as_utc(effect.at_s),
            last_gap_s=effect.gap_s,
        )
        self._dirty_sources.add(effect.pbx)

    def _show_call(self, effect: ShowCall) -> None:
        row = self._calls.get(effect.call.call_id)
        if row is None:
            self._calls[effect.call.call_id] = _CallRow(effect.call, effect.call.state, effect.at_s)
        else:
            if row.state is not effect.call.state:
                row.state, row.since_s = effect.call.state, effect.at_s
            if row.view.caller != effect.call.caller:
                row.customer_name = row.rank = None
            row.view = effect.call
        self._dirty_calls.add(effect.call.call_id)

    def name_customer(self, call_id: CallId, name: str | None, rank: str | None) -> None:
        """The card of a call's caller is known."""
        row = self._calls.get(call_id)
        if row is not None and (row.customer_name, row.rank) != (name, rank):
            row.customer_name, row.rank = name, rank
            self._dirty_calls.add(call_id)

    def rename_all(self) -> None:
        """The roster changed: every agent's row may bear another name."""
        self._dirty_agents |= self._agents.keys()

    def turn_day(self, now_s: float) -> None:
        """At midnight every count begins anew, and every row that bears one is sent."""
        if self._day.turn(now_s):
            self._dirty_queues |= self._queues.keys()
            self._dirty_agents |= self._agents.keys()
            self._dirty_totals = True

    def take_delta(self) -> BoardDelta | None:
        """What changed since the last call of this, or None."""
        latency = self._latency.take_change()
        if not (
            self._dirty_calls
            or self._dirty_queues
            or self._dirty_agents
            or self._dirty_sources
            or self._dirty_totals
            or latency is not None
        ):
            return None
        delta = BoardDelta(
            calls=[self._call(key) for key in self._dirty_calls if key in self._calls],
            calls_gone=[key for key in self._dirty_calls if key not in self._calls],
            queues=[self._queue(key) for key in self._dirty_queues if key in self._queues],
            queues_gone=[_queue_id(*key) for key in self._dirty_queues if key not in self._queues],
            agents=[self._agent(key) for key in self._dirty_agents if key in self._agents],
            agents_gone=[key for key in self._dirty_agents if key not in self._agents],
            sources=[self._sources[key] for key in self._dirty_sources],
            totals=self._totals() if self._dirty_totals else None,
            latency=latency,
        )
        self._dirty_calls.clear()
        self._dirty_queues.clear()
        self._dirty_agents.clear()
        self._dirty_sources.clear()
        self._dirty_totals = False
        return delta

    def snapshot(self) -> BoardSnapshot:
        """Everything, as it is now; deltas after it may repeat part of it, never contradict it."""
        return BoardSnapshot(
            calls=self.calls(),
            queues=[self._queue(key) for key in self._queues],
            agents=[self._agent(key) for key in self._agents],
            sources=list(self._sources.values()),
            totals=self._totals(),
            latency=self._latency.figures(),
        )

    def calls(self) -> list[BoardCall]:
        """Every live call."""
        return [self._call(key) for key in self._calls]

    def call(self, call_id: CallId) -> BoardCall | None:
        """One live call."""
        return self._call(call_id) if call_id in self._calls else None

    def agent_state(self, agent_id: AgentId) -> AgentState:
        """What the system sees of one agent; of whom it knows nothing, that no telephone is there."""
        view = self._agents.get(agent_id)
        return AgentState.OFFLINE if view is None else view.state

    def waiting(self) -> tuple[int, float | None]:
        """How many callers wait in all queues, and since when the first of them does."""
        if self._waiting is None:
            since = [since_s for queue in self._queues.values() for since_s in queue.waiting_since_s]
            self._waiting = len(since), min(since, default=None)
        return self._waiting

    def _call(self, call_id: CallId) -> BoardCall:
        row = self._calls[call_id]
        view = row.view
        return BoardCall(
            call_id=call_id,
            pbx=view.pbx,
            direction=view.direction,
            state=row.state,
            caller=CallerInfo(
                kind=view.caller.kind,
                e164=view.caller.e164,
                display=view.caller.display,
                name=view.caller_name,
            ),
            customer_name=row.customer_name,
            rank=row.rank,
            dialled=view.dialled,
            queue=self.label(view.pbx, view.queue),
            ringing_agent_ids=[o.agent_id for o in view.offers if o.state is OfferState.RINGING],
            talking_agent_ids=[o.agent_id for o in view.offers if o.state is not OfferState.RINGING],
            started_at=as_utc(view.started_at_s),
            queued_at=as_utc(view.queued_at_s) if view.queued_at_s is not None else None,
            answered_at=as_utc(view.answered_at_s) if view.answered_at_s is not None else None,
            state_since=as_utc(row.since_s),
        )

    def label(self, pbx: PbxId, queue: QueueId | None) -> str | None:
        """What people call a queue."""
        return None if queue is None else self._labels.get((pbx, queue), queue)

    def _queue(self, key: tuple[PbxId, QueueId]) -> BoardQueue:
        view = self._queues[key]
        counts = self._day.queues.get(key) or QueueDay()
        return BoardQueue(
            queue_id=_queue_id(*key),
            pbx=view.pbx,
            queue=view.queue,
            label=self.label(*key) or view.queue,
            waiting_since=[as_utc(since_s) for since_s in view.waiting_since_s],
            members=view.members,
            ready=view.ready,
            offered=counts.offered,
            answered=counts.answered,
            answered_in_time=counts.answered_in_time,
            abandoned=counts.abandoned,
        )

    def _agent(self, agent_id: AgentId) -> BoardAgent:
        view = self._agents[agent_id]
        person = self._person(agent_id)
        counts = self._day.agents.get(agent_id) or AgentDay()
        return BoardAgent(
            agent_id=agent_id,
            name=person.name,
            reading=person.reading,
            pbx=view.pbx,
            endpoint=view.endpoint,
            status=view.status,
            state=view.state,
            state_since=as_utc(view.since_s),
            wrap_up_until=as_utc(view.wrap_up_until_s) if view.wrap_up_until_s is not None else None,
            pause_reason=view.pause_reason,
            call_id=view.call_id,
            calls_today=counts.calls,
            talk_s_today=int(counts.talk_s),
        )

    def _totals(self) -> Totals:
        total = self._day.total()
        return Totals(
            offered=total.offered,
            answered=total.answered,
            answered_in_time=total.answered_in_time,
            abandoned=total.abandoned,
            wait_answered_s=round(total.wait_answered_s, 3),
            threshold_s=int(self._day.threshold_s),
        )


def _queue_id(pbx: PbxId, queue: QueueId) -> str:
    return f"{pbx}/{queue}"
