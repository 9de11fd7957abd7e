"""Why it did or did not pop (P7): each reason from the steps that show it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from cti_bridge.records.steps import Step
from cti_bridge.records.why import explain

AT = datetime(2026, 4, 8, 1, 2, 3, tzinfo=UTC)


def step(ms: float, what: Any, **data: Any) -> Step:
    return Step(at=AT, ms=ms, what=what, data=data)


def verdicts(*steps: Step, is_live: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.to_builtins(explain(steps, is_live=is_live))
    return found


def codes(*steps: Step, is_live: bool = False) -> list[str]:
    return [each["code"] for each in verdicts(*steps, is_live=is_live)]


CALLER = step(
    0,
    "caller_known",
    direction="inbound",
    kind="number",
    e164="+81312345678",
    display="03-1234-5678",
    name="",
)
ASKED = step(0, "lookup_began", e164="+81312345678")
FOUND = step(0.6, "lookup_ended", lookup="found", source="cache", customer="佐藤 花子", sharers=0)
ENDED = step(9000, "closed", reason="completed")


def rang(endpoint: str = "PJSIP/1001", agent_id: str | None = "a1001", is_offered: bool = True) -> Step:
    return step(
        100, "telephone_rang", channel="1.1", endpoint=endpoint, agent_id=agent_id, is_offered=is_offered
    )


def offered(ms: float = 100, offer_id: str = "o1", agent_id: str = "a1001") -> Step:
    return step(ms, "offered", offer_id=offer_id, agent_id=agent_id, state="ringing", transferred_by=None)


def published(ms: float = 101, offer_id: str = "o1", browsers: int = 1, lookup: str = "found") -> Step:
    return step(
        ms, "published", offer_id=offer_id, agent_id="a1001", offset=4, browsers=browsers, lookup=lookup
    )


def painted(ms: float = 131, offer_id: str = "o1") -> Step:
    return step(ms, "painted", offer_id=offer_id, agent_id="a1001")


def withdrawn(ms: float = 110, offer_id: str = "o1", reason: str = "abandoned") -> Step:
    return step(ms, "withdrawn", offer_id=offer_id, agent_id="a1001", reason=reason)


def test_a_pop_that_was_painted_says_after_how_long() -> None:
    assert verdicts(CALLER, ASKED, FOUND, rang(), offered(), published(), painted(), ENDED) == [
        {"code": "painted", "agent_id": "a1001", "ms": 31.0, "lookup": "found"},
        {"code": "card_found", "ms": 0.6, "source": "cache"},
    ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((offered(), published()), {"code": "not_painted", "ms": 1.0, "lookup": "found", "count": 1}),
        ((offered(), published(browsers=0)), {"code": "no_browser", "ms": 1.0, "lookup": "found"}),
        ((offered(), withdrawn()), {"code": "over_before_card", "reason": "abandoned"}),
        ((offered(),), {"code": "waits_for_card"}),
        ((offered(), step(101, "no_screen", offer_id="o1", agent_id="a1001")), {"code": "no_screen"}),
    ],
)
def test_why_an_agent_saw_nothing(steps: tuple[Step, ...], expected: dict[str, Any]) -> None:
    (told, *_) = verdicts(CALLER, rang(), *steps, is_live=True)
    assert told == {"agent_id": "a1001"} | expected


def test_a_telephone_of_nobody_is_named() -> None:
    strange = rang("PJSIP/1007", None, is_offered=False)
    assert verdicts(CALLER, rang(), offered(), published(), painted(), strange, strange)[1] == {
        "code": "no_agent",
        "endpoint": "PJSIP/1007",
    }


def test_the_outside_line_of_a_call_out_is_nobodys_fault() -> None:
    out = step(0, "caller_known", direction="outbound", kind="number", e164="+8131", display="03", name="")
    trunk = rang("PJSIP/trunk", None, is_offered=False)
    assert codes(out, offered(), published(), painted(), trunk, FOUND) == ["painted", "card_found"]


def test_an_agents_telephone_may_ring_for_what_is_no_pop() -> None:
    (told, *_) = verdicts(CALLER, rang(is_offered=False))
    assert told == {"code": "not_offered", "endpoint": "PJSIP/1001", "agent_id": "a1001"}
    again = (rang(is_offered=False), rang(), offered(), published(), painted())
    assert codes(CALLER, *again) == ["painted"]


def test_a_telephone_rung_again_and_again_is_told_once_with_its_slowest() -> None:
    rings = [
        each
        for n in range(3)
        for each in (
            offered(n * 1000, f"o{n}"),
            published(n * 1000 + 1, f"o{n}"),
            painted(n * 1000 + 20 + n, f"o{n}"),
            withdrawn(n * 1000 + 500, f"o{n}", "timeout"),
        )
    ]
    assert verdicts(CALLER, *rings)[0] == {
        "code": "painted",
        "agent_id": "a1001",
        "ms": 22.0,
        "lookup": "found",
        "times": 3,
    }


QUEUED = step(1, "queue_entered", channel="1.0", queue="orders", caller_number="", caller_name="")


@pytest.mark.parametrize(
    ("steps", "is_live", "code"),
    [
        ((QUEUED,), True, "still_queued"),
        ((QUEUED, step(5, "queue_abandoned", channel="1.0", queue="orders")), False, "abandoned_before_ring"),
        ((step(5, "closed", reason="abandoned"),), False, "abandoned_before_ring"),
        ((QUEUED, step(5, "queue_left", channel="1.0", queue="orders"), ENDED), False, "nothing_rang"),
        ((), True, "nothing_rang"),
    ],
)
def test_why_no_telephone_rang(steps: tuple[Step, ...], is_live: bool, code: str) -> None:
    assert codes(*steps, is_live=is_live) == [code]


@pytest.mark.parametrize(
    ("known", "ended", "expected"),
    [
        (
            "number",
            {"lookup": "unknown", "source": "nobody"},
            {"code": "nobody", "number": "03-1", "ms": 2.0},
        ),
        ("number", {"lookup": "unavailable", "source": ""}, {"code": "card_unavailable"}),
        ("private", None, {"code": "no_number", "kind": "private"}),
        ("extension", None, {"code": "internal", "number": "03-1"}),
    ],
)
def test_why_there_was_no_card(known: str, ended: dict[str, str] | None, expected: dict[str, Any]) -> None:
    caller = step(0, "caller_known", direction="inbound", kind=known, e164=None, display="03-1", name="")
    answer = () if ended is None else (step(2, "lookup_ended", customer=None, sharers=0, **ended),)
    assert verdicts(caller, ASKED, *answer, is_live=True)[1:] == [expected]


def test_a_number_that_several_share_is_told() -> None:
    shared = step(0.6, "lookup_ended", lookup="found", source="database", customer="長谷川", sharers=2)
    assert verdicts(CALLER, ASKED, shared)[-1] == {"code": "shared_number", "count": 3}


def test_a_card_that_came_after_the_pop_is_told_with_its_delay() -> None:
    late = step(171.04, "card_followed", offer_id="o1", agent_id="a1001", lookup="found")
    bare = (CALLER, ASKED, offered(), published(121, lookup="pending"), painted(), late, FOUND)
    assert verdicts(*bare)[-1] == {"code": "card_late", "agent_id": "a1001", "ms": 50.0}
    changed = (CALLER, ASKED, FOUND, offered(), published(), painted(), late)
    assert "card_late" not in codes(*changed), "a card that changed while shown was not late"


def test_what_went_unseen_is_told_last() -> None:
    assert verdicts(
        step(0, "in_sight", gap_s=None),
        step(1, "blocks_skipped", reason="garbage", count=2),
        step(2, "out_of_sight", cause="cut"),
        step(3, "in_sight", gap_s=12.0),
        step(4, "blocks_skipped", reason="garbage", count=1),
        step(5, "out_of_sight", cause="cut"),
        step(6, "steps_skipped", count=7),
    )[1:] == [
        {"code": "seen_late"},
        {"code": "gap", "seconds": 12.0},
        {"code": "steps_skipped", "count": 7},
        {"code": "gap"},
        {"code": "blocks_skipped", "count": 3},
    ]
