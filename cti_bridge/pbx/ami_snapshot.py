"""The lists that a connection begins with, as one neutral snapshot.

A caller's number with line breaks breaks items of the lists too, and in
QueueStatus, where the ActionID comes last, its second half bears our own
ActionID. So an item counts only with all that its kind has and nothing that
another kind has; what cannot be read makes the snapshot partial.

Source: Asterisk 22 actions CoreShowChannels, QueueStatus, DeviceStateList, BridgeList.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cti_bridge.calls.ids import BridgeId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged
from cti_bridge.calls.snapshot import Snapshot, SnapshotChannel, SnapshotQueue, SnapshotWaiting
from cti_bridge.pbx.ami_members import DEVICE_NAMES, member_changed
from cti_bridge.pbx.ami_message import Headers
from cti_bridge.pbx.ami_names import endpoint_of, is_glue, is_telephone, unescape
from cti_bridge.pbx.ami_translate import CHANNEL_HEADERS, HOLDING

LISTS = ("CoreShowChannels", "QueueStatus", "DeviceStateList", "BridgeList")
# What a genuine end of a list has. The second half of a broken item always has more: the rest of the item.
_END_HEADERS = frozenset({"Event", "ActionID", "EventList", "ListItems", "Total"})
_CHANNEL = CHANNEL_HEADERS | {"BridgeId", "Duration"}
_ENTRY = frozenset(
    {"Queue", "Position", "Channel", "Uniqueid", "CallerIDNum", "CallerIDName", "Wait", "Priority"}
)
# Follows the number a caller chose; no item but a caller's has it.
_AFTER_NUMBER = "CallerIDName"
_MAX_DIGITS = 8


def is_list_end(headers: Headers) -> bool:
    """Whether a block that says it ends a list is what Asterisk ends one with."""
    return (
        headers.get("EventList") == "Complete"
        and headers.get("Event", "").endswith("Complete")
        and headers.keys() <= _END_HEADERS
    )


def is_list_flawed(headers: Headers) -> bool:
    """Whether a block bears a mark of a list where none can be: a caller's number wrote it."""
    mark = headers.get("EventList")
    return mark is not None and not (("Response" in headers and mark == "start") or is_list_end(headers))


def snapshot(
    pbx: PbxId,
    at_s: float,
    channels: Iterable[Headers],
    queues: Iterable[Headers],
    devices: Iterable[Headers],
    bridges: Iterable[Headers] = (),
    *,
    is_partial: bool = False,
) -> Snapshot:
    """The snapshot of one PBX from the items of the lists.

    Items that cannot be read are left out and make it partial: a snapshot of
    most is worth more than none.
    """
    reading = _Reading(pbx, at_s, is_partial)
    for item in channels:
        reading.read(item, reading.channel)
    for item in queues:
        reading.read(item, reading.queue)
    for item in devices:
        reading.read(item, reading.device)
    for item in bridges:
        reading.read(item, reading.bridge)
    return Snapshot(
        pbx,
        at_s,
        tuple(reading.channels),
        tuple(reading.queues),
        tuple(reading.members),
        tuple(reading.waiting),
        tuple(reading.devices.items()),
        reading.is_partial,
        frozenset(reading.holding),
    )


class _Reading:
    """What was read of the lists so far. A reader raises ``KeyError`` or ``ValueError`` for a bad item."""

    def __init__(self, pbx: PbxId, at_s: float, is_partial: bool) -> None:
        self._pbx = pbx
        self._at_s = at_s
        self.is_partial = is_partial
        self.channels: list[SnapshotChannel] = []
        self.queues: list[SnapshotQueue] = []
        self.members: list[MemberChanged] = []
        self.waiting: list[SnapshotWaiting] = []
        self.devices: dict[Endpoint, DeviceUse] = {}
        self.holding: set[BridgeId] = set()

    def read(self, item: Headers, reader: Callable[[Headers], None]) -> None:
        try:
            reader(item)
        except (KeyError, ValueError):
            self.is_partial = True

    def channel(self, item: Headers) -> None:
        if item["Event"] != "CoreShowChannel" or not item.keys() >= _CHANNEL:
            raise ValueError("not whole")
        self.channels.append(
            SnapshotChannel(
                ChannelId(item["Uniqueid"]),
                ChannelId(item["Linkedid"]),
                endpoint_of(item["Channel"]),
                is_glue(item["Channel"]),
                item["ChannelState"] == "6",
                item["ChannelState"] == "5",
                item["CallerIDNum"],
                unescape(item["CallerIDName"]),
                item["ConnectedLineNum"],
                item["Exten"],
                BridgeId(item["BridgeId"]) if item["BridgeId"] else None,
                _duration(item["Duration"]),
            )
        )

    def queue(self, item: Headers) -> None:
        kind = item["Event"]
        if kind == "QueueEntry":
            if not item.keys() >= _ENTRY:
                raise ValueError("not whole")
            self.waiting.append(
                SnapshotWaiting(
                    QueueId(item["Queue"]),
                    ChannelId(item["Uniqueid"]),
                    item["CallerIDNum"],
                    unescape(item["CallerIDName"]),
                    _seconds(item["Wait"]),
                )
            )
        elif _AFTER_NUMBER in item:
            raise ValueError("the second half of an entry")
        elif kind == "QueueParams":
            self.queues.append(SnapshotQueue(QueueId(item["Queue"]), item.get("Strategy", "")))
        elif kind == "QueueMember":
            name = item.get("Name", "")
            self.members.append(member_changed(self._pbx, self._at_s, item, item["Location"], name))

    def device(self, item: Headers) -> None:
        device, state = item["Device"], item["State"]
        if is_telephone(device):
            self.devices[Endpoint(device)] = DEVICE_NAMES.get(state, DeviceUse.UNKNOWN)

    def bridge(self, item: Headers) -> None:
        if item["BridgeTechnology"] == HOLDING:
            self.holding.add(BridgeId(item["BridgeUniqueid"]))


def _duration(duration: str) -> float:
    """``01:02:03`` as seconds; the hours may run past two digits."""
    hours, minutes, seconds = duration.split(":")
    return _seconds(hours) * 3600 + _seconds(minutes) * 60 + _seconds(seconds)


def _seconds(digits: str) -> float:
    """Whole seconds; raises ``ValueError`` for what is no number or longer than three years."""
    if not digits.isascii() or not digits.isdecimal() or len(digits) > _MAX_DIGITS:
        raise ValueError(f"no number of seconds: {digits[:20]!r}")
    return float(digits)
