"""The link: at once when it can, in bounded turns when it must, and never more in memory than is good."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from cti_bridge.clock import Clock
from cti_bridge.pbx import ami_link
from cti_bridge.pbx.ami_link import AmiLink
from cti_bridge.pbx.ami_message import Block

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
COST_NS = 1_000_000


class Slow:
    """Takes a while for each block, on a clock of its own."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.taken: list[tuple[str, float, int]] = []
        self.dropped: list[str] = []
        self.size_bytes = 0
        self.faulty = ""
        self.clock = Clock(lambda: self.now_ns / 1e9, lambda: self.now_ns)

    def read(self, blocks: list[Block], size_bytes: int, skipped: Counter[str]) -> None:
        self.size_bytes += size_bytes

    def take(self, block: Block, read_at_s: float, read_ns: int) -> None:
        self.now_ns += COST_NS
        name = block[7:].decode()
        if name == self.faulty:
            raise RuntimeError(name)
        self.taken.append((name, read_at_s, read_ns))

    def overrun(self, blocks: Iterator[Block]) -> None:
        self.dropped += [block[7:].decode() for block in blocks]

    @property
    def names(self) -> list[str]:
        return [name for name, _, _ in self.taken]


def stream(*numbers: int) -> bytes:
    return b"".join(b"Event: %d\r\n\r\n" % number for number in numbers)


async def turns(count: int = 1) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_comes_alone_is_taken_before_the_read_ends() -> None:
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(1, 2))
    assert slow.taken == [("1", 0.0, 0), ("2", 0.0, 0)]
    assert not link.is_behind
    slow.now_ns = 7 * COST_NS
    link.data_received(stream(3))
    assert slow.taken[2:] == [("3", 0.007, 7 * COST_NS)]


async def test_a_turn_is_bounded_and_what_waits_keeps_its_order_and_the_time_it_was_read() -> None:
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(*range(20)))
    # A turn ends with the first block past 5 ms, at 1 ms a block.
    assert slow.names == [str(n) for n in range(6)]
    assert link.is_behind
    link.data_received(stream(20, 21))
    assert len(slow.taken) == 6
    await turns()
    assert len(slow.taken) == 12
    await turns(2)
    assert slow.names == [str(n) for n in range(22)]
    assert [read_ns for _, _, read_ns in slow.taken] == [0] * 20 + [6 * COST_NS] * 2
    assert not link.is_behind


async def test_when_too_much_waits_all_of_it_goes_and_the_stream_goes_on_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ami_link, "MAX_WAITING_BYTES", 500)
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(*range(10)))
    for start in range(10, 60, 10):
        link.data_received(stream(*range(start, start + 10)) + b"Event: ")
        link.data_received(b"half\r\n\r\n")
    taken = slow.names
    assert taken == [str(n) for n in range(6)]
    assert slow.dropped[:5] == ["6", "7", "8", "9", "10"]
    await turns(20)
    # Nothing is lost but what was dropped, and nothing is cut in two.
    assert len(slow.taken) + len(slow.dropped) == 65
    assert (slow.names + slow.dropped).count("half") == 5
    assert not link.is_behind
    link.data_received(stream(99))
    assert slow.names[-1] == "99"


async def test_what_was_read_before_the_other_side_closed_is_worked_through_first() -> None:
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(*range(20)))
    link.connection_lost(None)
    assert not link.lost.done()
    assert await link.lost == "the PBX closed the connection"
    assert len(slow.taken) == 20


async def test_what_waits_goes_when_we_close() -> None:
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(*range(20)))
    link.close("enough")
    await turns(5)
    assert len(slow.taken) == 6
    assert link.lost.result() == "enough"


async def test_a_fault_in_the_work_costs_one_block() -> None:
    slow = Slow()
    slow.faulty = "7"
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: faults.append(context))
    link = AmiLink(slow, slow.clock)
    link.data_received(GREETING + stream(*range(20)))
    await turns(6)
    assert slow.names == [str(n) for n in range(20) if n != 7]
    assert len(faults) == 1


async def test_another_protocol_ends_the_link() -> None:
    slow = Slow()
    link = AmiLink(slow, slow.clock)
    link.data_received(b"SSH-2.0-OpenSSH_9.2\r\n")
    assert "not an Asterisk manager" in link.lost.result()
