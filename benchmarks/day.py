"""A day of calls, time compressed: the model ends empty, and its memory does not grow.

Twenty calls a second on 200 agents and five queues, each a call that a real Asterisk played (tests/golden),
told again with identities, agents, numbers and times of its own; some eighty overlap at any moment. Their
neutral events go through ``reduce``, and the effects into the board and the day's counts.
"""

from __future__ import annotations

import gc
import heapq
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from cti_bridge.board.day import Day
from cti_bridge.board.live import Board, Person
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls.events import CallEvent, ChannelCreated, RosterChanged
from cti_bridge.calls.ids import AgentId, Endpoint, QueueId
from cti_bridge.calls.queue_events import DeviceChanged, DeviceUse, MemberChanged
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.state import MAX_TOMBSTONES, Live
from tests import golden_traces

HOURS = 2.0
HOUR_S = 3600
CALLS_PER_S = 20
BOARD_S = 1.0  # the bridge looks five times a second; compressed as the day is, once is as often
AGENTS, QUEUES, CUSTOMERS = 200, 5, 20_000
BEGAN_S = 1_800_023_400.0  # 23:30 in Japan: the counts begin anew after half an hour
PBX = golden_traces.PBX
# The traces were played as fast as telephones can; told slower, more calls overlap.
STRETCH = 4.0
# The call is told again so many times in twenty.
MIX = {
    "direct_answered": 5, "direct_abandoned": 2, "outbound_answered": 3, "queue_single_answered": 4,
    "queue_single_abandoned": 2, "queue_ringall": 1, "transfer_blind_refer": 1, "transfer_attended_refer": 1,
    "parking_retrieved": 1,
}  # fmt: skip
# Memory may still move by this much between the first hour and the last: the allocator's and the counts'.
FLAT_MIB = 8.0


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a shape: when it comes after the first, and which of its values are the call's own."""

    after_s: float
    make: Callable[..., CallEvent]
    values: tuple[object, ...]
    own: tuple[tuple[int, int], ...]


class Shape:
    """A recorded call that can be told again."""

    def __init__(self, name: str) -> None:
        events = golden_traces.trace_events(name)
        first = next(at for at, event in enumerate(events) if isinstance(event, ChannelCreated))
        events = events[first:]
        began_s = events[0].at_s
        self._slots: dict[object, int] = {}
        self._kinds: list[tuple[str, int]] = []
        for event in events:
            self._find(event)
        self.steps = [self._step(event, began_s) for event in events]

    def _find(self, event: CallEvent) -> None:
        for field in fields(event):
            value = getattr(event, field.name)
            if field.name in {"channel", "linked", "dest", "source", "first", "second"} and value:
                self._add(value, "channel")
            elif field.name == "bridge":
                self._add(value, "bridge")
            elif field.name == "queue":
                self._add(value, "queue")
            elif field.name == "endpoint" and value.startswith("PJSIP/1"):
                at = self._add(value, "endpoint")
                self._add(value.removeprefix("PJSIP/"), "extension", at)
            elif field.name in {"caller_number", "number"} and len(value) > 9:
                self._add(value, "customer")

    def _add(self, value: object, kind: str, number: int | None = None) -> int:
        """Give a value a slot; answers which of its kind it is."""
        if value not in self._slots:
            self._slots[value] = len(self._kinds)
            if number is None:
                number = sum(one == kind for one, _ in self._kinds)
            self._kinds.append((kind, number))
        return self._kinds[self._slots[value]][1]

    def _step(self, event: CallEvent, began_s: float) -> Step:
        values = tuple(getattr(event, field.name) for field in fields(event))
        places = [(at, value) for at, value in enumerate(values) if isinstance(value, str) and at > 1]
        own = tuple((at, self._slots[value]) for at, value in places if value in self._slots)
        return Step(STRETCH * (event.at_s - began_s), type(event), values, own)

    def again(self, serial: int, customer: str) -> list[str]:
        """What a further call of this shape has for its own."""
        group = serial % QUEUES
        own = []
        for kind, number in self._kinds:
            # The next three of the queue's agents: a shape has no more at a time.
            agent = 1000 + group + QUEUES * ((serial // QUEUES * 3 + number) % (AGENTS // QUEUES))
            own.append(
                {
                    "channel": f"1800000000.{16 * serial + number}",
                    "bridge": f"bridge-{serial}-{number}",
                    "queue": f"q{(group + number) % QUEUES}",
                    "endpoint": f"PJSIP/{agent}",
                    "extension": str(agent),
                    "customer": customer,
                }[kind]
            )
        return own


def events(seconds: float) -> Iterator[CallEvent]:
    """The events of a day so long, in the order of their times."""
    chance = Random(0)
    shapes = [shape for name, times in MIX.items() for shape in [Shape(name)] * times]
    customers = [f"090{n * 4_751 + 10_000_000:08}" for n in range(CUSTOMERS)]
    ahead: list[tuple[float, int, int, Shape, list[str]]] = []
    for serial in range(int(seconds * CALLS_PER_S)):
        begins_s = BEGAN_S + serial / CALLS_PER_S
        while ahead and ahead[0][0] <= begins_s:
            yield _next(ahead)
        shape = chance.choice(shapes)
        own = shape.again(serial, chance.choice(customers))
        heapq.heappush(ahead, (begins_s, serial, 0, shape, own))
    while ahead:
        yield _next(ahead)


def _next(ahead: list[tuple[float, int, int, Shape, list[str]]]) -> CallEvent:
    at_s, serial, number, shape, own = ahead[0]
    step = shape.steps[number]
    values = list(step.values)
    values[1] = at_s
    for place, slot in step.own:
        values[place] = own[slot]
    if number + 1 < len(shape.steps):
        due_s = at_s - step.after_s + shape.steps[number + 1].after_s
        heapq.heapreplace(ahead, (due_s, serial, number + 1, shape, own))
    else:
        heapq.heappop(ahead)
    return step.make(*values)


def seated() -> Iterator[CallEvent]:
    """The agents take their seats, each at a telephone that serves a queue."""
    seats = [(Endpoint(f"PJSIP/{1000 + n}"), AgentId(f"a{1000 + n}")) for n in range(AGENTS)]
    yield RosterChanged(PBX, BEGAN_S, tuple(seats))
    for n, (endpoint, _) in enumerate(seats):
        queue, idle = QueueId(f"q{n % QUEUES}"), DeviceUse.IDLE
        yield DeviceChanged(PBX, BEGAN_S, endpoint, idle)
        yield MemberChanged(
            PBX, BEGAN_S, queue, endpoint, name="", is_paused=False, pause_reason="", device=idle
        )


class Centre:
    """The model with what its effects go into."""

    def __init__(self) -> None:
        self.live = Live()
        self.day = Day(ZoneInfo("Asia/Tokyo"), threshold_s=20)
        self.board = Board(self.day, LatencyWindow(), lambda agent_id: Person(agent_id, ""), {})

    def take(self, event: CallEvent) -> None:
        for effect in reduce(self.live, event):
            self.day.count(effect)
            self.board.apply(effect)

    def look(self, at_s: float) -> None:
        """As the bridge does on behalf of those who watch the board."""
        self.board.turn_day(at_s)
        self.board.take_delta()

    def left(self) -> dict[str, int]:
        """What is still live, by what it is; nothing after the last call's end."""
        tables = self.live.tables(PBX)
        counts = {
            "channels": len(tables.channels),
            "calls": len(tables.calls),
            "bridges": len(tables.bridges),
            "waiting": sum(len(queue.waiting) for queue in tables.queues.values()),
            "originated": len(tables.originated),
            "legs": sum(len(agent.legs) for agent in self.live.agents.values()),
            "calls on the board": len(self.board.snapshot().calls),
            "callers waiting on the board": self.board.waiting()[0],
        }
        return {what: count for what, count in counts.items() if count}


def run(hours: float = HOURS) -> None:
    """Play so many hours and print what each left behind."""
    centre = Centre()
    for event in seated():
        centre.take(event)
    memory_mib: list[float] = []
    done, look_at_s, hour_at_s = 0, BEGAN_S, BEGAN_S + HOUR_S
    began_s = hour_began_s = time.process_time()
    hour_began = 0
    print(f"{hours:g} simulated hours at {CALLS_PER_S} calls/s, {AGENTS} agents, {QUEUES} queues")
    print("  hour      calls  live calls  memory MiB  µs an event, CPU")
    for event in events(hours * HOUR_S):
        if event.at_s >= look_at_s:
            centre.look(event.at_s)
            look_at_s += BOARD_S
            if event.at_s >= hour_at_s:
                memory_mib.append(_memory_mib())
                cpu_s = time.process_time()
                calls = len(memory_mib) * HOUR_S * CALLS_PER_S
                us = (cpu_s - hour_began_s) * 1e6 / (done - hour_began)
                live = len(centre.live.tables(PBX).calls)
                print(
                    f"{len(memory_mib):6} {calls:10,} {live:11,} {memory_mib[-1]:11.1f} {us:12.1f}",
                    flush=True,
                )
                hour_began_s, hour_began, hour_at_s = cpu_s, done, hour_at_s + HOUR_S
        centre.take(event)
        done += 1
    centre.look(event.at_s)
    memory_mib.append(_memory_mib())
    _tell(centre, memory_mib, done, time.process_time() - began_s, hours)


def _tell(centre: Centre, memory_mib: list[float], events: int, cpu_s: float, hours: float) -> None:
    left = centre.left()
    tables = centre.live.tables(PBX)
    buried = max(len(tables.ended_channels), len(tables.ended_calls))
    first, last = memory_mib[0], memory_mib[-1]
    feed_us = _feed_us()
    calls = int(hours * HOUR_S * CALLS_PER_S)
    rate = calls / cpu_s
    print(
        f"  {calls:,} calls, {events:,} events in {cpu_s:.0f} s of CPU: {rate:.0f} calls/s, "
        f"{rate / CALLS_PER_S:.0f} times as fast as they come; {feed_us:.1f} µs an event is the telling's\n"
        f"  live state empty: {'yes' if not left else f'NO: {left}'}\n"
        f"  tombstones: {buried:,} of at most {MAX_TOMBSTONES:,}\n"
        f"  unlisted transitions: {dict(centre.live.unlisted) or 'none'}\n"
        f"  memory: first hour {first:.1f} MiB, last hour {last:.1f} MiB"
        f" ({'flat' if last - first <= FLAT_MIB else 'GROWS'})\n"
    )


def _feed_us() -> float:
    """What telling the events costs without reducing them."""
    began_s = time.process_time()
    told = sum(1 for _ in events(100))
    return (time.process_time() - began_s) * 1e6 / told


def _memory_mib() -> float:
    """What the process has in memory now; where only the peak can be told, that."""
    gc.collect()
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize() / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
