"""A queue of a simulated PBX: its members, who waits in it, its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cti_bridge.simulator import blocks
from cti_bridge.simulator.journal import Journal
from cti_bridge.simulator.layout import SimQueue

_NOT_INUSE = 1


@dataclass(slots=True)
class Member:
    """One member. ``status``: its device's state as last told; ``free_at_s``: when its wrap-up ends."""

    endpoint: str
    name: str
    membership: str
    login_at_s: float
    status: int = _NOT_INUSE
    calls_taken: int = 0
    last_call_s: float = 0
    last_pause_s: float = 0
    is_in_call: bool = False
    is_paused: bool = False
    pause_reason: str = ""
    free_at_s: float = 0

    def figures(self) -> dict[str, Any]:
        """The headers that events and lists have in common, in their order."""
        return {
            "Penalty": 0,
            "CallsTaken": self.calls_taken,
            "LastCall": int(self.last_call_s),
            "LastPause": int(self.last_pause_s),
            "LoginTime": int(self.login_at_s),
            "InCall": int(self.is_in_call),
            "Status": self.status,
            "Paused": int(self.is_paused),
            "PausedReason": self.pause_reason,
        }


@dataclass(slots=True)
class Waiting:
    """One caller in a queue. ``is_ringing``: members' telephones ring for this caller now."""

    unique_id: str
    channel_name: str
    number: str
    name: str
    joined_at_s: float
    first_position: int
    is_ringing: bool = False


@dataclass(slots=True)
class Figures:
    """What a queue counts. The two averages move by a quarter of each new value, as Asterisk's do."""

    completed: int = 0
    completed_in_time: int = 0
    abandoned: int = 0
    hold_s: int = 0
    talk_s: int = 0

    def answered(self, hold_s: int, in_time: bool) -> None:
        """A caller was joined to a member."""
        self.hold_s = (3 * self.hold_s + hold_s) >> 2
        self.completed_in_time += in_time

    def finished(self, talk_s: int) -> None:
        """The talk is over."""
        self.completed += 1
        self.talk_s = talk_s if self.completed == 1 else (3 * self.talk_s + talk_s) >> 2


@dataclass(slots=True)
class Queue:
    """One queue's live state, and the events that tell of it."""

    name: str
    config: SimQueue
    journal: Journal
    members: dict[str, Member] = field(default_factory=dict)
    waiting: list[Waiting] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    turn: int = 0
    # As told last. A queue whose members nobody has heard of since the start counts as busy.
    _is_waiting: bool = False
    _is_available: bool = False

    # --- who can be rung --------------------------------------------------------------------------------

    def free_members(self, at_s: float) -> list[Member]:
        """Those who may be rung now, in the order of the list."""
        return [
            member
            for member in self.members.values()
            if member.status == _NOT_INUSE and not member.is_paused and member.free_at_s <= at_s
        ]

    def is_turn_of(self, caller: Waiting, free: int) -> bool:
        """Whether ``caller`` may ring members now, when ``free`` of them could be rung.

        Callers who ring already do not count; a queue that rings all serves
        one caller at a time.
        """
        places = min(free, 1) if self.config.strategy == "ringall" else free
        ahead = [other for other in self.waiting[: self.waiting.index(caller)] if not other.is_ringing]
        return len(ahead) < places

    def ring_order(self, free: Iterable[Member], favoured: Callable[[str], bool]) -> list[Member]:
        """``free`` in the order to ring them: all at once, the last of the list first, or one by one."""
        members = list(free)
        if self.config.strategy == "ringall":
            return members[::-1]
        order = list(self.members)
        start = self.turn if self.config.strategy == "rrmemory" else 0
        members.sort(key=lambda member: (order.index(member.endpoint) - start) % len(order))
        members.sort(key=lambda member: not favoured(member.endpoint))
        return members

    def took_turn(self, member: Member) -> None:
        """``member`` is rung: the next caller begins with the one after."""
        self.turn = (list(self.members).index(member.endpoint) + 1) % len(self.members)

    # --- who waits --------------------------------------------------------------------------------------

    def joined(self, caller: Waiting) -> None:
        """Put ``caller`` at the end."""
        self.waiting.append(caller)
        self.tell_waiting()

    def left(self, caller: Waiting) -> int:
        """Take ``caller`` out; the position it had, counted from one."""
        position = self.position(caller)
        self.waiting.remove(caller)
        self.tell_waiting()
        return position

    def position(self, caller: Waiting) -> int:
        """Where ``caller`` stands now, counted from one."""
        return self.waiting.index(caller) + 1

    # --- what is told -----------------------------------------------------------------------------------

    def tell_waiting(self) -> None:
        """The queue's own device rings while somebody waits."""
        if bool(self.waiting) != self._is_waiting:
            self._is_waiting = bool(self.waiting)
            self._tell_device(f"Queue:{self.name}", "RINGING" if self._is_waiting else "NOT_INUSE")

    def tell_available(self) -> None:
        """The device that says whether any member could be rung."""
        is_available = any(m.status == _NOT_INUSE and not m.is_paused for m in self.members.values())
        if is_available != self._is_available:
            self._is_available = is_available
            self._tell_device(f"Queue:{self.name}_avail", "NOT_INUSE" if is_available else "INUSE")

    def tell_status(self, endpoint: str, status: int) -> None:
        """A member's device changed to ``status``."""
        member = self.members[endpoint]
        if member.status != status:
            member.status = status
            self.tell_member(blocks.MEMBER_STATUS, member)
            self.tell_available()

    def tell_pause(self, member: Member) -> None:
        """A member was paused or called back."""
        state = "INUSE" if member.is_paused else "NOT_INUSE"
        self._tell_device(f"Queue:{self.name}_pause_{member.endpoint}", state)
        # Asterisk looks at the others only when the queue gains or loses its last free member.
        if not member.is_paused or not self.free_members(float("inf")):
            self.tell_available()
        self.tell_member(blocks.MEMBER_PAUSE, member)

    def tell_added(self, member: Member) -> None:
        """A member signed in."""
        self._tell_device(f"Queue:{self.name}_pause_{member.endpoint}", "NOT_INUSE")
        self.tell_member(blocks.MEMBER_ADDED, member)

    def tell_removed(self, member: Member) -> None:
        """A member signed out."""
        self.tell_member(blocks.MEMBER_REMOVED, member)

    def tell_member(self, head: blocks.Head, member: Member) -> None:
        """One member as it is now."""
        text = blocks.lines(
            Queue=self.name,
            MemberName=member.name,
            Interface=member.endpoint,
            StateInterface=member.endpoint,
            Membership=member.membership,
            **member.figures(),
            Ringinuse=0,
            Wrapuptime=0,
        )
        self.journal.add(head, text)

    def device_states(self) -> Iterable[tuple[str, str]]:
        """The devices that stand for the queue and its members' pauses."""
        for member in self.members.values():
            yield f"Queue:{self.name}_pause_{member.endpoint}", "INUSE" if member.is_paused else "NOT_INUSE"
        yield f"Queue:{self.name}_avail", "NOT_INUSE" if self._is_available else "INUSE"
        yield f"Queue:{self.name}", "RINGING" if self._is_waiting else "NOT_INUSE"

    def _tell_device(self, device: str, state: str) -> None:
        self.journal.add(blocks.DEVICE_STATE, blocks.lines(Device=device, State=state))
