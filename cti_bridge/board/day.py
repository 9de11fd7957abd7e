"""The day's counts, a pure fold over effects; a new day of the centre's time zone begins at zero.

Service level = answered within the threshold / (answered + abandoned). ASA =
time waited by the answered / answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from cti_bridge.calls.effects import ConnectOffer, CountQueueCall, Effect, EndOffer
from cti_bridge.calls.ids import AgentId, PbxId, QueueId
from cti_bridge.calls.outcomes import QueueOutcome


@dataclass(slots=True)
class QueueDay:
    """One queue's counts. ``wait_answered_s``: summed waits of the answered."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    wait_answered_s: float = 0.0


@dataclass(slots=True)
class AgentDay:
    """One agent's counts. ``talk_s``: finished talks only."""

    calls: int = 0
    talk_s: float = 0.0


@dataclass(slots=True)
class Day:
    """Today's counts by queue and agent."""

    zone: ZoneInfo
    threshold_s: float
    today: date | None = None
    queues: dict[tuple[PbxId, QueueId], QueueDay] = field(default_factory=dict)
    agents: dict[AgentId, AgentDay] = field(default_factory=dict)

    def turn(self, now_s: float) -> bool:
        """Begin a new day when ``now_s`` is past midnight; answers whether it did."""
        today = datetime.fromtimestamp(now_s, self.zone).date()
        if self.today is not None and today <= self.today:
            return False
        has_turned, self.today = self.today is not None, today
        if has_turned:
            self.queues.clear()
            self.agents.clear()
        return has_turned

    def count(self, effect: Effect) -> None:
        """Count what an effect says; most say nothing."""
        if isinstance(effect, CountQueueCall):
            self._count_queue(effect)
        elif isinstance(effect, ConnectOffer):
            self.agents.setdefault(effect.offer.agent_id, AgentDay()).calls += 1
        elif isinstance(effect, EndOffer) and effect.offer.answered_at_s and effect.offer.ended_at_s:
            talked_s = max(0.0, effect.offer.ended_at_s - effect.offer.answered_at_s)
            self.agents.setdefault(effect.offer.agent_id, AgentDay()).talk_s += talked_s

    def _count_queue(self, effect: CountQueueCall) -> None:
        counts = self.queues.setdefault((effect.pbx, effect.queue), QueueDay())
        if effect.outcome is QueueOutcome.OFFERED:
            counts.offered += 1
        elif effect.outcome is QueueOutcome.ANSWERED:
            counts.answered += 1
            counts.wait_answered_s += effect.wait_s
            counts.answered_in_time += effect.wait_s <= self.threshold_s
        elif effect.outcome is QueueOutcome.ABANDONED:
            counts.abandoned += 1

    def total(self) -> QueueDay:
        """All queues together."""
        total = QueueDay()
        for counts in self.queues.values():
            total.offered += counts.offered
            total.answered += counts.answered
            total.answered_in_time += counts.answered_in_time
            total.abandoned += counts.abandoned
            total.wait_answered_s += counts.wait_answered_s
        return total
