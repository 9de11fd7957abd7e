"""Makes AMI blocks safe to show to others: no number, name or address of anybody is left in them.

An allow list decides. A header that is known passes by the rule of its kind;
of a header that is not known, and of a known one whose value does not look as
it should, every letter and digit is replaced. What stays: times, unique IDs,
the names of telephones, trunks, queues and contexts, extensions of up to six
digits. A line break in a caller's number stays what it is, and so does the
structure that it forges.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cti_bridge.calls.presence import WRAP_UP_REASON
from cti_bridge.pbx.ami_message import Block
from cti_bridge.pbx.pseudonyms import NUMBER_INSIDE, Pseudonyms

# The sets of headers that describe one channel, or one bridge, each with a prefix of its own.
_CHANNEL_PREFIXES = (
    "", "Dest", "LocalOne", "LocalTwo", "Source", "Target", "OrigTransferer", "SecondTransferer",
    "TransferTarget", "Transferee", "Transferer", "Parkee", "Parker", "Retriever", "Spyer", "Spyee",
)  # fmt: skip
_BRIDGE_PREFIXES = ("", "From", "To", "Orig", "Second", "Dest")

_NUMBERS = {"CallerIDNum", "ConnectedLineNum", "Exten", "Extension", "ParkingSpace", "Conference"}
_NAMES = {"CallerIDName", "ConnectedLineName", "MemberName", "Name"}
_PLACES = {
    "Channel", "Device", "Interface", "Location", "StateInterface", "Hint", "Peer", "Mailbox", "DialString",
    "Queue", "Context", "Parkinglot", "Class", "BridgeName", "BridgeCreator",
}  # fmt: skip
_IDS = {"Uniqueid", "UniqueId", "Linkedid", "BridgeUniqueid", "BridgeId"}
_FIGURES = {
    "Timestamp", "LastCall", "LastPause", "LoginTime", "Uptime", "LastReload", "ListItems", "Priority",
    "Position", "OriginalPosition", "Count", "HoldTime", "RingTime", "TalkTime", "Wait", "Penalty",
    "CallsTaken", "InCall", "Wrapuptime", "Max", "Calls", "Holdtime", "Completed", "Abandoned", "Weight",
    "ServiceLevel", "ServicelevelPerf", "ServicelevelPerf2", "BridgeNumChannels", "ParkingTimeout",
    "ParkingDuration", "Waiting", "New", "Old", "Id",
}  # fmt: skip
_PLAIN = {
    "Event", "Response", "Privilege", "EventList", "ChannelState", "ChannelStateDesc", "Language",
    "Application", "Duration", "CID-CallingPres", "DialStatus", "Cause", "Cause-txt", "TechCause", "Reason",
    "Result", "IsExternal", "BridgeType", "BridgeTechnology", "BridgeVideoSourceMode", "DestType",
    "Membership", "Status", "StatusText", "State", "Paused", "Ringinuse", "Strategy", "ChannelType",
    "PeerStatus", "LocalOptimization", "Admin", "Muted", "Success", "Shutdown", "Restart",
}  # fmt: skip
_OF_CHANNELS = {
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
    "ConnectedLineName", "Language", "Context", "Exten", "Priority", "Uniqueid", "UniqueId", "Linkedid",
    "DialString",
}  # fmt: skip
_OF_BRIDGES = {
    "BridgeUniqueid", "BridgeType", "BridgeTechnology", "BridgeCreator", "BridgeName", "BridgeNumChannels",
    "BridgeVideoSourceMode",
}  # fmt: skip

_PLAIN_VALUE = re.compile(r"(?!.*[0-9]{5})[A-Za-z0-9 _.,:;()/+&%<>-]{0,60}")
# Counts and times; a telephone number begins with 0 or is longer.
_FIGURE = re.compile(r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{1,9})?")
# Asterisk's own: seconds and a counter, behind the system's name if it has one; bridges have UUIDs.
_ID_PART = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<![0-9])1[0-9]{9}\.[0-9]{1,9}(?![0-9])"
)
_DIALPLAN_NAME = re.compile(r"[A-Za-z]|s-[A-Z]+|\*[0-9]{1,6}")
# SIP URIs, e-mail and IP addresses; or else telephone numbers.
_PERSONAL = re.compile(
    r"(?P<address>(?<=sip:)[^\s,;)&]+|(?<=sips:)[^\s,;)&]+|[^\s@/,]+@[^\s@/,]*\.[^\s@/,]+"
    rf"|(?<![0-9.])[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?![0-9]))|{NUMBER_INSIDE.pattern}"
)
_COUNTER = re.compile(r"-[0-9a-f]{8}(?:;[12])?$")
_HEADER = re.compile(r"(?!.*[0-9]{5})[A-Z][A-Za-z0-9_-]{0,39}")
_BAD_BYTE = re.compile("[\udc80-\udcff]")  # as "surrogateescape" reads a byte that is no UTF-8
_TELEPHONE = re.compile(r"(?:PJSIP|SIP|IAX2|DAHDI|SCCP|Local)/\S+")
_USER_EVENT = b"Event: UserEvent"
_UNKNOWN_VALUE = re.compile(r"[0-9]{1,4}|yes|no|true|false|UserEvent|<unknown>|", re.IGNORECASE)
# Most lines come again within a call: 24 µs a block instead of 60.
_MAX_REMEMBERED = 65_536


class Anonymiser:
    """Replaces what is personal in the blocks of one recording, the same in the same way throughout."""

    def __init__(self, region: str = "JP") -> None:
        self.pseudonyms = Pseudonyms(region)
        self._lines: dict[str, str] = {}
        self._rules: dict[str, Callable[[str], str]] = {
            **_by(self._plain, _PLAIN),
            **_by(self._number, _NUMBERS),
            **_by(self._name, _NAMES),
            **_by(self._place, _PLACES),
            **_by(self._id, {*_IDS, "SwapUniqueid"}),
            **_by(self._figure, _FIGURES),
            "AccountCode": self._unknown,
            "PausedReason": lambda value: value if value == WRAP_UP_REASON else self._unknown(value),
        }
        for prefixes, names in ((_CHANNEL_PREFIXES, _OF_CHANNELS), (_BRIDGE_PREFIXES, _OF_BRIDGES)):
            for name in names:
                self._rules |= {prefix + name: self._rules[name] for prefix in prefixes}

    def block(self, block: Block) -> Block:
        """The block with everything personal replaced; as many lines, and each of its headers."""
        lines = block.decode("utf-8", "surrogateescape").split("\r\n")
        # A dialplan's own events may say anything under any name.
        change = self._untold if block.startswith(_USER_EVENT) else self._line
        return Block("\r\n".join(map(change, lines)).encode("utf-8", "surrogateescape"))

    def _line(self, line: str) -> str:
        found = self._lines.get(line)
        if found is None:
            if len(self._lines) >= _MAX_REMEMBERED:
                self._lines.clear()
            found = self._lines[line] = self._anonymised(line)
        return found

    def _anonymised(self, line: str) -> str:
        key, colon, value = line.partition(": ")
        rule = self._rules.get(key) if colon else None
        return f"{key}: {rule(value)}" if rule is not None else self._untold(line)

    def _untold(self, line: str) -> str:
        """A line of which nothing is known: of its header's name as much stays as looks like one."""
        key, colon, value = line.partition(":")
        if not colon:
            return self.pseudonyms.text(line)
        space = " " if value.startswith(" ") else ""
        if not _HEADER.fullmatch(key):
            key = self.pseudonyms.text(key)
        return f"{key}:{space}{self._unknown(value[len(space) :])}"

    def _unknown(self, value: str) -> str:
        """Digits few enough for a count and words for yes and no stay."""
        return value if _UNKNOWN_VALUE.fullmatch(value) else self.pseudonyms.text(value)

    def _plain(self, value: str) -> str:
        return value if _PLAIN_VALUE.fullmatch(value) else self.pseudonyms.text(value)

    def _figure(self, value: str) -> str:
        return value if _FIGURE.fullmatch(value) else self._plain(value)

    def _number(self, value: str) -> str:
        return value if _DIALPLAN_NAME.fullmatch(value) else self.pseudonyms.number(value)

    def _name(self, value: str) -> str:
        """Queues name a member without a name after its telephone."""
        return self._place(value) if _TELEPHONE.fullmatch(value) else self.pseudonyms.name(value)

    def _id(self, value: str) -> str:
        """Unique IDs tie everything together: digits are replaced only where Asterisk would not put any."""
        parts, end = [], 0
        for found in _ID_PART.finditer(value):
            parts += [self._place(value[end : found.start()]), found[0]]
            end = found.end()
        return "".join([*parts, self._place(value[end:])])

    def _place(self, value: str) -> str:
        """Telephones, queues and contexts, without the numbers and addresses that may stand in them."""
        counter = _COUNTER.search(value)
        name, tail = (value[: counter.start()], counter[0]) if counter else (value, "")
        return _PERSONAL.sub(self._personal, _BAD_BYTE.sub("\udcff", name)) + tail

    def _personal(self, found: re.Match[str]) -> str:
        return self.pseudonyms.text(found[0]) if found["address"] else self.pseudonyms.number(found[0])


def _by(rule: Callable[[str], str], names: set[str]) -> dict[str, Callable[[str], str]]:
    return dict.fromkeys(names, rule)
