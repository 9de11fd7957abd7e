"""The socket's description: valid by the specification's own schema, and true of real frames."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import msgspec
import pytest

from cti_bridge.board.rows import BoardDelta
from cti_bridge.calls.ids import AgentId
from cti_bridge.lookup.card import Lookup
from cti_bridge.push import asyncapi, envelope
from cti_bridge.push.close_codes import CLOSE_RULES
from cti_bridge.push.frame import Composer
from cti_bridge.push.topics import BOARD, Topic, agent_topic
from tests.node_modules import module_file
from tests.web.cards import hanako
from tests.web.floor import floor, step
from tests.web.scenes import AGENT_SCENES

A1 = agent_topic(AgentId("a1"))
NOW = datetime(2026, 4, 8, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(asyncapi.TARGET.read_text(encoding="utf-8"))
    return document


def faults(document: dict[str, Any], message: str, value: Any) -> list[str]:
    """Where ``value`` is not as the payload of ``message`` says."""
    schema = {**document["components"]["messages"][message]["payload"], "components": document["components"]}
    checker = jsonschema.FormatChecker(["date-time", "date"])
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker)
    return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]


def frame(topic: Topic, kind: str, data: object) -> Any:
    """As a browser reads it."""
    composed = Composer(topic, "epoch").compose(kind, 1, msgspec.json.encode(data), NOW)
    return json.loads(composed.json())


def agent_data() -> dict[str, list[object]]:
    """At least one of each type of message to an agent's screen."""
    snapshots = [scene() for scene in AGENT_SCENES.values()]
    offers = [offer for snapshot in snapshots for offer in snapshot.offers]
    at = NOW
    return {
        "snapshot": list(snapshots),
        "call.offered": list(offers),
        "card.resolved": [
            envelope.CardResolved(offer_id="o1", lookup=Lookup.FOUND, card=hanako()),
            envelope.CardResolved(offer_id="o1", lookup=Lookup.UNKNOWN, card=None),
        ],
        "call.answered": [envelope.CallAnswered(offer_id="o1", answered_at=at)],
        "call.held": [envelope.CallHeld(offer_id="o1", held_at=at)],
        "call.resumed": [envelope.CallResumed(offer_id="o1")],
        "call.recording": [
            envelope.CallRecording(offer_id="o1", is_recorded=True, is_recording_muted=is_muted)
            for is_muted in (False, True)
        ],
        "call.transferred": list(offers),
        "call.withdrawn": [
            envelope.CallWithdrawn(offer_id="o1", reason=reason) for reason in envelope.WithdrawReason
        ],
        "call.ended": [
            envelope.CallEnded(offer_id="o1", ended_at=at, reason=reason) for reason in envelope.PartReason
        ],
        "agent.state": [snapshot.desk for snapshot in snapshots],
        "notice": [notice for snapshot in snapshots for notice in snapshot.notices],
    }


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert asyncapi.TARGET.read_text(encoding="utf-8") == asyncapi.generate(), "run make check"


# Installing the pages' tools the first time takes some ten seconds, on a slow network more.
@pytest.mark.timeout(600)
def test_it_is_valid_by_the_specifications_schema(committed: dict[str, Any]) -> None:
    path = module_file("@asyncapi/specs", "schemas/3.0.0.json")
    validator = jsonschema.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))
    assert [fault.message for fault in validator.iter_errors(committed)] == []
    broken = copy.deepcopy(committed)
    broken["operations"]["tell.board"]["action"] = "shout"
    assert list(validator.iter_errors(broken)) != []


def test_every_reference_leads_somewhere(committed: dict[str, Any]) -> None:
    def follow(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                follow(one)
        elif isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                place: Any = committed
                for step_ in value["$ref"].removeprefix("#/").split("/"):
                    place = place[step_]
            for one in value.values():
                follow(one)

    follow(committed)


def test_all_that_is_sent_and_heard_is_in_it(committed: dict[str, Any]) -> None:
    bare = {"subscribe", "ack", "beat"}
    assert set(committed["channels"]["agent"]["messages"]) == {*envelope.AGENT_MESSAGES, *bare}
    assert set(committed["channels"]["board"]["messages"]) == {*envelope.BOARD_MESSAGES, *bare}
    codes = {entry["code"]: (entry["reconnect"], entry["sign_in"]) for entry in committed["x-close-codes"]}
    assert codes == {code.value: (rule.reconnect, rule.sign_in) for code, rule in CLOSE_RULES.items()}
    actions = {name: operation["action"] for name, operation in committed["operations"].items()}
    assert actions == {
        "tell.agent": "send",
        "hear.agent": "receive",
        "tell.board": "send",
        "hear.board": "receive",
    }


def test_real_frames_are_as_it_says(committed: dict[str, Any]) -> None:
    samples = agent_data()
    assert set(samples) == set(envelope.AGENT_MESSAGES)
    for kind, each in samples.items():
        assert each, kind
        for data in each:
            assert faults(committed, f"agent.{kind}", frame(A1, kind, data)) == []
    shown = floor(has_gap=True)
    assert faults(committed, "board.snapshot", frame(BOARD, "snapshot", shown)) == []
    _, delta = step(shown, Random(1), NOW)
    for change in (delta, BoardDelta()):
        assert faults(committed, "board.delta", frame(BOARD, "delta", change)) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("call.resumed", {"type": "call.held"}),
        ("call.resumed", {"offset": -1}),
        ("call.resumed", {"topic": "board"}),
        ("call.resumed", {"topic": "agent:A1"}),
        ("call.resumed", {"v": 2}),
        ("call.resumed", {"at": "yesterday"}),
        ("call.resumed", {"data": {}}),
        ("call.resumed", {"mood": "good"}),
    ],
)
def test_what_is_no_frame_is_told(committed: dict[str, Any], kind: str, change: dict[str, Any]) -> None:
    true = frame(A1, kind, envelope.CallResumed(offer_id="o1"))
    assert faults(committed, f"agent.{kind}", true) == []
    assert faults(committed, f"agent.{kind}", true | change) != []


def test_what_a_browser_says_is_as_it_says(committed: dict[str, Any]) -> None:
    for message in (
        envelope.Subscribe(topic="board"),
        envelope.Subscribe(topic="agent:a1", epoch="e", offset=3),
    ):
        assert faults(committed, "subscribe", json.loads(msgspec.json.encode(message))) == []
    ack = json.loads(msgspec.json.encode(envelope.Ack(topic="board", offset=3)))
    assert faults(committed, "ack", ack) == []
    assert faults(committed, "ack", ack | {"offset": None}) != []


def test_check_notices_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "asyncapi.json"
    monkeypatch.setattr(asyncapi, "TARGET", stale)
    assert asyncapi.main(["--check"]) == 1
    stale.write_text(asyncapi.generate().replace('"offer_id"', '"id"'), encoding="utf-8")
    assert asyncapi.main(["--check"]) == 1
    stale.write_text(asyncapi.generate(), encoding="utf-8")
    assert asyncapi.main(["--check"]) == 0
