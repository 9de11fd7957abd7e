"""Calls that are picked up, parked, conferenced, made by agents, listened to, and forged."""

from urllib.parse import quote

from tests.rig.caller import Caller
from tests.shapes.expect import CUSTOMER, Offer, shape
from tests.shapes.stage import CUSTOMER as NUMBER
from tests.shapes.stage import SECOND, SHORT_LOT, Stage, pause

AGENTS = {"Context": "from-agents"}
LOST = "answered_elsewhere"


# --- picked up ----------------------------------------------------------------------------------------------


@shape(Offer("1001", LOST), Offer("1002", "completed", dials=True))
async def pickup_direct(stage: Stage) -> None:
    await stage.sipp("1001", "agent_never_answers")
    [phone] = await stage.seat("1002", media=True)
    caller = await stage.call("0312341001")
    await caller.rings()
    await pause()
    talk = await phone.call("*81001")
    await caller.talks()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")


@shape(
    Offer("1001", LOST),
    Offer("1002", LOST),
    Offer("1005", "completed", dials=True),
    history=("second answered",),
)
async def pickup_queue_non_member(stage: Stage) -> None:
    await stage.sign_in("second", "1001", "1002")
    await stage.sipp("1001", "agent_never_answers")
    await stage.sipp("1002", "agent_never_answers")
    [phone] = await stage.seat("1005", media=True)
    caller = await stage.call(SECOND)
    await caller.rings()
    await pause(2)
    talk = await phone.call("*81001")
    await caller.talks()
    await pause()
    await talk.hangup()
    await caller.ends()


# --- parked -------------------------------------------------------------------------------------------------


@shape(
    Offer("1002", "parked"),
    Offer("1004", "completed", by="1002", dials=True),
    history=("parked by 1002, retrieved",),
)
async def parking_retrieved(stage: Stage) -> None:
    """Parked by the operator, fetched by a colleague."""
    _parker, colleague = await stage.seat("1002", "1004", media=True)
    caller, talk = await stage.answered("1002")
    parked = {"Channel": await stage.channel("trunk"), "TimeoutChannel": "PJSIP/1002"}
    await stage.act("Park", **parked)
    await talk.reached("ended")
    slot = (await stage.operator.event("ParkedCall"))["ParkingSpace"]
    await pause()
    fetched = await colleague.call(slot)
    await pause()
    await caller.hangs_up()
    await fetched.reached("ended")


@shape(
    Offer("1002", "parked"),
    Offer("1004", "completed", by="1002", dials=True),
    history=("blind by 1002 to 700", "parked by 1002, retrieved"),
)
async def parking_refer_retrieved(stage: Stage) -> None:
    """Parked as a desk phone does, by a blind transfer to the lot."""
    _parker, colleague = await stage.seat("1002", "1004", media=True)
    caller, talk = await stage.answered("1002")
    await talk.refer("700")
    slot = (await stage.operator.event("ParkedCall"))["ParkingSpace"]
    await talk.hangup()
    await pause()
    fetched = await colleague.call(slot)
    await pause()
    await fetched.hangup()
    await caller.ends()


@shape(Offer("1002", "parked"), Offer("1002", "completed"), history=("parked by 1002, timed_out",))
async def parking_timeout(stage: Stage) -> None:
    """Parked by keys, forgotten; it rings again at who parked it."""
    await stage.seat("1002")
    caller, talk = await stage.answered("1002", SHORT_LOT)
    await talk.keys("#72")
    await talk.reached("ended", timeout_s=15)
    [ringing] = await stage.ring("1002")
    await pause()
    talk = await ringing.answer()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")


@shape(Offer("1002", "parked"), outcomes=("abandoned",), history=("parked by 1002, gave_up",))
async def parking_given_up(stage: Stage) -> None:
    await stage.seat("1002")
    caller, talk = await stage.answered("1002")
    await stage.act("Park", Channel=await stage.channel("trunk"), TimeoutChannel="PJSIP/1002")
    await talk.reached("ended")
    await pause()
    await caller.hangs_up()


# --- three at a time ----------------------------------------------------------------------------------------


@shape(Offer("1002", "completed"), Offer("1003", "completed", dials=True))
async def conference(stage: Stage) -> None:
    _first, third = await stage.seat("1002", "1003", media=True)
    caller, talk = await stage.answered("1002")
    await stage.act(
        "Redirect",
        Channel=await stage.channel("trunk"),
        ExtraChannel=await stage.channel("1002"),
        Exten="8001",
        ExtraExten="8001",
        Priority="1",
        ExtraPriority="1",
        ExtraContext="from-agents",
        **AGENTS,
    )
    await pause()
    joined = await third.call("8001")
    await pause(2)
    await talk.hangup()
    await pause()
    await caller.hangs_up()
    await joined.hangup()


@shape(Offer("1001", "completed"), silent_rings=("1006",))
async def listen(stage: Stage) -> None:
    """A supervisor's phone is called in to hear a live call."""
    await stage.seat("1001", "1006", media=True)
    caller, talk = await stage.answered("1001")
    spied = await stage.channel("1001")
    await stage.originate(
        "1006", "listen-1", "", "listen", Application="ChanSpy", Data=f"{spied},q", CallerID="listen <1001>"
    )
    [ringing] = await stage.ring("1006")
    await pause()
    spy = await ringing.answer()
    await pause(2)
    await spy.hangup()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")


# --- to the outside -----------------------------------------------------------------------------------------


@shape(Offer("1001", "completed", CUSTOMER, dials=True))
async def outbound_answered(stage: Stage) -> None:
    await stage.carrier(ring_ms=300)
    [phone] = await stage.seat("1001")
    talk = await phone.call(NUMBER)
    assert talk.state == "talking"
    await pause()
    await talk.hangup()


@shape(Offer("1001", "not_reached", CUSTOMER, dials=True), outcomes=("not_reached",))
async def outbound_not_answered(stage: Stage) -> None:
    await stage.carrier("agent_never_answers")
    [phone] = await stage.seat("1001")
    dialled = await phone.call(NUMBER, until="ringing")
    await pause()
    await dialled.hangup()


@shape(Offer("1001", "not_reached", CUSTOMER, dials=True), outcomes=("not_reached",))
async def outbound_busy(stage: Stage) -> None:
    await stage.carrier("agent_rejects", ring_ms=300, status="486 Busy Here")
    [phone] = await stage.seat("1001")
    dialled = await phone.call(NUMBER)
    assert dialled.end == "refused 486"


@shape(Offer("1001", "completed", CUSTOMER))
async def click_to_call(stage: Stage) -> None:
    await stage.carrier("agent_hangs_up", ring_ms=300, talk_ms=400)
    await stage.seat("1001")
    who = {"Exten": NUMBER, "Priority": "1", "CallerID": f"<{NUMBER}>"}
    await stage.originate("1001", "click-1", NUMBER, "call", **who, **AGENTS)
    [ringing] = await stage.ring("1001")
    await pause()
    talk = await ringing.answer()
    await talk.reached("ended")


# --- what is not to be believed -----------------------------------------------------------------------------


async def _hostile(stage: Stage, forged: str) -> None:
    """Mallory's number ends a block and begins another; he gives up after a moment."""
    number = quote(f"1\r\n\r\n{forged}\r\n\r\n", safe="")
    mallory = await stage.call("0312341002", Caller(number, "Mallory"))
    await mallory.rings()
    await pause(2)
    await mallory.hangs_up()


@shape(Offer("1001", "completed"), silent_rings=("1002",) * 3)
async def hostile_number(stage: Stage) -> None:
    """While 1001 talks, numbers say that the call ended, that the phone is free, that the agent has gone.

    Their own calls, whose every event is torn by the number, are offered to nobody.
    """
    await stage.sipp("1002", "agent_never_answers", calls=3)
    await stage.seat("1001")
    caller, talk = await stage.answered("1001")
    await _hostile(stage, f"Event: Hangup\r\nUniqueid: {await stage.uniqueid('trunk')}\r\nCause: 16")
    await _hostile(stage, "Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: NOT_INUSE")
    await _hostile(stage, "Event: QueueMemberRemoved\r\nQueue: orders\r\nInterface: PJSIP/1001")
    await caller.hangs_up()
    await talk.reached("ended")
