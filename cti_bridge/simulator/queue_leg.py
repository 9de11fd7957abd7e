"""One member's telephone that a queue rings for one caller, and the events that tell of it."""

from __future__ import annotations

from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import RINGING, Channel
from cti_bridge.simulator.plant import Plant
from cti_bridge.simulator.queues import Member

_REJECTIONS = {486: 17, 603: 21}


class QueueLeg:
    """A member's channel from the moment it is dialled. It rings as soon as it is made.

    ``is_single``: the queue rings one by one; the caller is then told at once
    whom it is to be connected to.
    """

    __slots__ = ("_caller", "_names", "_plant", "began_at_s", "channel", "member")

    def __init__(
        self, plant: Plant, at_s: float, queue: str, caller: Channel, member: Member, *, is_single: bool
    ) -> None:
        self.member = member
        self.began_at_s = at_s
        self.channel = channel = plant.outgoing(at_s, member.endpoint, caller, "AppQueue")
        self._plant = plant
        self._caller = caller
        self._names = blocks.lines(Queue=queue, Interface=member.endpoint, MemberName=member.name)
        # DialBegin shows the channel as it was before the queue told it who calls, AgentCalled after.
        before = channel.dest_headers
        channel.change(connected_number=caller.number, connected_name=caller.caller_name, exten=caller.exten)
        journal = plant.journal
        self._tell(blocks.AGENT_CALLED, self._names)
        journal.add(blocks.DIAL_BEGIN, caller.headers, before, blocks.lines(DialString=member.endpoint))
        if is_single:
            plant.connect(caller, channel)
        channel.change(state=RINGING)
        journal.add(blocks.NEW_STATE, channel.headers)
        journal.add(blocks.NEW_CONNECTED_LINE, channel.headers)
        plant.devices.tell_extension(channel.device)
        plant.devices.tell_device(channel.device)

    def tell_ringing(self) -> None:
        """The telephone says that it rings."""
        self._tell(blocks.DIAL_STATE, blocks.dial_status("RINGING"))

    def tell_queues(self) -> None:
        """Its queues hear that the member rings."""
        self._plant.devices.tell_queues(self.channel.device)

    def tell_end(self, status: str) -> None:
        """Its dialling is over."""
        self._tell(blocks.DIAL_END, blocks.dial_status(status))

    def tell_no_answer(self, at_s: float) -> None:
        """The member did not take the call. Asterisk counts in whole seconds, and prints milliseconds."""
        rang_ms = (int(at_s) - int(self.began_at_s)) * 1000
        self._tell(blocks.AGENT_NO_ANSWER, self._names, blocks.lines(RingTime=rang_ms))

    def tell_connected(self, at_s: float, hold_s: int) -> None:
        """The caller, who waited for ``hold_s``, is joined to the member."""
        times = blocks.lines(HoldTime=hold_s, RingTime=int(at_s - self.began_at_s))
        self._tell(blocks.AGENT_CONNECT, self._names, times)

    def tell_completed(self, hold_s: int, talk_s: int, reason: str) -> None:
        """The talk is over; ``reason``: ``caller`` or ``agent``, whoever hung up."""
        figures = blocks.lines(HoldTime=hold_s, TalkTime=talk_s, Reason=reason)
        self._tell(blocks.AGENT_COMPLETE, self._names, figures)

    def refuse(self, at_s: float, status: int) -> None:
        """The telephone refuses: 486 busy, 603 declined."""
        cause = _REJECTIONS[status]
        request = blocks.cause(cause, tech=status)
        self._plant.journal.add(blocks.HANGUP_REQUEST, self.channel.headers, request)
        self.tell_end("NOANSWER")
        self.tell_no_answer(at_s)
        self._plant.hang_up(self.channel, cause, status)
        self._plant.devices.tell(self.channel.device)

    def _tell(self, head: blocks.Head, *parts: bytes) -> None:
        self._plant.journal.add(head, self._caller.headers, self.channel.dest_headers, *parts)
