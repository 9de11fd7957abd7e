"""Writes the description of the socket, for programs that follow it without our pages.

``python -m cti_bridge.push.asyncapi > docs/asyncapi.json`` writes the file;
with ``--check`` it writes nothing and fails when the committed file is not
what would be written. Channels are topics: both kinds share one socket.
Source: AsyncAPI Specification 3.0.0.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import get_args

from cti_bridge import __version__, generated
from cti_bridge.agents.sessions import COOKIE
from cti_bridge.json_schema import Schema, Shape, schemas, text_of
from cti_bridge.push.close_codes import CLOSE_RULES
from cti_bridge.push.connection import INCOMING_BYTES
from cti_bridge.push.envelope import (
    AGENT_MESSAGES,
    BEAT_INTERVAL_S,
    BOARD_MESSAGES,
    VERSION,
    Beat,
    ClientMessage,
)
from cti_bridge.push.topics import AGENT_TOPIC, BOARD, TopicKind
from cti_bridge.settings import PushSettings

TARGET = generated.ROOT / "docs" / "asyncapi.json"

_MODULE = "cti_bridge.push.asyncapi"

_ABOUT = f"""\
What a bridge tells browsers as it happens. One socket carries all topics: open it with the cookie that \
POST /api/session set, at the address that GET /api/me names as `push_url`, then send `subscribe` for each \
topic. The bridge answers with a `snapshot`, or, after a position it still holds, with what was missed; then \
with every message of the topic. `offset` counts up by one within a topic and an `epoch`: whoever \
remembers the last position and subscribes from it misses nothing. A `beat`, of no topic, says at the \
opening and every {BEAT_INTERVAL_S} s that the link is up.

Messages are text frames with one JSON object each, those from a browser of at most {INCOMING_BYTES} bytes. \
A browser's `Origin` must be the pages' own or one of `push.allowed_origins`, or the handshake is refused \
with 403.

Why the bridge closes a socket stands in `x-close-codes`: `reconnect` means try again, `sign_in` that \
somebody must sign in first. Besides, as RFC 6455 has them: 1009 for a message that is too long, 1007 for \
one that is not UTF-8, 1011 for a fault of the bridge; after these, too, come back.\
"""
_OF_AGENT = (
    "An agent's own screen: state, offers, cards. Nobody follows another's; that, and what is no agent's, "
    "closes the socket with 4003."
)
_OF_BOARD = (
    "Every live call, queue, agent and PBX, for supervisors and administrators; others are closed with 4003."
)
_TOPICS: Mapping[TopicKind, tuple[str, Mapping[str, Shape]]] = {
    "agent": (_OF_AGENT, AGENT_MESSAGES),
    "board": (_OF_BOARD, BOARD_MESSAGES),
}
_SCHEMAS = "#/components/schemas/"


def asyncapi() -> Schema:
    """The document as JSON values."""
    client: tuple[Shape, ...] = get_args(ClientMessage)
    shapes: list[Shape] = [
        *client,
        Beat,
        *(shape for _, messages in _TOPICS.values() for shape in messages.values()),
    ]
    references, parts = schemas(shapes, _SCHEMAS)
    spoken = {str(shape.__struct_config__.tag): _bare(shape, references[shape]) for shape in client}
    beat = {"beat": _bare(Beat, references[Beat])}
    heard = {
        f"{kind}.{name}": _frame(kind, name, shape, references[shape])
        for kind, (_, messages) in _TOPICS.items()
        for name, shape in messages.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "CTI Bridge: the socket",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"push": _server()},
        "channels": {kind: _channel(kind, list(spoken)) for kind in _TOPICS},
        "operations": {
            name: operation for kind in _TOPICS for name, operation in _operations(kind, list(spoken)).items()
        },
        "components": {
            "messages": {**spoken, **beat, **heard},
            "schemas": parts,
            "securitySchemes": {
                "session": {
                    "type": "httpApiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": "Set by POST /api/session; see docs/openapi.json.",
                }
            },
        },
        "x-close-codes": [
            {
                "code": code.value,
                "name": code.name.lower(),
                "reconnect": rule.reconnect,
                "sign_in": rule.sign_in,
            }
            for code, rule in CLOSE_RULES.items()
        ],
    }


def generate() -> str:
    """The whole of ``asyncapi.json``."""
    return text_of(asyncapi())


def _server() -> Schema:
    defaults = PushSettings()
    return {
        "host": "{host}",
        "protocol": "wss",
        "description": "`push.public_url`, or the port itself. ws:// where neither speaks TLS.",
        "variables": {"host": {"default": f"{defaults.host}:{defaults.port}"}},
        "security": [{"$ref": "#/components/securitySchemes/session"}],
    }


def _channel(kind: TopicKind, spoken: list[str]) -> Schema:
    description, messages = _TOPICS[kind]
    names = {name: name for name in [*spoken, "beat"]} | {name: f"{kind}.{name}" for name in messages}
    channel: Schema = {
        "address": BOARD if kind == "board" else "agent:{agent_id}",
        "description": description,
        "servers": [{"$ref": "#/servers/push"}],
        "messages": {name: {"$ref": f"#/components/messages/{whole}"} for name, whole in names.items()},
    }
    if kind == "agent":
        channel["parameters"] = {"agent_id": {"description": "As GET /api/me says."}}
    return channel


def _operations(kind: TopicKind, spoken: list[str]) -> Schema:
    """Seen from the bridge, as the specification has it: it sends frames, it receives what a browser asks."""
    ways = (("send", f"tell.{kind}", ["beat", *_TOPICS[kind][1]]), ("receive", f"hear.{kind}", spoken))
    return {
        name: {
            "action": action,
            "channel": {"$ref": f"#/channels/{kind}"},
            "messages": [{"$ref": f"#/channels/{kind}/messages/{message}"} for message in messages],
        }
        for action, name, messages in ways
    }


def _bare(shape: Shape, reference: Schema) -> Schema:
    return {"name": shape.__struct_config__.tag, "title": shape.__name__, "payload": reference}


def _frame(kind: TopicKind, name: str, shape: Shape, reference: Schema) -> Schema:
    """One type of message in its envelope: see ``push.envelope``."""
    topic: Schema = (
        {"const": BOARD} if kind == "board" else {"type": "string", "pattern": f"^{AGENT_TOPIC.pattern}$"}
    )
    fields: Schema = {
        "v": {"const": VERSION},
        "epoch": {"type": "string"},
        "offset": {"type": "integer", "minimum": 0},
        "topic": topic,
        "type": {"const": name},
        "at": {"type": "string", "format": "date-time"},
        "data": reference,
    }
    payload = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {"name": name, "title": shape.__name__, "payload": payload}


def main(arguments: list[str]) -> int:
    """Exit code: 1 when ``--check`` finds the committed file out of date, 2 on a wrong argument."""
    return generated.write_or_check(arguments, _MODULE, TARGET, generate)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
