"""What the API takes and gives of after-call work: dispositions, and what was said of a call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from cti_bridge.push.customer_bodies import FieldFault


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is sent to us."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what we send."""


class DispositionChoice(_Answer, frozen=True, kw_only=True):
    """One disposition, and what must be said besides."""

    id: str
    ja: str
    en: str
    requires: list[Literal["note", "customer", "amount", "follow_up_on"]]


class DispositionCategory(_Answer, frozen=True, kw_only=True):
    """A category with its dispositions, in the order of the configuration."""

    id: str
    ja: str
    en: str
    dispositions: list[DispositionChoice]


class DispositionChoices(_Answer, frozen=True, kw_only=True):
    """Answer of GET /api/dispositions. ``more_s``: for how long after-call work can be made longer once."""

    categories: list[DispositionCategory]
    more_s: int


class CallDisposition(_Body, frozen=True, kw_only=True):
    """Body of PUT /api/calls/{call_id}/disposition. ``customer_id``: whose card it was said on."""

    category: str
    disposition: str
    amount_minor: int | None = None
    follow_up_on: date | None = None
    customer_id: int | None = None


class DispositionRefused(_Answer, frozen=True, kw_only=True):
    """Why it was not written down, field by field."""

    faults: list[FieldFault]


class SaidOfCall(_Answer, frozen=True, kw_only=True):
    """What one agent said. ``revision`` counts from 1; ``changed_at``: when it was last changed."""

    agent_id: str
    agent: str
    category: str
    disposition: str
    amount_minor: int | None
    follow_up_on: date | None
    customer_id: int | None
    revision: int
    at: datetime
    changed_at: datetime | None


class CallDispositions(_Answer, frozen=True, kw_only=True):
    """What was said of a call, the first to speak first."""

    said: list[SaidOfCall]
