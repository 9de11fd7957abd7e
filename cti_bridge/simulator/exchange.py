"""The simulated PBX without any I/O: calls and members change it, events come out, time is passed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.agenda import Agenda, Deed
from cti_bridge.simulator.channel import Channel
from cti_bridge.simulator.click_call import ClickCall, Wish, response_to
from cti_bridge.simulator.devices import Devices
from cti_bridge.simulator.dialled_call import DialledCall
from cti_bridge.simulator.direct_call import DirectCall
from cti_bridge.simulator.journal import Happened, Journal
from cti_bridge.simulator.layout import Layout
from cti_bridge.simulator.plant import Caller, Plant
from cti_bridge.simulator.queue_call import QueueCall
from cti_bridge.simulator.queues import Member, Queue

Call: TypeAlias = DirectCall | QueueCall | ClickCall | DialledCall
OnRing: TypeAlias = Callable[[float, Call, Sequence[str]], None]


_Call = TypeVar("_Call", DirectCall, QueueCall, ClickCall, DialledCall)
# 603 Decline: what becomes of a ringing telephone whose channel is hung up.
_REFUSED = 603


class Exchange:
    """One PBX. Every method that changes it takes the time at which it happens, in seconds since the epoch.

    ``on_ring`` is called with each call whose telephones begin to ring;
    ``favoured``: endpoints that a queue which rings one by one rings first.
    """

    def __init__(self, layout: Layout, at_s: float) -> None:
        self.layout = layout
        self.started_at_s = at_s
        self.calls_taken = 0
        self.on_ring: OnRing | None = None
        self.favoured: set[str] = set()
        self._calls: list[Call] = []
        self._journal = Journal()
        self._agenda = Agenda()
        self.queues = {
            name: Queue(
                name,
                config,
                self._journal,
                {
                    endpoint: Member(endpoint, layout.agents[endpoint], "static", at_s)
                    for endpoint in config.members
                },
            )
            for name, config in layout.queues.items()
        }
        self.devices = Devices(layout.agents, self.queues.values(), self._journal)
        self._plant = Plant(layout, self.devices, self._journal, self._agenda)
        self.channels = self._plant.channels
        self.bridges = self._plant.bridges

    # --- time ---------------------------------------------------------------------------------------------

    def at(self, due_s: float, deed: Deed) -> None:
        """Do ``deed`` when ``advance`` reaches ``due_s``."""
        self._agenda.at(due_s, deed)

    @property
    def next_due_s(self) -> float | None:
        """When ``advance`` has something to do, None when nothing waits."""
        return self._agenda.next_due_s

    def advance(self, to_s: float) -> None:
        """Let time pass: ringings end, callers try again, what was put down happens."""
        self._agenda.run(to_s)

    def take(self) -> list[Happened]:
        """The events since the last time, oldest first."""
        return self._journal.take()

    # --- calls --------------------------------------------------------------------------------------------

    def call(self, at_s: float, caller: Caller, to: str) -> Call:
        """A call from outside to a queue's name or to a telephone's endpoint.

        Raises:
            UsageError: there is no such queue or telephone.

        """
        self._journal.begin(at_s)
        self.calls_taken += 1
        queue = self.queues.get(to)
        if queue is not None:
            return self._keep(
                QueueCall(
                    self._plant,
                    at_s,
                    caller,
                    queue,
                    rang=self._rang,
                    is_favoured=self.favoured.__contains__,
                )
            )
        if to not in self.layout.agents:
            raise UsageError(f"there is neither a queue nor a telephone {to!r}")
        call = self._keep(DirectCall(self._plant, at_s, caller, to))
        self._rang(at_s, call, call.ringing)
        return call

    def originate(self, at_s: float, wish: Wish) -> None:
        """Ring a telephone as a client wishes, then dial on or listen; events tell what came of it."""
        self._journal.begin(at_s)
        if wish.endpoint not in self.layout.agents or wish.unique_id in self.channels:
            self._journal.add(blocks.ORIGINATE_RESPONSE, response_to(wish, "Failure", 0, wish.endpoint))
            return
        self.calls_taken += 1
        self._keep(ClickCall(self._plant, at_s, wish, lambda _, call: self._calls.append(call)))

    def channel_of(self, name: str) -> Channel | None:
        """The live channel of that name or unique ID."""
        found = self.channels.get(name)
        return found or next((one for one in self.channels.values() if one.name == name), None)

    def end_channel(self, at_s: float, channel: Channel) -> bool:
        """Hang up one channel, whosever it is; False when it is of no call."""
        self._journal.begin(at_s)
        for call in self._live():
            endpoint = call.legs.get(channel.unique_id)
            if call.channel is channel:
                call.hang_up(at_s, None)
                return True
            if endpoint is not None:
                if endpoint in call.ringing:
                    call.reject(at_s, endpoint, _REFUSED)
                else:
                    call.hang_up(at_s, endpoint)
                return True
        return False

    def transfer(self, at_s: float, channel: Channel, extension: str) -> bool:
        """``channel`` sends whom it talks with on to ``extension``; False when it talks with nobody."""
        self._journal.begin(at_s)
        for call in self._live():
            if call.channel is channel or channel.unique_id in call.legs:
                staying = call.transfer(at_s, channel, extension)
                if staying is not None:
                    self._keep(DialledCall(self._plant, at_s, staying, extension))
                    return True
        return False

    def _keep(self, call: _Call) -> _Call:
        self._live()
        self._calls.append(call)
        return call

    def _live(self) -> list[Call]:
        """The calls that are not over."""
        self._calls = [call for call in self._calls if not call.is_over]
        return self._calls

    def answer(self, at_s: float, call: Call, endpoint: str) -> None:
        """``endpoint``, which rings for ``call``, lifts the receiver."""
        self._journal.begin(at_s)
        call.answer(at_s, endpoint)

    def reject(self, at_s: float, call: Call, endpoint: str, status: int = 486) -> None:
        """``endpoint``, which rings for ``call``, refuses: 486 busy, 603 declined."""
        self._journal.begin(at_s)
        call.reject(at_s, endpoint, status)

    def hang_up(self, at_s: float, call: Call, by: str | None = None) -> None:
        """The caller hangs up, or the agent who talks, ``by``."""
        self._journal.begin(at_s)
        if by is not None and by != call.talking:
            raise UsageError(f"{by} does not talk in this call")
        call.hang_up(at_s, by)

    def hold(self, at_s: float, call: Call, endpoint: str) -> None:
        """The agent puts the caller on hold."""
        self._journal.begin(at_s)
        call.hold(endpoint)

    def resume(self, at_s: float, call: Call, endpoint: str) -> None:
        """The agent takes the caller back."""
        self._journal.begin(at_s)
        call.resume(endpoint)

    # --- members ------------------------------------------------------------------------------------------

    def pause(self, at_s: float, endpoint: str, is_paused: bool, reason: str, queue: str = "") -> bool:
        """Pause a member or call it back, in one queue or in all; whether there is such a member."""
        self._journal.begin(at_s)
        queues = [one for one in self.devices.queues_of(endpoint) if queue in {"", one.name}]
        for one in queues:
            member = one.members[endpoint]
            member.is_paused = is_paused
            member.pause_reason = reason if is_paused else ""
            member.last_pause_s = at_s if is_paused else member.last_pause_s
            one.tell_pause(member)
        return bool(queues)

    def add_member(self, at_s: float, queue: str, endpoint: str, name: str) -> bool:
        """Let a telephone sign in to a queue; False when it is a member already or is not known."""
        one = self.queues[queue]
        if endpoint in one.members or endpoint not in self.layout.agents:
            return False
        self._journal.begin(at_s)
        status = self.devices[endpoint].told
        member = one.members[endpoint] = Member(endpoint, name or endpoint, "dynamic", at_s, status)
        self.devices.join(one, endpoint)
        one.tell_added(member)
        return True

    def remove_member(self, at_s: float, queue: str, endpoint: str) -> bool:
        """Sign a telephone out of a queue; False when it is no member or never signed in."""
        one = self.queues[queue]
        member = one.members.get(endpoint)
        if member is None or member.membership != "dynamic":
            return False
        self._journal.begin(at_s)
        del one.members[endpoint]
        self.devices.leave(one, endpoint)
        one.tell_removed(member)
        return True

    def _rang(self, at_s: float, call: Call, endpoints: Sequence[str]) -> None:
        if self.on_ring is not None:
            self.on_ring(at_s, call, endpoints)
