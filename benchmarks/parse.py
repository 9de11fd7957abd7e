"""AMI bytes to call state: CPU an event, beside reading the bytes alone, pyst2 and panoramisk.

Every reader is a process of its own that reads the same stream from a socket; its CPU time is measured from
the first byte to the last event. The stream: 200 queue calls a second, written burst by burst in real time as
a PBX writes them. The simulator makes it, which writes what a real Asterisk 22 writes (see tests/simulator).
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from benchmarks.report import Row, Target, median, show
from cti_bridge.simulator.blocks import BANNER
from cti_bridge.simulator.exchange import Call, Exchange
from cti_bridge.simulator.layout import Layout, SimQueue
from cti_bridge.simulator.plant import Caller

ROUNDS = 5
CALLS = 100
CALLS_PER_S = 200
CHUNK = 65_536
BEGAN_S = 1_800_000_000.0
AGENTS = {f"PJSIP/{1000 + n}": f"担当 {n}" for n in range(150)}
READERS = ("raw", "ours_blocks", "ours_state", "panoramisk", "pyst2")


Burst = tuple[float, bytes]


def stream() -> tuple[list[Burst], int]:
    """The bursts of a stream with the seconds after which each is written, and how many events it has."""
    endpoints = list(AGENTS)
    # Every agent is a member of two queues, as agents are: each change of a telephone is told twice.
    queues = {f"q{n}": SimQueue(members=endpoints[3 * n % 150 :][:3]) for n in range(100)}
    exchange = Exchange(Layout(AGENTS, queues), BEGAN_S)
    bursts: list[Burst] = [(0.0, BANNER)]
    events = 0

    def write(at_s: float) -> None:
        nonlocal events
        happened = exchange.take()
        events += len(happened)
        bursts.append((at_s - BEGAN_S, b"".join(one.block for one in happened)))

    def begin(at_s: float, n: int) -> None:
        call = exchange.call(at_s, Caller(f"0901234{n:04}", f"顧客 {n}"), f"q{n % 50}")
        write(at_s)
        exchange.at(at_s + 0.1, lambda due_s: answer(due_s, call, call.ringing[n % 3]))

    def answer(at_s: float, call: Call, endpoint: str) -> None:
        exchange.answer(at_s, call, endpoint)
        write(at_s)
        exchange.at(at_s + 0.1, lambda due_s: hang_up(due_s, call))

    def hang_up(at_s: float, call: Call) -> None:
        exchange.hang_up(at_s, call)
        write(at_s)

    for n in range(CALLS):
        exchange.at(BEGAN_S + n / CALLS_PER_S, lambda due_s, n=n: begin(due_s, n))  # type: ignore[misc]
    exchange.advance(BEGAN_S + CALLS)
    return bursts, events


def _send(connection: socket.socket, bursts: list[Burst]) -> None:
    began_s = time.monotonic()
    for after_s, data in bursts:
        time.sleep(max(0.0, began_s + after_s - time.monotonic()))
        connection.sendall(data)


def measure(reader: str, bursts: list[Burst], events: int) -> float:
    """CPU microseconds an event that ``reader`` takes, in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.parse", reader, port, str(events)], stdout=subprocess.PIPE
        )
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _send(connection, bursts)
            # pyst2 gives up what it has not dispatched when the connection ends; the others end with it.
            if reader != "pyst2":
                connection.shutdown(socket.SHUT_WR)
            output, _ = child.communicate(timeout=120)
    found = json.loads(output)
    if found["events"] != events and reader != "raw":
        raise SystemExit(f"{reader} saw {found['events']} events of {events}")
    return float(found["cpu_s"]) * 1e6 / events


def run() -> None:
    """Measure and print."""
    bursts, events = stream()
    readers = [name for name in READERS if name != "panoramisk" or importlib.util.find_spec("panoramisk")]
    found: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name in readers:
            found[name].append(measure(name, bursts, events))
    cost = {name: median(values) for name, values in found.items()}
    ours, unit = cost["ours_state"], "µs"
    rows = [
        Row("read the bytes only", cost["raw"], unit),
        Row("bytes → blocks", cost["ours_blocks"], unit, cost["raw"], "raw read"),
        Row("bytes → call state", ours, unit, cost["raw"], "raw read", Target(8)),
    ]
    if "panoramisk" in cost:
        rows.append(Row("bytes → call state", ours, unit, cost["panoramisk"], "panoramisk", Target(7, True)))
    rows.append(Row("bytes → call state", ours, unit, cost["pyst2"], "pyst2, buffered", Target(35, True)))
    size = sum(len(data) for _, data in bursts) / events
    show(
        "AMI bytes → call state, CPU an event",
        rows,
        [f"{CALLS} calls, {events} events of {size:.0f} bytes; medians of {ROUNDS} rounds, in turn"],
    )


# --- the readers, each in a process of its own --------------------------------------------------------------


def _chunks(connection: socket.socket, take: Callable[[bytes], int]) -> int:
    seen = 0
    while data := connection.recv(CHUNK):
        seen += take(data)
    return seen


def _ours_blocks() -> Callable[[bytes], int]:
    from cti_bridge.pbx.ami_message import AmiReader

    reader = AmiReader()
    return lambda data: len(reader.feed(data))


def _ours_state() -> Callable[[bytes], int]:
    from cti_bridge.calls.events import RosterChanged
    from cti_bridge.calls.ids import AgentId, Endpoint, PbxId
    from cti_bridge.calls.reducer import reduce
    from cti_bridge.calls.state import Live
    from cti_bridge.pbx.ami_message import AmiReader
    from cti_bridge.pbx.ami_translate import AmiTranslator

    pbx, reader, live = PbxId("bench"), AmiReader(), Live()
    translate = AmiTranslator(pbx).translate
    seats = tuple((Endpoint(endpoint), AgentId(f"a{endpoint[6:]}")) for endpoint in AGENTS)
    reduce(live, RosterChanged(pbx, BEGAN_S, seats))

    def take(data: bytes) -> int:
        blocks = reader.feed(data)
        for block in blocks:
            event = translate(block, BEGAN_S)
            if event is not None:
                reduce(live, event)
        return len(blocks)

    return take


def _panoramisk() -> Callable[[bytes], int]:
    import asyncio

    from panoramisk import Manager
    from panoramisk.ami_protocol import AMIProtocol

    seen = [0]
    asyncio.set_event_loop(asyncio.new_event_loop())
    manager = Manager(loop=asyncio.get_event_loop())
    manager.register_event("*", lambda manager, message: seen.__setitem__(0, seen[0] + 1))
    protocol: Any = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory = manager
    protocol.encoding = "utf8"

    def take(data: bytes) -> int:
        before = seen[0]
        protocol.data_received(data)
        return seen[0] - before

    return take


def _pyst2(port: int, events: int) -> tuple[float, int]:
    """As released, except that it reads 64 KB at a time and not byte by byte."""
    from asterisk.manager import Manager

    makefile = socket.socket.makefile
    socket.socket.makefile = lambda self, mode, buffering: makefile(self, mode, buffering=CHUNK)  # type: ignore
    seen, done = [0], threading.Event()

    def count(event: object, manager: object) -> None:
        seen[0] += 1
        if seen[0] == events:
            done.set()

    manager = Manager()
    manager.register_event("*", count)
    began_s = time.process_time()
    manager.connect("127.0.0.1", port)
    done.wait(100)
    return time.process_time() - began_s, seen[0]


def _child(reader: str, port: int, events: int) -> None:
    warnings.simplefilter("ignore")
    if reader == "pyst2":
        cpu_s, seen = _pyst2(port, events)
    else:
        makers = {"ours_blocks": _ours_blocks, "ours_state": _ours_state, "panoramisk": _panoramisk}
        take = makers[reader]() if reader in makers else len
        with socket.create_connection(("127.0.0.1", port)) as connection:
            began_s = time.process_time()
            seen = _chunks(connection, take)
            cpu_s = time.process_time() - began_s
    print(json.dumps({"cpu_s": cpu_s, "events": seen}), flush=True)
    os._exit(0)  # pyst2's threads never end by themselves


if __name__ == "__main__":
    if len(sys.argv) == 4:
        _child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        run()
