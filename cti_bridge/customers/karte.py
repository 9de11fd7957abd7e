"""The karte: what agents note of a customer and hand to each other, with every earlier wording kept.

A note is made once for each key of its page, so that one saved twice is one.
Of hand-over notes one is pinned on top: a new one unpins the one before.
Who changes a note says which revision was read; a note that changed meanwhile
is given back as it is now, and nothing that was typed is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from unicodedata import category, normalize

import asyncpg

from cti_bridge.calls.ids import AgentId

NoteKind: TypeAlias = Literal["note", "handover"]
MAX_CHARS = 10_000
MAX_FOUND = 100
MIN_SEARCH_CHARS = 2
PAGE = "page"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it is now. ``revision`` counts its wordings, from 1."""

    note_id: int
    customer_id: int
    kind: NoteKind
    text: str
    is_pinned: bool
    agent_id: str | None
    call_id: str | None
    created_at: datetime
    updated_at: datetime | None
    is_deleted: bool
    revision: int


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier wording, and who replaced it when."""

    revision: int
    text: str
    kind: NoteKind
    is_pinned: bool
    replaced_by: str | None
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change; None stays."""

    text: str | None = None
    kind: NoteKind | None = None
    is_pinned: bool | None = None
    is_deleted: bool | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The note changed meanwhile; as it is now."""

    now: Note


@dataclass(frozen=True, slots=True)
class NotAllowed:
    """The note is another's."""


_NOTE = """
select n.note_id, n.customer_id, n.kind, n.text, n.is_pinned, n.agent_id, n.call_id, n.created_at,
       n.updated_at, n.deleted_at is not null as is_deleted,
       (select 1 + count(*) from karte_revision r where r.note_id = n.note_id)::int as revision
from karte_note n
"""
# One customer's notes change one after another: else two who hand over at once do not see each other's note,
# and who waited for the row of a note counts its wordings as they were before the wait.
_LOCK = "select pg_advisory_xact_lock(hashtextextended('karte', customer_id)) from"


def clean(text: str) -> str | None:
    """``text`` as it is kept: composed, its line breaks as they are, without other control characters.

    None for a text that is empty or longer than 10,000 characters.
    """
    composed = normalize("NFC", text.replace("\r\n", "\n"))
    kept = "".join(one for one in composed if one in "\n\t" or category(one) not in ("Cc", "Cs")).strip()
    return kept if 0 < len(kept) <= MAX_CHARS else None


class Karte:
    """Notes in PostgreSQL. Raises what is in ``storage.postgres.FAULTS``. Texts are clean."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def add(
        self,
        customer_id: int,
        agent_id: AgentId,
        key: str,
        text: str,
        kind: NoteKind,
        *,
        is_pinned: bool,
        call_id: str | None,
    ) -> Note | None:
        """A new note, or the one made with this agent's ``key`` before; None: there is no such customer."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetch(_LOCK + " customer where customer_id = $1", customer_id):
                return None
            made = await connection.fetchval(
                """
                insert into karte_note
                    (customer_id, agent_id, text, kind, is_pinned, call_id, source, external_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (source, external_id) where external_id is not null do nothing returning note_id
                """,
                customer_id,
                agent_id,
                text,
                kind,
                is_pinned or kind == "handover",
                call_id,
                PAGE,
                f"{agent_id}/{key}",
            )
            if made is not None and kind == "handover":
                await self._step_down(connection, customer_id, made, agent_id)
            return _note(
                await connection.fetchrow(
                    _NOTE + "where n.source = $1 and n.external_id = $2", PAGE, f"{agent_id}/{key}"
                )
            )

    async def change(
        self, note_id: int, agent_id: AgentId, change: Change, *, revision: int | None, may_others: bool
    ) -> Note | Conflict | NotAllowed | None:
        """Change a note, keeping what it said; None: there is none. ``may_others``: another's too."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK + " karte_note where note_id = $1", note_id)
            row = await connection.fetchrow(_NOTE + "where n.note_id = $1 for update of n", note_id)
            if row is None:
                return None
            now = _note(row)
            if now.agent_id != agent_id and not may_others:
                return NotAllowed()
            if revision is not None and revision != now.revision:
                return Conflict(now)
            kind = change.kind or now.kind
            text = now.text if change.text is None else change.text
            is_pinned = now.is_pinned if change.is_pinned is None else change.is_pinned
            if change.kind == "handover" and now.kind != "handover":
                is_pinned = True
            if (text, kind, is_pinned) != (now.text, now.kind, now.is_pinned):
                await self._keep(connection, now, agent_id)
            await connection.execute(
                """
                update karte_note set text = $2, kind = $3, is_pinned = $4, updated_at = now(),
                    deleted_at = case when $5::boolean is null then deleted_at
                                      when $5 then coalesce(deleted_at, now()) end
                where note_id = $1
                """,
                note_id,
                text,
                kind,
                is_pinned,
                change.is_deleted,
            )
            if kind == "handover" and is_pinned:
                await self._step_down(connection, now.customer_id, note_id, agent_id)
            return _note(await connection.fetchrow(_NOTE + "where n.note_id = $1", note_id))

    async def history(self, note_id: int) -> tuple[Note, list[Revision]] | None:
        """A note and what it said before, the oldest first; None: there is none."""
        row = await self._pool.fetchrow(_NOTE + "where n.note_id = $1", note_id)
        if row is None:
            return None
        rows = await self._pool.fetch(
            "select revision, text, kind, is_pinned, replaced_by, replaced_at from karte_revision"
            " where note_id = $1 order by 1",
            note_id,
        )
        return _note(row), [Revision(*one) for one in rows]

    async def find(self, words: str, customer_id: int | None = None, limit: int = MAX_FOUND) -> list[Note]:
        """Notes that hold ``words``, in any case and width, the newest first; of everybody without an id."""
        if len(words.strip()) < MIN_SEARCH_CHARS:
            return []
        rows = await self._pool.fetch(
            _NOTE
            + """
            where n.deleted_at is null and ($2::bigint is null or n.customer_id = $2)
              and position(lower(normalize($1, NFKC)) in lower(normalize(n.text, NFKC))) > 0
            order by n.created_at desc, n.note_id desc limit $3
            """,
            words.strip(),
            customer_id,
            min(limit, MAX_FOUND),
        )
        return [_note(row) for row in rows]

    async def _step_down(
        self, connection: asyncpg.Connection, customer_id: int, note_id: int, agent_id: AgentId
    ) -> None:
        """Whatever was handed over before is a note like others now."""
        rows = await connection.fetch(
            _NOTE + " where n.customer_id = $1 and n.note_id <> $2 and n.kind = 'handover' and n.is_pinned"
            " for update of n",
            customer_id,
            note_id,
        )
        for row in rows:
            await self._keep(connection, _note(row), agent_id)
        await connection.execute(
            "update karte_note set is_pinned = false, updated_at = now() where note_id = any($1)",
            [row["note_id"] for row in rows],
        )

    async def _keep(self, connection: asyncpg.Connection, now: Note, agent_id: AgentId) -> None:
        await connection.execute(
            "insert into karte_revision (note_id, revision, text, kind, is_pinned, replaced_by)"
            " values ($1, $2, $3, $4, $5, $6)",
            now.note_id,
            now.revision,
            now.text,
            now.kind,
            now.is_pinned,
            agent_id,
        )


def _note(row: asyncpg.Record) -> Note:
    return Note(*row)
