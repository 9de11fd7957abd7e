"""Caller and agent in one bridge: from the moment they hear each other to the end of both channels."""

from __future__ import annotations

from collections.abc import Callable

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import Channel
from cti_bridge.simulator.plant import Plant

_NORMAL_CLEARING = 16


class Talk:
    """One talk of two.

    ``completed`` is called with ``caller`` or ``agent``, whoever hung up, at
    the point at which a queue tells of it. ``request_cause``: calls that a
    queue connected bear no cause in their HangupRequest, others bear one.
    """

    def __init__(
        self,
        plant: Plant,
        caller: Channel,
        agent: Channel,
        *,
        request_cause: int | None = None,
        completed: Callable[[str], None] | None = None,
    ) -> None:
        self.caller = caller
        self.agent = agent
        self.is_held = False
        self._plant = plant
        self._request_cause = request_cause
        self._completed = completed
        self._bridge = plant.new_bridge()
        plant.enter_bridge(self._bridge, agent)
        plant.enter_bridge(self._bridge, caller)

    def hold(self) -> None:
        """The agent puts the caller on hold."""
        if self.is_held:
            raise UsageError("is on hold already")
        self.is_held = True
        journal = self._plant.journal
        journal.add(blocks.HOLD, self.agent.headers, blocks.HOLD_MUSIC_CLASS)
        journal.add(blocks.MUSIC_START, self.caller.headers, blocks.MUSIC_CLASS)
        self.caller.change(held=True)
        self._plant.devices.tell_device(self.caller.device)

    def resume(self) -> None:
        """The agent takes the caller back."""
        if not self.is_held:
            raise UsageError("is not on hold")
        self.is_held = False
        journal = self._plant.journal
        journal.add(blocks.UNHOLD, self.agent.headers)
        journal.add(blocks.MUSIC_STOP, self.caller.headers)
        self.caller.change(held=False)
        self._plant.devices.tell_device(self.caller.device)

    def transfer(self, leaving: Channel, extension: str) -> Channel:
        """``leaving`` sends the other on to ``extension`` and is gone; answers with the one who stays."""
        plant, journal, devices = self._plant, self._plant.journal, self._plant.devices
        staying = self.caller if leaving is self.agent else self.agent
        journal.add(blocks.UNHOLD, leaving.headers)
        if self.is_held:
            self.is_held = False
            journal.add(blocks.MUSIC_STOP, self.caller.headers)
            self.caller.change(held=False)
        text = blocks.lines(IsExternal="Yes", Context="from-agents", Extension=extension)
        journal.add(
            blocks.BLIND_TRANSFER,
            blocks.lines(Result="Success"),
            leaving.headers_as("Transferer"),
            staying.headers_as("Transferee"),
            blocks.bridge(self._bridge, 2),
            text,
        )
        if self._completed:
            self._completed("transfer")
        plant.leave_bridge(staying)
        plant.leave_bridge(leaving)
        plant.destroy_bridge(self._bridge)
        plant.hang_up(leaving, _NORMAL_CLEARING)
        devices.tell(leaving.device)
        return staying

    def end(self, by_agent: bool) -> None:
        """One of the two hangs up; afterwards both channels are gone."""
        plant, journal, devices = self._plant, self._plant.journal, self._plant.devices
        caller, agent = self.caller, self.agent
        first, last = (agent, caller) if by_agent else (caller, agent)
        journal.add(blocks.HANGUP_REQUEST, first.headers, blocks.cause(self._request_cause))
        if self._completed:
            self._completed("agent" if by_agent else "caller")
        if self.is_held:
            journal.add(blocks.MUSIC_STOP, caller.headers)
        plant.leave_bridge(first)
        plant.leave_bridge(last)
        caller.change(held=False)
        goodbye = (blocks.SOFT_HANGUP_REQUEST, caller.headers, blocks.cause(_NORMAL_CLEARING))
        if by_agent:
            plant.destroy_bridge(self._bridge)
            journal.add(*goodbye)
            plant.hang_up(agent, _NORMAL_CLEARING)
            devices.tell_extension(agent.device)
            devices.tell_device(agent.device)
            plant.hang_up(caller, _NORMAL_CLEARING)
            devices.tell_device(caller.device)
            devices.tell_queues(agent.device)
        else:
            journal.add(*goodbye)
            plant.destroy_bridge(self._bridge)
            plant.hang_up(caller, _NORMAL_CLEARING)
            devices.tell_device(caller.device)
            plant.hang_up(agent, _NORMAL_CLEARING)
            devices.tell(agent.device)
