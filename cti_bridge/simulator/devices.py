"""The devices of a simulated PBX: what each telephone does, and who is told when that changes."""

from __future__ import annotations

from collections.abc import Iterable

from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import DOWN, RINGING, Channel
from cti_bridge.simulator.journal import Journal
from cti_bridge.simulator.layout import TRUNK, extension_of
from cti_bridge.simulator.queues import Queue

NOT_INUSE, INUSE, IS_RINGING, RINGINUSE, ONHOLD = 1, 2, 6, 7, 8
_NAMES = {1: "NOT_INUSE", 2: "INUSE", 6: "RINGING", 7: "RINGINUSE", 8: "ONHOLD"}
_EXTENSION = {1: (0, "Idle"), 2: (1, "InUse"), 6: (8, "Ringing"), 7: (9, "InUse&Ringing"), 8: (16, "Hold")}


class Device:
    """One telephone or trunk, and how many of its channels ring, talk, are held."""

    __slots__ = ("_held", "_ringing", "_used", "endpoint", "extension_told", "told")

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.told = self.extension_told = NOT_INUSE
        self._ringing = self._used = self._held = 0

    def count(self, channel: Channel, by: int) -> None:
        """Count ``channel`` in, or out with ``by`` = -1."""
        if channel.state == RINGING:
            self._ringing += by
        elif channel.state != DOWN:
            self._used += by
            self._held += by * channel.held

    @property
    def state(self) -> int:
        """What it does, as Asterisk numbers it."""
        if self._used == 0:
            return IS_RINGING if self._ringing else NOT_INUSE
        if self._ringing:
            return RINGINUSE
        return ONHOLD if self._held == self._used else INUSE


class Devices:
    """All devices. Three kinds of event tell of one change; the caller decides when each goes out."""

    def __init__(self, endpoints: Iterable[str], queues: Iterable[Queue], journal: Journal) -> None:
        self._journal = journal
        self.trunk = Device(TRUNK)
        self._devices = {TRUNK: self.trunk, **{endpoint: Device(endpoint) for endpoint in endpoints}}
        self._queues = tuple(queues)
        self._by_member: dict[str, list[Queue]] = {}
        for queue in self._queues:
            for member in queue.members:
                self._by_member.setdefault(member, []).append(queue)

    def __getitem__(self, endpoint: str) -> Device:
        return self._devices[endpoint]

    def join(self, queue: Queue, endpoint: str) -> None:
        """``endpoint`` became a member of ``queue``."""
        names = [one for one in self._queues if one is queue or one in self.queues_of(endpoint)]
        self._by_member[endpoint] = names

    def leave(self, queue: Queue, endpoint: str) -> None:
        """``endpoint`` is no longer a member of ``queue``."""
        self._by_member[endpoint].remove(queue)

    def queues_of(self, endpoint: str) -> list[Queue]:
        """The queues that ring this telephone, in the order of the layout."""
        return self._by_member.get(endpoint, [])

    def states(self) -> Iterable[tuple[str, str]]:
        """Every device and its state's name, as last told."""
        for queue in self._queues:
            yield from queue.device_states()
        for device in self._devices.values():
            yield device.endpoint, _NAMES[device.told]

    def tell_extension(self, device: Device) -> None:
        """ExtensionStatus, if it changed. A trunk has no extension."""
        if device is not self.trunk and device.state != device.extension_told:
            device.extension_told = device.state
            extension = extension_of(device.endpoint)
            status, text = _EXTENSION[device.state]
            self._journal.add(
                blocks.EXTENSION_STATUS,
                blocks.lines(
                    Exten=extension, Context="phones", Hint=device.endpoint, Status=status, StatusText=text
                ),
            )

    def tell_device(self, device: Device) -> None:
        """DeviceStateChange, if it changed."""
        if device.state != device.told:
            device.told = device.state
            self._journal.add(
                blocks.DEVICE_STATE, blocks.lines(Device=device.endpoint, State=_NAMES[device.told])
            )

    def tell_queues(self, device: Device) -> None:
        """QueueMemberStatus in every queue of which it is a member, if it changed there."""
        for queue in self.queues_of(device.endpoint):
            queue.tell_status(device.endpoint, device.told)

    def tell(self, *devices: Device) -> None:
        """All three about each, in the order that Asterisk's threads usually take."""
        for device in devices:
            self.tell_extension(device)
        for device in devices:
            self.tell_device(device)
        for device in devices:
            self.tell_queues(device)
