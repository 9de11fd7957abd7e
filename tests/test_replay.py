"""Replaying a recording (O5): a table of calls, from any moment on, told where a file is no recording."""

from __future__ import annotations

import asyncio
import io
import json
import time
from pathlib import Path

import pytest

from cti_bridge.calls.events import BridgeEntered
from cti_bridge.calls.ids import AgentId, Endpoint
from cti_bridge.calls.outcomes import EndReason, QueueOutcome
from cti_bridge.calls.record import CallRecord
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls_table import cells
from cti_bridge.errors import PeerError
from cti_bridge.pbx.ami_message import AmiReader
from cti_bridge.pbx.anonymise import Anonymiser
from cti_bridge.pbx.recorder import Recorder
from cti_bridge.replay import Replayed, replay
from tests import golden_traces
from tests.pbx.link import simulator
from tests.pbx.test_recorder import recording, until
from tests.test_cli import command

GOLDEN = golden_traces.FOLDER


async def calls_of(file: Path, **options: object) -> tuple[list[CallRecord], Replayed]:
    calls: list[CallRecord] = []
    found = await replay(file, on_call=calls.append, **options)  # type: ignore[arg-type]
    return calls, found


async def test_a_call_is_told_from_its_first_ring_to_its_end() -> None:
    (call,), found = await calls_of(GOLDEN / "queue_ringall_answered_held.ami")
    assert call.caller.display == "090-1234-5678"
    assert [wait.outcome for wait in call.queue_waits] == [QueueOutcome.ANSWERED]
    assert len([stint for stint in call.stints if stint.answered_at_s]) == 1
    assert call.outcome is EndReason.COMPLETED
    _, direction, caller, dialled, queue, rang, answered, talk, sent_on, outcome = cells(call)
    assert (direction, caller, dialled, sent_on, outcome) == (
        "inbound", "090-1234-5678", call.dialled, "", "completed"
    )  # fmt: skip
    assert queue.endswith(" s")
    assert {*rang.split(), answered} == {"1001", "1002", "1003"}
    (stint,) = (stint for stint in call.stints if stint.answered_at_s)
    assert talk == f"0:{round((stint.ended_at_s or 0) - (stint.answered_at_s or 0)):02}"
    assert (found.calls, found.notes, found.skipped.total()) == (1, [], 0)


@pytest.mark.parametrize("name", golden_traces.names())
async def test_every_trace_replays_the_same_when_anonymous(name: str, tmp_path: Path) -> None:
    anonymiser, file = Anonymiser(), tmp_path / "anonymous.ami"
    blocks = [anonymiser.block(block) for block in AmiReader().feed(golden_traces.stream(name))]
    file.write_bytes(b"Asterisk Call Manager/1\r\n" + b"".join(block + b"\r\n\r\n" for block in blocks))
    calls, before = await calls_of(GOLDEN / f"{name}.ami")
    others, after = await calls_of(file)
    assert [timeline(call) for call in others] == [timeline(call) for call in calls]
    assert after.events == before.events
    assert after.unlisted == before.unlisted


def timeline(call: CallRecord) -> tuple[object, ...]:
    """All of a call but who it was with."""
    return (
        call.call_id, call.direction, call.caller.kind, call.started_at_s, call.answered_at_s,
        call.ended_at_s, call.outcome, call.queue_waits, call.stints, len(call.transfers), call.parks,
    )  # fmt: skip


async def test_agents_may_be_given() -> None:
    seats = {Endpoint("PJSIP/1002"): AgentId("佐藤")}
    (call,), _ = await calls_of(GOLDEN / "queue_ringall_answered_held.ami", agents=seats)
    assert {stint.agent_id for stint in call.stints} == {"佐藤"}


async def test_a_recording_that_begins_and_ends_in_calls(tmp_path: Path) -> None:
    data = io.BytesIO()
    async with simulator() as pbx:
        early = pbx.call("0312345678", "佐藤")
        early.answer("PJSIP/1002")
        async with recording(pbx.port, Recorder(data)) as heard:
            await until(heard, Snapshot, 1)
            early.hang_up()
            late = pbx.call("09012345678", "山田")
            late.answer("PJSIP/1001")
            await until(heard, BridgeEntered, 2)
    file = tmp_path / "call.ami"
    file.write_bytes(data.getvalue())
    first, second = (await calls_of(file))[0]
    assert (first.outcome, [stint.agent_id for stint in first.stints]) == (EndReason.COMPLETED, ["1002"])
    assert second.outcome is None
    assert [stint.agent_id for stint in second.stints if stint.answered_at_s] == ["1001"]
    assert cells(second)[-1] == "still live"
    assert b"0312345678" not in data.getvalue()


async def test_a_torn_file_replays_up_to_where_it_ends(tmp_path: Path) -> None:
    file = tmp_path / "torn.ami"
    data = golden_traces.stream("direct_answered")
    file.write_bytes(data[: data.rindex(b"Event: Hangup") + 20])
    (call,), found = await calls_of(file)
    assert call.outcome is None or call.ended_at_s is not None
    (note,) = found.notes
    assert str(file) in note
    assert f"byte {file.stat().st_size}: it ends within a block" in note


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "byte 0: it ends before the first event"),
        (b"Asterisk Call Manager/11.0.0\r\n", "byte 30: it ends before the first event"),
        (b"Asteri", "byte 6: is no AMI recording: it ends before the first event"),
        (b"\x00\xff\x89PNG\r\n", "byte 0: is no AMI recording: it begins with"),
        (b"id,name\n1,2\n", "byte 0: is no AMI recording: it begins with b'id,name"),
    ],
)
async def test_a_file_that_is_no_recording_is_told_so(data: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "other.ami"
    file.write_bytes(data)
    with pytest.raises(PeerError) as caught:
        await calls_of(file)
    assert str(caught.value).startswith(f"{file}: {reason}")


async def test_what_is_not_trusted_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "garbage.ami"
    data = golden_traces.stream("direct_answered")
    torn = b"Event: Newchannel\r\nUniqueid: 1.1\r\n\r\n"
    file.write_bytes(data + b"nonsense\r\n\r\n" + torn)
    _, found = await calls_of(file)
    assert found.skipped == {"garbage": 1, "incomplete": 1}
    assert "not trusted: " in found.lines()[0]


async def test_a_paced_replay_takes_the_time_it_took() -> None:
    file = GOLDEN / "direct_answered.ami"
    (call,), _ = await calls_of(file)
    assert call.ended_at_s is not None
    took_s = call.ended_at_s - call.started_at_s
    began_s = time.monotonic()
    await calls_of(file, speed=2.0)
    assert time.monotonic() - began_s > took_s / 2


async def test_a_paced_replay_shows_each_call_as_it_ends() -> None:
    shown: list[CallRecord] = []
    file = GOLDEN / "queue_ringall_two_callers.ami"
    task = asyncio.create_task(replay(file, speed=5.0, on_call=shown.append))
    while not shown:
        await asyncio.sleep(0.001)
    assert not task.done()
    await task
    assert len(shown) == 2


async def test_the_command_prints_a_line_a_call_and_a_summary() -> None:
    code, said = await command("replay", str(GOLDEN / "queue_ringall_two_callers.ami"))
    assert code == 0
    assert said.count("090-1234-5678") == said.count("03-1234-9999") == 1
    assert "2 calls" in said


async def test_the_command_prints_json_for_programs() -> None:
    file = GOLDEN / "queue_ringall_two_callers.ami"
    code, said = await command("replay", "--json", str(file), "--agent", "PJSIP/1001=Sato")
    calls = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert (code, len(calls)) == (0, 2)
    assert {stint["agent_id"] for call in calls for stint in call["stints"]} == {"Sato"}
    assert calls[0]["caller"]["e164"] == "+819012345678"


async def test_the_command_tells_a_fault_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "call.ami"
    file.write_bytes(b"id,name")
    code, said = await command("replay", str(file))
    assert (code, f"cti-bridge: {file}: byte 0: is no AMI recording" in said) == (1, True)
    code, said = await command("replay", str(GOLDEN / "direct_answered.ami"), "--agent", "PJSIP/1001")
    assert (code, "TELEPHONE=NAME" in said) == (1, True)
