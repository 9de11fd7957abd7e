"""Where a shape is played: SIPp outside, SIPp or operated phones at the desks, and an AMI operator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.rig.ami import AmiListener, Block
from tests.rig.asterisk import AsteriskRig
from tests.rig.caller import YAMADA, Caller
from tests.rig.sip_call import Call
from tests.rig.sip_phone import SipPhone
from tests.rig.sipp import Sipp
from tests.rig.wire import WireMessage
from tests.shapes.truth import Leg, legs

ORDERS, SUPPORT, QUICK, LOCALS = "0312345678", "0312345679", "0312345677", "0312345676"
GROUP, SHORT_RING, BRIEF, SECOND = "0300000001", "0300000002", "0300000003", "0300000004"
LINEAR, MEMORY, RECENT, IMPATIENT = "0300000005", "0300000006", "0300000007", "0300000008"
OVERFLOW, SHORT_LOT = "0300000009", "0300000010"
CUSTOMER = "09055556666"
CARRIER = "carrier"
PAUSE_S = 0.25  # between two things people do
END_S = 5.0  # for a SIPp whose calls are over


class Outside:
    """Somebody outside, played by SIPp. Each method waits until SIP says so."""

    def __init__(self, sipp: Sipp) -> None:
        self.sipp = sipp

    async def rings(self) -> None:
        """Hears ringing."""
        await self.sipp.seen("<- SIP/2.0 180")

    async def talks(self) -> None:
        """Somebody, or Asterisk, has answered."""
        await self.sipp.seen("-> ACK")

    async def hangs_up(self) -> None:
        """Ends the talk, or gives up waiting."""
        self.sipp.cue()
        await self.ends()

    async def ends(self, timeout_s: float = 30.0) -> None:
        """The call is over, whoever ended it."""
        (await self.sipp.finished(timeout_s)).check()


class Stage:
    """One scene's phones, callers and operator; at the end, what the SIP of each of them tells."""

    def __init__(self, rig: AsteriskRig, logs: Path, exits: AsyncExitStack) -> None:
        self.rig = rig
        self.phones: dict[str, SipPhone] = {}
        self.outside: list[Outside] = []
        self._logs, self._exits = logs, exits
        self._sipps: list[tuple[str, Sipp]] = []
        self.operator = AmiListener(rig)
        self.on_originate: Callable[[str, str, str], None] = lambda channel, number, purpose: None

    # --- who is there ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """The operator signs in."""
        await self._exits.enter_async_context(self.operator)

    async def sipp(
        self, agent: str, scenario: str = "agent_answers", calls: int = 1, **values: object
    ) -> None:
        """SIPp plays this agent's phone for so many calls."""
        run = Sipp.agent(self.rig, self._logs, agent, scenario, calls, **values)
        self._sipps.append((agent, await self._exits.enter_async_context(run)))

    async def carrier(self, scenario: str = "agent_answers", **values: object) -> Sipp:
        """SIPp plays whoever is called through the trunk."""
        run = Sipp.carrier(self.rig, self._logs, scenario, **values)
        await self._exits.enter_async_context(run)
        self._sipps.append((CARRIER, run))
        return run

    async def seat(self, *agents: str, media: bool = False) -> list[SipPhone]:
        """Phones that the scene operates."""
        for agent in agents:
            phone = SipPhone(
                agent,
                self.rig.phone_address(agent),
                (self.rig.host, self.rig.sip_port),
                password=f"change-me-{agent}",
                media_port=self.rig.phone_media_port(agent),
                media=media,
                log_file=self._logs / f"phone-{agent}.log",
            )
            self.phones[agent] = await self._exits.enter_async_context(phone)
        return [self.phones[agent] for agent in agents]

    async def call(self, number: str, who: Caller = YAMADA) -> Outside:
        """Somebody outside calls."""
        run = Sipp.caller(self.rig, self._logs, number, who, "caller_operated")
        outside = Outside(await self._exits.enter_async_context(run))
        self.outside.append(outside)
        return outside

    async def ring(self, *agents: str) -> list[Call]:
        """The next call at each of these operated phones."""
        return [await self.phones[agent].ringing() for agent in agents]

    async def answered(self, agent: str, number: str = "", who: Caller = YAMADA) -> tuple[Outside, Call]:
        """Somebody outside calls, and the operated phone of this agent answers."""
        caller = await self.call(number or f"031234{agent}", who)
        [ringing] = await self.ring(agent)
        await pause()
        talk = await ringing.answer()
        await caller.talks()
        await pause()
        return caller, talk

    # --- what the operator does -----------------------------------------------------------------------------

    async def act(self, action: str, **headers: str) -> Block:
        """Performs an AMI action, which must succeed."""
        answer = await self.operator.act(action, **headers)
        assert answer["Response"] == "Success", (action, headers, answer)
        return answer

    async def originate(self, agent: str, channel: str, number: str, purpose: str, **headers: str) -> None:
        """Has an agent's phone called. `on_originate` hears of it first, as the bridge does."""
        self.on_originate(channel, number, purpose)
        await self.act("Originate", Channel=f"PJSIP/{agent}", ChannelId=channel, Async="true", **headers)

    async def sign_in(self, queue: str, *members: str, **headers: str) -> None:
        """Adds members to a queue, in the order in which it will ring them; they leave with the scene."""
        for member in members:
            interface = member if "/" in member else f"PJSIP/{member}"
            await self.act("QueueAdd", Queue=queue, Interface=interface, MemberName=member, **headers)
            self._exits.push_async_callback(
                self.operator.act, "QueueRemove", Queue=queue, Interface=interface
            )

    async def channel(self, endpoint: str) -> str:
        """The name of the newest channel at an endpoint: an agent, or `trunk`."""
        return (await self._newest(endpoint))["Channel"]

    async def uniqueid(self, endpoint: str) -> str:
        """The same channel's Uniqueid."""
        return (await self._newest(endpoint))["Uniqueid"]

    async def _newest(self, endpoint: str) -> Block:
        await self.operator.act("Ping")  # what happened before is then in the list
        made = self.operator.events("Newchannel")
        return [block for block in made if block.get("Channel", "").startswith(f"PJSIP/{endpoint}-")][-1]

    # --- the end --------------------------------------------------------------------------------------------

    def ended_channels(self) -> set[str]:
        """The Uniqueids of all channels there were; every call is over."""
        return {block["Uniqueid"] for block in self.operator.events("Newchannel") if "Uniqueid" in block}

    async def close(self) -> None:
        """Everybody has hung up. Raises AssertionError for a SIPp whose script went otherwise."""
        for outside in self.outside:
            await outside.ends(END_S)
        for agent, run in self._sipps:
            begun = {message.message["call-id"] for message in run.messages()}
            if len(begun) == run.calls:
                (await run.finished(END_S)).check()
            else:
                result = await run.stop()
                assert result.exit_code in (0, -9), f"{agent}: {result}"
        await asyncio.to_thread(self.rig.hangup_all)
        await self.operator.act("Ping")  # the last hang-up is then in its list

    def legs(self) -> dict[str, list[Leg]]:
        """By agent: the calls at the phone, as its SIP tells them."""
        found: dict[str, list[WireMessage]] = {}
        for agent, run in self._sipps:
            found.setdefault(agent, []).extend(run.messages())
        for agent, phone in self.phones.items():
            found.setdefault(agent, []).extend(phone.wire)
        return {agent: legs(messages) for agent, messages in found.items() if agent != CARRIER}

    def callers(self) -> list[Leg]:
        """The calls of everybody outside, as their SIP tells them."""
        runs = [outside.sipp for outside in self.outside]
        runs += [run for who, run in self._sipps if who == CARRIER]
        return [leg for run in runs for leg in legs(run.messages())]


async def pause(times: float = 1.0) -> None:
    """The moment a person takes."""
    await asyncio.sleep(PAUSE_S * times)
