"""Holds three things against each other: what is expected, what SIP says, and what the bridge made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.views import CallView, Direction
from tests.shapes.bridge import SeenOffer
from tests.shapes.expect import INTERNAL, Offer, Shape, told
from tests.shapes.truth import Leg

TOLERANCE_S = 0.5
# How a phone's own call may end for an offer that ended so.
ENDS = {
    "completed": ("bye", "hung up"),
    "transferred": ("bye", "hung up", "sent on"),
    "parked": ("bye", "hung up", "sent on"),
    "answered_elsewhere": ("cancelled",),
    "abandoned": ("cancelled",),
    "timeout": ("cancelled",),
    "rejected": ("rejected",),
    "not_reached": ("cancelled", "refused"),
}


@dataclass(slots=True)
class Verdict:
    """What differs. `sip`: the phones did not do what they are there for. `bridge`: it saw it otherwise."""

    sip: list[str] = field(default_factory=list)
    bridge: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether nothing differs."""
        return not self.sip and not self.bridge


def compare(shape: Shape, phones: dict[str, list[Leg]], seen: Sequence[SeenOffer]) -> Verdict:
    """Offer by offer, at each agent in order."""
    verdict = Verdict()
    offers_at = {
        agent: [o for o in shape.offers if o.agent == agent] for agent in _agents(shape, phones, seen)
    }
    for agent, offers in offers_at.items():
        legs = _telling(shape, agent, phones.get(agent, []), offers, verdict)
        shown = sorted((one for one in seen if one.agent == agent), key=lambda one: one.began_at_s)
        if len(shown) != len(offers):
            words = [f"{one.call.caller.e164 or one.call.caller.kind} {one.reason}" for one in shown]
            verdict.bridge.append(f"{agent}: {len(shown)} offers, not {len(offers)}: {words}")
            continue
        for offer, one in zip(offers, shown, strict=True):
            _compare_offer(offer, one, verdict)
        if len(legs) == len(shown):
            for offer, one, leg in zip(offers, shown, legs, strict=True):
                _compare_times(offer, one, leg, verdict)
    return verdict


def compare_records(
    shape: Shape, callers: Sequence[Leg], records: Sequence[CallRecord], verdict: Verdict
) -> None:
    """One final record for each call with somebody outside; it began and ended when that one's SIP says."""
    outside = [record for record in records if record.direction is not Direction.INTERNAL]
    outside.sort(key=lambda record: record.started_at_s)
    outcomes = tuple(str(record.outcome) for record in outside)
    if outcomes != shape.outcomes:
        verdict.bridge.append(f"calls with somebody outside ended {outcomes}, not {shape.outcomes}")
    history = tuple(line for record in outside for line in told(record))
    if history != shape.history:
        verdict.bridge.append(f"history {history}, not {shape.history}")
    for record, leg in zip(outside, sorted(callers, key=lambda leg: leg.began_at_s), strict=False):
        times = [("ended", record.ended_at_s, leg.ended_at_s)]
        if not leg.incoming:  # with a call out, the agent began
            times.append(("began", record.started_at_s, leg.began_at_s))
        _compare_all(f"call of {record.caller.e164 or record.caller.kind}", times, verdict)
    twice = [call for call, times in Counter(record.call_id for record in records).items() if times > 1]
    if twice:
        verdict.bridge.append(f"more than one final record: {twice}")


def _agents(shape: Shape, phones: dict[str, list[Leg]], seen: Sequence[SeenOffer]) -> list[str]:
    found = {offer.agent for offer in shape.offers} | set(phones) | {one.agent for one in seen}
    return sorted(found)


def _telling(shape: Shape, agent: str, legs: list[Leg], offers: list[Offer], verdict: Verdict) -> list[Leg]:
    """The phone's calls that are offers. Says what the phone did otherwise than expected."""
    rings = [leg for leg in legs if leg.incoming and leg.rang_at_s is not None]
    dials = [leg for leg in legs if not leg.incoming]
    silent_rings, silent_dials = shape.silent_rings.count(agent), shape.silent_dials.count(agent)
    wanted_rings = sum(not offer.dials for offer in offers)
    if len(rings) != wanted_rings + silent_rings:
        verdict.sip.append(f"{agent} rang {len(rings)} times, not {wanted_rings + silent_rings}")
        return []
    if len(dials) != len(offers) - wanted_rings + silent_dials:
        verdict.sip.append(f"{agent} dialled {len(dials)} times")
        return []
    # No scene has both at one agent: a phone that rings or dials silently does nothing else of that kind.
    found = ([] if silent_rings else rings) + ([] if silent_dials else dials)
    found.sort(key=lambda leg: leg.began_at_s)
    for offer, leg in zip(offers, found, strict=True):
        what = f"{agent} {offer.end}"
        if leg.talked != offer.answered:
            verdict.sip.append(f"{what}: {'answered' if leg.talked else 'not answered'}")
        if not leg.end.startswith(("rejected 302",) if offer.forwards else ENDS[offer.end]):
            verdict.sip.append(f"{what}: the call ended {leg.end!r}")
        shows = offer.asked_by or offer.caller
        if not offer.dials and shows != INTERNAL and not _shows(leg, shows):
            verdict.sip.append(f"{what}: the display showed {leg.shown}, never {shows}")
    return found


def _shows(leg: Leg, e164: str) -> bool:
    return any(number.replace("+81", "0") == e164.replace("+81", "0") for number in leg.shown)


def _compare_offer(offer: Offer, one: SeenOffer, verdict: Verdict) -> None:
    what = f"{offer.agent} {offer.end}"
    wrong = verdict.bridge.append
    if one.reason != offer.end:
        wrong(f"{what}: ended on the screen as {one.reason!r}")
    if _caller(one.call) != offer.caller:
        wrong(f"{what}: the screen shows {_caller(one.call)!r}, not {offer.caller!r}")
    if (one.offer.transferred_by or "").removeprefix("a") != offer.by:
        wrong(f"{what}: transferred by {one.offer.transferred_by}, not {offer.by or 'nobody'}")
    if one.stint is None or one.record is None:
        wrong(f"{what}: is in no record")
        return
    if _caller(one.record) != offer.caller:
        wrong(f"{what}: the record says {_caller(one.record)!r}, not {offer.caller!r}")
    if one.stint.end != offer.end:
        wrong(f"{what}: the record says it ended {one.stint.end}")
    if (one.stint.answered_at_s is not None) != offer.answered:
        wrong(f"{what}: the record says answered at {one.stint.answered_at_s}")
    if (one.stint.transferred_by or "").removeprefix("a") != offer.by:
        wrong(f"{what}: the record says transferred by {one.stint.transferred_by}")


def _compare_times(offer: Offer, one: SeenOffer, leg: Leg, verdict: Verdict) -> None:
    if one.stint is None:
        return
    stint = one.stint
    rang = leg.began_at_s if offer.dials else leg.rang_at_s
    pairs = [("rang", stint.rang_at_s, rang), ("ended", stint.ended_at_s, leg.ended_at_s)]
    if offer.answered:
        pairs.append(("answered", stint.answered_at_s, leg.answered_at_s))
    if len(stint.holds) == len(leg.holds) + offer.mused:
        for ours, theirs in zip(stint.holds, leg.holds, strict=False):
            until = theirs[1] or leg.ended_at_s
            pairs += [("held", ours.began_at_s, theirs[0]), ("resumed", ours.ended_at_s, until)]
    else:
        verdict.bridge.append(
            f"{offer.agent} {offer.end}: {len(stint.holds)} holds, not {len(leg.holds) + offer.mused}"
        )
    _compare_all(f"{offer.agent} {offer.end}", pairs, verdict)


def _compare_all(
    whose: str, pairs: Sequence[tuple[str, float | None, float | None]], verdict: Verdict
) -> None:
    for what, told_s, true_s in pairs:
        if told_s is None or true_s is None:
            verdict.bridge.append(f"{whose}: {what} at {told_s}, by SIP at {true_s}")
        elif abs(told_s - true_s) > TOLERANCE_S:
            verdict.bridge.append(f"{whose}: {what} {told_s - true_s:+.2f} s off")


def _caller(call: CallView | CallRecord) -> str:
    if call.direction is Direction.INTERNAL:
        return INTERNAL
    return call.caller.e164 or ""
