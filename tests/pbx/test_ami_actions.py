"""AMI actions: pyst2's vocabulary, answers by ActionID, and no line break on the wire."""

import asyncio

import pytest

from cti_bridge.errors import UsageError
from cti_bridge.pbx.ami_actions import MAX_UNANSWERED, AmiActions, ManagerSocketException
from cti_bridge.pbx.ami_message import AmiReader, Block, read_headers


class Wire:
    """What was written, and how to answer it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.actions = AmiActions(self._write)

    def _write(self, data: bytes) -> None:
        assert data.endswith(b"\r\n\r\n")
        self.sent.append(read_headers(Block(data.removesuffix(b"\r\n\r\n")))[0])

    def answer(self, *blocks: str) -> list[bool]:
        text = "".join(block.replace("{id}", self.sent[-1]["ActionID"]) for block in blocks)
        reader = AmiReader()
        found = reader.feed(b"Asterisk Call Manager/1\r\n" + text.encode())
        return [self.actions.take(read_headers(block)[0]) for block in found]


async def test_pyst2s_vocabulary_answers_a_future() -> None:
    wire = Wire()
    future = wire.actions.ping()
    assert wire.sent[0]["Action"] == "Ping"
    assert wire.answer("Response: Success\r\nActionID: {id}\r\nPing: Pong\r\n\r\n") == [True]
    assert (await future).is_success


async def test_a_list_is_answered_whole() -> None:
    wire = Wire()
    future = wire.actions.send_action({"Action": "QueueStatus"})
    wire.answer(
        "Response: Success\r\nActionID: {id}\r\nEventList: start\r\n\r\n",
        "Event: QueueParams\r\nQueue: orders\r\nActionID: {id}\r\n\r\n",
    )
    assert not future.done()
    wire.answer("Event: QueueStatusComplete\r\nActionID: {id}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n")
    assert [item["Queue"] for item in (await future).items] == ["orders"]


async def test_an_error_is_an_answer() -> None:
    wire = Wire()
    future = wire.actions.login("user", "wrong")
    wire.answer("Response: Error\r\nActionID: {id}\r\nMessage: Authentication failed\r\n\r\n")
    answer = await future
    assert not answer.is_success
    assert answer.headers["Message"] == "Authentication failed"


async def test_somebody_elses_answer_is_not_ours() -> None:
    wire = Wire()
    future = wire.actions.ping()
    assert not wire.actions.take({"Response": "Success", "ActionID": "1"})
    assert not wire.actions.take({"Response": "Success"})
    assert not future.done()
    wire.actions.fail("test over")


@pytest.mark.parametrize("value", ["x\r\nAction: Command", "x\ny"])
async def test_line_breaks_are_refused(value: str) -> None:
    wire = Wire()
    with pytest.raises(UsageError):
        wire.actions.hangup(value)
    assert wire.sent == []


async def test_a_lost_connection_fails_what_waits() -> None:
    wire = Wire()
    future = wire.actions.ping()
    wire.actions.fail("the PBX closed the connection")
    with pytest.raises(ManagerSocketException, match="closed"):
        await future
    assert wire.answer("Response: Success\r\nActionID: {id}\r\n\r\n") == [False]


async def test_unanswered_actions_are_bounded() -> None:
    wire = Wire()
    waiting = [wire.actions.ping() for _ in range(MAX_UNANSWERED)]
    with pytest.raises(ManagerSocketException, match="wait for an answer"):
        wire.actions.ping()
    wire.actions.fail("test over")
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_event_that_follows_an_action_goes_to_who_asked() -> None:
    wire = Wire()
    heard: list[dict[str, str]] = []
    future = wire.actions.send_action({"Action": "Originate"}, follow=heard.append)
    assert wire.answer("Response: Success\r\nActionID: {id}\r\n\r\n") == [True]
    assert (await future).is_success
    event = "Event: OriginateResponse\r\nActionID: {id}\r\nResponse: Failure\r\n\r\n"
    assert wire.answer(event, event) == [True, False]
    assert [one["Response"] for one in heard] == ["Failure"]


async def test_what_is_never_told_of_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cti_bridge.pbx.ami_actions.MAX_FOLLOWED", 3)
    wire = Wire()
    for _ in range(5):
        wire.actions.send_action({"Action": "Originate"}, follow=lambda headers: None)
    assert len(wire.actions._followers) == 3
    wire.actions.fail("test over")


async def test_whoever_waits_for_the_end_hears_of_it() -> None:
    wire = Wire()
    early = wire.actions.lost()
    given_up = wire.actions.lost()
    given_up.cancel()
    wire.actions.fail("the PBX closed the connection")
    assert await early == await wire.actions.lost() == "the PBX closed the connection"
