"""The calls of the last day, and why each did or did not pop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import COOKIE, Sessions
from cti_bridge.api.answers import answer, problem
from cti_bridge.api.call_summary import Summaries
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.board.live import Board
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.calls.outcomes import EndReason
from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import Unavailable
from cti_bridge.push.envelope import CallList, CallSummary, Why
from cti_bridge.records.recent import RecentCalls
from cti_bridge.records.steps import Step
from cti_bridge.records.trace import Trace
from cti_bridge.records.why import explain

DAY = timedelta(hours=24)
DEFAULT_LIMIT, MAX_LIMIT = 100, 500
_OUTCOMES = frozenset({"live", *(reason for reason in EndReason if reason is not EndReason.MERGED)})
_NOT_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a supervisor asks for. ``digits``: how the number ends."""

    since: datetime
    digits: str | None
    agent_id: str | None
    outcome: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class CallsApi:
    """The handlers of ``/api/calls``. ``kept_hours``: how long a trace is kept."""

    sessions: Sessions
    recent: RecentCalls
    trace: Trace
    board: Board
    summaries: Summaries
    clock: Clock
    kept_hours: int

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "GET",
                "/api/calls",
                "The calls of the last day, newest first (since, number, agent, outcome, limit)",
                self.list_calls,
                {200: CallList},
                needs_session=True,
            ),
            Endpoint(
                "GET",
                "/api/calls/{call_id}/why",
                "Why a call did or did not pop",
                self.why,
                {200: Why},
                needs_session=True,
            ),
        ]

    async def list_calls(self, request: web.Request) -> web.Response:
        """Live calls and ended ones. While the records cannot be read, the live ones alone."""
        refusal = await self._refuse(request)
        if refusal is not None:
            return refusal
        wanted = self._read(request)
        if isinstance(wanted, str):
            return problem(400, "bad_request", wanted)
        live = [self.summaries.live(row) for row in self.board.calls()]
        found = [call for call in live if _is_wanted(call, wanted)]
        is_partial = False
        if wanted.outcome != "live":
            try:
                ended = await self.recent.ended(
                    wanted.since,
                    wanted.limit + 1,
                    digits=wanted.digits,
                    agent_id=wanted.agent_id,
                    outcome=wanted.outcome,
                )
            except Unavailable:
                is_partial = True
            else:
                known = {call.call_id for call in live}
                found += [self.summaries.ended(call) for call in ended if call.call_id not in known]
        found.sort(key=lambda call: (call.started_at, call.call_id), reverse=True)
        return answer(
            CallList(
                calls=found[: wanted.limit],
                is_partial=is_partial,
                is_cut=len(found) > wanted.limit,
                kept_hours=self.kept_hours,
            )
        )

    async def why(self, request: web.Request) -> web.Response:
        """From memory while the call lives and shortly after, else from the database."""
        refusal = await self._refuse(request)
        if refusal is not None:
            return refusal
        call_id = CallId(request.match_info["call_id"])
        found = self._remembered(call_id) or await self._recorded(call_id)
        if found is None:
            kept = f"steps are kept for {self.kept_hours} hours after a call's end"
            return problem(404, "not_found", f"nothing is kept of this call; {kept}")
        call, steps = found
        verdicts = explain(steps, is_live=call.outcome is None)
        named = {str(step.data["agent_id"]) for step in steps if step.data.get("agent_id")}
        named |= {str(step.data["transferred_by"]) for step in steps if step.data.get("transferred_by")}
        names = {agent_id: self.summaries.name(AgentId(agent_id)) for agent_id in sorted(named)}
        return answer(Why(call=call, verdicts=verdicts, steps=steps, names=names))

    # -- inside -----------------------------------------------------------------------------

    def _remembered(self, call_id: CallId) -> tuple[CallSummary, list[Step]] | None:
        """A call that lives, or closed a moment ago."""
        kept = self.trace.find(call_id)
        if kept is None or kept.call is None:
            return None
        row = self.board.call(kept.call.call_id) if kept.reason is None else None
        if row is not None:
            call = self.summaries.live(row)
        else:
            call = self.summaries.closed(kept.call, kept.reason, kept.steps)
        return msgspec.structs.replace(call, agents=self.summaries.agents_in(kept.steps)), kept.steps

    async def _recorded(self, call_id: CallId) -> tuple[CallSummary, list[Step]] | None:
        """A call of the database, while its trace is kept."""
        # PostgreSQL's text holds no NUL; asked for one it fails as if it were away.
        ended = await self.recent.one(call_id) if "\0" not in call_id else None
        steps = await self.recent.steps(call_id) if ended is not None else None
        return None if ended is None or steps is None else (self.summaries.ended(ended), steps)

    async def _refuse(self, request: web.Request) -> web.Response | None:
        session = await self.sessions.read(request.cookies.get(COOKIE, ""))
        if session is None:
            return problem(401, "not_signed_in", "there is no session, or it ended")
        if not may(session.role, Right.SEE_CALLS):
            return problem(403, "forbidden", "calls are for supervisors")
        return None

    def _read(self, request: web.Request) -> _Wanted | str:
        """What is asked for, or what is wrong with it."""
        query = request.query
        earliest = as_utc(self.clock.now_s()) - DAY
        since = earliest
        try:
            limit = int(query.get("limit", DEFAULT_LIMIT))
            if "since" in query:
                since = datetime.fromisoformat(query["since"])
        except ValueError as error:
            return str(error)
        if since.tzinfo is None:
            return "since must bear an offset from UTC"
        if not 1 <= limit <= MAX_LIMIT:
            return f"limit must be from 1 to {MAX_LIMIT}"
        outcome = query.get("outcome") or None
        if outcome is not None and outcome not in _OUTCOMES:
            return f"outcome must be one of {', '.join(sorted(_OUTCOMES))}"
        agent_id = query.get("agent") or None
        if agent_id is not None and "\0" in agent_id:
            return "agent must be an agent's id"
        digits = _NOT_DIGITS.sub("", query.get("number", "")) or None
        return _Wanted(max(since, earliest), digits, agent_id, outcome, limit)


def _is_wanted(call: CallSummary, wanted: _Wanted) -> bool:
    """Whether a live call is asked for. Those that began before ``since`` are live all the same."""
    if wanted.outcome not in (None, "live"):
        return False
    if wanted.agent_id is not None and all(each.agent_id != wanted.agent_id for each in call.agents):
        return False
    if wanted.digits is None:
        return True
    numbers = (call.caller.e164 or "", _NOT_DIGITS.sub("", call.caller.display))
    return any(number.endswith(wanted.digits) for number in numbers)
