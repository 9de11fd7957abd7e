"""One live channel of a simulated PBX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cti_bridge.simulator import blocks

if TYPE_CHECKING:
    from cti_bridge.simulator.devices import Device

DOWN, RING, RINGING, UP = 0, 4, 5, 6


class Channel:
    """A channel's data, and its headers printed once for each change.

    Changed only by ``change``, so that the printed headers and the device's
    count of its channels stay true.
    """

    __slots__ = (
        "_dest_headers",
        "_headers",
        "application",
        "application_data",
        "bridge",
        "caller_name",
        "connected_name",
        "connected_number",
        "context",
        "created_at_s",
        "device",
        "exten",
        "held",
        "language",
        "linked_id",
        "name",
        "number",
        "priority",
        "state",
        "unique_id",
    )

    def __init__(
        self,
        name: str,
        device: Device,
        *,
        unique_id: str,
        linked_id: str,
        created_at_s: float,
        state: int,
        number: str,
        caller_name: str,
        language: str,
        context: str,
        exten: str,
        application: str,
        application_data: str,
    ) -> None:
        self.name = name
        self.device = device
        self.unique_id = unique_id
        self.linked_id = linked_id
        self.created_at_s = created_at_s
        self.state = state
        self.held = False
        self.number = number
        self.caller_name = caller_name
        self.connected_number = ""
        self.connected_name = ""
        self.language = language
        self.context = context
        self.exten = exten
        self.priority = 1
        self.application = application
        self.application_data = application_data
        self.bridge = ""
        self._headers: bytes | None = None
        self._dest_headers: bytes | None = None
        device.count(self, 1)

    def change(self, **data: Any) -> None:
        """Change some of the channel's data."""
        self.device.count(self, -1)
        for name, value in data.items():
            setattr(self, name, value)
        self.device.count(self, 1)
        self._headers = self._dest_headers = None

    def end(self) -> None:
        """The channel is gone: its device no longer counts it."""
        self.device.count(self, -1)

    @property
    def headers(self) -> bytes:
        """The channel as the subject of an event."""
        if self._headers is None:
            self._headers = self._print("")
        return self._headers

    @property
    def dest_headers(self) -> bytes:
        """The channel as the other end of an event, each header's name beginning with ``Dest``."""
        if self._dest_headers is None:
            self._dest_headers = self._print("Dest")
        return self._dest_headers

    def headers_as(self, prefix: str) -> bytes:
        """The channel as somebody in particular: each header's name begins with ``prefix``."""
        return self._print(prefix)

    def _print(self, prefix: str) -> bytes:
        return blocks.channel(
            prefix,
            name=self.name,
            state=self.state,
            number=self.number,
            caller_name=self.caller_name,
            connected_number=self.connected_number,
            connected_name=self.connected_name,
            language=self.language,
            context=self.context,
            exten=self.exten,
            priority=self.priority,
            unique_id=self.unique_id,
            linked_id=self.linked_id,
        )
