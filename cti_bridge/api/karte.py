"""The karte over HTTP: notes with their history, cautions, open complaints, counselling answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

import msgspec
from aiohttp import web

from cti_bridge.agents.permissions import Right, may
from cti_bridge.agents.sessions import Sessions
from cti_bridge.api.answers import answer, empty, problem
from cti_bridge.api.bodies import MAX_INTAKE_BYTES, read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.signed_in import Viewed, customer_id_of, id_of, no_such_customer, signed_in, stores_away
from cti_bridge.calls.ids import AgentId
from cti_bridge.customers import cautions, karte
from cti_bridge.customers.answers import Answers
from cti_bridge.customers.cautions import Cautions
from cti_bridge.customers.karte import Change, Conflict, Karte, NotAllowed, Note
from cti_bridge.customers.questions import Question
from cti_bridge.push.karte_bodies import (
    CautionMade,
    ChangedNote,
    CounsellingAnswer,
    CounsellingQuestion,
    CounsellingQuestions,
    FoundNotes,
    KarteNote,
    KarteRevision,
    NewCaution,
    NewNote,
    NoteHistory,
    QuestionOption,
)


@dataclass(frozen=True, slots=True)
class KarteApi:
    """The handlers of notes, cautions and counselling. ``name``: of an agent."""

    sessions: Sessions
    karte: Karte
    cautions: Cautions
    answers: Answers
    questions: Sequence[Question]
    name: Callable[[AgentId], str]
    viewed: Viewed

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        whose = "/api/customers/{customer_id}"
        note = "/api/notes/{note_id}"
        conflict = {200: KarteNote, 409: KarteNote}
        return [
            Endpoint("POST", f"{whose}/notes", "Write a note", self.add, {201: KarteNote}, NewNote, True),
            Endpoint("PATCH", note, "Change a note", self.change, conflict, ChangedNote, True),
            Endpoint(
                "GET", f"{note}/history", "A note's wordings", self.history, {200: NoteHistory}, None, True
            ),
            Endpoint(
                "GET", "/api/notes", "Find notes of everybody (q)", self.find, {200: FoundNotes}, None, True
            ),
            Endpoint(
                "POST",
                f"{whose}/cautions",
                "Caution colleagues",
                self.caution,
                {201: CautionMade},
                NewCaution,
                True,
            ),
            Endpoint(
                "DELETE",
                "/api/cautions/{caution_id}",
                "End a caution",
                self.end_caution,
                {204: None},
                None,
                True,
            ),
            Endpoint(
                "POST",
                "/api/contacts/{contact_id}/close",
                "Settle a complaint",
                self.close,
                {204: None},
                None,
                True,
            ),
            Endpoint(
                "GET",
                "/api/counselling",
                "The counselling questions",
                self.counselling,
                {200: CounsellingQuestions},
                None,
                True,
            ),
            Endpoint(
                "PATCH",
                f"{whose}/counselling",
                "Write down an answer, or take it back",
                self.answer,
                {204: None},
                CounsellingAnswer,
                True,
            ),
        ]

    async def add(self, request: web.Request) -> web.Response:
        """A new note; sent again it is the same."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        customer_id = customer_id_of(request)
        body = await read_body(request, NewNote, MAX_INTAKE_BYTES)
        if isinstance(body, web.Response):
            return body
        text = karte.clean(body.text)
        if text is None:
            return _wrong_text(karte.MAX_CHARS)
        if "\0" in body.key or (body.call_id is not None and "\0" in body.call_id):
            return problem(400, "bad_request", "key and call_id must not contain NUL")
        if customer_id is None:
            return no_such_customer()
        with stores_away():
            made = await self.karte.add(
                customer_id,
                session.agent_id,
                body.key,
                text,
                body.kind,
                is_pinned=body.is_pinned,
                call_id=body.call_id,
            )
        if made is None:
            return no_such_customer()
        self.viewed(session.agent_id, customer_id, "change", call_id=body.call_id, detail="note")
        return answer(self._note(made), 201)

    async def change(self, request: web.Request) -> web.Response:
        """Change a note; what it said is kept."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        body = await read_body(request, ChangedNote, MAX_INTAKE_BYTES)
        if isinstance(body, web.Response):
            return body
        text = None if body.text is None else karte.clean(body.text)
        if body.text is not None and text is None:
            return _wrong_text(karte.MAX_CHARS)
        note_id = id_of(request.match_info["note_id"])
        change = Change(text, body.kind, body.is_pinned, body.is_deleted)
        with stores_away():
            outcome = (
                None
                if note_id is None
                else await self.karte.change(
                    note_id,
                    session.agent_id,
                    change,
                    revision=body.revision,
                    may_others=may(session.role, Right.CHANGE_OTHERS_NOTES),
                )
            )
        match outcome:
            case None:
                return problem(404, "not_found", "there is no such note")
            case NotAllowed():
                return problem(403, "forbidden", "the note is another's")
            case Conflict(now=now):
                return answer(self._note(now), 409)
            case Note():
                self.viewed(session.agent_id, outcome.customer_id, "change", call_id=None, detail="note")
                return answer(self._note(outcome))
            case _:
                assert_never(outcome)

    async def history(self, request: web.Request) -> web.Response:
        """What a note said before."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        note_id = id_of(request.match_info["note_id"])
        with stores_away():
            found = None if note_id is None else await self.karte.history(note_id)
        if found is None:
            return problem(404, "not_found", "there is no such note")
        note, revisions = found
        self.viewed(session.agent_id, note.customer_id, "history", call_id=None, detail="note")
        named = [
            KarteRevision(
                revision=one.revision,
                text=one.text,
                kind=one.kind,
                is_pinned=one.is_pinned,
                replaced_by=None if one.replaced_by is None else self.name(AgentId(one.replaced_by)),
                replaced_at=one.replaced_at,
            )
            for one in revisions
        ]
        return answer(NoteHistory(note=self._note(note), revisions=named))

    async def find(self, request: web.Request) -> web.Response:
        """Notes of everybody: for those who lead."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        if not may(session.role, Right.CHANGE_OTHERS_NOTES):
            return problem(403, "forbidden", "everybody's notes are for supervisors")
        words = request.query.get("q", "").replace("\0", "")[:100]
        with stores_away():
            found = await self.karte.find(words)
        for customer_id in {note.customer_id for note in found}:
            self.viewed(session.agent_id, customer_id, "search", call_id=None, detail="notes")
        return answer(FoundNotes(notes=[self._note(note) for note in found]))

    async def caution(self, request: web.Request) -> web.Response:
        """What colleagues must see first."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        customer_id = customer_id_of(request)
        body = await read_body(request, NewCaution)
        if isinstance(body, web.Response):
            return body
        text = karte.clean(body.text)
        if text is None or len(text) > cautions.MAX_CHARS:
            return _wrong_text(cautions.MAX_CHARS)
        with stores_away():
            made = (
                None
                if customer_id is None
                else await self.cautions.add(customer_id, body.severity, text, session.agent_id)
            )
        if made is None or customer_id is None:
            return no_such_customer()
        self.viewed(session.agent_id, customer_id, "change", call_id=None, detail="caution")
        return answer(CautionMade(caution_id=made), 201)

    async def end_caution(self, request: web.Request) -> web.Response:
        """It holds no more."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        caution_id = id_of(request.match_info["caution_id"])
        with stores_away():
            whose = None if caution_id is None else await self.cautions.end(caution_id, session.agent_id)
        if whose is None:
            return problem(404, "not_found", "there is no such caution, or it has ended")
        self.viewed(session.agent_id, whose, "change", call_id=None, detail="caution ended")
        return empty()

    async def close(self, request: web.Request) -> web.Response:
        """A complaint is settled: by who handled it, or by who leads."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        contact_id = id_of(request.match_info["contact_id"])
        may_others = may(session.role, Right.CHANGE_OTHERS_NOTES)
        with stores_away():
            whose = (
                None
                if contact_id is None
                else await self.cautions.close_contact(contact_id, session.agent_id, may_others=may_others)
            )
        if whose is None:
            return problem(404, "not_found", "there is no open one that you may close")
        self.viewed(session.agent_id, whose, "change", call_id=None, detail="complaint closed")
        return empty()

    async def counselling(self, request: web.Request) -> web.Response:
        """The questions of the configuration."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        return answer(CounsellingQuestions(questions=[_question(one) for one in self.questions]))

    async def answer(self, request: web.Request) -> web.Response:
        """Write an answer down, or take it back."""
        session = await signed_in(request, self.sessions)
        if isinstance(session, web.Response):
            return session
        customer_id = customer_id_of(request)
        body = await read_body(request, CounsellingAnswer)
        if isinstance(body, web.Response):
            return body
        question = next((one for one in self.questions if one.id == body.question), None)
        if question is None:
            return problem(400, "bad_request", f"question: there is no question {body.question[:40]!r}")
        kept = None if body.answer is None else question.read(body.answer)
        if body.answer is not None and kept is None:
            return problem(400, "bad_request", f"answer: is none to a question of type {question.type}")
        encoded = None if kept is None else msgspec.json.encode(kept).decode()
        with stores_away():
            is_there = customer_id is not None and await self.answers.put(
                customer_id, question.id, encoded, session.agent_id
            )
        if not is_there or customer_id is None:
            return no_such_customer()
        self.viewed(session.agent_id, customer_id, "change", call_id=None, detail=f"answer {question.id}")
        return empty()

    def _note(self, note: Note) -> KarteNote:
        return KarteNote(
            note_id=note.note_id,
            customer_id=note.customer_id,
            kind=note.kind,
            text=note.text,
            is_pinned=note.is_pinned,
            agent_id=note.agent_id,
            author=None if note.agent_id is None else self.name(AgentId(note.agent_id)),
            created_at=note.created_at,
            updated_at=note.updated_at,
            is_deleted=note.is_deleted,
            revision=note.revision,
        )


def _question(question: Question) -> CounsellingQuestion:
    options = [QuestionOption(id=one.id, ja=one.ja, en=one.en) for one in question.option]
    return CounsellingQuestion(
        id=question.id, ja=question.ja, en=question.en, type=question.type, options=options
    )


def _wrong_text(most: int) -> web.Response:
    return problem(400, "bad_request", f"text: must have from 1 to {most:,} characters")
