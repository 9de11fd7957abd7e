"""Calls to one telephone's own number, and to two telephones at once without a queue."""

from tests.rig.caller import SASAKI as SASAKI_CALLS
from tests.shapes.expect import SASAKI, Offer, shape
from tests.shapes.stage import GROUP, SHORT_RING, Stage, pause

LINE = "0312341001"


@shape(Offer("1001", "completed"))
async def direct_answered(stage: Stage) -> None:
    await stage.sipp("1001", ring_ms=250)
    caller = await stage.call(LINE)
    await caller.talks()
    await pause()
    await caller.hangs_up()


@shape(Offer("1001", "completed"))
async def direct_agent_hangs_up(stage: Stage) -> None:
    await stage.sipp("1001", "agent_hangs_up", ring_ms=250, talk_ms=300)
    caller = await stage.call(LINE)
    await caller.ends()


@shape(Offer("1001", "abandoned"), outcomes=("abandoned",))
async def direct_abandoned(stage: Stage) -> None:
    await stage.sipp("1001", "agent_never_answers")
    caller = await stage.call(LINE)
    await caller.rings()
    await pause()
    await caller.hangs_up()


@shape(Offer("1001", "rejected"), outcomes=("not_reached",))
async def direct_busy(stage: Stage) -> None:
    await stage.sipp("1001", "agent_rejects", ring_ms=250, status="486 Busy Here")
    caller = await stage.call(LINE)
    await caller.ends()


@shape(Offer("1001", "timeout"), outcomes=("not_reached",))
async def direct_rings_out(stage: Stage) -> None:
    await stage.sipp("1001", "agent_never_answers")
    caller = await stage.call(SHORT_RING)
    await caller.ends()


@shape(Offer("1001", "completed"))
async def hold_and_resume(stage: Stage) -> None:
    await stage.sipp("1001", "agent_holds", ring_ms=200, talk_ms=250, hold_ms=300)
    caller = await stage.call(LINE)
    await caller.talks()
    await pause(5)
    await caller.hangs_up()


@shape(Offer("1001", "answered_elsewhere"), Offer("1002", "completed"))
async def ring_group(stage: Stage) -> None:
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", ring_ms=300)
    caller = await stage.call(GROUP)
    await caller.talks()
    await pause()
    await caller.hangs_up()


@shape(Offer("1001", "completed"), Offer("1001", "rejected", SASAKI), outcomes=("completed", "not_reached"))
async def direct_while_talking(stage: Stage) -> None:
    [phone] = await stage.seat("1001")
    first, _talk = await stage.answered("1001")
    second = await stage.call(LINE, SASAKI_CALLS)
    knocking = await phone.ringing()
    await pause()
    await knocking.reject(486)
    await second.ends()
    await first.hangs_up()


@shape(Offer("1001", "transferred", forwards=True), Offer("1003", "completed"))
async def forwarded(stage: Stage) -> None:
    await stage.sipp("1001", "agent_forwards", ring_ms=200, number="1003")
    await stage.sipp("1003", ring_ms=250)
    caller = await stage.call(LINE)
    await caller.talks()
    await pause()
    await caller.hangs_up()
