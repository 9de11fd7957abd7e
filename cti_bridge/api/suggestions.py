"""What became of a suggestion, told by the agent during the call (S3)."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import customer_id_of, signed_in, stores_away
from cti_bridge.push.customer_bodies import OutcomeRecorded, SuggestionOutcome
from cti_bridge.suggest.outcomes import MAX_AMOUNT_MINOR, Outcome, Outcomes


@dataclass(frozen=True, slots=True)
class SuggestionsApi:
    """The handler of outcomes."""

    sessions: Sessions
    outcomes: Outcomes

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "POST",
                "/api/customers/{customer_id}/suggestions/{sku}/outcome",
                "Say what became of a suggestion; of a call the last word counts",
                self.record,
                {200: OutcomeRecorded},
                SuggestionOutcome,
                True,
            )
        ]

    async def record(self, request: web.Request) -> web.Response:
        """Write it down; the next list is made by it."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, SuggestionOutcome)
        if isinstance(body, web.Response):
            return body
        amount = body.amount_minor
        if amount is not None and (body.outcome != "accepted" or not 0 <= amount <= MAX_AMOUNT_MINOR):
            return problem(400, "bad_request", "amount_minor: goes with accepted, and is not negative")
        customer_id, sku = customer_id_of(request), request.match_info["sku"]
        if "\0" in sku or "\0" in body.call_id or len(body.call_id) > 200:
            return problem(400, "bad_request", "sku and call_id must be texts without NUL")
        with stores_away():
            done = (
                None
                if customer_id is None
                else await self.outcomes.record(
                    Outcome(customer_id, sku, body.outcome, amount, body.call_id, session.agent_id)
                )
            )
        if done is None:
            return problem(404, "not_found", "there is no such customer or product")
        return answer(OutcomeRecorded(outcome=body.outcome, at=done.at))
