"""Reads and writes SIP messages, as far as a test phone needs them (RFC 3261, RFC 4566, RFC 2617)."""

import hashlib
import re
from dataclasses import dataclass, field

CRLF = "\r\n"
DIRECTIONS = ("a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive")
SHORT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
}


@dataclass(slots=True)
class SipMessage:
    """One request or response. Header names are lower-case; a repeated header keeps every value in order."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""
    body_type: str = "application/sdp"

    @property
    def method(self) -> str:
        """`INVITE` of a request, and of the response to one."""
        return self["cseq"].split()[1] if self.is_response else self.start.split()[0]

    @property
    def is_response(self) -> bool:
        """False for a request."""
        return self.start.startswith("SIP/2.0")

    @property
    def status(self) -> int:
        """The number of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.is_response else 0

    def __getitem__(self, name: str) -> str:
        """The first value of a header, empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def user(self, name: str) -> str:
        """The user part of the URI in a header: the number in From or To."""
        found = re.search(r"sips?:([^@>;]*)@", self[name])
        return found[1] if found else ""

    def uri(self, name: str) -> str:
        """The bare URI in a header such as Contact."""
        found = re.search(r"<([^>]*)>", self[name])
        return found[1] if found else self[name].split(";")[0]

    def encode(self) -> bytes:
        """The bytes for the wire."""
        body = self.body.encode()
        lines = [self.start, *(f"{_spell(name)}: {value}" for name, value in self.headers)]
        if body:
            lines.append(f"Content-Type: {self.body_type}")
        lines.append(f"Content-Length: {len(body)}")
        return (CRLF.join(lines) + CRLF * 2).encode() + body

    def reply(self, status: int, reason: str, *, tag: str, body: str = "", **extra: str) -> "SipMessage":
        """A response to this request; `tag` is the answering side's."""
        same = ("via", "from", "call-id", "cseq", "record-route")
        headers = [(name, value) for name, value in self.headers if name in same]
        to = self["to"] if ";tag=" in self["to"] else f"{self['to']};tag={tag}"
        headers.append(("to", to))
        headers += [(name.replace("_", "-"), value) for name, value in extra.items()]
        return SipMessage(f"SIP/2.0 {status} {reason}", headers, body)


def parse(data: bytes) -> SipMessage:
    """The message in one datagram. Raises ValueError when it is none."""
    head, _, body = data.decode("utf-8", errors="replace").partition(CRLF * 2)
    start, *lines = head.split(CRLF)
    if "SIP/2.0" not in start:
        raise ValueError(f"not SIP: {start!r}")
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        headers.append((SHORT.get(name.strip().lower(), name.strip().lower()), value.strip()))
    return SipMessage(start, headers, body)


def _spell(name: str) -> str:
    return {"cseq": "CSeq", "call-id": "Call-ID"}.get(name, name.title())


def sdp(host: str, port: int, direction: str, version: int) -> str:
    """An offer or answer of µ-law and keyed tones; `direction` is sendrecv, sendonly, recvonly, inactive."""
    return CRLF.join(
        [
            "v=0",
            f"o=phone 1 {version} IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP 0 101",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            f"a={direction}",
            "",
        ]
    )


def sdp_address(body: str) -> tuple[str, int] | None:
    """Where the other side wants its audio."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return (host[1], int(port[1])) if host and port else None


def digest(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization header that answers this challenge (MD5, with or without qop=auth)."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    realm, nonce = given["realm"], given["nonce"]
    ha1, ha2 = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    parts = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"', "algorithm=MD5"]
    if "qop" in given:
        response = _md5(f"{ha1}:{nonce}:00000001:1:auth:{ha2}")
        parts += [f'response="{response}"', "qop=auth", "nc=00000001", 'cnonce="1"']
    else:
        parts.append(f'response="{_md5(f"{ha1}:{nonce}:{ha2}")}"')
    if "opaque" in given:
        parts.append(f'opaque="{given["opaque"]}"')
    return "Digest " + ", ".join(parts)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
