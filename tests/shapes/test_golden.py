"""Every call shape again, from its recording and without Asterisk: byte by byte, in seconds."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from cti_bridge.calls.effects import RecordCall
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.views import Direction
from cti_bridge.pbx.ami_message import AmiReader
from tests.golden_traces import events, names, seated, stream
from tests.shapes import SHAPES
from tests.shapes.expect import INTERNAL, Shape, told

# Recorded before the shapes were, by way of another queue; what becomes of them is in tests/calls.
ELSEWHERE = {"direct_while_talking", "queue_ringall_two_callers"}
# Other orders in which Asterisk tells the same shape stand beside it as name_2, name_3.
RECORDED = {
    name: SHAPES[base]
    for name in names()
    if (base := re.sub(r"_\d$", "", name)) in SHAPES and name not in ELSEWHERE
}


def test_every_shape_is_recorded() -> None:
    assert {re.sub(r"_\d$", "", name) for name in RECORDED} | ELSEWHERE == SHAPES.keys()


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_shape(name: str) -> None:
    shape = RECORDED[name]
    records = _records(name)
    outside = [record for record in records if record.direction is not Direction.INTERNAL]
    assert [record.outcome for record in outside] == list(shape.outcomes)
    assert [line for record in outside for line in told(record)] == list(shape.history)
    assert _stints(records) == _offers(shape)


def _records(name: str) -> list[CallRecord]:
    """The last word on each call, as they began."""
    reader, live = AmiReader(), seated()
    blocks = [block for byte in stream(name) for block in reader.feed(bytes([byte]))]
    effects = [effect for event in events(blocks) for effect in reduce(live, event)]
    last = [e.record for e in effects if isinstance(e, RecordCall) and e.record.ended_at_s is not None]
    assert len({record.call_id for record in last}) == len(last), "a call written twice"
    return sorted(last, key=lambda record: record.started_at_s)


def _stints(records: list[CallRecord]) -> dict[str, list[tuple[str, str, str]]]:
    """At each agent, in order: how it ended, who called, who sent the call on."""
    found = [(stint, record) for record in records for stint in record.stints]
    at_agents = defaultdict(list)
    for stint, record in sorted(found, key=lambda one: one[0].rang_at_s):
        caller = INTERNAL if record.direction is Direction.INTERNAL else record.caller.e164 or ""
        by = (stint.transferred_by or "").removeprefix("a")
        at_agents[stint.agent_id.removeprefix("a")].append((str(stint.end), caller, by))
    return dict(at_agents)


def _offers(shape: Shape) -> dict[str, list[tuple[str, str, str]]]:
    at_agents = defaultdict(list)
    for offer in shape.offers:
        at_agents[offer.agent].append((offer.end, offer.caller, offer.by))
    return dict(at_agents)
