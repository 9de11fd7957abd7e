"""Calls sent on: blind and attended, by AMI, by the phone (REFER), by keys; and what goes wrong."""

import asyncio

from tests.rig.sip_call import Call
from tests.shapes.expect import INTERNAL, Offer, shape
from tests.shapes.stage import SECOND, Outside, Stage, pause

AGENTS = {"Context": "from-agents"}
SENT_ON = Offer("1002", "transferred")
STAYS = Offer("1002", "completed")
# The same where Asterisk itself puts the caller aside.
SENT_ON_AFTER_MUSIC = Offer("1002", "transferred", mused=1)
STAYS_AFTER_MUSIC = Offer("1002", "completed", mused=1)


async def _queued(stage: Stage) -> tuple[Outside, Call]:
    """A queue call that 1002 has answered; with audio."""
    await stage.sign_in("second", "1002")
    await stage.seat("1002", "1004", media=True)
    return await stage.answered("1002", SECOND)


# --- blind --------------------------------------------------------------------------------------------------


@shape(SENT_ON, Offer("1004", "completed", by="1002"), history=("second answered", "blind by 1002 to 1004"))
async def transfer_blind_ami(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    await stage.act("BlindTransfer", Channel=await stage.channel("1002"), Exten="1004", **AGENTS)
    [ringing] = await stage.ring("1004")
    await pause()
    target = await ringing.answer()
    await talk.reached("ended")
    await pause()
    await target.hangup()
    await caller.ends()


@shape(SENT_ON, Offer("1004", "completed", by="1002"), history=("blind by 1002 to 1004",))
async def transfer_blind_refer(stage: Stage) -> None:
    await stage.sipp("1002", "agent_refers", ring_ms=200, talk_ms=300, number="1004")
    await stage.seat("1004")
    caller = await stage.call("0312341002")
    [ringing] = await stage.ring("1004")
    await pause()
    target = await ringing.answer()
    await pause()
    await caller.hangs_up()
    await target.reached("ended")


@shape(SENT_ON_AFTER_MUSIC, Offer("1004", "completed", by="1002"), history=("blind by 1002 to 1004",))
async def transfer_blind_keys(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    await talk.keys("#1")
    await pause()
    await talk.keys("1004")
    [ringing] = await stage.ring("1004")
    await pause()
    target = await ringing.answer()
    await talk.reached("ended")
    await pause()
    await caller.hangs_up()
    await target.reached("ended")


@shape(
    SENT_ON,
    Offer("1004", "rejected", by="1002"),
    Offer("1005", "completed", by="1002"),
    history=("second answered", "blind by 1002 to 8104"),
)
async def transfer_blind_into_queue(stage: Stage) -> None:
    """The queue's first member rejects; the second answers."""
    await stage.sign_in("second", "1004", "1005")
    await stage.seat("1002", "1004", "1005")
    caller, talk = await stage.answered("1002")
    await talk.refer("8104")
    reluctant, ringing = await stage.ring("1004", "1005")
    await pause()
    await reluctant.reject(603)
    await pause()
    target = await ringing.answer()
    await talk.let_go()
    await pause()
    await caller.hangs_up()
    await target.reached("ended")


@shape(
    SENT_ON,
    Offer("1004", "abandoned", by="1002"),
    outcomes=("abandoned",),
    history=("blind by 1002 to 1004",),
)
async def transfer_blind_caller_gives_up(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    await talk.refer("1004")
    await talk.hangup()  # as many phones do, at once
    [ringing] = await stage.ring("1004")
    await pause()
    await caller.hangs_up()
    await ringing.reached("ended")


@shape(SENT_ON, Offer("1004", "rejected", by="1002"), history=("blind by 1002 to 1004",))
async def transfer_blind_busy(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    await talk.refer("1004")
    await talk.hangup()
    [ringing] = await stage.ring("1004")
    await pause()
    await ringing.reject(486)
    await caller.ends()


# --- attended, by the operator ------------------------------------------------------------------------------


async def _atxfer(stage: Stage) -> Call:
    await stage.act("Atxfer", Channel=await stage.channel("1002"), Exten="1004", **AGENTS)
    [ringing] = await stage.ring("1004")
    await pause()
    return ringing


@shape(
    SENT_ON_AFTER_MUSIC,
    Offer("1004", "completed", by="1002"),
    history=("second answered", "attended by 1002 to 1004"),
)
async def transfer_attended_ami(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    target = await (await _atxfer(stage)).answer()
    await pause(2)
    await talk.hangup()
    await pause(3)  # the Local pair between the bridges goes
    await caller.hangs_up()
    await target.reached("ended")


@shape(STAYS_AFTER_MUSIC, Offer("1004", "completed", asked_by="1002"), history=("second answered",))
async def transfer_attended_ami_cancelled(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    target = await (await _atxfer(stage)).answer()
    await pause(2)
    await stage.act("CancelAtxfer", Channel=await stage.channel("1002"))
    await target.reached("ended")
    await pause(2)
    await caller.hangs_up()
    await talk.reached("ended")


@shape(STAYS_AFTER_MUSIC, Offer("1004", "rejected", asked_by="1002"), history=("second answered",))
async def transfer_attended_ami_busy(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    await (await _atxfer(stage)).reject(486)
    await pause(4)
    await caller.hangs_up()
    await talk.reached("ended")


@shape(
    SENT_ON_AFTER_MUSIC,
    Offer("1004", "completed", by="1002"),
    history=("second answered", "attended by 1002 to 1004"),
)
async def transfer_attended_ami_early(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    ringing = await _atxfer(stage)
    await talk.hangup()
    await pause()
    target = await ringing.answer()
    await pause(3)
    await caller.hangs_up()
    await target.reached("ended")


@shape(STAYS_AFTER_MUSIC, Offer("1004", "completed", asked_by="1002"), history=("second answered",))
async def transfer_attended_ami_caller_gone(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    target = await (await _atxfer(stage)).answer()
    await pause(2)
    await caller.hangs_up()
    await pause()
    await talk.hangup()
    await target.reached("ended")


# --- attended, by the phone: a second call of its own -------------------------------------------------------


async def _consult(stage: Stage, talk: Call) -> tuple[asyncio.Task[Call], Call]:
    await talk.hold()
    await pause()
    dialling = asyncio.create_task(stage.phones["1002"].call("1004"))
    [ringing] = await stage.ring("1004")
    await pause()
    return dialling, ringing


@shape(
    SENT_ON,
    Offer("1004", "completed", by="1002"),
    silent_dials=("1002",),
    history=("second answered", "attended by 1002 to 1004"),
)
async def transfer_attended_refer(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    dialling, ringing = await _consult(stage, talk)
    target = await ringing.answer()
    second = await dialling
    await pause(2)
    await talk.join(second)
    await second.reached("ended")
    await talk.let_go()
    await pause(2)
    await caller.hangs_up()
    await target.reached("ended")


@shape(STAYS, Offer("1004", "completed", INTERNAL), silent_dials=("1002",), history=("second answered",))
async def transfer_attended_refer_cancelled(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    dialling, ringing = await _consult(stage, talk)
    target = await ringing.answer()
    second = await dialling
    await pause()
    await second.hangup()
    await target.reached("ended")
    await talk.resume()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")


@shape(STAYS, Offer("1004", "rejected", INTERNAL), silent_dials=("1002",), history=("second answered",))
async def transfer_attended_refer_busy(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    dialling, ringing = await _consult(stage, talk)
    await ringing.reject(486)
    await dialling
    await talk.resume()
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")


@shape(
    SENT_ON,
    Offer("1004", "completed", by="1002"),
    silent_dials=("1002",),
    history=("second answered", "attended by 1002 to 1004"),
)
async def transfer_attended_refer_early(stage: Stage) -> None:
    """The phone sends the caller to the one that still rings."""
    caller, talk = await _queued(stage)
    dialling, ringing = await _consult(stage, talk)
    second = await stage.phones["1002"].calls[-1].reached("ringing")
    await talk.join(second)
    await pause()
    target = await ringing.answer()
    await dialling
    await talk.let_go()
    await pause(2)
    await caller.hangs_up()
    await target.reached("ended")


@shape(STAYS, Offer("1004", "completed", INTERNAL), silent_dials=("1002",), history=("second answered",))
async def transfer_attended_refer_caller_gone(stage: Stage) -> None:
    caller, talk = await _queued(stage)
    dialling, ringing = await _consult(stage, talk)
    target = await ringing.answer()
    second = await dialling
    await pause()
    await caller.hangs_up()
    await talk.reached("ended")
    await pause()
    await second.hangup()
    await target.reached("ended")


# --- attended, by keys; no audio, so that the Local pair stays ----------------------------------------------


async def _keyed(stage: Stage, talk: Call) -> Call:
    await talk.keys("*2")
    await pause()
    await talk.keys("1004")
    [ringing] = await stage.ring("1004")
    await pause()
    return ringing


@shape(SENT_ON_AFTER_MUSIC, Offer("1004", "completed", by="1002"), history=("attended by 1002 to 1004",))
async def transfer_attended_keys(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    target = await (await _keyed(stage, talk)).answer()
    await pause(2)
    await talk.hangup()
    await pause(2)
    await caller.hangs_up()
    await target.reached("ended")


@shape(STAYS_AFTER_MUSIC, Offer("1004", "completed", asked_by="1002"))
async def transfer_attended_keys_cancelled(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    target = await (await _keyed(stage, talk)).answer()
    await pause(2)
    await talk.keys("*1")
    await target.reached("ended")
    await pause(2)
    await caller.hangs_up()
    await talk.reached("ended")


@shape(SENT_ON_AFTER_MUSIC, Offer("1004", "completed", by="1002"), history=("attended by 1002 to 1004",))
async def transfer_attended_keys_early(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    ringing = await _keyed(stage, talk)
    await talk.hangup()
    await pause()
    target = await ringing.answer()
    await pause(2)
    await target.hangup()
    await caller.ends()


@shape(STAYS_AFTER_MUSIC, Offer("1004", "rejected", asked_by="1002"))
async def transfer_attended_keys_busy(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    await (await _keyed(stage, talk)).reject(486)
    await pause(4)
    await caller.hangs_up()
    await talk.reached("ended")


@shape(STAYS_AFTER_MUSIC, Offer("1004", "completed", asked_by="1002"))
async def transfer_attended_keys_caller_gone(stage: Stage) -> None:
    await stage.seat("1002", "1004")
    caller, talk = await stage.answered("1002")
    target = await (await _keyed(stage, talk)).answer()
    await pause(2)
    await caller.hangs_up()
    await pause()
    await talk.hangup()
    await target.reached("ended")
