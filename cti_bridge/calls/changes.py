"""What one event does: the effects it calls for, and which rows must be shown or written anew.

Rows are shown as they are when the event is done with, however often it touched them.
"""

from __future__ import annotations

from cti_bridge.calls import effects as ef
from cti_bridge.calls.call import Call
from cti_bridge.calls.effects import Effect
from cti_bridge.calls.ids import AgentId, CallId, Endpoint, QueueId
from cti_bridge.calls.numbers import CallerKind
from cti_bridge.calls.state import Live, PbxTables, Queue
from cti_bridge.calls.views import Direction

# A stopping PBX was seen to end its calls within 2 ms of the first mark, and itself 1.1 s later.
STOPPING_S = 10.0


class Changes:
    """Gathers one event's effects. ``out`` holds those that go out first, in order.

    ``is_stopping``: the PBX ends its calls because it stops; none of it is anybody's doing.
    """

    __slots__ = ("agents", "at_s", "calls", "is_stopping", "live", "out", "queues", "records", "tables")

    def __init__(self, live: Live, tables: PbxTables, at_s: float) -> None:
        self.live = live
        self.tables = tables
        self.at_s = at_s
        stopping_at_s = tables.stopping_at_s
        self.is_stopping = stopping_at_s is not None and abs(at_s - stopping_at_s) < STOPPING_S
        self.out: list[Effect] = []
        self.calls: dict[CallId, Call] = {}
        self.queues: dict[QueueId, None] = {}
        self.agents: dict[AgentId, None] = {}
        self.records: dict[CallId, Call] = {}

    def touch(self, call: Call) -> None:
        """The board must show this call anew."""
        if not call.is_listening:
            self.calls[call.call_id] = call

    def touch_queue(self, queue: QueueId) -> None:
        """The board must show this queue anew."""
        self.queues[queue] = None

    def touch_agent(self, agent_id: AgentId) -> None:
        """The agent's state must be derived anew."""
        self.agents[agent_id] = None

    def touch_agent_at(self, endpoint: Endpoint) -> None:
        """Something about this telephone changed: whoever sits there may have too."""
        agent_id = self.tables.seats.get(endpoint)
        if agent_id is not None:
            self.agents[agent_id] = None

    def write(self, call: Call) -> None:
        """The call's record must be written anew."""
        if not call.is_listening:
            self.records[call.call_id] = call

    def prefetch(self, call: Call) -> None:
        """Have the caller's card fetched, when there is a number to fetch it by."""
        if call.caller.kind is CallerKind.NUMBER and call.direction is not Direction.INTERNAL:
            self.out.append(ef.PrefetchCard(call.call_id, call.caller))

    def queue(self, queue: QueueId) -> Queue:
        """The queue of that name, made at its first mention."""
        found = self.tables.queues.get(queue)
        if found is None:
            found = self.tables.queues[queue] = Queue(queue)
        return found

    def finish(self) -> list[Effect]:
        """Everything to do, agents' screens first: they wait for nothing. Agents must be derived by now."""
        out, tables = self.out, self.tables
        for call in self.calls.values():
            if call.ended_at_s is None and call.call_id in tables.calls:
                out.append(ef.ShowCall(call.view(), self.at_s))
        for name in self.queues:
            queue = self.queue(name)
            shown = queue.view(tables.pbx)
            if shown != queue.shown:
                queue.shown = shown
                out.append(ef.ShowQueue(shown))
        for call in self.records.values():
            call.is_written = True
            out.append(ef.RecordCall(call.record()))
        return out
