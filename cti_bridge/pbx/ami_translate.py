r"""AMI events to neutral call events: Asterisk's spellings end here.

A channel event counts only with its complete header set: Asterisk does not
escape a caller's number, so a number with line breaks can forge what looks
like a block of its own. Incomplete ones are dropped and counted. Short events, which
such a number has room for, are dropped too while the last channel event was
incomplete: the snapshot that follows tells what they would have told.

Source: Asterisk 22 manager events; captures in tests/golden.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from cti_bridge.calls import events as ev
from cti_bridge.calls import queue_events as qe
from cti_bridge.calls.ids import BridgeId, ChannelId, Endpoint, PbxId, QueueId
from cti_bridge.calls.outcomes import DialOutcome, ParkEnd
from cti_bridge.pbx.ami_members import DEVICE_NAMES, member_changed, member_endpoint
from cti_bridge.pbx.ami_message import Block, Headers, event_name, read_headers
from cti_bridge.pbx.ami_names import endpoint_of, is_glue, is_telephone, unescape

Translation: TypeAlias = ev.CallEvent | None

CHANNEL_HEADERS = frozenset(
    {
        "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
        "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode",
        "Context", "Exten", "Priority", "Uniqueid", "Linkedid",
    }
)  # fmt: skip


def _prefixed(prefix: str) -> frozenset[str]:
    return frozenset(prefix + name for name in CHANNEL_HEADERS)


_DEST_HEADERS = _prefixed("Dest")
_PARKEE_HEADERS = _prefixed("Parkee")
_MEMBER_LEG_HEADERS = CHANNEL_HEADERS | _DEST_HEADERS | {"Queue", "Interface"}
_MEMBER_HEADERS = frozenset(
    {
        "Queue", "MemberName", "Interface", "StateInterface", "Membership", "Penalty", "CallsTaken",
        "LastCall", "InCall", "Status", "Paused", "PausedReason", "Ringinuse",
    }
)  # fmt: skip
_SHORT = frozenset({b"DeviceStateChange", b"Shutdown"})
_STATE_DOWN = "0"
_STATE_RINGING = "5"
_STATE_UP = "6"
# The cause that Asterisk gives a hang-up of its own making, when it stops.
_CAUSE_SHUTDOWN = "4"
_CAUSE_REDIRECTED = "23"
_UNIQUE_ID = re.compile(r"^[A-Za-z0-9_.-]{1,149}$")
_IDS = ("Uniqueid", "Linkedid", "DestUniqueid")
# The number in what was dialled: 09012345678@trunk, trunk/09012345678, trunk/sip:09012345678@host.
_DIALLED_NUMBER = re.compile(r"(?:^|/|:)(\+?[0-9*#]{1,32})(?:@|$)")

HOLDING = "holding_bridge"
_SUCCESS = "Success"

_DIAL_OUTCOMES = {
    "ANSWER": DialOutcome.ANSWERED,
    "CANCEL": DialOutcome.CANCELLED,
    "NOANSWER": DialOutcome.NO_ANSWER,
    "BUSY": DialOutcome.BUSY,
}


class AmiTranslator:
    """Translates the events of one PBX. ``rejected`` counts blocks that were not trusted, by reason."""

    __slots__ = ("_is_doubtful", "_pbx", "_table", "rejected")

    def __init__(self, pbx: PbxId) -> None:
        self._pbx = pbx
        self.rejected: Counter[str] = Counter()
        self._is_doubtful = False
        self._table: dict[bytes, tuple[Callable[[Headers, float], Translation], frozenset[str]]] = {
            b"Newchannel": (self._newchannel, CHANNEL_HEADERS),
            b"NewCallerid": (self._newcallerid, CHANNEL_HEADERS),
            b"Newstate": (self._newstate, CHANNEL_HEADERS),
            b"DialBegin": (self._dial_begin, _DEST_HEADERS | {"DialString"}),
            b"DialEnd": (self._dial_end, _DEST_HEADERS | {"DialStatus"}),
            b"BridgeEnter": (
                self._bridge_enter,
                CHANNEL_HEADERS | {"BridgeUniqueid", "BridgeTechnology"},
            ),
            b"BridgeLeave": (self._bridge_leave, CHANNEL_HEADERS | {"BridgeUniqueid"}),
            b"Hold": (self._hold, CHANNEL_HEADERS),
            b"Unhold": (self._unhold, CHANNEL_HEADERS),
            b"HangupRequest": (self._hangup_request, CHANNEL_HEADERS),
            b"Hangup": (self._hangup, CHANNEL_HEADERS | {"Cause", "Cause-txt"}),
            b"SoftHangupRequest": (self._soft_hangup, CHANNEL_HEADERS),
            b"BlindTransfer": (self._blind_transfer, _prefixed("Transferer") | {"Result", "Extension"}),
            b"AttendedTransfer": (
                self._attended_transfer,
                _prefixed("OrigTransferer") | _prefixed("SecondTransferer") | {"Result"},
            ),
            b"Pickup": (self._pickup, CHANNEL_HEADERS | _prefixed("Target")),
            b"ParkedCall": (self._parked, _PARKEE_HEADERS | {"ParkerDialString", "ParkingSpace"}),
            b"UnParkedCall": (self._unparked, _PARKEE_HEADERS),
            b"ParkedCallTimeOut": (self._park_timed_out, _PARKEE_HEADERS),
            b"ParkedCallGiveUp": (self._park_given_up, _PARKEE_HEADERS),
            b"ChanSpyStart": (self._spy_start, _prefixed("Spyer") | _prefixed("Spyee")),
            b"MixMonitorStart": (self._recording_start, CHANNEL_HEADERS),
            b"MixMonitorMute": (self._recording_mute, CHANNEL_HEADERS | {"State"}),
            b"QueueCallerJoin": (self._queue_join, CHANNEL_HEADERS | {"Queue", "Position", "Count"}),
            b"QueueCallerLeave": (self._queue_leave, CHANNEL_HEADERS | {"Queue", "Count"}),
            b"QueueCallerAbandon": (self._queue_abandon, CHANNEL_HEADERS | {"Queue", "HoldTime"}),
            b"AgentCalled": (self._agent_called, _MEMBER_LEG_HEADERS),
            b"AgentConnect": (self._agent_connect, _MEMBER_LEG_HEADERS),
            b"AgentRingNoAnswer": (
                self._agent_no_answer,
                CHANNEL_HEADERS | _DEST_HEADERS | {"Queue", "Interface"},
            ),
            b"QueueMemberStatus": (self._member, _MEMBER_HEADERS),
            b"QueueMemberAdded": (self._member, _MEMBER_HEADERS),
            b"QueueMemberPause": (self._member, _MEMBER_HEADERS),
            b"QueueMemberRemoved": (self._member_removed, _MEMBER_HEADERS),
            b"DeviceStateChange": (self._device, frozenset({"Privilege", "Device", "State"})),
            b"Shutdown": (self._shutdown, frozenset({"Privilege", "Shutdown", "Restart"})),
        }

    def translate(self, block: Block, arrived_at_s: float) -> Translation:
        """The neutral event in a block, or None when it bears none or cannot be trusted.

        Takes the event's own ``Timestamp`` where Asterisk sends one
        (``timestampevents=yes``), else ``arrived_at_s``.
        """
        name = event_name(block)
        entry = self._table.get(name) if name is not None else None
        if entry is None:
            return None
        handler, required = entry
        headers, flaw = read_headers(block)
        if flaw is None and not required <= headers.keys():
            flaw = "incomplete"
        if flaw is None and not all(_UNIQUE_ID.match(headers[key]) for key in _IDS if key in required):
            flaw = "unique_id"
        is_short = name in _SHORT
        if flaw is None and is_short and self._is_doubtful:
            flaw = "doubtful"
        if flaw is not None:
            self._is_doubtful = True
            self.rejected[flaw] += 1
            return None
        if not is_short:
            self._is_doubtful = False
        return handler(headers, _time(headers, arrived_at_s))

    def _newchannel(self, h: Headers, at_s: float) -> Translation:
        return ev.ChannelCreated(
            self._pbx,
            at_s,
            ChannelId(h["Uniqueid"]),
            ChannelId(h["Linkedid"]),
            endpoint_of(h["Channel"]),
            is_glue(h["Channel"]),
            h["CallerIDNum"],
            unescape(h["CallerIDName"]),
            h["Exten"],
            h["ChannelState"] == _STATE_UP,
            h["ChannelState"] == _STATE_DOWN,
        )

    def _newcallerid(self, h: Headers, at_s: float) -> Translation:
        return ev.CallerIdentified(
            self._pbx,
            at_s,
            ChannelId(h["Uniqueid"]),
            h["CallerIDNum"],
            unescape(h["CallerIDName"]),
            "Prohib" in h.get("CID-CallingPres", ""),
        )

    def _newstate(self, h: Headers, at_s: float) -> Translation:
        if h["ChannelState"] == _STATE_RINGING:
            return ev.ChannelRang(self._pbx, at_s, ChannelId(h["Uniqueid"]))
        if h["ChannelState"] == _STATE_UP:
            return ev.ChannelAnswered(self._pbx, at_s, ChannelId(h["Uniqueid"]))
        return None

    def _dial_begin(self, h: Headers, at_s: float) -> Translation:
        number = _DIALLED_NUMBER.search(h["DialString"])
        return ev.DialBegan(
            self._pbx, at_s, _source(h), ChannelId(h["DestUniqueid"]), number[1] if number else ""
        )

    def _dial_end(self, h: Headers, at_s: float) -> Translation:
        outcome = _DIAL_OUTCOMES.get(h["DialStatus"], DialOutcome.FAILED)
        if h.get("Forward") and _follows(h, "Forward", "DestLinkedid"):
            outcome = DialOutcome.FORWARDED
        return ev.DialEnded(self._pbx, at_s, _source(h), ChannelId(h["DestUniqueid"]), outcome)

    def _bridge_enter(self, h: Headers, at_s: float) -> Translation:
        return ev.BridgeEntered(
            self._pbx,
            at_s,
            ChannelId(h["Uniqueid"]),
            BridgeId(h["BridgeUniqueid"]),
            ChannelId(h["Linkedid"]),
            h["BridgeTechnology"] == HOLDING,
        )

    def _bridge_leave(self, h: Headers, at_s: float) -> Translation:
        return ev.BridgeLeft(self._pbx, at_s, ChannelId(h["Uniqueid"]), BridgeId(h["BridgeUniqueid"]))

    def _hold(self, h: Headers, at_s: float) -> Translation:
        return ev.HoldStarted(self._pbx, at_s, ChannelId(h["Uniqueid"]))

    def _unhold(self, h: Headers, at_s: float) -> Translation:
        return ev.HoldEnded(self._pbx, at_s, ChannelId(h["Uniqueid"]))

    def _hangup_request(self, h: Headers, at_s: float) -> Translation:
        is_forwarding = h.get("Cause") == _CAUSE_REDIRECTED
        return ev.HangupRequested(self._pbx, at_s, ChannelId(h["Uniqueid"]), is_forwarding)

    def _hangup(self, h: Headers, at_s: float) -> Translation:
        cause = int(h["Cause"]) if h["Cause"].isdecimal() else 0
        return ev.ChannelEnded(self._pbx, at_s, ChannelId(h["Uniqueid"]), cause)

    def _soft_hangup(self, h: Headers, at_s: float) -> Translation:
        is_stopping = h.get("Cause") == _CAUSE_SHUTDOWN and _follows(h, "Cause", "Linkedid")
        return ev.PbxStopping(self._pbx, at_s) if is_stopping else None

    def _shutdown(self, _h: Headers, at_s: float) -> Translation:
        return ev.PbxStopping(self._pbx, at_s)

    def _blind_transfer(self, h: Headers, at_s: float) -> Translation:
        if h["Result"] != _SUCCESS:
            return None
        return ev.BlindTransferred(self._pbx, at_s, ChannelId(h["TransfererUniqueid"]), h["Extension"])

    def _attended_transfer(self, h: Headers, at_s: float) -> Translation:
        if h["Result"] != _SUCCESS:
            return None
        return ev.AttendedTransferred(
            self._pbx,
            at_s,
            ChannelId(h["OrigTransfererUniqueid"]),
            ChannelId(h["SecondTransfererUniqueid"]),
        )

    def _pickup(self, h: Headers, at_s: float) -> Translation:
        return ev.CallPickedUp(self._pbx, at_s, ChannelId(h["Uniqueid"]), ChannelId(h["TargetUniqueid"]))

    def _parked(self, h: Headers, at_s: float) -> Translation:
        by = h["ParkerDialString"]
        return ev.CallParked(
            self._pbx,
            at_s,
            ChannelId(h["ParkeeUniqueid"]),
            h["ParkingSpace"],
            Endpoint(by) if is_telephone(by) else None,
        )

    def _unparked(self, h: Headers, at_s: float) -> Translation:
        return ev.CallUnparked(self._pbx, at_s, ChannelId(h["ParkeeUniqueid"]), ParkEnd.RETRIEVED)

    def _park_timed_out(self, h: Headers, at_s: float) -> Translation:
        return ev.CallUnparked(self._pbx, at_s, ChannelId(h["ParkeeUniqueid"]), ParkEnd.TIMED_OUT)

    def _park_given_up(self, h: Headers, at_s: float) -> Translation:
        return ev.CallUnparked(self._pbx, at_s, ChannelId(h["ParkeeUniqueid"]), ParkEnd.GAVE_UP)

    def _spy_start(self, h: Headers, at_s: float) -> Translation:
        return ev.SpyStarted(self._pbx, at_s, ChannelId(h["SpyerUniqueid"]), ChannelId(h["SpyeeUniqueid"]))

    def _recording_start(self, h: Headers, at_s: float) -> Translation:
        return ev.RecordingStarted(self._pbx, at_s, ChannelId(h["Uniqueid"]))

    def _recording_mute(self, h: Headers, at_s: float) -> Translation:
        return ev.RecordingMuted(self._pbx, at_s, ChannelId(h["Uniqueid"]), h["State"] == "1")

    def _queue_join(self, h: Headers, at_s: float) -> Translation:
        return qe.QueueEntered(
            self._pbx,
            at_s,
            ChannelId(h["Uniqueid"]),
            QueueId(h["Queue"]),
            h["CallerIDNum"],
            unescape(h["CallerIDName"]),
        )

    def _queue_leave(self, h: Headers, at_s: float) -> Translation:
        return qe.QueueLeft(self._pbx, at_s, ChannelId(h["Uniqueid"]), QueueId(h["Queue"]))

    def _queue_abandon(self, h: Headers, at_s: float) -> Translation:
        return qe.QueueAbandoned(self._pbx, at_s, ChannelId(h["Uniqueid"]), QueueId(h["Queue"]))

    def _agent_called(self, h: Headers, at_s: float) -> Translation:
        return qe.MemberCalled(self._pbx, at_s, *_member_leg(h))

    def _agent_connect(self, h: Headers, at_s: float) -> Translation:
        return qe.MemberConnected(self._pbx, at_s, *_member_leg(h))

    def _agent_no_answer(self, h: Headers, at_s: float) -> Translation:
        return qe.MemberNoAnswer(self._pbx, at_s, *_member_leg(h))

    def _member(self, h: Headers, at_s: float) -> Translation:
        return member_changed(self._pbx, at_s, h, h["Interface"], h.get("MemberName", ""))

    def _member_removed(self, h: Headers, at_s: float) -> Translation:
        endpoint = member_endpoint(h["Interface"], h.get("StateInterface", ""))
        return qe.MemberRemoved(self._pbx, at_s, QueueId(h["Queue"]), endpoint)

    def _device(self, h: Headers, at_s: float) -> Translation:
        if not is_telephone(h["Device"]):
            return None
        use = DEVICE_NAMES.get(h["State"], qe.DeviceUse.UNKNOWN)
        return qe.DeviceChanged(self._pbx, at_s, Endpoint(h["Device"]), use)


def _time(h: Headers, arrived_at_s: float) -> float:
    """The event's own time, when it bears one that can be."""
    stamp = h.get("Timestamp")
    if stamp is None:
        return arrived_at_s
    try:
        at_s = float(stamp)
    except ValueError:
        return arrived_at_s
    # A PBX clock that is wrong by hours must not shift the board's day; NaN fails this too.
    return at_s if abs(at_s - arrived_at_s) < 3600 else arrived_at_s


def _follows(h: Headers, name: str, other: str) -> bool:
    """Whether a header that need not be there stands where Asterisk puts it, and no caller's number could."""
    names = list(h)
    return names.index(name) > names.index(other)


def _source(h: Headers) -> ChannelId | None:
    unique_id = h.get("Uniqueid")
    return ChannelId(unique_id) if unique_id else None


def _member_leg(h: Headers) -> tuple[ChannelId, QueueId, Endpoint, ChannelId]:
    return (
        ChannelId(h["Uniqueid"]),
        QueueId(h["Queue"]),
        Endpoint(h["Interface"]),
        ChannelId(h["DestUniqueid"]),
    )
