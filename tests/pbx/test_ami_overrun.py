"""A flood at a bridge too slow for it: the PBX is not kept waiting, memory is bounded, the state is right."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import tracemalloc
from collections.abc import Sequence

import pytest
from pydantic import SecretStr

from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import ChannelId
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.pbx import ami_link
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry
from tests.pbx.link import skipped

FLOOD_BYTES = 24 << 20
LIMIT_BYTES = 4 << 20
SLOW_S = 0.0003
# Asterisk drops a reader that keeps one write waiting for longer than writetimeout, 5 s in config/asterisk.
# Measured with the machine's other core busy: 0.1 s, and the whole flood 1.0 s for 23 s of work.
LONGEST_WRITE_S = 1.0

# A PBX in a process of its own, so that our being slow does not slow it down: it writes as Asterisk does,
# blocking, floods once it hears "flood", and after that lists the one channel that is left.
PBX = r"""
import json, socket, sys, time
size, done = int(sys.argv[1]), False
channel = ("Channel: PJSIP/trunk-1\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 031234%04d\r\n"
  "CallerIDName: x\r\nConnectedLineNum: x\r\nConnectedLineName: x\r\nLanguage: ja\r\nAccountCode: \r\n"
  "Context: from-trunk\r\nExten: 0311112222\r\nPriority: 1\r\nUniqueid: 1.%d\r\nLinkedid: 1.%d\r\n")
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
link, _ = server.accept()
link.sendall(b"Asterisk Call Manager/11.0.0\r\n")
text = b""
while True:
    data = link.recv(65536)
    if not data: break
    text += data
    while b"\r\n\r\n" in text:
        request, _, text = text.partition(b"\r\n\r\n")
        action = dict(line.split(": ", 1) for line in request.decode().split("\r\n"))
        name, id = action["Action"], action["ActionID"]
        if name in ("Login", "Ping", "Flood"):
            reply = f"Response: Success\r\nActionID: {id}\r\n\r\n"
            reply += "Event: FullyBooted\r\n\r\n" if name == "Login" else ""
        else:
            items = ""
            if name == "CoreShowChannels" and done:
                shown = channel % (7, 7, 7)
                items = (f"Event: CoreShowChannel\r\nActionID: {id}\r\n{shown}"
                  "Duration: 00:00:01\r\nBridgeId: \r\n\r\n")
            reply = (f"Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n{items}"
              f"Event: {name}Complete\r\nActionID: {id}\r\nEventList: Complete\r\nListItems: 0\r\n\r\n")
        link.sendall(reply.encode())
        if name == "Flood":
            sent, number, worst, start = 0, 0, 0.0, time.monotonic()
            while sent < size:
                number += 1
                shown = "Privilege: call,all\r\n" + channel % (number % 10000, number, number)
                block = f"Event: Newchannel\r\n{shown}\r\nEvent: Hangup\r\n{shown}"
                block += "Cause: 16\r\nCause-txt: Normal Clearing\r\n\r\n"
                data = block.encode()
                began = time.monotonic()
                link.sendall(data)
                worst = max(worst, time.monotonic() - began)
                sent += len(data)
            done = True
            took = time.monotonic() - start
            print(json.dumps({"worst_s": worst, "took_s": took, "events": 2 * number}), flush=True)
"""


async def test_a_flood_is_read_as_fast_as_it_comes_and_made_up_for_by_a_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ami_link, "MAX_WAITING_BYTES", LIMIT_BYTES)
    live: set[ChannelId] = set()
    handed_on = 0
    shots = asyncio.Queue[Snapshot]()

    def slow(events: Sequence[ev.CallEvent], read_ns: int) -> None:
        nonlocal handed_on
        for event in events:
            handed_on += 1
            if isinstance(event, ev.ChannelCreated):
                live.add(event.channel)
            elif isinstance(event, ev.ChannelEnded):
                live.discard(event.channel)
            elif isinstance(event, Snapshot):
                live.clear()
                live.update(seen.channel for seen in event.channels)
                shots.put_nowait(event)
        end_s = time.perf_counter() + SLOW_S
        while time.perf_counter() < end_s:
            pass

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PBX, str(FLOOD_BYTES), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    settings = PbxSettings(name="main", port=port, secret=SecretStr("x"))
    telemetry = Telemetry()
    source = AmiSource(settings, Clock(), telemetry)
    following = asyncio.create_task(source.run(slow))
    try:
        async with asyncio.timeout(50):
            await shots.get()
            assert source.actions is not None
            tracemalloc.start()
            flooding = source.actions.send_action({"Action": "Flood"})
            told = json.loads(await process.stdout.readline())
            _, peak_bytes = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert (await flooding).is_success
            while (await shots.get()).channels == ():
                pass
        assert live == {"1.7"}
        assert source.is_connected
        assert told["worst_s"] < LONGEST_WRITE_S
        # Had reading waited for the work, the flood would have taken as long as the work.
        assert told["took_s"] < told["events"] * SLOW_S / 2
        dropped = skipped(telemetry, "overrun")
        assert dropped > 0
        assert dropped + handed_on >= told["events"]
        # What waits, its blocks cut out of it, and the read that is one too many.
        assert peak_bytes < 3 * LIMIT_BYTES
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        process.kill()
        await process.wait()
