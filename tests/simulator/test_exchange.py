from __future__ import annotations

import pytest

from cti_bridge.errors import UsageError
from cti_bridge.simulator.blocks import escape
from cti_bridge.simulator.exchange import Exchange
from cti_bridge.simulator.layout import Layout, SimQueue
from cti_bridge.simulator.plant import Caller
from tests.simulator.stream import events, named

AGENTS = {"PJSIP/1001": "佐藤 花子", "PJSIP/1002": "鈴木 一郎", "PJSIP/1003": "高橋 美咲"}
YAMADA = Caller("09012345678", "山田 太郎")
AT_S = 1_800_000_000.0


def exchange(**queues: SimQueue) -> Exchange:
    return Exchange(Layout(AGENTS, queues or {"orders": SimQueue(members=list(AGENTS))}), AT_S)


def told(one: Exchange) -> list[str]:
    data = b"".join(happened.block for happened in one.take())
    return [label for label, _ in named(events(b"Asterisk Call Manager/0.0.0\r\n" + data))]


def test_what_cannot_happen_is_refused() -> None:
    one = exchange()
    with pytest.raises(UsageError):
        one.call(AT_S, YAMADA, "nowhere")
    call = one.call(AT_S, YAMADA, "orders")
    for deed in (
        lambda: one.answer(AT_S, call, "PJSIP/1009"),
        lambda: one.hold(AT_S, call, "PJSIP/1001"),
        lambda: one.hang_up(AT_S, call, "PJSIP/1001"),
    ):
        with pytest.raises(UsageError):
            deed()
    one.answer(AT_S, call, "PJSIP/1001")
    for deed in (
        lambda: one.answer(AT_S, call, "PJSIP/1002"),
        lambda: one.reject(AT_S, call, "PJSIP/1001"),
        lambda: one.resume(AT_S, call, "PJSIP/1001"),
    ):
        with pytest.raises(UsageError):
            deed()
    one.hang_up(AT_S, call)
    with pytest.raises(UsageError):
        one.hang_up(AT_S, call)


@pytest.mark.parametrize(
    "layout",
    [
        lambda: Layout({"SIP/1001": ""}),
        lambda: Layout({"PJSIP/trunk": ""}),
        lambda: Layout(AGENTS, {"orders": SimQueue(members=["PJSIP/1009"])}),
    ],
)
def test_a_layout_that_cannot_be_is_refused(layout: object) -> None:
    with pytest.raises(UsageError):
        layout()  # type: ignore[operator]


def test_an_abandoned_call_that_nobody_could_take_leaves_nothing() -> None:
    one = exchange(orders=SimQueue(members=[]))
    call = one.call(AT_S, YAMADA, "orders")
    one.advance(AT_S + 5)
    one.hang_up(AT_S + 6, call)
    assert call.is_over
    assert not one.channels
    assert not one.queues["orders"].waiting
    assert "QueueCallerAbandon trunk#1" in told(one)
    one.advance(AT_S + 100)
    assert told(one) == []


def test_a_caller_who_gives_up_before_the_line_is_through_was_never_in_the_queue() -> None:
    one = exchange(support=SimQueue("rrmemory", list(AGENTS), answers_first=True))
    call = one.call(AT_S, YAMADA, "support")
    one.hang_up(AT_S + 0.1, call)
    one.advance(AT_S + 1)
    assert not any(label.startswith("Queue") for label in told(one))
    assert not one.channels


def test_members_take_turns_and_the_favoured_one_comes_first() -> None:
    one = exchange(support=SimQueue("rrmemory", list(AGENTS)))
    rung = []
    for n in range(4):
        call = one.call(AT_S + n, YAMADA, "support")
        rung += call.ringing
        one.hang_up(AT_S + n, call)
    assert rung == ["PJSIP/1001", "PJSIP/1002", "PJSIP/1003", "PJSIP/1001"]
    one.favoured.add("PJSIP/1001")
    assert one.call(AT_S + 9, YAMADA, "support").ringing == ["PJSIP/1001"]


def test_after_a_call_a_member_is_left_alone_until_wrap_up_is_over() -> None:
    one = exchange(orders=SimQueue(members=["PJSIP/1001"], wrap_up_s=10))
    call = one.call(AT_S, YAMADA, "orders")
    one.answer(AT_S, call, "PJSIP/1001")
    one.hang_up(AT_S + 1, call)
    second = one.call(AT_S + 2, YAMADA, "orders")
    assert second.ringing == []
    one.advance(AT_S + 10)
    assert second.ringing == []
    one.advance(AT_S + 12)
    assert second.ringing == ["PJSIP/1001"]


def test_a_paused_member_is_not_rung() -> None:
    one = exchange()
    assert one.pause(AT_S, "PJSIP/1002", True, "昼休み")
    assert not one.pause(AT_S, "PJSIP/1009", True, "")
    assert one.call(AT_S, YAMADA, "orders").ringing == ["PJSIP/1003", "PJSIP/1001"]


def test_times_never_run_backwards_nor_stand_still() -> None:
    one = exchange()
    call = one.call(AT_S, YAMADA, "orders")
    one.answer(AT_S - 5, call, "PJSIP/1001")
    data = b"".join(happened.block for happened in one.take())
    stamps = [block["Timestamp"] for block in events(b"Asterisk Call Manager/0.0.0\r\n" + data)]
    assert stamps == sorted(set(stamps))


def test_names_are_escaped_and_cut_as_asterisk_does() -> None:
    assert escape("") == "<unknown>"
    assert escape('O\'Neil "Bob"\t\\') == r"O\'Neil \"Bob\"\t\\"
    assert escape("あ" * 40) == "あ" * 26


def test_a_number_is_not_escaped() -> None:
    """As with a real Asterisk: what reads the stream must survive it."""
    one = exchange()
    one.call(AT_S, Caller("0312\r\nEvent: Hangup"), "orders")
    assert b"\r\nEvent: Hangup\r\n" in b"".join(happened.block for happened in one.take())
