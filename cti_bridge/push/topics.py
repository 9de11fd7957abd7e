"""Topics: the streams a browser can follow, ``agent:<agent_id>`` and ``board``."""

from __future__ import annotations

import re
from typing import Literal, NewType, TypeAlias

from cti_bridge.calls.ids import AgentId

Topic = NewType("Topic", str)
TopicKind: TypeAlias = Literal["agent", "board"]

BOARD = Topic("board")

# The grammar of agent_id in the database. It keeps JSON's special characters out of topics,
# so that a frame may be put together from bytes.
AGENT_TOPIC = re.compile(r"agent:[a-z0-9_-]{1,32}", re.ASCII)


def agent_topic(agent_id: AgentId) -> Topic:
    """What this agent's own screen follows. ``agent_id`` is one of the roster's."""
    return Topic(f"agent:{agent_id}")


def parse_topic(text: str) -> Topic | None:
    """The topic a browser wrote, or None when it is none."""
    if text == BOARD or AGENT_TOPIC.fullmatch(text):
        return Topic(text)
    return None


def kind_of(topic: Topic) -> TopicKind:
    """Which kind of topic this is; snapshots are provided for each kind."""
    return "board" if topic == BOARD else "agent"


def agent_of(topic: Topic) -> AgentId | None:
    """Whose screen follows ``topic``; None for the board."""
    return None if topic == BOARD else AgentId(topic.removeprefix("agent:"))
