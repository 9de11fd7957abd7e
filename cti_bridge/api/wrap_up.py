"""After-call work over HTTP: dispositions to choose from, what was said of a call, done, more time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import Session, Sessions
from cti_bridge.api.answers import answer, empty, problem
from cti_bridge.api.bodies import read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import Viewed, id_of, signed_in, stores_away
from cti_bridge.calls.ids import AgentId, CallId
from cti_bridge.customers.call_dispositions import MAX_AMOUNT_MINOR, CallDispositions, Said, Word
from cti_bridge.customers.dispositions import Category, Disposition, Dispositions, Language
from cti_bridge.push import wrap_up_bodies as bodies
from cti_bridge.push.customer_bodies import FieldFault


class AfterCallWork(Protocol):
    """Agents' after-call work: see ``command.wrap_up``."""

    def finish(self, agent_id: AgentId) -> bool:
        """End it before its time; False: the agent was in none."""
        ...

    def take_longer(self, agent_id: AgentId) -> bool:
        """Once for each call; False: there is none, or it was made longer before."""
        ...


@dataclass(frozen=True, slots=True)
class WrapUpApi:
    """The handlers of dispositions and after-call work.

    ``spoke``: who spoke on a call that lives or closed a moment ago, None for one
    unknown; ``name``: of an agent; ``written_in``: the language of contacts.
    """

    sessions: Sessions
    dispositions: Dispositions
    words: CallDispositions
    work: AfterCallWork
    spoke: Callable[[CallId], frozenset[AgentId] | None]
    name: Callable[[AgentId], str]
    viewed: Viewed
    more_s: int
    written_in: Language

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        of_call = "/api/calls/{call_id}/disposition"
        said, refused = bodies.CallDispositions, bodies.DispositionRefused
        choices, body = bodies.DispositionChoices, bodies.CallDisposition
        return [
            Endpoint(
                "GET", "/api/dispositions", "What may be said", self.choices, {200: choices}, None, True
            ),
            Endpoint("GET", of_call, "What was said of a call", self.read, {200: said}, None, True),
            Endpoint("PUT", of_call, "Say it", self.put, {200: said, 422: refused}, body, True),
            Endpoint(
                "POST", "/api/wrap-up/done", "After-call work is done", self.done, {204: None}, None, True
            ),
            Endpoint("POST", "/api/wrap-up/more", "More time for it", self.more, {204: None}, None, True),
        ]

    async def choices(self, request: web.Request) -> web.Response:
        """The dispositions of the configuration."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        categories = [shown_category(one) for one in self.dispositions.categories]
        return answer(bodies.DispositionChoices(categories=categories, more_s=self.more_s))

    async def read(self, request: web.Request) -> web.Response:
        """What was said of a call: for who spoke on it, and who leads."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        call_id = CallId(request.match_info["call_id"])
        with stores_away():
            refusal = await self._refuse(session, call_id)
            return refusal or await self._said(call_id)

    async def put(self, request: web.Request) -> web.Response:
        """Say what a call was. The same sent again changes nothing, something else replaces it."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, bodies.CallDisposition)
        if isinstance(body, web.Response):
            return body
        call_id, agent_id = CallId(request.match_info["call_id"]), session.agent_id
        with stores_away():
            refusal = await self._refuse(session, call_id)
            if refusal is not None:
                return refusal
            found = self.dispositions.find(body.category, body.disposition)
            if isinstance(found, str):
                return _wrong(found, f"there is no {found} {getattr(body, found)[:40]!r}")
            faults = await self._faults(call_id, found, body)
            if faults:
                return answer(bodies.DispositionRefused(faults=faults), 422)
            word = Word(
                body.category,
                body.disposition,
                found.contact,
                found.stays_open,
                found.subject(self.written_in, body.follow_up_on),
                body.amount_minor,
                body.follow_up_on,
                body.customer_id,
            )
            saved = await self.words.put(call_id, agent_id, word)
            if saved == "no_such_customer":
                return _wrong("customer_id", "there is no such customer")
            if saved == "saved" and body.customer_id is not None:
                self.viewed(agent_id, body.customer_id, "change", call_id=call_id, detail="disposition")
            return await self._said(call_id)

    async def done(self, request: web.Request) -> web.Response:
        """End the after-call work. Done when the agent is in none."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        self.work.finish(session.agent_id)
        return empty()

    async def more(self, request: web.Request) -> web.Response:
        """Make the after-call work longer, once."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        if not self.work.take_longer(session.agent_id):
            return problem(409, "bad_request", "no after-call work, or none that can be made longer")
        return empty()

    # -- inside -----------------------------------------------------------------------------

    async def _refuse(self, session: Session, call_id: CallId) -> web.Response | None:
        """Why ``session`` may not speak of a call; None when it may."""
        # PostgreSQL's text holds no NUL; asked for one it fails as if it were away.
        if "\0" in call_id:
            return problem(404, "not_found", "there is no such call")
        spoke = self.spoke(call_id)
        if spoke is not None and session.agent_id in spoke:
            return None
        # The steps of a long call are cut: its record knows better.
        recorded = await self.words.spoke(call_id)
        if spoke is None and recorded is None:
            return problem(404, "not_found", "there is no such call")
        if session.agent_id in (recorded or ()) or may(session.role, Right.HANDLE_OTHERS_CALLS):
            return None
        return problem(403, "forbidden", "only who spoke on the call, and who leads, says what it was")

    async def _faults(
        self, call_id: CallId, of: Disposition, body: bodies.CallDisposition
    ) -> list[FieldFault]:
        """What is missing or cannot be, field by field."""
        faults = []
        amount, customer_id = body.amount_minor, body.customer_id
        if amount is not None and not 0 <= amount <= MAX_AMOUNT_MINOR:
            faults.append(_fault("amount_minor", "wrong", f"is from 0 to {MAX_AMOUNT_MINOR:,}"))
        is_somebody = customer_id is not None and id_of(str(customer_id)) is not None
        if customer_id is not None and not is_somebody:
            faults.append(_fault("customer_id", "wrong", "there is no such customer"))
        if "amount" in of.requires and amount is None:
            faults.append(_fault("amount_minor", "empty", f"{of.id} requires an amount"))
        if "follow_up_on" in of.requires and body.follow_up_on is None:
            faults.append(_fault("follow_up_on", "empty", f"{of.id} requires a date"))
        if "customer" in of.requires and customer_id is None:
            faults.append(_fault("customer_id", "empty", f"{of.id} requires a customer"))
        is_noted = customer_id is None or not is_somebody or await self.words.has_note(call_id, customer_id)
        if "note" in of.requires and not is_noted:
            faults.append(_fault("note", "empty", f"{of.id} requires a note written for this call"))
        return faults

    async def _said(self, call_id: CallId) -> web.Response:
        said = [self._shown(one) for one in await self.words.of_call(call_id)]
        return answer(bodies.CallDispositions(said=said))

    def _shown(self, said: Said) -> bodies.SaidOfCall:
        return bodies.SaidOfCall(
            agent_id=said.agent_id,
            agent=self.name(said.agent_id),
            category=said.category,
            disposition=said.disposition,
            amount_minor=said.amount_minor,
            follow_up_on=said.follow_up_on,
            customer_id=said.customer_id,
            revision=said.revision,
            at=said.at,
            changed_at=said.changed_at,
        )


def shown_category(category: Category) -> bodies.DispositionCategory:
    """A category as pages are told of it."""
    dispositions = [
        bodies.DispositionChoice(id=one.id, ja=one.ja, en=one.en, requires=list(one.requires))
        for one in category.disposition
    ]
    return bodies.DispositionCategory(
        id=category.id, ja=category.ja, en=category.en, dispositions=dispositions
    )


def _fault(field: str, code: Literal["empty", "wrong"], reason: str) -> FieldFault:
    return FieldFault(field=field, code=code, reason=reason)


def _wrong(field: str, reason: str) -> web.Response:
    return answer(bodies.DispositionRefused(faults=[_fault(field, "wrong", reason)]), 422)
