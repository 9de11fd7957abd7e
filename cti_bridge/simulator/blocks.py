r"""AMI blocks as bytes: pure functions, one header to a line, CR LF after each.

Headers stand in the order in which an Asterisk 22 sends them. Every block
ends in an empty line. Names are escaped as Asterisk does; numbers are not.

Source: byte captures in tests/golden.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

BANNER: Final = b"Asterisk Call Manager/11.0.0\r\n"

# Classes of events, as bits: what a client's event mask selects.
SYSTEM: Final = 1
CALL: Final = 2
AGENT: Final = 4
EVERYTHING: Final = SYSTEM | CALL | AGENT
_CLASS_NAMES = {SYSTEM: "system", CALL: "call", AGENT: "agent"}

UNKNOWN: Final = "<unknown>"
_NAME_BYTES: Final = 80
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "'": "\\'", "\t": "\\t", "\r": "\\r", "\n": "\\n"})

STATE_NAMES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}

CAUSE_TEXTS = {
    0: "Unknown",
    16: "Normal Clearing",
    17: "User busy",
    19: "User alerting, no answer",
    20: "Subscriber absent",
    21: "Call Rejected",
    26: "Answered elsewhere",
    127: "Interworking, unspecified",
}


class Head(NamedTuple):
    """The beginning of one kind of event: its class and its first two lines."""

    kind: int
    text: bytes


def _head(name: str, kind: int) -> Head:
    return Head(kind, f"Event: {name}\r\nPrivilege: {_CLASS_NAMES[kind]},all\r\n".encode())


NEW_CHANNEL: Final = _head("Newchannel", CALL)
NEW_STATE: Final = _head("Newstate", CALL)
NEW_CALLER_ID: Final = _head("NewCallerid", CALL)
NEW_CONNECTED_LINE: Final = _head("NewConnectedLine", CALL)
DIAL_BEGIN: Final = _head("DialBegin", CALL)
DIAL_STATE: Final = _head("DialState", CALL)
DIAL_END: Final = _head("DialEnd", CALL)
BRIDGE_CREATE: Final = _head("BridgeCreate", CALL)
BRIDGE_ENTER: Final = _head("BridgeEnter", CALL)
BRIDGE_LEAVE: Final = _head("BridgeLeave", CALL)
BRIDGE_DESTROY: Final = _head("BridgeDestroy", CALL)
HOLD: Final = _head("Hold", CALL)
UNHOLD: Final = _head("Unhold", CALL)
MUSIC_START: Final = _head("MusicOnHoldStart", CALL)
MUSIC_STOP: Final = _head("MusicOnHoldStop", CALL)
HANGUP_REQUEST: Final = _head("HangupRequest", CALL)
SOFT_HANGUP_REQUEST: Final = _head("SoftHangupRequest", CALL)
HANGUP: Final = _head("Hangup", CALL)
BLIND_TRANSFER: Final = _head("BlindTransfer", CALL)
ORIGINATE_RESPONSE: Final = _head("OriginateResponse", CALL)
SPY_START: Final = _head("ChanSpyStart", CALL)
DEVICE_STATE: Final = _head("DeviceStateChange", CALL)
EXTENSION_STATUS: Final = _head("ExtensionStatus", CALL)
QUEUE_JOIN: Final = _head("QueueCallerJoin", AGENT)
QUEUE_LEAVE: Final = _head("QueueCallerLeave", AGENT)
QUEUE_ABANDON: Final = _head("QueueCallerAbandon", AGENT)
AGENT_CALLED: Final = _head("AgentCalled", AGENT)
AGENT_CONNECT: Final = _head("AgentConnect", AGENT)
AGENT_COMPLETE: Final = _head("AgentComplete", AGENT)
AGENT_NO_ANSWER: Final = _head("AgentRingNoAnswer", AGENT)
MEMBER_STATUS: Final = _head("QueueMemberStatus", AGENT)
MEMBER_PAUSE: Final = _head("QueueMemberPause", AGENT)
MEMBER_ADDED: Final = _head("QueueMemberAdded", AGENT)
MEMBER_REMOVED: Final = _head("QueueMemberRemoved", AGENT)

MUSIC_CLASS: Final = b"Class: default\r\n"
HOLD_MUSIC_CLASS: Final = b"MusicClass: default\r\n"

# Printed in the form of the headers below, so that each channel is formatted once for each change.
_CHANNEL = (
    "{p}Channel: {name}\r\n{p}ChannelState: {state}\r\n{p}ChannelStateDesc: {state_name}\r\n"
    "{p}CallerIDNum: {number}\r\n{p}CallerIDName: {caller_name}\r\n"
    "{p}ConnectedLineNum: {connected_number}\r\n{p}ConnectedLineName: {connected_name}\r\n"
    "{p}Language: {language}\r\n{p}AccountCode: \r\n"
    "{p}Context: {context}\r\n{p}Exten: {exten}\r\n{p}Priority: {priority}\r\n"
    "{p}Uniqueid: {unique_id}\r\n{p}Linkedid: {linked_id}\r\n"
)


def lines(**headers: object) -> bytes:
    """Headers in the order given. ``_`` in a name stands for ``-``: ``Cause_txt``."""
    return "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()).encode()


@lru_cache
def dial_status(status: str) -> bytes:
    """The header that says how a dialling goes."""
    return lines(DialStatus=status)


@lru_cache(maxsize=4096)
def escape(name: str) -> str:
    r"""A name as Asterisk prints it: ``\"``, ``\'``, ``\\``, ``\t`` escaped, cut at 80 bytes."""
    if not name:
        return UNKNOWN
    cut = name.encode()[:_NAME_BYTES].decode(errors="ignore")
    return cut.translate(_ESCAPES)


def channel(
    prefix: str,
    *,
    name: str,
    state: int,
    number: str,
    caller_name: str,
    connected_number: str,
    connected_name: str,
    language: str,
    context: str,
    exten: str,
    priority: int,
    unique_id: str,
    linked_id: str,
) -> bytes:
    """The fourteen headers of a channel; ``prefix`` is empty or ``Dest``."""
    return _CHANNEL.format(
        p=prefix,
        name=name,
        state=state,
        state_name=STATE_NAMES[state],
        number=number or UNKNOWN,
        caller_name=escape(caller_name),
        connected_number=connected_number or UNKNOWN,
        connected_name=escape(connected_name),
        language=language,
        context=context,
        exten=exten,
        priority=priority,
        unique_id=unique_id,
        linked_id=linked_id,
    ).encode()


def bridge(unique_id: str, channels: int) -> bytes:
    """The seven headers of a bridge of two."""
    return (
        f"BridgeUniqueid: {unique_id}\r\nBridgeType: basic\r\nBridgeTechnology: simple_bridge\r\n"
        f"BridgeCreator: <unknown>\r\nBridgeName: <unknown>\r\nBridgeNumChannels: {channels}\r\n"
        "BridgeVideoSourceMode: none\r\n"
    ).encode()


@lru_cache
def cause(code: int | None, *, tech: int | None = None, is_final: bool = False) -> bytes:
    """``Cause``, its text when the channel is gone (``is_final``), and the SIP status behind it."""
    text = "" if code is None else f"Cause: {code}\r\n"
    if is_final and code is not None:
        text += f"Cause-txt: {CAUSE_TEXTS[code]}\r\n"
    if tech is not None:
        text += f"TechCause: {tech}\r\n"
    return text.encode()
