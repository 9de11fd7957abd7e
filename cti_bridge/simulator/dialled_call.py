"""A call that a live channel dials on: a click's second half, or a customer whom an agent sent on.

Whoever is called lives by the clock: answers after a while, talks for a while,
hangs up. There is nobody else to do it.
"""

from __future__ import annotations

import re

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import RINGING, Channel
from cti_bridge.simulator.layout import TRUNK, Layout
from cti_bridge.simulator.plant import Plant
from cti_bridge.simulator.talk import Talk

ANSWERS_AFTER_S = 3.0
TALKS_FOR_S = 90.0

_OUTSIDE = re.compile(r"^(18[46])?0[0-9]{8,}$")
_NORMAL_CLEARING = 16


def leads_somewhere(layout: Layout, extension: str) -> bool:
    """Whether the agents' dialplan knows ``extension``."""
    return f"PJSIP/{extension}" in layout.agents or _OUTSIDE.match(extension) is not None


class DialledCall:
    """From the dialling of ``extension`` by ``channel``, which is up, to the end of both."""

    queue = ""

    def __init__(self, plant: Plant, at_s: float, channel: Channel, extension: str, name: str = "") -> None:
        self.channel = channel
        self._plant = plant
        self._leg: Channel | None = None
        self._talk: Talk | None = None
        channel.change(context="from-agents", exten=extension, application="Dial", application_data=extension)
        if leads_somewhere(plant.layout, extension):
            self._dial(at_s, extension, name)
            plant.agenda.at(at_s + ANSWERS_AFTER_S, self._answer)
        else:
            self._lose()

    @property
    def endpoint(self) -> str:
        """The telephone that is called; the trunk for somebody outside."""
        return self._leg.device.endpoint if self._leg is not None else ""

    @property
    def is_over(self) -> bool:
        """Whether all of it is gone."""
        return self._leg is None

    @property
    def ringing(self) -> list[str]:
        """The endpoints that ring now."""
        return [self.endpoint] if self._leg is not None and self._talk is None else []

    @property
    def talking(self) -> str:
        """The endpoint that answered, empty when none did."""
        return self.endpoint if self._talk is not None and self._leg is not None else ""

    @property
    def legs(self) -> dict[str, str]:
        """The called channel and its endpoint."""
        return {self._leg.unique_id: self.endpoint} if self._leg is not None else {}

    def answer(self, at_s: float, endpoint: str) -> None:
        """``endpoint`` lifts the receiver before it would by itself."""
        if endpoint not in self.ringing:
            raise UsageError(f"{endpoint} does not ring for this call")
        self._answer(at_s)

    def reject(self, at_s: float, endpoint: str, status: int) -> None:
        """``endpoint`` refuses; who dialled is let go."""
        if endpoint not in self.ringing or self._leg is None:
            raise UsageError(f"{endpoint} does not ring for this call")
        self._dial_end("BUSY")
        self._end_leg(17, status)
        self._lose()

    def hang_up(self, at_s: float, by: str | None) -> None:
        """Who dialled hangs up, or whoever was called, ``by``."""
        if self._leg is None:
            raise UsageError("the call is over")
        if self._talk is not None:
            self._talk.end(by_agent=by is not None)
            self._plant.devices.tell(self._leg.device, self.channel.device)
            self._leg = None
        elif by is None:
            self._dial_end("CANCEL")
            self._end_leg(127, 487)
            self._lose()
        else:
            raise UsageError(f"{by} does not talk")

    def transfer(self, at_s: float, channel: Channel, extension: str) -> Channel | None:
        """``channel`` sends the other on; answers with whom, None when nobody talks here."""
        if self._talk is None or self._leg is None:
            return None
        self._leg = None
        return self._talk.transfer(channel, extension)

    def hold(self, endpoint: str) -> None:
        """The called one puts who dialled on hold."""
        if self._talk is None or endpoint != self.talking:
            raise UsageError(f"{endpoint} does not talk in this call")
        self._talk.hold()

    def resume(self, endpoint: str) -> None:
        """The called one takes who dialled back."""
        if self._talk is None or endpoint != self.talking:
            raise UsageError(f"{endpoint} does not talk in this call")
        self._talk.resume()

    def _dial(self, at_s: float, extension: str, name: str) -> None:
        plant, journal, channel = self._plant, self._plant.journal, self.channel
        endpoint = f"PJSIP/{extension}"
        if endpoint in plant.layout.agents:
            leg = plant.outgoing(at_s, endpoint, channel, "AppDial")
            leg.change(exten=extension, connected_number=channel.number, connected_name=channel.caller_name)
            journal.add(blocks.NEW_CONNECTED_LINE, leg.headers)
            dialled = extension
        else:
            leg = plant.outward(at_s, extension, name, channel)
            dialled = f"{extension}@{TRUNK.removeprefix('PJSIP/')}"
        self._leg = leg
        text = blocks.lines(DialString=dialled)
        journal.add(blocks.DIAL_BEGIN, channel.headers, leg.dest_headers, text)
        plant.connect(channel, leg)
        leg.change(state=RINGING)
        journal.add(blocks.NEW_STATE, leg.headers)
        ringing = blocks.dial_status("RINGING")
        journal.add(blocks.DIAL_STATE, channel.headers, leg.dest_headers, ringing)
        plant.devices.tell(leg.device)

    def _answer(self, at_s: float) -> None:
        leg = self._leg
        if leg is None or self._talk is not None:
            return
        plant = self._plant
        plant.journal.begin(at_s)
        leg.change(state=6)
        plant.journal.add(blocks.NEW_STATE, leg.headers)
        self._dial_end("ANSWER")
        plant.devices.tell(leg.device)
        talk = self._talk = Talk(plant, self.channel, leg, request_cause=_NORMAL_CLEARING)
        plant.agenda.at(at_s + TALKS_FOR_S, lambda due_s: self._talked_out(due_s, talk))

    def _talked_out(self, at_s: float, talk: Talk) -> None:
        if self._talk is talk and self._leg is not None:
            self._plant.journal.begin(at_s)
            self.hang_up(at_s, self.endpoint)

    def _dial_end(self, status: str) -> None:
        if self._leg is not None:
            text = blocks.dial_status(status)
            self._plant.journal.add(blocks.DIAL_END, self.channel.headers, self._leg.dest_headers, text)

    def _end_leg(self, cause: int, tech: int) -> None:
        leg, self._leg = self._leg, None
        if leg is not None:
            self._plant.hang_up(leg, cause, tech)
            self._plant.devices.tell(leg.device)

    def _lose(self) -> None:
        """Who dialled reached nobody and is let go."""
        text = blocks.cause(_NORMAL_CLEARING)
        self._plant.journal.add(blocks.SOFT_HANGUP_REQUEST, self.channel.headers, text)
        self._plant.hang_up(self.channel, _NORMAL_CLEARING)
        self._plant.devices.tell(self.channel.device)
