"""What a test does with customers and their karte, and what then stands in the database."""

from __future__ import annotations

import asyncpg

from cti_bridge.calls.ids import AgentId
from cti_bridge.customers.karte import Change, Karte, Note, NoteKind
from cti_bridge.customers.profile import Created, Profiles

ANNA, BERT = AgentId("anna"), AgentId("bert")


class ProfileDesk:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.profiles = Profiles(pool, "JP")
        self.pool = pool

    async def made(self, *numbers: str, **fields: str) -> int:
        done = await self.profiles.create({"name": "架空 花子", **fields}, numbers, is_confirmed=True)
        assert isinstance(done, Created)
        return done.customer_id

    async def row(self, customer_id: int) -> dict[str, object]:
        return dict(await self.pool.fetchrow("select * from customer where customer_id = $1", customer_id))

    async def numbers(self, customer_id: int) -> list[tuple[str, str, str]]:
        rows = await self.pool.fetch(
            "select e164, label, display from customer_number where customer_id = $1 order by 1", customer_id
        )
        return [tuple(row) for row in rows]

    async def everything(self) -> list[tuple[object, ...]]:
        """All customers and numbers; what changes unseen is here."""
        rows = await self.pool.fetch("select c::text from customer c order by customer_id")
        rows += await self.pool.fetch("select n::text from customer_number n order by customer_id, e164")
        return [tuple(row) for row in rows]


class KarteDesk:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.karte = Karte(pool)
        self.pool = pool
        self.keys = 0

    async def note(
        self,
        text: str = "猫が好き",
        kind: NoteKind = "note",
        agent_id: AgentId = ANNA,
        customer_id: int = 1,
        *,
        is_pinned: bool = False,
    ) -> Note:
        self.keys += 1
        made = await self.karte.add(
            customer_id, agent_id, f"k{self.keys}", text, kind, is_pinned=is_pinned, call_id=None
        )
        assert made is not None
        return made

    async def change(self, note: Note, agent_id: AgentId = ANNA, **change: object) -> Note:
        done = await self.karte.change(
            note.note_id,
            agent_id,
            Change(**change),
            revision=None,
            may_others=False,  # type: ignore[arg-type]
        )
        assert isinstance(done, Note)
        return done

    async def now(self, note: Note) -> Note:
        found = await self.karte.history(note.note_id)
        assert found is not None
        return found[0]

    async def wordings(self, note: Note) -> list[tuple[str, str, bool, str | None]]:
        found = await self.karte.history(note.note_id)
        assert found is not None
        assert [one.revision for one in found[1]] == list(range(1, found[0].revision))
        return [(one.text, one.kind, one.is_pinned, one.replaced_by) for one in found[1]]

    async def rows(self) -> list[str]:
        return [row[0] for row in await self.pool.fetch("select n::text from karte_note n order by note_id")]

    async def on_top(self, customer_id: int = 1) -> list[str]:
        rows = await self.pool.fetch(
            "select text from karte_note where customer_id = $1 and kind = 'handover' and is_pinned"
            " and deleted_at is null",
            customer_id,
        )
        return [row["text"] for row in rows]
