"""The machinery that every call of a simulated PBX works on: channels, bridges, devices, journal, agenda."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass

from cti_bridge.simulator import blocks
from cti_bridge.simulator.agenda import Agenda
from cti_bridge.simulator.channel import DOWN, RING, Channel
from cti_bridge.simulator.devices import Device, Devices
from cti_bridge.simulator.journal import Journal
from cti_bridge.simulator.layout import TRUNK, Layout, extension_of

WITHHELD = "anonymous"
_PROHIBITED = "32 (Presentation Prohibited, Not Screened)"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the trunk says it.

    ``is_asserted``: the caller withheld the number, but the trunk trusts us
    with it; the dialplan replaces it before any telephone rings.
    """

    number: str
    name: str = ""
    is_asserted: bool = False


class Plant:
    """Makes and ends channels, tells of it. ``channels``: the live ones by unique ID."""

    def __init__(self, layout: Layout, devices: Devices, journal: Journal, agenda: Agenda) -> None:
        self.layout = layout
        self.devices = devices
        self.journal = journal
        self.agenda = agenda
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, list[Channel]] = {}
        self._counter = itertools.count()
        self._bridges = itertools.count(1)

    def incoming(self, at_s: float, caller: Caller, dialled: str) -> Channel:
        """A channel from the trunk, in the dialplan at ``dialled``."""
        channel = self._channel(
            at_s, self.devices.trunk, None, RING, caller.number, caller.name, "from-trunk", dialled, "", ""
        )
        self.journal.add(blocks.NEW_CHANNEL, channel.headers)
        if caller.is_asserted:
            channel.change(number=WITHHELD, caller_name=WITHHELD, context="private", exten="s")
            self.journal.add(blocks.NEW_CALLER_ID, channel.headers, blocks.lines(CID_CallingPres=_PROHIBITED))
            channel.change(context="from-trunk", exten=dialled)
        return channel

    def outgoing(self, at_s: float, endpoint: str, caller: Channel, application: str) -> Channel:
        """A channel to a telephone, dialled on behalf of ``caller``; it does not ring yet."""
        channel = self._channel(
            at_s,
            self.devices[endpoint],
            caller,
            DOWN,
            extension_of(endpoint),
            self.layout.agents[endpoint],
            "from-agents",
            "s",
            application,
            "(Outgoing Line)",
        )
        self.journal.add(blocks.NEW_CHANNEL, channel.headers)
        return channel

    def outward(self, at_s: float, number: str, name: str, caller: Channel) -> Channel:
        """A channel to somebody outside, dialled on behalf of ``caller``; it does not ring yet."""
        trunk = self.devices.trunk
        channel = self._channel(
            at_s, trunk, caller, DOWN, "", "", "from-trunk", "s", "AppDial", "(Outgoing Line)"
        )
        self.journal.add(blocks.NEW_CHANNEL, channel.headers)
        channel.change(
            number=number,
            caller_name=name,
            exten=number,
            connected_number=caller.number,
            connected_name=caller.caller_name,
        )
        allowed = blocks.lines(CID_CallingPres="0 (Presentation Allowed, Not Screened)")
        self.journal.add(blocks.NEW_CALLER_ID, channel.headers, allowed)
        self.journal.add(blocks.NEW_CONNECTED_LINE, channel.headers)
        return channel

    def originated(self, at_s: float, endpoint: str, unique_id: str) -> Channel:
        """A channel to a telephone that a client asked for, with the unique ID it wished."""
        channel = self._channel(
            at_s,
            self.devices[endpoint],
            None,
            DOWN,
            extension_of(endpoint),
            self.layout.agents[endpoint],
            "from-agents",
            "s",
            "AppDial2",
            "(Outgoing Line)",
            unique_id,
        )
        self.journal.add(blocks.NEW_CHANNEL, channel.headers)
        return channel

    def hang_up(self, channel: Channel, cause: int, tech: int | None = None) -> None:
        """The channel is gone."""
        channel.end()
        del self.channels[channel.unique_id]
        text = blocks.cause(cause, tech=tech, is_final=True)
        self.journal.add(blocks.HANGUP, channel.headers, text)

    def connect(self, caller: Channel, to: Channel) -> None:
        """``caller`` learns to whom it is, or will be, connected."""
        caller.change(connected_number=to.number, connected_name=to.caller_name)
        self.journal.add(blocks.NEW_CONNECTED_LINE, caller.headers)

    def new_bridge(self) -> str:
        """A bridge's unique ID: the same in every run."""
        unique_id = str(uuid.UUID(int=next(self._bridges), version=4))
        self.bridges[unique_id] = []
        self.journal.add(blocks.BRIDGE_CREATE, blocks.bridge(unique_id, 0))
        return unique_id

    def enter_bridge(self, unique_id: str, channel: Channel) -> None:
        """``channel`` joins the bridge."""
        channels = self.bridges[unique_id]
        channels.append(channel)
        channel.bridge = unique_id
        self.journal.add(blocks.BRIDGE_ENTER, blocks.bridge(unique_id, len(channels)), channel.headers)

    def leave_bridge(self, channel: Channel) -> None:
        """``channel`` leaves its bridge."""
        unique_id, channel.bridge = channel.bridge, ""
        channels = self.bridges[unique_id]
        channels.remove(channel)
        self.journal.add(blocks.BRIDGE_LEAVE, blocks.bridge(unique_id, len(channels)), channel.headers)

    def destroy_bridge(self, unique_id: str) -> None:
        """The empty bridge is gone."""
        del self.bridges[unique_id]
        self.journal.add(blocks.BRIDGE_DESTROY, blocks.bridge(unique_id, 0))

    def _channel(
        self,
        at_s: float,
        device: Device,
        caller: Channel | None,
        state: int,
        number: str,
        name: str,
        context: str,
        exten: str,
        application: str,
        application_data: str,
        wished_id: str = "",
    ) -> Channel:
        count = next(self._counter)
        endpoint = TRUNK if device is self.devices.trunk else device.endpoint
        unique_id = wished_id or f"{int(at_s)}.{count}"
        channel = Channel(
            f"{endpoint}-{count:08x}",
            device,
            unique_id=unique_id,
            linked_id=caller.linked_id if caller else unique_id,
            created_at_s=at_s,
            state=state,
            number=number,
            caller_name=name,
            language=self.layout.language,
            context=context,
            exten=exten,
            application=application,
            application_data=application_data,
        )
        self.channels[unique_id] = channel
        return channel
