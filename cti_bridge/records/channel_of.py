"""The channel by which an event's call is found."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from cti_bridge.calls import events as ev
from cti_bridge.calls import queue_events as qe
from cti_bridge.calls.ids import ChannelId

# What is not here concerns no single call.
CHANNEL_OF: dict[type[Any], Callable[[Any], ChannelId | None]] = {
    ev.DialBegan: lambda event: event.source or event.dest,
    ev.DialEnded: lambda event: event.source or event.dest,
    ev.AttendedTransferred: attrgetter("second"),
    **{
        type_: attrgetter("channel")
        for type_ in (
            ev.ChannelCreated,
            ev.CallerIdentified,
            ev.ChannelRang,
            ev.ChannelAnswered,
            ev.BridgeEntered,
            ev.BridgeLeft,
            ev.HoldStarted,
            ev.HoldEnded,
            ev.HangupRequested,
            ev.ChannelEnded,
            ev.BlindTransferred,
            ev.CallPickedUp,
            ev.CallParked,
            ev.CallUnparked,
            ev.SpyStarted,
            ev.RecordingStarted,
            ev.RecordingMuted,
            ev.CallOriginated,
            qe.QueueEntered,
            qe.QueueLeft,
            qe.QueueAbandoned,
            qe.MemberCalled,
            qe.MemberConnected,
            qe.MemberNoAnswer,
        )
    },
}
