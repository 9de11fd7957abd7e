"""Who else works here, as a page that calls or transfers is told it."""

from __future__ import annotations

import msgspec

from cti_bridge.calls.views import AgentState


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """One other agent. ``reading``: of the name, in kana.

    ``number``: what dials their telephone, null where none is known.
    ``can_be_called``: there is a number, and the telephone is free.
    """

    agent_id: str
    name: str
    reading: str
    state: AgentState
    can_be_called: bool
    number: str | None


class Colleagues(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of GET /api/colleagues, in the order of their readings."""

    colleagues: list[Colleague]
