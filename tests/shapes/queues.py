"""Calls to queues: every strategy, and every way out of a queue."""

from tests.rig.caller import SASAKI as SASAKI_CALLS
from tests.shapes.expect import SASAKI, Offer, shape
from tests.shapes.stage import (
    IMPATIENT,
    LINEAR,
    LOCALS,
    MEMORY,
    OVERFLOW,
    QUICK,
    RECENT,
    SECOND,
    SUPPORT,
    Outside,
    Stage,
    pause,
)

LOST = "answered_elsewhere"


async def _talk(caller: Outside) -> None:
    await caller.talks()
    await pause()
    await caller.hangs_up()
    await pause()  # the queue notes who was last


@shape(Offer("1001", LOST), Offer("1002", "completed"), Offer("1003", LOST), history=("second answered",))
async def queue_ringall(stage: Stage) -> None:
    await stage.sign_in("second", "1001", "1002", "1003")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", ring_ms=300)
    await stage.sipp("1003", "agent_never_answers")
    await _talk(await stage.call(SECOND))


@shape(
    Offer("1001", "completed"),
    Offer("1002", LOST),
    Offer("1002", "completed", SASAKI),
    outcomes=("completed", "completed"),
    history=("second answered", "second answered"),
)
async def queue_ringall_two_callers(stage: Stage) -> None:
    await stage.sign_in("second", "1001", "1002")
    _first, second = await stage.seat("1001", "1002")
    one = await stage.call(SECOND)
    ringing, other = await stage.ring("1001", "1002")
    two = await stage.call(SECOND, SASAKI_CALLS)
    await two.rings()
    await pause()
    await ringing.answer()
    await one.talks()
    await other.reached("ended")
    other = await second.ringing()
    await pause()
    await other.answer()
    await two.talks()
    await pause()
    await one.hangs_up()
    await two.hangs_up()


@shape(
    Offer("1003", "completed"),
    Offer("1004", "completed", SASAKI),
    outcomes=("completed", "completed"),
    history=("memory answered", "memory answered"),
)
async def queue_rrmemory(stage: Stage) -> None:
    await stage.sign_in("memory", "1003", "1004")
    await stage.sipp("1003", ring_ms=200)
    await stage.sipp("1004", ring_ms=200)
    await _talk(await stage.call(MEMORY))
    await _talk(await stage.call(MEMORY, SASAKI_CALLS))


@shape(
    Offer("1001", "completed"),
    Offer("1001", "completed", SASAKI),
    outcomes=("completed", "completed"),
    history=("linear answered", "linear answered"),
)
async def queue_linear(stage: Stage) -> None:
    await stage.sign_in("linear", "1001", "1002")
    await stage.sipp("1001", ring_ms=200, calls=2)
    await _talk(await stage.call(LINEAR))
    await _talk(await stage.call(LINEAR, SASAKI_CALLS))


@shape(
    Offer("1003", "completed"),
    Offer("1004", "completed", SASAKI),
    outcomes=("completed", "completed"),
    history=("recent answered", "recent answered"),
)
async def queue_leastrecent(stage: Stage) -> None:
    await stage.sign_in("recent", "1003")
    await stage.sipp("1003", ring_ms=200)
    await stage.sipp("1004", ring_ms=200)
    await _talk(await stage.call(RECENT))
    await stage.sign_in("recent", "1004")  # who has not talked at all was never more recent
    await _talk(await stage.call(RECENT, SASAKI_CALLS))


@shape(Offer("1001", "timeout"), Offer("1002", "completed"), history=("linear answered",))
async def queue_member_rings_out(stage: Stage) -> None:
    await stage.sign_in("linear", "1001", "1002")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", ring_ms=200)
    await _talk(await stage.call(LINEAR))


@shape(Offer("1001", "rejected"), Offer("1002", "completed"), history=("linear answered",))
async def queue_member_rejects(stage: Stage) -> None:
    await stage.sign_in("linear", "1001", "1002")
    await stage.sipp("1001", "agent_rejects", ring_ms=200, status="603 Decline")
    await stage.sipp("1002", ring_ms=200)
    await _talk(await stage.call(LINEAR))


@shape(
    Offer("1001", "abandoned"),
    Offer("1002", "abandoned"),
    outcomes=("abandoned",),
    history=("second abandoned",),
)
async def queue_abandoned(stage: Stage) -> None:
    await stage.sign_in("second", "1001", "1002")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", "agent_never_answers")
    caller = await stage.call(SECOND)
    await caller.rings()
    await pause(2)
    await caller.hangs_up()


@shape(Offer("1003", "completed"), history=("support answered",))
async def queue_answered_line(stage: Stage) -> None:
    [phone] = await stage.seat("1003")
    await stage.act("QueuePause", Queue="support", Interface="PJSIP/1004", Paused="true")
    caller = await stage.call(SUPPORT)
    await caller.talks()
    ringing = await phone.ringing()
    await pause()
    talk = await ringing.answer()
    await pause()
    await talk.hangup()
    await caller.ends()
    await stage.act("QueuePause", Queue="support", Interface="PJSIP/1004", Paused="false")


@shape(Offer("1001", "timeout"), Offer("1002", "timeout"), outcomes=("not_reached",), history=("brief left",))
async def queue_timeout(stage: Stage) -> None:
    await stage.sign_in("brief", "1001", "1002")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", "agent_never_answers")
    caller = await stage.call(IMPATIENT)
    await caller.ends()


@shape(Offer("1001", "timeout"), Offer("1005", "completed"), history=("brief left", "second answered"))
async def queue_overflow(stage: Stage) -> None:
    await stage.sign_in("brief", "1001")
    await stage.sign_in("second", "1005")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1005", ring_ms=250)
    await _talk(await stage.call(OVERFLOW))


@shape(Offer("1004", "completed"), history=("locals answered",))
async def local_member_optimised(stage: Stage) -> None:
    await stage.seat("1004", media=True)
    caller = await stage.call(LOCALS)
    [ringing] = await stage.ring("1004")
    await pause()
    talk = await ringing.answer()
    await caller.talks()
    await pause(3)  # the Local pair goes once audio has flowed through it
    await caller.hangs_up()
    await talk.reached("ended")


@shape(Offer("1004", "completed"), history=("locals answered",))
async def local_member_not_optimised(stage: Stage) -> None:
    await stage.sipp("1004", ring_ms=250)
    caller = await stage.call(LOCALS)
    await caller.talks()
    await pause(2)
    await caller.hangs_up()


@shape(Offer("1004", "completed"), history=("second answered",))
async def local_member_freepbx(stage: Stage) -> None:
    await stage.sign_in("second", "Local/1004@phones/n", StateInterface="hint:1004@phones")
    await stage.seat("1004", media=True)
    caller = await stage.call(SECOND)
    [ringing] = await stage.ring("1004")
    await pause()
    talk = await ringing.answer()
    await caller.talks()
    await pause()
    await talk.hold()
    await pause()
    await talk.resume()
    await pause()
    await talk.hangup()
    await caller.ends()


@shape(
    Offer("1002", "completed"),
    Offer("1003", LOST),
    Offer("1001", "abandoned", SASAKI),
    Offer("1002", "abandoned", SASAKI),
    outcomes=("completed", "abandoned"),
    history=("quick answered", "quick abandoned"),
    pauses=("1001 昼休み",),
)
async def members_change(stage: Stage) -> None:
    """1001 pauses and 1003 comes; then 1001 is back and 1003 gone."""
    for agent in ("1001", "1003"):
        await stage.sipp(agent, "agent_never_answers")
    await stage.seat("1002")
    await stage.act("QueuePause", Interface="PJSIP/1001", Paused="true", Reason="昼休み")
    await stage.act("QueueAdd", Queue="quick", Interface="PJSIP/1003", MemberName="高橋 美咲")
    caller = await stage.call(QUICK)
    [ringing] = await stage.ring("1002")
    await pause()
    talk = await ringing.answer()
    await caller.talks()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")
    await stage.act("QueuePause", Interface="PJSIP/1001", Paused="false")
    await stage.act("QueueRemove", Queue="quick", Interface="PJSIP/1003")
    caller = await stage.call(QUICK, SASAKI_CALLS)
    [ringing] = await stage.ring("1002")
    await pause(2)
    await caller.hangs_up()
    await ringing.reached("ended")
