"""A call from outside to one telephone, as an Asterisk's ``Dial`` tells of it."""

from __future__ import annotations

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import RINGING, UP, Channel
from cti_bridge.simulator.layout import extension_of
from cti_bridge.simulator.plant import Caller, Plant
from cti_bridge.simulator.talk import Talk

# SIP status of a rejection: DialStatus, the telephone's cause, and what the dialplan makes of it for the
# caller: priority, cause, SIP status.
_REJECTIONS = {486: ("BUSY", 17, 3, (17, 486)), 603: ("NOANSWER", 21, 5, (20, 480))}
_NO_ANSWER = 19


class DirectCall:
    """One call to one telephone, from its first event to its last."""

    queue = ""

    def __init__(self, plant: Plant, at_s: float, caller: Caller, endpoint: str) -> None:
        self._plant = plant
        self._endpoint = endpoint
        self._talk: Talk | None = None
        self._leg: Channel | None = None
        extension = extension_of(endpoint)
        self.channel = plant.incoming(at_s, caller, plant.layout.direct_prefix + extension)
        timeout_s = plant.layout.direct_timeout_s
        self.channel.change(
            context="phones",
            exten=extension,
            application="Dial",
            application_data=f"{endpoint},{timeout_s:.0f},t",
        )
        self._ring(at_s)
        plant.agenda.at(at_s + timeout_s, self._ring_out)

    @property
    def is_over(self) -> bool:
        """Whether all of it is gone."""
        return self._leg is None

    @property
    def ringing(self) -> list[str]:
        """The endpoints that ring now."""
        return [self._endpoint] if self._leg is not None and self._talk is None else []

    @property
    def talking(self) -> str:
        """The endpoint that answered, empty when none did."""
        return self._endpoint if self._talk is not None and self._leg is not None else ""

    def answer(self, at_s: float, endpoint: str) -> None:
        """``endpoint`` lifts the receiver."""
        leg = self._ringing_leg(endpoint)
        journal, devices = self._plant.journal, self._plant.devices
        leg.change(state=UP)
        journal.add(blocks.NEW_STATE, leg.headers)
        leg.change(exten="")
        self._dial_end(leg, "ANSWER")
        self.channel.change(state=UP)
        journal.add(blocks.NEW_STATE, self.channel.headers)
        devices.tell(leg.device)
        self._talk = Talk(self._plant, self.channel, leg, request_cause=16)

    def reject(self, at_s: float, endpoint: str, status: int) -> None:
        """``endpoint`` refuses: 486 busy, 603 declined."""
        leg = self._ringing_leg(endpoint)
        dial_status, cause, priority, caller_cause = _REJECTIONS[status]
        text = blocks.cause(cause, tech=status)
        self._plant.journal.add(blocks.HANGUP_REQUEST, leg.headers, text)
        self._dial_end(leg, dial_status)
        self.channel.change(priority=priority)
        self._give_up(leg, (cause, status), caller_cause)

    def hang_up(self, at_s: float, by: str | None) -> None:
        """The caller hangs up, or the agent ``by``."""
        if self._leg is None:
            raise UsageError("the call is over")
        if self._talk is not None:
            self._talk.end(by_agent=by is not None)
            self._leg = None
            return
        if by is not None:
            raise UsageError(f"{by} does not talk")
        leg = self._leg
        self._plant.journal.add(blocks.HANGUP_REQUEST, self.channel.headers, blocks.cause(127, tech=487))
        self._dial_end(leg, "CANCEL")
        self._give_up(leg, (127, 500), (127, 487), goodbye_tech=487)

    @property
    def legs(self) -> dict[str, str]:
        """The telephones' channels and their endpoints."""
        return {self._leg.unique_id: self._endpoint} if self._leg is not None else {}

    def transfer(self, at_s: float, channel: Channel, extension: str) -> Channel | None:
        """``channel`` sends the other on; answers with whom, None when nobody talks here."""
        if self._talk is None or self._leg is None:
            return None
        self._leg = None
        return self._talk.transfer(channel, extension)

    def hold(self, endpoint: str) -> None:
        """``endpoint`` puts the caller on hold."""
        self._talk_of(endpoint).hold()

    def resume(self, endpoint: str) -> None:
        """``endpoint`` takes the caller back."""
        self._talk_of(endpoint).resume()

    def _ring(self, at_s: float) -> None:
        plant, journal, devices = self._plant, self._plant.journal, self._plant.devices
        leg = self._leg = plant.outgoing(at_s, self._endpoint, self.channel, "AppDial")
        leg.change(
            exten=self.channel.exten,
            connected_number=self.channel.number,
            connected_name=self.channel.caller_name,
        )
        journal.add(blocks.NEW_CONNECTED_LINE, leg.headers)
        text = blocks.lines(DialString=self.channel.exten)
        journal.add(blocks.DIAL_BEGIN, self.channel.headers, leg.dest_headers, text)
        plant.connect(self.channel, leg)
        leg.change(state=RINGING)
        journal.add(blocks.NEW_STATE, leg.headers)
        devices.tell_extension(leg.device)
        devices.tell_device(leg.device)
        ringing = blocks.dial_status("RINGING")
        journal.add(blocks.DIAL_STATE, self.channel.headers, leg.dest_headers, ringing)
        devices.tell_device(devices.trunk)
        devices.tell_queues(leg.device)

    def _ring_out(self, at_s: float) -> None:
        if self._leg is None or self._talk is not None:
            return
        self._plant.journal.begin(at_s)
        self._dial_end(self._leg, "NOANSWER")
        self.channel.change(priority=4)
        self._give_up(self._leg, (0, None), (_NO_ANSWER, 480))

    def _give_up(
        self,
        leg: Channel,
        leg_cause: tuple[int, int | None],
        cause: tuple[int, int | None],
        goodbye_tech: int | None = None,
    ) -> None:
        plant = self._plant
        text = blocks.cause(16, tech=goodbye_tech)
        plant.journal.add(blocks.SOFT_HANGUP_REQUEST, self.channel.headers, text)
        plant.hang_up(leg, *leg_cause)
        plant.hang_up(self.channel, *cause)
        self._leg = None
        plant.devices.tell_device(leg.device)
        plant.devices.tell_extension(leg.device)
        plant.devices.tell_queues(leg.device)
        plant.devices.tell_device(self.channel.device)

    def _dial_end(self, leg: Channel, status: str) -> None:
        text = blocks.dial_status(status)
        self._plant.journal.add(blocks.DIAL_END, self.channel.headers, leg.dest_headers, text)

    def _ringing_leg(self, endpoint: str) -> Channel:
        if endpoint not in self.ringing or self._leg is None:
            raise UsageError(f"{endpoint} does not ring for this call")
        return self._leg

    def _talk_of(self, endpoint: str) -> Talk:
        if self._talk is None or endpoint != self.talking:
            raise UsageError(f"{endpoint} does not talk in this call")
        return self._talk
