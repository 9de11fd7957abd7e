"""Who spoke on a call, as its steps tell (A1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cti_bridge.records.steps import Step, StepName, spoke_in

AT = datetime(2026, 4, 8, tzinfo=UTC)


def step(what: StepName, **data: Any) -> Step:
    return Step(at=AT, ms=0.0, what=what, data=data)


def test_who_answered_spoke_and_who_only_rang_did_not() -> None:
    steps = [
        step("offered", offer_id="o1", agent_id="anna"),
        step("offered", offer_id="o2", agent_id="bert"),
        step("answered", offer_id="o1"),
        step("withdrawn", offer_id="o2", agent_id="bert", reason="answered_elsewhere"),
        step("offered", offer_id="o3", agent_id="cleo"),
        step("answered", offer_id="o3"),
        step("answered", offer_id="o9"),
        step("closed", reason="completed"),
    ]
    assert spoke_in(steps) == {"anna", "cleo"}
    assert spoke_in([]) == frozenset()
