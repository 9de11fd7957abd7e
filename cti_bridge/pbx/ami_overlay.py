"""A snapshot brought up to now: what events said since its lists were asked for stands over the lists.

The lists are taken one after the other while calls go on, so each shows
another moment. Events come in order. So of each fact (is this channel there,
does it talk, in which bridge is it, who waits in which queue) the last event
since the asking is at least as new as any list, and where no event speaks of
it the fact did not change. Laid over each other they show one moment: now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cti_bridge.calls import events as ev
from cti_bridge.calls.ids import ChannelId, Endpoint, QueueId
from cti_bridge.calls.outcomes import DialOutcome
from cti_bridge.calls.queue_events import (
    DeviceChanged,
    DeviceUse,
    MemberChanged,
    MemberConnected,
    MemberRemoved,
    QueueAbandoned,
    QueueEntered,
    QueueLeft,
)
from cti_bridge.calls.snapshot import Snapshot, SnapshotChannel, SnapshotQueue, SnapshotWaiting


def overlaid(shot: Snapshot, since: Iterable[ev.CallEvent]) -> Snapshot:
    """``shot`` as it is after the events ``since`` its lists were asked for."""
    facts = _Facts(shot)
    for event in since:
        facts.take(event)
    return replace(
        shot,
        channels=tuple(facts.channels.values()),
        queues=tuple(facts.queues.values()),
        members=tuple(facts.members.values()),
        waiting=tuple(facts.waiting.values()),
        devices=tuple(facts.devices.items()),
        holding_bridges=frozenset(facts.holding),
    )


class _Facts:
    """The facts of one snapshot by what they are about."""

    def __init__(self, shot: Snapshot) -> None:
        self._at_s = shot.at_s
        self.channels = {seen.channel: seen for seen in shot.channels}
        self.queues = {seen.queue: seen for seen in shot.queues}
        self.members = {(seen.queue, seen.endpoint): seen for seen in shot.members}
        self.waiting = {(seen.queue, seen.channel): seen for seen in shot.waiting}
        self.devices = dict(shot.devices)
        self.holding = set(shot.holding_bridges)

    def take(self, event: ev.CallEvent) -> None:
        match event:
            case ev.ChannelCreated():
                self._create(event)
            case ev.ChannelEnded(channel=channel):
                self.channels.pop(channel, None)
                for key in [key for key in self.waiting if key[1] == channel]:
                    del self.waiting[key]
            case ev.ChannelRang(channel=channel):
                self._change(channel, is_ringing=True)
            case ev.ChannelAnswered(channel=channel):
                self._change(channel, is_up=True, is_ringing=False)
            case ev.DialEnded(dest=channel, outcome=outcome) if outcome is not DialOutcome.ANSWERED:
                self._change(channel, is_ringing=False)
            case ev.CallerIdentified(channel=channel):
                self._change(channel, caller_number=event.caller_number, caller_name=event.caller_name)
            case ev.BridgeEntered(channel=channel):
                self._change(channel, bridge=event.bridge, linked=event.linked)
                if event.is_holding:
                    self.holding.add(event.bridge)
            case ev.BridgeLeft(channel=channel):
                self._change(channel, bridge=None)
            case QueueEntered(queue=queue, channel=channel):
                self._name(queue)
                waited_s = max(0.0, self._at_s - event.at_s)
                self.waiting[queue, channel] = SnapshotWaiting(
                    queue, channel, event.caller_number, event.caller_name, waited_s
                )
            case QueueLeft() | QueueAbandoned() | MemberConnected():
                self.waiting.pop((event.queue, event.channel), None)
            case MemberChanged():
                self._name(event.queue)
                self.members[event.queue, event.endpoint] = event
                self._use(event.endpoint, event.device)
            case MemberRemoved():
                self.members.pop((event.queue, event.endpoint), None)
            case DeviceChanged():
                self._use(event.endpoint, event.device)

    def _create(self, event: ev.ChannelCreated) -> None:
        seen = self.channels.get(event.channel)
        if seen is not None:
            # Later events bring it from its first state to the one it is in.
            self.channels[event.channel] = replace(seen, is_up=event.is_up, is_ringing=False, bridge=None)
            return
        self.channels[event.channel] = SnapshotChannel(
            event.channel,
            event.linked,
            event.endpoint,
            event.is_glue,
            event.is_up,
            is_ringing=False,
            caller_number=event.caller_number,
            caller_name=event.caller_name,
            connected_number="",
            dialled=event.dialled,
            bridge=None,
            age_s=max(0.0, self._at_s - event.at_s),
        )

    def _change(self, channel: ChannelId, **facts: object) -> None:
        seen = self.channels.get(channel)
        if seen is not None:
            self.channels[channel] = replace(seen, **facts)  # type: ignore[arg-type]

    def _use(self, endpoint: Endpoint, device: DeviceUse) -> None:
        self.devices[endpoint] = device
        for key in [key for key in self.members if key[1] == endpoint]:
            self.members[key] = replace(self.members[key], device=device)

    def _name(self, queue: QueueId) -> None:
        if queue not in self.queues:
            self.queues[queue] = SnapshotQueue(queue, "")
