"""What a telephone's own SIP messages tell: rings, talks, holds and ends, to the moment."""

from __future__ import annotations

from tests.rig.sip_message import SipMessage
from tests.rig.wire import WireMessage, read_sipp_log
from tests.shapes.truth import legs

HOLD, TALK = "v=0\r\na=sendonly\r\n", "v=0\r\na=sendrecv\r\n"
SIPP_LOG = """\
----------------------------------------------- 2026-04-08 01:00:00.250000
UDP message received [120] bytes :

INVITE sip:1001@127.0.0.1:10101 SIP/2.0
From: "x" <sip:09012345678@127.0.0.1>;tag=a
To: <sip:1001@127.0.0.1>
Call-ID: one
CSeq: 7 INVITE
Content-Length: 0

----------------------------------------------- 2026-04-08 01:00:00.500000
UDP message sent (99 bytes):

SIP/2.0 180 Ringing
Call-ID: one
CSeq: 7 INVITE

----------------------------------------------- 2026-04-08 01:00:01.000000
UDP message sent (99 bytes):

SIP/2.0 200 OK
Call-I"""


def heard(at_s: float, start: str, cseq: str, body: str = "") -> WireMessage:
    return _message(at_s, False, start, cseq, body)


def said(at_s: float, start: str, cseq: str, body: str = "") -> WireMessage:
    return _message(at_s, True, start, cseq, body)


def _message(at_s: float, sent: bool, start: str, cseq: str, body: str) -> WireMessage:
    headers = [("call-id", "one"), ("cseq", cseq), ("from", "<sip:09012345678@h>"), ("to", "<sip:1001@h>")]
    return WireMessage(at_s, sent, SipMessage(start, headers, body))


RINGS = [heard(1, "INVITE sip:1001@h SIP/2.0", "7 INVITE"), said(2, "SIP/2.0 180 Ringing", "7 INVITE")]
ANSWERS = [*RINGS, said(3, "SIP/2.0 200 OK", "7 INVITE"), heard(3.1, "ACK sip:1001@h SIP/2.0", "7 ACK")]


def test_a_log_of_sipp_is_read_up_to_what_is_complete() -> None:
    told = list(read_sipp_log(SIPP_LOG))
    assert [one.line for one in told] == [
        "<- INVITE sip:1001@127.0.0.1:10101 SIP/2.0",
        "-> SIP/2.0 180 Ringing",
    ]
    assert [one.at_s for one in told] == [1775610000.25, 1775610000.5]
    [leg] = legs(told)
    assert (leg.incoming, leg.number, leg.shown) == (True, "09012345678", ["09012345678"])
    assert (leg.rang_at_s, leg.answered_at_s, leg.end) == (1775610000.5, None, "")


def test_a_ring_that_is_taken_back() -> None:
    [leg] = legs([*RINGS, heard(4, "CANCEL sip:1001@h SIP/2.0", "7 CANCEL")])
    assert (leg.talked, leg.ended_at_s, leg.end) == (False, 4, "cancelled")


def test_a_ring_that_is_refused() -> None:
    [leg] = legs([*RINGS, said(4, "SIP/2.0 486 Busy Here", "7 INVITE")])
    assert (leg.talked, leg.ended_at_s, leg.end) == (False, 4, "rejected 486")


def test_a_talk_with_a_hold() -> None:
    [leg] = legs(
        [
            *ANSWERS,
            said(5, "INVITE sip:a@h SIP/2.0", "1 INVITE", HOLD),
            heard(6, "SIP/2.0 200 OK", "1 INVITE"),
            said(8, "INVITE sip:a@h SIP/2.0", "2 INVITE", TALK),
            heard(9, "SIP/2.0 200 OK", "2 INVITE"),
            heard(10, "BYE sip:1001@h SIP/2.0", "8 BYE"),
            heard(11, "BYE sip:1001@h SIP/2.0", "8 BYE"),
        ]
    )
    assert (leg.answered_at_s, leg.holds, leg.ended_at_s, leg.end) == (3, [(6, 9)], 10, "bye")


def test_who_sends_the_caller_on_is_out_of_the_talk_at_once() -> None:
    refer, end = said(5, "REFER sip:a@h SIP/2.0", "1 REFER"), said(9, "BYE sip:a@h SIP/2.0", "2 BYE")
    [leg] = legs([*ANSWERS, refer, heard(5.1, "SIP/2.0 202 Accepted", "1 REFER"), end])
    assert (leg.ended_at_s, leg.end) == (5, "sent on")
    [leg] = legs([*ANSWERS, refer, heard(5.1, "SIP/2.0 603 Declined", "1 REFER"), end])
    assert (leg.ended_at_s, leg.end) == (9, "hung up")


def test_a_call_that_the_phone_makes_and_must_prove_itself_for() -> None:
    [leg] = legs(
        [
            said(1, "INVITE sip:1004@h SIP/2.0", "1 INVITE"),
            heard(2, "SIP/2.0 401 Unauthorized", "1 INVITE"),
            said(3, "INVITE sip:1004@h SIP/2.0", "2 INVITE"),
            heard(4, "SIP/2.0 180 Ringing", "2 INVITE"),
            heard(5, "SIP/2.0 486 Busy Here", "2 INVITE"),
        ]
    )
    assert (leg.incoming, leg.began_at_s, leg.rang_at_s) == (False, 1, 4)
    assert (leg.ended_at_s, leg.end) == (5, "refused 486")
