"""Plays a traffic plan on an exchange: everything a plan says becomes a deed in the exchange's agenda."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from cti_bridge.simulator.exchange import Call, Exchange
from cti_bridge.simulator.traffic import PlannedCall, TrafficPlan

# How long a caller who has waited enough waits on when the telephone that rings is a favoured one.
_A_LITTLE_S = 1.0


class Player:
    """One plan on one exchange. ``done`` is called when the last call is over."""

    def __init__(self, exchange: Exchange, plan: TrafficPlan, done: Callable[[], None]) -> None:
        self._exchange = exchange
        self._plan = plan
        self._done = done
        self._planned = plan.planned()
        self._live: dict[Call, PlannedCall] = {}
        self._starting: PlannedCall | None = None
        self._is_exhausted = self._is_done = False
        self._is_stopped = False

    def begin(self, at_s: float) -> None:
        """Play from ``at_s`` on."""
        self._exchange.on_ring = self._on_ring
        self._exchange.favoured.update(self._plan.favoured)
        self._next(at_s)

    def stop(self) -> None:
        """Start no more calls; those that live stay as they are."""
        self._is_stopped = True
        self._exchange.on_ring = None
        self._exchange.favoured.difference_update(self._plan.favoured)

    def _next(self, began_at_s: float) -> None:
        planned = next(self._planned, None)
        if planned is None:
            self._is_exhausted = True
            self._check()
        else:
            self._exchange.at(
                began_at_s + planned.starts_after_s, lambda due_s: self._start(due_s, began_at_s, planned)
            )

    def _start(self, at_s: float, began_at_s: float, planned: PlannedCall) -> None:
        if self._is_stopped:
            return
        self._starting = planned
        call = self._exchange.call(at_s, planned.caller, planned.to)
        self._starting = None
        self._live.setdefault(call, planned)
        self._exchange.at(at_s + planned.patience_s, lambda due_s: self._lose_patience(due_s, call))
        self._next(began_at_s)

    def _on_ring(self, at_s: float, call: Call, endpoints: Sequence[str]) -> None:
        # A call may ring before ``exchange.call`` returned it; one that is not of the plan is left alone.
        planned = self._live.get(call) or self._starting
        if planned is None:
            return
        patient = [endpoint for endpoint in endpoints if endpoint in self._plan.favoured]
        if patient:
            delay_s, chosen = self._plan.favoured[patient[0]], patient[0]
        else:
            delay_s, chosen = planned.answer_after_s, endpoints[int(planned.pick * len(endpoints))]
            if planned.reject_pick is not None:
                self._live[call] = replace(planned, reject_pick=None)
                refusing = endpoints[int(planned.reject_pick * len(endpoints))]
                self._exchange.at(at_s + delay_s / 2, lambda due_s: self._reject(due_s, call, refusing))
        self._exchange.at(at_s + delay_s, lambda due_s: self._answer(due_s, call, chosen, planned))

    def _answer(self, at_s: float, call: Call, chosen: str, planned: PlannedCall) -> None:
        if not call.ringing:
            self._check(call)
            return
        endpoint = chosen if chosen in call.ringing else call.ringing[0]
        self._exchange.answer(at_s, call, endpoint)
        by = endpoint if planned.agent_hangs_up else None
        ends_at_s = at_s + planned.talk_s
        if planned.hold_after_s is not None:
            held_at_s = at_s + planned.hold_after_s
            ends_at_s = max(ends_at_s, held_at_s + planned.hold_s)
            self._exchange.at(held_at_s, lambda due_s: self._hold(due_s, call, endpoint, planned.hold_s))
        self._exchange.at(ends_at_s, lambda due_s: self._end(due_s, call, by))

    def _hold(self, at_s: float, call: Call, endpoint: str, hold_s: float) -> None:
        if call.talking == endpoint:
            self._exchange.hold(at_s, call, endpoint)
            self._exchange.at(at_s + hold_s, lambda due_s: self._resume(due_s, call, endpoint))

    def _resume(self, at_s: float, call: Call, endpoint: str) -> None:
        if call.talking == endpoint:
            self._exchange.resume(at_s, call, endpoint)

    def _reject(self, at_s: float, call: Call, endpoint: str) -> None:
        if endpoint in call.ringing:
            self._exchange.reject(at_s, call, endpoint)
            self._check(call)

    def _lose_patience(self, at_s: float, call: Call) -> None:
        if call.is_over or call.talking:
            return
        if any(endpoint in self._plan.favoured for endpoint in call.ringing):
            self._exchange.at(at_s + _A_LITTLE_S, lambda due_s: self._lose_patience(due_s, call))
        else:
            self._end(at_s, call, None)

    def _end(self, at_s: float, call: Call, by: str | None) -> None:
        if not call.is_over:
            self._exchange.hang_up(at_s, call, by)
        self._check(call)

    def _check(self, call: Call | None = None) -> None:
        """Forget ``call`` if it is over, and say so when it was the last."""
        if call is not None and call.is_over:
            self._live.pop(call, None)
        if self._is_exhausted and not self._live and not self._is_done:
            self._is_done = True
            self._done()
