"""What each event says of a command that waits for it: done, refused, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from cti_bridge.calls import commands as cmd
from cti_bridge.calls import events as ev
from cti_bridge.calls.commands import Done, RefusalCode, Refused, Result
from cti_bridge.calls.ids import ChannelId
from cti_bridge.calls.queue_events import MemberChanged, MemberRemoved

# What an event says of one command, None when it says nothing of it.
Judge: TypeAlias = Callable[[ev.CallEvent], Result | None]

_BUSY_CAUSES = frozenset({17, 21})


def of(channel: ChannelId, *kinds: type[ev.CallEvent]) -> Judge:
    """Done by one of these events on ``channel``."""
    return lambda event: (
        Done() if isinstance(event, kinds) and getattr(event, "channel", "") == channel else None
    )


def end_of(channel: ChannelId, result: Result) -> Judge:
    """``result`` when ``channel`` ends."""
    ended = of(channel, ev.ChannelEnded)
    return lambda event: result if ended(event) else None


def gone(channel: ChannelId) -> Judge:
    """Refused when ``channel`` ends: it was to stay."""
    return end_of(channel, Refused(RefusalCode.WRONG_STATE, "the call ended before"))


def either(*judges: Judge) -> Judge:
    """What the first judge says who says anything; all of them hear the event."""

    def judge(event: ev.CallEvent) -> Result | None:
        said = [one(event) for one in judges]
        return next((result for result in said if result is not None), None)

    return judge


def joined(channel: ChannelId) -> Judge:
    """Done when ``channel`` has joined two others and leaves."""

    def judge(event: ev.CallEvent) -> Result | None:
        match event:
            case ev.AttendedTransferred(first=first, second=second) if channel in (first, second):
                return Done()
            case ev.ChannelEnded(channel=ended) if ended == channel:
                return Refused(RefusalCode.FAILED, "the agent's side ended and nobody was joined")
        return None

    return judge


def parked(channel: ChannelId) -> Judge:
    """Done, with the slot, when ``channel`` is parked."""

    def judge(event: ev.CallEvent) -> Result | None:
        match event:
            case ev.CallParked(channel=one, slot=slot) if one == channel:
                return Done(slot)
        return None

    return judge


def paused(command: cmd.Pause) -> Judge:
    """Done when every member is as wished."""
    left = {(member.queue, member.interface) for member in command.members}

    def judge(event: ev.CallEvent) -> Result | None:
        if isinstance(event, MemberChanged) and event.is_paused is command.is_paused:
            left.discard((event.queue, event.interface or event.endpoint))
        return None if left else Done()

    return judge


def added(command: cmd.AddMember) -> Judge:
    """Done when the member appears."""

    def judge(event: ev.CallEvent) -> Result | None:
        if isinstance(event, MemberChanged) and event.queue == command.queue:
            return Done() if command.endpoint in (event.interface, event.endpoint) else None
        return None

    return judge


def removed(command: cmd.RemoveMember) -> Judge:
    """Done when the member is out. One behind a local channel is named by that channel or its telephone."""

    def judge(event: ev.CallEvent) -> Result | None:
        if isinstance(event, MemberRemoved) and event.queue == command.queue:
            is_it = event.endpoint == command.endpoint or command.interface.startswith(event.endpoint)
            return Done() if is_it else None
        return None

    return judge


def muted(command: cmd.MuteRecording) -> Judge:
    """Done when the recording of one of the channels is as wished."""

    def judge(event: ev.CallEvent) -> Result | None:
        match event:
            case ev.RecordingMuted(channel=channel, is_muted=is_muted) if channel in command.channels:
                return Done() if is_muted is command.is_muted else None
        return None

    return judge


class OwnCall:
    """Judges a call that we had made. ``has_begun``: its channel was seen."""

    def __init__(self, channel: ChannelId, *, is_spy: bool) -> None:
        self.has_begun = False
        self._channel = channel
        self._is_spy = is_spy
        self._is_answered = False

    def __call__(self, event: ev.CallEvent) -> Result | None:
        """What the event says of it: it rings, or as a spy it hears."""
        if getattr(event, "channel", "") != self._channel or isinstance(event, ev.CallOriginated):
            return None
        self.has_begun = True
        match event:
            case ev.SpyStarted():
                return Done()
            case ev.ChannelRang() | ev.ChannelAnswered() if not self._is_spy:
                return Done()
            case ev.ChannelAnswered():
                self._is_answered = True
            case ev.ChannelEnded(cause=cause):
                return self._ended(cause)
        return None

    def _ended(self, cause: int) -> Refused:
        if self._is_answered:
            return Refused(RefusalCode.WRONG_STATE, "the call that was to be heard is over")
        if cause in _BUSY_CAUSES:
            return Refused(RefusalCode.BUSY, f"the telephone refused the call, cause {cause}")
        return Refused(RefusalCode.UNREACHABLE, f"the telephone was not reached, cause {cause}")

    def failed(self) -> Refused | None:
        """The PBX says that it failed. Where there was a channel its own end says more, and comes too."""
        if self.has_begun:
            return None
        return Refused(RefusalCode.UNREACHABLE, "the PBX has no such telephone, or cannot reach it")


class Consultation:
    """Judges whether a word with a transfer's target has begun."""

    def __init__(self, channel: ChannelId) -> None:
        self._judge = either(of(channel, ev.BridgeEntered), gone(channel))
        self._heard = of(channel, ev.HoldStarted)
        self._is_heard = False

    def __call__(self, event: ev.CallEvent) -> Result | None:
        """What the event says of it."""
        self._is_heard = self._is_heard or self._heard(event) is not None
        return self._judge(event)

    def silence(self) -> Refused | None:
        """What it means that it has not begun: a PBX that heard the wish has put the other side on hold."""
        if self._is_heard:
            return None
        return Refused(
            RefusalCode.NOT_SUPPORTED, "this call may not be transferred (option t or T of Dial and Queue)"
        )
