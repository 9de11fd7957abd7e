"""The lists that a connection begins with, as one neutral snapshot.

Source: Asterisk 22 actions CoreShowChannels, QueueStatus, DeviceStateList.
"""

from __future__ import annotations

from collections.abc import Iterable

from cti_bridge.calls import events as ev
from cti_bridge.pbx.ami_translate import (
    DEVICE_NAMES,
    Headers,
    endpoint_of,
    is_glue,
    is_telephone,
    member_changed,
    unescape,
)

LISTS = ("CoreShowChannels", "QueueStatus", "DeviceStateList")


def snapshot(
    pbx: ev.PbxId,
    at_s: float,
    channels: Iterable[Headers],
    queues: Iterable[Headers],
    devices: Iterable[Headers],
) -> ev.Snapshot:
    """The snapshot of one PBX from the items of the three lists.

    Items that lack what they must have are left out: a snapshot of most is
    worth more than none.
    """
    parts: list[ev.SnapshotQueue] = []
    members: list[ev.MemberChanged] = []
    waiting: list[ev.SnapshotWaiting] = []
    for item in queues:
        try:
            if item["Event"] == "QueueParams":
                parts.append(ev.SnapshotQueue(ev.QueueId(item["Queue"]), item.get("Strategy", "")))
            elif item["Event"] == "QueueMember":
                members.append(member_changed(pbx, at_s, item, item["Location"], item.get("Name", "")))
            elif item["Event"] == "QueueEntry":
                waiting.append(_waiting(item))
        except (KeyError, ValueError):
            continue
    return ev.Snapshot(
        pbx,
        at_s,
        tuple(_channels(channels)),
        tuple(parts),
        tuple(members),
        tuple(waiting),
        tuple(_devices(devices)),
    )


def _channels(items: Iterable[Headers]) -> Iterable[ev.SnapshotChannel]:
    for item in items:
        try:
            yield ev.SnapshotChannel(
                ev.ChannelId(item["Uniqueid"]),
                ev.ChannelId(item["Linkedid"]),
                endpoint_of(item["Channel"]),
                is_glue(item["Channel"]),
                item["ChannelState"] == "6",
                item["ChannelState"] == "5",
                item["CallerIDNum"],
                unescape(item["CallerIDName"]),
                item.get("ConnectedLineNum", ""),
                item["Exten"],
                ev.BridgeId(item["BridgeId"]) if item.get("BridgeId") else None,
                _seconds(item.get("Duration", "")),
            )
        except (KeyError, ValueError):
            continue


def _waiting(item: Headers) -> ev.SnapshotWaiting:
    return ev.SnapshotWaiting(
        ev.QueueId(item["Queue"]),
        ev.ChannelId(item["Uniqueid"]),
        item["CallerIDNum"],
        unescape(item["CallerIDName"]),
        float(item["Wait"]),
    )


def _devices(items: Iterable[Headers]) -> Iterable[tuple[ev.Endpoint, ev.DeviceUse]]:
    for item in items:
        device = item.get("Device", "")
        if is_telephone(device):
            yield ev.Endpoint(device), DEVICE_NAMES.get(item.get("State", ""), ev.DeviceUse.UNKNOWN)


def _seconds(duration: str) -> float:
    """``01:02:03`` as seconds; the hours may run past two digits."""
    hours, minutes, seconds = duration.split(":")
    return float(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
