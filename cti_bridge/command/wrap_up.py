"""After-call work, timed: one timer for each agent in it, and the pauses that keep queues away meanwhile.

Asterisk's own wrap-up is not seen in its events, so the bridge keeps the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cti_bridge.calls.effects import BeginWrapUp, EndWrapUp
from cti_bridge.calls.events import CallEvent, WrapUpEnded
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.clock import Clock


class WrapUps:
    """Every agent's after-call work.

    ``tell`` takes the event that ends one; ``pause`` asks a PBX to pause a
    telephone in all its queues, or to let it go, and does not wait.
    """

    def __init__(
        self,
        tell: Callable[[CallEvent], None],
        pause: Callable[[PbxId, Endpoint, bool], None],
        clock: Clock,
        *,
        pauses: bool,
    ) -> None:
        self._tell = tell
        self._pause = pause
        self._clock = clock
        self._pauses = pauses
        self._timers: dict[AgentId, asyncio.TimerHandle] = {}

    def begin(self, effect: BeginWrapUp) -> None:
        """Keep the queues away, and end it in time."""
        agent_id, pbx = effect.agent.agent_id, effect.agent.pbx
        self._cancel(agent_id)
        left_s = max(0.0, effect.until_s - self._clock.now_s())
        self._timers[agent_id] = asyncio.get_running_loop().call_later(left_s, self._end, agent_id, pbx)
        if self._pauses:
            for seat in effect.seats:
                self._pause(*seat, True)

    def end(self, effect: EndWrapUp) -> None:
        """Let the queues come again. An agent who chose a pause meanwhile keeps it."""
        self._cancel(effect.agent.agent_id)
        if self._pauses:
            for seat in effect.seats:
                self._pause(*seat, False)

    def _end(self, agent_id: AgentId, pbx: PbxId) -> None:
        self._timers.pop(agent_id, None)
        self._tell(WrapUpEnded(pbx, self._clock.now_s(), agent_id))

    def _cancel(self, agent_id: AgentId) -> None:
        timer = self._timers.pop(agent_id, None)
        if timer is not None:
            timer.cancel()
