import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.ids import AgentId
from cti_bridge.push.topics import BOARD, agent_of, agent_topic, kind_of, parse_topic


@given(st.from_regex(r"[a-z0-9_-]{1,32}", fullmatch=True))
def test_an_agents_topic_is_read_back(agent_id: str) -> None:
    topic = agent_topic(AgentId(agent_id))
    assert parse_topic(topic) == topic
    assert kind_of(topic) == "agent"
    assert agent_of(topic) == agent_id


def test_the_board_is_nobodys() -> None:
    assert parse_topic("board") == BOARD
    assert kind_of(BOARD) == "board"
    assert agent_of(BOARD) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agent:",
        "agent",
        "Board",
        "board ",
        "agent:A1",
        "agent:a1\n",
        'agent:a"1',
        "agent:é",
        "agent:" + "a" * 33,
        "agents:a1",
    ],
)
def test_anything_else_is_no_topic(text: str) -> None:
    assert parse_topic(text) is None
