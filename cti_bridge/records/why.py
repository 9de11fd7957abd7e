"""Why a call did or did not pop: from the steps of its trace to verdicts, pure.

A verdict is a code with parameters; its sentence is in the pages' catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from cti_bridge.records.steps import Step

VerdictCode: TypeAlias = Literal[
    "painted",
    "not_painted",
    "no_browser",
    "over_before_card",
    "waits_for_card",
    "no_screen",
    "no_agent",
    "not_offered",
    "still_queued",
    "abandoned_before_ring",
    "nothing_rang",
    "card_found",
    "card_late",
    "card_unavailable",
    "shared_number",
    "nobody",
    "no_number",
    "internal",
    "gap",
    "seen_late",
    "blocks_skipped",
    "steps_skipped",
]


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sentence of the answer. What is not said by its code stays out.

    ``ms``: from the ring's bytes to what the code names. ``times``: as often in
    this call, the slowest counts. ``count``: browsers, people, blocks or steps.
    """

    code: VerdictCode
    agent_id: str | None = None
    endpoint: str | None = None
    ms: float | None = None
    lookup: str | None = None
    reason: str | None = None
    kind: str | None = None
    number: str | None = None
    source: str | None = None
    count: int | None = None
    seconds: float | None = None
    times: int = 1


@dataclass(slots=True)
class _Pop:
    """One offer's road."""

    agent_id: str
    offered_ms: float
    published_ms: float | None = None
    browsers: int = 0
    lookup: str | None = None
    painted_ms: float | None = None
    card_ms: float | None = None
    reason: str | None = None
    is_over: bool = False
    has_screen: bool = True


@dataclass(slots=True)
class _Caller:
    direction: str = ""
    kind: str | None = None
    number: str = ""
    asked_ms: float | None = None
    found_ms: float | None = None
    lookup: str | None = None
    source: str | None = None
    sharers: int = 0


def explain(steps: Sequence[Step], *, is_live: bool) -> list[Verdict]:
    """Who should have seen the call and did or did not, what is known of the caller, what went unseen."""
    pops: dict[str, _Pop] = {}
    caller = _Caller()
    for step in steps:
        _follow(step, pops, caller)
    people = list(_people(pops.values()))
    offered_to = {pop.agent_id for pop in pops.values()}
    people += _rings_without_offer(steps, offered_to, caller.direction)
    if not people:
        people.append(_no_ring(steps, is_live))
    late = [_late(pop) for pop in pops.values()]
    return [*people, *_card(caller), *(each for each in late if each is not None), *_troubles(steps)]


def _follow(step: Step, pops: dict[str, _Pop], caller: _Caller) -> None:
    data: dict[str, Any] = step.data
    pop = pops.get(data.get("offer_id", ""))
    match step.what:
        case "offered":
            pops.setdefault(data["offer_id"], _Pop(data["agent_id"], step.ms))
        case "caller_known":
            caller.direction, caller.kind, caller.number = data["direction"], data["kind"], data["display"]
        case "lookup_began":
            caller.asked_ms = step.ms
        case "lookup_ended":
            caller.lookup, caller.source, caller.sharers = data["lookup"], data["source"], data["sharers"]
            caller.found_ms = step.ms
    if pop is None:
        return
    match step.what:
        case "published" if pop.published_ms is None:
            pop.published_ms, pop.browsers, pop.lookup = step.ms, data["browsers"], data["lookup"]
        case "no_screen":
            pop.has_screen = False
        case "painted" if pop.painted_ms is None:
            pop.painted_ms = step.ms
        case "card_followed" if pop.card_ms is None:
            pop.card_ms = step.ms
        case "withdrawn" | "part_ended":
            pop.is_over, pop.reason = True, data["reason"]


def _people(pops: Iterable[_Pop]) -> Iterator[Verdict]:
    """One verdict an agent and outcome: a queue may ring the same telephone again and again."""
    found: dict[tuple[str, str], Verdict] = {}
    for pop in pops:
        verdict = _judge(pop)
        before = found.get((pop.agent_id, verdict.code))
        if before is not None:
            slowest = max((each for each in (before.ms, verdict.ms) if each is not None), default=None)
            verdict = msgspec.structs.replace(verdict, times=before.times + 1, ms=slowest)
        found[pop.agent_id, verdict.code] = verdict
    return iter(found.values())


def _judge(pop: _Pop) -> Verdict:
    agent_id = pop.agent_id
    if not pop.has_screen:
        return Verdict(code="no_screen", agent_id=agent_id)
    if pop.published_ms is None:
        code: VerdictCode = "over_before_card" if pop.is_over else "waits_for_card"
        return Verdict(code=code, agent_id=agent_id, reason=pop.reason)
    if pop.painted_ms is not None:
        ms = round(pop.painted_ms - pop.offered_ms, 1)
        return Verdict(code="painted", agent_id=agent_id, ms=ms, lookup=pop.lookup)
    ms = round(pop.published_ms - pop.offered_ms, 1)
    if pop.browsers == 0:
        return Verdict(code="no_browser", agent_id=agent_id, ms=ms, lookup=pop.lookup)
    return Verdict(code="not_painted", agent_id=agent_id, ms=ms, lookup=pop.lookup, count=pop.browsers)


def _rings_without_offer(steps: Iterable[Step], offered_to: set[str], direction: str) -> list[Verdict]:
    """Telephones that rang and popped nothing. On a call out it is the outside party's line that rings."""
    found: dict[str, Verdict] = {}
    for step in steps:
        if step.what != "telephone_rang" or step.data["is_offered"]:
            continue
        endpoint, agent_id = str(step.data["endpoint"]), step.data["agent_id"]
        if agent_id is None and direction != "outbound":
            found[endpoint] = Verdict(code="no_agent", endpoint=endpoint)
        elif agent_id is not None and agent_id not in offered_to:
            found[endpoint] = Verdict(code="not_offered", endpoint=endpoint, agent_id=str(agent_id))
    return list(found.values())


def _no_ring(steps: Sequence[Step], is_live: bool) -> Verdict:
    names = {step.what for step in steps}
    if is_live and "queue_entered" in names and "queue_left" not in names:
        return Verdict(code="still_queued")
    is_abandoned = "queue_abandoned" in names or any(
        step.what == "closed" and step.data["reason"] == "abandoned" for step in steps
    )
    return Verdict(code="abandoned_before_ring" if is_abandoned else "nothing_rang")


def _card(caller: _Caller) -> Iterator[Verdict]:
    """What became of the search for the caller."""
    if caller.kind == "extension" or caller.direction == "internal":
        yield Verdict(code="internal", number=caller.number)
    elif caller.kind not in (None, "number"):
        yield Verdict(code="no_number", kind=caller.kind)
    elif caller.lookup is not None:
        asked_ms = caller.asked_ms if caller.asked_ms is not None else caller.found_ms
        took_ms = round((caller.found_ms or 0) - (asked_ms or 0), 1)
        match caller.lookup:
            case "found":
                yield Verdict(code="card_found", ms=took_ms, source=caller.source)
                if caller.sharers:
                    yield Verdict(code="shared_number", count=caller.sharers + 1)
            case "unknown":
                yield Verdict(code="nobody", number=caller.number, ms=took_ms)
            case "unavailable":
                yield Verdict(code="card_unavailable")


def _late(pop: _Pop) -> Verdict | None:
    if pop.published_ms is None or pop.card_ms is None or pop.lookup != "pending":
        return None
    return Verdict(code="card_late", agent_id=pop.agent_id, ms=round(pop.card_ms - pop.published_ms, 1))


def _troubles(steps: Sequence[Step]) -> Iterator[Verdict]:
    """What the bridge could not see. A gap without ``seconds`` lasts still."""
    if steps and steps[0].what == "in_sight":
        yield Verdict(code="seen_late")
    skipped, is_lost = 0, False
    for step in steps:
        match step.what:
            case "out_of_sight":
                is_lost = True
            case "in_sight":
                is_lost = False
                if step.data["gap_s"] is not None:
                    yield Verdict(code="gap", seconds=float(step.data["gap_s"]))
            case "blocks_skipped":
                skipped += int(step.data["count"] or 0)
            case "steps_skipped":
                yield Verdict(code="steps_skipped", count=int(step.data["count"] or 0))
    if is_lost:
        yield Verdict(code="gap")
    if skipped:
        yield Verdict(code="blocks_skipped", count=skipped)
