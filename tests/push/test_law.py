"""The law (P5): a stale snapshot with the later frames applied equals a fresh snapshot, by a plain apply.

The pages' own store is held to the same streams: ``web/test/law.test.ts``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings

from cti_bridge.push.envelope import AGENT_MESSAGES, BOARD_MESSAGES
from tests.push.law import AGENT_STREAMS, BOARD_STREAMS, Floor, Message, Stream, floors, lines, streams

State = dict[str, Any]
ROWS = {"calls": "call_id", "queues": "queue_id", "agents": "agent_id", "sources": "pbx"}


def applied(state: State, frame: Message) -> State:
    """What is shown once ``frame`` is applied; of a frame that is not the next one, nothing comes."""
    if frame["type"] == "snapshot":
        return whole(frame)
    if frame["epoch"] != state["epoch"] or frame["offset"] != state["offset"] + 1:
        return state
    change = delta if frame["type"] == "delta" else agent_change
    return change(state, frame["type"], frame["data"]) | {"offset": frame["offset"]}


def whole(frame: Message) -> State:
    data, state = frame["data"], {"epoch": frame["epoch"], "offset": frame["offset"]}
    if "desk" in data:
        offers = {offer["offer_id"]: offer for offer in data["offers"]}
        return state | {"desk": data["desk"], "offers": offers, "notices": by(data["notices"], "code")}
    rows = {name: by(data[name], key) for name, key in ROWS.items()}
    return state | rows | {"totals": data["totals"], "latency": data["latency"]}


def agent_change(state: State, type_: str, data: State) -> State:
    offers = state["offers"]
    if type_ == "agent.state":
        return state | {"desk": data}
    if type_ == "notice":
        others = {code: notice for code, notice in state["notices"].items() if code != data["code"]}
        return state | {"notices": others | ({data["code"]: data} if data["is_active"] else {})}
    offer_id = data["offer_id"]
    if type_ in ("call.offered", "call.transferred"):
        return state | {"offers": offers | {offer_id: data}}
    if type_ in ("call.withdrawn", "call.ended"):
        return state | {"offers": {each: offer for each, offer in offers.items() if each != offer_id}}
    recorded = {name: data.get(name) for name in ("is_recorded", "is_recording_muted")}
    changes = {
        "call.answered": {"state": "talking", "answered_at": data.get("answered_at")},
        "call.held": {"state": "held", "held_at": data.get("held_at")},
        "call.resumed": {"state": "talking", "held_at": None},
        "call.recording": {"call": offers.get(offer_id, {}).get("call", {}) | recorded},
        "card.resolved": {"lookup": data.get("lookup"), "card": data.get("card")},
    }[type_]
    return state | {"offers": offers | {offer_id: offers[offer_id] | changes}}


def delta(state: State, _type: str, data: State) -> State:
    rows = {
        name: {id_: row for id_, row in state[name].items() if id_ not in data.get(f"{name}_gone", ())}
        | by(data[name], key)
        for name, key in ROWS.items()
    }
    figures = {name: data[name] or state[name] for name in ("totals", "latency")}
    return state | rows | figures


def by(rows: list[State], key: str) -> dict[str, State]:
    return {row[key]: row for row in rows}


def holds(stream: Stream) -> None:
    for place, (stale, _) in enumerate(stream.snapshots):
        state = whole(stale)
        states = {state["offset"]: state}
        for frame in stream.frames:
            # Also those from before the snapshot, and each a second time.
            state = applied(applied(state, frame), frame)
            states[state["offset"]] = state
        for fresh, is_fresh in stream.snapshots[place:]:
            if is_fresh:
                wanted = whole(fresh)
                assert states[wanted["offset"]] == wanted, (stream.topic, stale["offset"], wanted["offset"])


def test_the_streams_that_the_pages_are_held_to_keep_the_law() -> None:
    for stream in streams():
        holds(stream)


@given(floors())
@settings(max_examples=30, deadline=None)
def test_any_stream_keeps_the_law(floor: Floor) -> None:
    for stream in floor.streams:
        holds(stream)


def test_the_streams_are_the_same_each_time_and_say_all_that_can_be_said() -> None:
    said = Counter(frame["type"] for stream in streams() for frame in stream.frames)
    assert set(said) == {*AGENT_MESSAGES, *BOARD_MESSAGES} - {"snapshot"}
    assert len(streams()) == AGENT_STREAMS + BOARD_STREAMS
    first = list(lines())
    streams.cache_clear()
    assert list(lines()) == first
