from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from cti_bridge.errors import UsageError
from cti_bridge.simulator import SimQueue, Simulator, Terms, TrafficPlan
from tests.simulator.client import AmiClient
from tests.simulator.stream import events, named

AGENTS = [("PJSIP/1001", "佐藤 花子"), ("PJSIP/1002", "鈴木 一郎")]
QUEUES = {"orders": SimQueue(members=["PJSIP/1001", "PJSIP/1002"])}
TERMS = Terms("cti-bridge", "s3cret", refusal_delay_s=0.05)


@asynccontextmanager
async def listening(terms: Terms = TERMS) -> AsyncIterator[Simulator]:
    async with Simulator.listening(terms=terms, agents=AGENTS, queues=QUEUES) as simulator:
        yield simulator


async def test_it_greets_and_lets_in_who_knows_the_secret() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.hear("Asterisk Call Manager/11.0.0\n")
        answer = await client.ask(
            "Login", ActionID="7", Username="cti-bridge", Secret="s3cret", Events="call,agent,system"
        )
        assert answer.endswith("Response: Success\nActionID: 7\nMessage: Authentication accepted\n\n")
        booted = await client.hear("Status: Fully Booted\n\n")
        assert "Event: FullyBooted\nPrivilege: system,all\nUptime: 0\nLastReload: 0\n" in booted


async def test_a_wrong_secret_is_refused_after_a_while_and_ends_the_connection() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        began_s = asyncio.get_running_loop().time()
        await client.say(
            "Action: Login\nActionID: 7\nUsername: cti-bridge\nSecret: wrong\n\nAction: Ping\n\n"
        )
        text = await client.hear_end()
        assert text.endswith("/11.0.0\nResponse: Error\nActionID: 7\nMessage: Authentication failed\n\n")
        assert asyncio.get_running_loop().time() - began_s >= 0.05


async def test_the_refusal_takes_a_second_unless_told_otherwise() -> None:
    assert Terms("cti-bridge", "s3cret").refusal_delay_s == 1.0


async def test_who_never_signs_in_is_dropped() -> None:
    async with listening(Terms("cti-bridge", "s3cret", sign_in_s=0.01)) as simulator:
        async with AmiClient(simulator) as client:
            with contextlib.suppress(ConnectionResetError):
                assert await client.hear_end() == "Asterisk Call Manager/11.0.0\n"


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("Action: Ping\nActionID: 1\n\n", "Response: Error\nActionID: 1\nMessage: Permission denied\n\n"),
        ("ActionID: 1\n\n", "Response: Error\nActionID: 1\nMessage: Missing action in request\n\n"),
    ],
)
async def test_before_signing_in_nothing_is_told(said: str, answered: str) -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.say(said)
        await client.hear(answered)


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (
            "Action: Foo\nActionID: 2\n\n",
            "Response: Error\nActionID: 2\nMessage: Invalid/unknown command: Foo. "
            "Use Action: ListCommands to show available commands.\n\n",
        ),
        ("ActionID: 3\n\n", "Response: Error\nActionID: 3\nMessage: Missing action in request\n\n"),
        (
            "Action: Login\nActionID: 4\nUsername: cti-bridge\nSecret: s3cret\n\n",
            "Response: Success\nActionID: 4\nMessage: Already authenticated\n\n",
        ),
        (
            "Action: Events\nActionID: 5\nEventMask: off\n\n",
            "Response: Success\nActionID: 5\nEvents: Off\n\n",
        ),
        (
            "Action: Events\nActionID: 6\nEventMask: call,dtmf\n\n",
            "Response: Success\nActionID: 6\nEvents: On\n\n",
        ),
        ("Action: Events\n\n", "Response: Error\nMessage: Invalid event mask\n\n"),
        ("action: ping\n\n", "Response: Success\nPing: Pong\nTimestamp: "),
        (
            "Action: QueuePause\nActionID: 8\nInterface: PJSIP/9\nPaused: true\n\n",
            "Response: Error\nActionID: 8\nMessage: Interface not found\n\n",
        ),
        (
            "Action: QueuePause\nPaused: true\n\n",
            "Response: Error\nMessage: Need 'Interface' and 'Paused' parameters.\n\n",
        ),
        (
            "Action: QueueAdd\nQueue: orders\nInterface: PJSIP/1001\n\n",
            "Response: Error\nMessage: Unable to add interface: Already there\n\n",
        ),
        (
            "Action: QueueRemove\nQueue: orders\nInterface: PJSIP/9\n\n",
            "Response: Error\nMessage: Unable to remove interface: Not there\n\n",
        ),
        ("Action: CoreSettings\n\n", "Response: Success\nAMIversion: 11.0.0\nAsteriskVersion: 22."),
        ("Action: CoreStatus\n\n", "Response: Success\nCoreStartupDate: "),
        (
            "Action: QueueStatus\nActionID: 9\nQueue: none\n\n",
            "Response: Success\nActionID: 9\nEventList: start\nMessage: Queue status will follow\n\n"
            "Event: QueueStatusComplete\nActionID: 9\nEventList: Complete\nListItems: 0\n\n",
        ),
    ],
)
async def test_actions_are_answered_in_asterisks_words(said: str, answered: str) -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in()
        await client.say(said)
        await client.hear(answered)


async def test_logoff_says_goodbye_and_closes() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in()
        await client.say("Action: Logoff\nActionID: 15\n\n")
        text = await client.hear_end()
        assert text.endswith("Response: Goodbye\nActionID: 15\nMessage: Thanks for all the fish.\n\n")


async def test_an_action_in_pieces_is_one_action() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in()
        for letter in "Action: Ping\nActionID: slow\n\n":
            await client.say(letter)
        await client.hear("ActionID: slow\nPing: Pong\n")


async def test_each_client_hears_the_classes_it_asked_for() -> None:
    async with (
        listening() as simulator,
        AmiClient(simulator) as all_ears,
        AmiClient(simulator) as queues_only,
        AmiClient(simulator) as deaf,
    ):
        await all_ears.sign_in()
        await queues_only.sign_in("agent")
        await deaf.sign_in("off")
        simulator.call("09012345678", "山田 太郎").hang_up()
        await all_ears.hear("Event: Hangup\n")
        await all_ears.hear("State: NOT_INUSE\n\n", all_ears.data.rindex(b"Event: Hangup"))
        await queues_only.hear("Event: QueueCallerLeave\n")
        await queues_only.ask("Ping", ActionID="end", until="ActionID: end\n")
        await deaf.ask("Ping", ActionID="end", until="ActionID: end\n")
        heard = {label.split()[0] for label, _ in named(events(_whole(queues_only.data)))}
        assert heard == {
            "QueueCallerJoin",
            "AgentCalled",
            "QueueMemberStatus",
            "QueueCallerAbandon",
            "QueueCallerLeave",
        }
        assert b"Event: FullyBooted" not in queues_only.data
        assert b"Event:" not in deaf.data
        agents_part = [b for b in events(_whole(all_ears.data)) if b["Privilege"] == "agent,all"]
        assert [b.headers for b in agents_part] == [b.headers for b in events(_whole(queues_only.data))]


async def test_a_changed_mask_counts_from_then_on() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in("off")
        simulator.call("09012345678").hang_up()
        await client.ask("Events", EventMask="call")
        simulator.call("0312349999").hang_up()
        await client.hear("0312349999")
        assert b"09012345678" not in client.data


async def test_a_pause_is_answered_before_it_is_told() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in()
        text = await client.ask(
            "QueuePause",
            until="Event: QueueMemberPause",
            ActionID="p",
            Interface="PJSIP/1001",
            Paused="true",
            Reason="昼休み",
        )
        assert text.index("Message: Interface paused successfully") < text.index("Event:")


async def test_a_client_that_stalls_is_dropped_and_others_are_not() -> None:
    terms = Terms("cti-bridge", "s3cret", buffer_bytes=16_384, stall_s=0.01)
    async with listening(terms) as simulator:
        async with AmiClient(simulator) as stalled, AmiClient(simulator) as reader:
            await stalled.sign_in()
            await reader.sign_in()
            calls = 0
            with pytest.raises((EOFError, ConnectionResetError)):
                # More than the kernel holds for it, which nobody reads meanwhile.
                while True:
                    for _ in range(100):
                        simulator.call("09012345678").hang_up()
                    calls += 100
                    await reader.ask("Ping", ActionID=f"n{calls}", until=f"ActionID: n{calls}\n")
                    if not _is_connected(stalled):
                        await stalled.hear("never said")
            assert reader.data.count(b"Event: QueueCallerAbandon") == calls


def _is_connected(client: AmiClient) -> bool:
    """Whether the other side still holds the connection, without reading from it."""
    try:
        client.writer.write(b"\r\n")
    except OSError:
        return False
    return not client.writer.transport.is_closing()


async def test_list_answers_follow_the_calls() -> None:
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in("off")
        assert "ListItems: 0\n" in await client.ask("CoreShowChannels", until="ListItems: 0\n")
        call = simulator.call("09012345678")
        assert call.ringing == ["PJSIP/1002", "PJSIP/1001"]
        await client.ask("CoreShowChannels", until="ListItems: 3\n")
        call.answer("PJSIP/1001")
        assert call.talking == "PJSIP/1001"
        await client.ask("CoreShowChannels", until="ListItems: 2\n")
        call.hang_up(by="PJSIP/1001")
        assert call.is_over
        await client.ask(
            "CoreShowChannels", ActionID="e", until="ActionID: e\nEventList: Complete\nListItems: 0\n"
        )


async def test_listened_to_waits_for_clients() -> None:
    async with listening() as simulator:
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(simulator.listened_to(2))
            async with AmiClient(simulator) as one, AmiClient(simulator) as other:
                await one.sign_in()
                assert not waiting.done()
                await other.sign_in()
                await waiting


async def test_a_plan_is_played_in_real_time_to_its_end() -> None:
    plan = TrafficPlan(
        calls_per_s=200,
        callers=[("09012345678", "山田 太郎")],
        destinations={"orders": 1, "PJSIP/1001": 1},
        calls=20,
        answer_s=(0.001, 0.01),
        talk_s=(0.001, 0.01),
        hold_after_s=(0.001, 0.002),
        hold_s=(0.001, 0.002),
        patience_s=(0.001, 0.02),
        longest_wait_s=0.05,
    )
    async with listening() as simulator, AmiClient(simulator) as client:
        await client.sign_in()
        await simulator.play(plan)
        assert not simulator.exchange.channels
        await client.ask("Ping", ActionID="end", until="ActionID: end\n")
        assert client.data.count(b"Channel: PJSIP/trunk") > 0
        assert client.data.count(b"Event: Newchannel") == client.data.count(b"Event: Hangup\r\n") > 20


async def test_two_plans_at_once_are_one_too_many() -> None:
    plan = TrafficPlan(calls_per_s=1, callers=[("09012345678", "")], destinations={"orders": 1})
    async with listening() as simulator:
        playing = asyncio.ensure_future(simulator.play(plan))
        await asyncio.sleep(0)
        with pytest.raises(UsageError):
            await simulator.play(plan)
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing


async def test_a_taken_port_is_told_as_it_is() -> None:
    async with listening() as simulator:
        with pytest.raises(OSError, match="in use"):
            async with Simulator.listening(port=simulator.port, terms=TERMS, agents=AGENTS):
                pass


def _whole(data: bytes) -> bytes:
    """All complete blocks of what was heard."""
    return data[: data.rindex(b"\r\n\r\n") + 4]
