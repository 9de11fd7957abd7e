"""What the API takes and gives of the karte: notes, cautions, counselling."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from cti_bridge.lookup.card import Severity


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent to us."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what we send."""


class NewNote(_Body, frozen=True, kw_only=True):
    """Body of POST /api/customers/{customer_id}/notes; sent again with its ``key`` it is the same note."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    text: str
    kind: Literal["note", "handover"] = "note"
    is_pinned: bool = False
    call_id: str | None = None


class ChangedNote(_Body, frozen=True, kw_only=True):
    """Body of PATCH /api/notes/{note_id}; null stays. ``revision``: the wording that was read."""

    text: str | None = None
    kind: Literal["note", "handover"] | None = None
    is_pinned: bool | None = None
    is_deleted: bool | None = None
    revision: int | None = None


class KarteNote(_Answer, frozen=True, kw_only=True):
    """A note as it is now."""

    note_id: int
    customer_id: int
    kind: Literal["note", "handover"]
    text: str
    is_pinned: bool
    agent_id: str | None
    author: str | None
    created_at: datetime
    updated_at: datetime | None
    is_deleted: bool
    revision: int


class KarteRevision(_Answer, frozen=True, kw_only=True):
    """An earlier wording, and who replaced it when."""

    revision: int
    text: str
    kind: Literal["note", "handover"]
    is_pinned: bool
    replaced_by: str | None
    replaced_at: datetime


class NoteHistory(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/notes/{note_id}/history, the oldest wording first."""

    note: KarteNote
    revisions: list[KarteRevision]


class FoundNotes(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/notes, the newest first."""

    notes: list[KarteNote]


class NewCaution(_Body, frozen=True, kw_only=True):
    """Body of POST /api/customers/{customer_id}/cautions."""

    severity: Severity
    text: str


class CautionMade(_Answer, frozen=True, kw_only=True):
    """Answer of POST /api/customers/{customer_id}/cautions."""

    caution_id: int


class QuestionOption(_Answer, frozen=True, kw_only=True):
    """One answer to choose."""

    id: str
    ja: str
    en: str


class CounsellingQuestion(_Answer, frozen=True, kw_only=True):
    """One question, in both languages."""

    id: str
    ja: str
    en: str
    type: Literal["choice", "choices", "yes_no", "number", "date", "text"]
    options: list[QuestionOption]


class CounsellingQuestions(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/counselling."""

    questions: list[CounsellingQuestion]


class CounsellingAnswer(_Body, frozen=True, kw_only=True):
    """Body of PATCH /api/customers/{customer_id}/counselling; null takes the answer back."""

    question: str
    answer: str | float | bool | list[str] | None
