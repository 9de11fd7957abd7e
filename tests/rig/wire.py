"""What went over the wire at one SIP end: from SIPp's message log or a phone's own, in one form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from tests.rig.sip_message import SipMessage, parse

# SIPp writes a dashed line with the local time, `UDP message sent (… bytes):`, an empty line, the message.
_HEAD = re.compile(
    r"^-{20,} (?P<day>\d{4}-\d\d-\d\d)[ \t](?P<time>\d\d:\d\d:\d\d\.\d+)[^\n]*\n"
    r"\w+ message (?P<way>sent|received)[^\n]*:\n\n",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class WireMessage:
    """One message, when it passed (seconds since the Unix epoch), and whether this end sent it."""

    at_s: float
    sent: bool
    message: SipMessage

    @property
    def line(self) -> str:
        """For a person: `-> INVITE …` was sent, `<- SIP/2.0 180 …` was received."""
        return f"{'->' if self.sent else '<-'} {self.message.start}"


def read_sipp_log(text: str) -> Iterator[WireMessage]:
    """The messages in a log that SIPp writes with TZ=UTC, oldest first, but for one not yet complete."""
    heads = list(_HEAD.finditer(text))
    for head, following in pairwise([*heads, None]):
        assert head is not None
        told = text[head.end() : following.start() if following else len(text)]
        body = told.replace("\r\n", "\n").replace("\n", "\r\n")
        if "\r\n\r\n" in body:
            at = datetime.fromisoformat(f"{head['day']}T{head['time']}").replace(tzinfo=UTC)
            yield WireMessage(at.timestamp(), head["way"] == "sent", parse(body.encode()))
