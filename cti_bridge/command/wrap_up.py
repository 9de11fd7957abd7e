"""After-call work, timed: one timer for each agent in it, and the pauses that keep queues away meanwhile.

Asterisk's own wrap-up is not seen in its events, so the bridge keeps the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cti_bridge.calls.effects import BeginWrapUp, EndWrapUp
from cti_bridge.calls.events import CallEvent, WrapUpEnded, WrapUpExtended
from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
from cti_bridge.clock import Clock


@dataclass(frozen=True, slots=True)
class _Running:
    """One agent's after-call work. ``is_longer``: it was made longer, which it can be once."""

    pbx: PbxId
    until_s: float
    timer: asyncio.TimerHandle
    is_longer: bool = False


class WrapUps:
    """Every agent's after-call work.

    ``tell`` takes the event that ends one; ``pause`` asks a PBX to pause a
    telephone in all its queues, or to let it go, and does not wait. ``more_s``:
    how much longer one may take, 0 for no longer.
    """

    def __init__(
        self,
        tell: Callable[[CallEvent], None],
        pause: Callable[[PbxId, Endpoint, bool], None],
        clock: Clock,
        *,
        pauses: bool,
        more_s: float = 0.0,
    ) -> None:
        self._tell = tell
        self._pause = pause
        self._clock = clock
        self._pauses = pauses
        self._more_s = more_s
        self._running: dict[AgentId, _Running] = {}

    def begin(self, effect: BeginWrapUp) -> None:
        """Keep the queues away, and end it in time."""
        agent_id, pbx = effect.agent.agent_id, effect.agent.pbx
        self._cancel(agent_id)
        timer = self._timer(agent_id, effect.until_s)
        self._running[agent_id] = _Running(pbx, effect.until_s, timer)
        if self._pauses:
            for seat in effect.seats:
                self._pause(*seat, True)

    def end(self, effect: EndWrapUp) -> None:
        """Let the queues come again. An agent who chose a pause meanwhile keeps it."""
        self._cancel(effect.agent.agent_id)
        if self._pauses:
            for seat in effect.seats:
                self._pause(*seat, False)

    def finish(self, agent_id: AgentId) -> bool:
        """The agent is done before the time is over; False: it was in none."""
        running = self._cancel(agent_id)
        if running is None:
            return False
        self._tell(WrapUpEnded(running.pbx, self._clock.now_s(), agent_id))
        return True

    def take_longer(self, agent_id: AgentId) -> bool:
        """The agent takes longer, once; False: it is in none, or took longer before."""
        running = self._running.get(agent_id)
        if running is None or running.is_longer or not self._more_s:
            return False
        running.timer.cancel()
        until_s = running.until_s + self._more_s
        self._running[agent_id] = _Running(running.pbx, until_s, self._timer(agent_id, until_s), True)
        self._tell(WrapUpExtended(running.pbx, self._clock.now_s(), agent_id, until_s))
        return True

    def _timer(self, agent_id: AgentId, until_s: float) -> asyncio.TimerHandle:
        left_s = max(0.0, until_s - self._clock.now_s())
        return asyncio.get_running_loop().call_later(left_s, self.finish, agent_id)

    def _cancel(self, agent_id: AgentId) -> _Running | None:
        running = self._running.pop(agent_id, None)
        if running is not None:
            running.timer.cancel()
        return running
