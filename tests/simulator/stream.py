"""Reads an AMI byte stream into blocks; names every event so that two runs of one scene can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """One block: its headers in order."""

    headers: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.headers)

    @property
    def event(self) -> str:
        return self["Event"]


def blocks(data: bytes) -> list[Block]:
    """Every block after the banner line."""
    banner, _, rest = data.partition(b"\r\n")
    assert re.fullmatch(rb"Asterisk Call Manager/\d+\.\d+\.\d+", banner), banner
    if not rest:
        return []
    assert rest.endswith(b"\r\n\r\n"), rest[-40:]
    found = []
    for text in rest.decode().removesuffix("\r\n\r\n").split("\r\n\r\n"):
        lines = (line.partition(": ") for line in text.split("\r\n"))
        found.append(Block(tuple((name, value) for name, _, value in lines)))
    return found


def events(data: bytes) -> list[Block]:
    """The events that happened: not those that answer an action, and not what follows a login."""
    return [b for b in blocks(data) if b.event and not b["ActionID"] and b.event != "FullyBooted"]


def named(stream: Iterable[Block]) -> list[tuple[str, Block]]:
    """Each event with its name, such as ``DialEnd trunk#1 1003#1 CANCEL (2)``: unique, the same in every run.

    Channels are named by endpoint and count (``1003#2`` is its second channel), repetitions are numbered.
    """
    channels: dict[str, str] = {}
    made: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    result = []
    for block in stream:
        for prefix in ("", "Dest"):
            unique, channel = block[f"{prefix}Uniqueid"], block[f"{prefix}Channel"]
            if unique and unique not in channels:
                endpoint = channel.removeprefix("PJSIP/").rpartition("-")[0]
                made[endpoint] += 1
                channels[unique] = f"{endpoint}#{made[endpoint]}"
        parts = [block.event, channels.get(block["Uniqueid"], ""), channels.get(block["DestUniqueid"], "")]
        parts += [block[key] for key in _TELLING.get(block.event, ())]
        name = " ".join(part for part in parts if part)
        seen[name] += 1
        result.append((f"{name} ({seen[name]})" if seen[name] > 1 else name, block))
    return result


_TELLING = {
    "Newstate": ("ChannelStateDesc",),
    "DialEnd": ("DialStatus",),
    "DialState": ("DialStatus",),
    "DeviceStateChange": ("Device", "State"),
    "ExtensionStatus": ("Exten", "StatusText"),
    "QueueMemberStatus": ("Queue", "Interface", "Status"),
    "QueueMemberPause": ("Queue", "Interface", "Paused"),
    "QueueMemberAdded": ("Queue", "Interface"),
    "QueueMemberRemoved": ("Queue", "Interface"),
}
