"""Queue members as Asterisk spells them: which telephone one stands for, what that is doing."""

from __future__ import annotations

import re

from cti_bridge.calls.ids import Endpoint, PbxId, QueueId
from cti_bridge.calls.queue_events import DeviceUse, MemberChanged
from cti_bridge.pbx.ami_message import Headers
from cti_bridge.pbx.ami_names import is_telephone, unescape

_LOCAL_MEMBER = re.compile(r"^Local/([^@/]+)@")
# Device state numbers as in QueueMemberStatus; names as in DeviceStateChange.
_DEVICE_NUMBERS = {
    "1": DeviceUse.IDLE,
    "2": DeviceUse.IN_USE,
    "3": DeviceUse.BUSY,
    "4": DeviceUse.UNAVAILABLE,
    "5": DeviceUse.UNAVAILABLE,
    "6": DeviceUse.RINGING,
    "7": DeviceUse.IN_USE,
    "8": DeviceUse.ON_HOLD,
}
DEVICE_NAMES = {
    "NOT_INUSE": DeviceUse.IDLE,
    "INUSE": DeviceUse.IN_USE,
    "BUSY": DeviceUse.BUSY,
    "INVALID": DeviceUse.UNAVAILABLE,
    "UNAVAILABLE": DeviceUse.UNAVAILABLE,
    "RINGING": DeviceUse.RINGING,
    "RINGINUSE": DeviceUse.IN_USE,
    "ONHOLD": DeviceUse.ON_HOLD,
}


def member_changed(pbx: PbxId, at_s: float, h: Headers, interface: str, name: str) -> MemberChanged:
    """A queue member from its headers."""
    return MemberChanged(
        pbx,
        at_s,
        QueueId(h["Queue"]),
        member_endpoint(interface, h.get("StateInterface", "")),
        unescape(name),
        h["Paused"] == "1",
        h.get("PausedReason", "") if h["Paused"] == "1" else "",
        _DEVICE_NUMBERS.get(h["Status"], DeviceUse.UNKNOWN),
        interface,
    )


def member_endpoint(interface: str, state_interface: str) -> Endpoint:
    """The telephone that a queue's member stands for.

    A member behind a local channel names it as the interface whose state
    counts; FreePBX names a hint instead (``hint:1004@ext-local``), and then
    ``Local/1004`` stands for the telephone of extension 1004.
    """
    if is_telephone(state_interface):
        return Endpoint(state_interface)
    local = _LOCAL_MEMBER.match(interface)
    return Endpoint(f"Local/{local[1]}" if local else interface)
