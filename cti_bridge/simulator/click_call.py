"""A call that a client asked for: a telephone is rung first; once it answers it dials on, or listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import RINGING, UP, Channel
from cti_bridge.simulator.devices import NOT_INUSE
from cti_bridge.simulator.dialled_call import DialledCall
from cti_bridge.simulator.plant import Plant

ANSWERS_AFTER_S = 1.5
# How often a listener's telephone is looked at: when the call it hears is over, it is let go.
_LOOK_S = 0.5
_BUSY, _NORMAL_CLEARING = 17, 16


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client asked for. ``spied``: the channel to hear, instead of an extension to dial."""

    action_id: str
    unique_id: str
    endpoint: str
    extension: str
    shown_number: str = ""
    shown_name: str = ""
    spied: str = ""


class ClickCall:
    """From the first ring of the telephone that clicked to the end."""

    queue = ""

    def __init__(
        self, plant: Plant, at_s: float, wish: Wish, begun: Callable[[float, DialledCall], None]
    ) -> None:
        self._plant = plant
        self._wish = wish
        self._begun = begun
        self._is_up = False
        self.is_over = False
        self.channel = channel = plant.originated(at_s, wish.endpoint, wish.unique_id)
        is_free = channel.device.state == NOT_INUSE
        channel.change(connected_number=wish.shown_number, connected_name=wish.shown_name)
        extension = blocks.lines(DialString=wish.endpoint.removeprefix("PJSIP/"))
        plant.journal.add(blocks.DIAL_BEGIN, channel.dest_headers, extension)
        if not is_free:
            self._end(_BUSY, "BUSY", 486)
            return
        channel.change(state=RINGING)
        plant.journal.add(blocks.NEW_STATE, channel.headers)
        plant.journal.add(blocks.DIAL_STATE, channel.dest_headers, blocks.dial_status("RINGING"))
        plant.devices.tell(channel.device)
        plant.agenda.at(at_s + ANSWERS_AFTER_S, self._answer)

    @property
    def ringing(self) -> list[str]:
        """The endpoints that ring now."""
        return [] if self._is_up or self.is_over else [self._wish.endpoint]

    @property
    def talking(self) -> str:
        """The endpoint that hears something."""
        return self._wish.endpoint if self._is_up and not self.is_over else ""

    @property
    def legs(self) -> dict[str, str]:
        """Nobody else's channel: the telephone's own is the caller's."""
        return {}

    def answer(self, at_s: float, endpoint: str) -> None:
        """The telephone lifts the receiver before it would by itself."""
        if endpoint not in self.ringing:
            raise UsageError(f"{endpoint} does not ring for this call")
        self._answer(at_s)

    def reject(self, at_s: float, endpoint: str, status: int) -> None:
        """The telephone refuses."""
        if endpoint not in self.ringing:
            raise UsageError(f"{endpoint} does not ring for this call")
        self._end(_BUSY, "BUSY", status)

    def hang_up(self, at_s: float, by: str | None) -> None:
        """The telephone hangs up."""
        if self.is_over:
            raise UsageError("the call is over")
        self._end(_NORMAL_CLEARING, "" if self._is_up else "CANCEL", None)

    def transfer(self, at_s: float, channel: Channel, extension: str) -> Channel | None:
        """Nobody talks here yet."""
        return None

    def hold(self, endpoint: str) -> None:
        """Nobody talks here yet."""
        raise UsageError(f"{endpoint} does not talk in this call")

    def resume(self, endpoint: str) -> None:
        """Nobody talks here yet."""
        raise UsageError(f"{endpoint} does not talk in this call")

    def _answer(self, at_s: float) -> None:
        if self._is_up or self.is_over:
            return
        plant, channel, wish = self._plant, self.channel, self._wish
        plant.journal.begin(at_s)
        self._is_up = True
        channel.change(state=UP)
        plant.journal.add(blocks.NEW_STATE, channel.headers)
        plant.journal.add(blocks.DIAL_END, channel.dest_headers, blocks.dial_status("ANSWER"))
        self._respond("Success", 4, channel.name)
        plant.devices.tell(channel.device)
        if wish.spied:
            self._listen(at_s)
            return
        self.is_over = True  # what follows is the dialled call's
        self._begun(at_s, DialledCall(plant, at_s, channel, wish.extension, wish.shown_name))

    def _listen(self, at_s: float) -> None:
        spied = self._plant.channels.get(self._wish.spied)
        if spied is None:
            self._end(0, "", None)
            return
        text = (self.channel.headers_as("Spyer"), spied.headers_as("Spyee"))
        self._plant.journal.add(blocks.SPY_START, *text)
        self._plant.agenda.at(at_s + _LOOK_S, self._look)

    def _look(self, at_s: float) -> None:
        if self.is_over:
            return
        if self._wish.spied in self._plant.channels:
            self._plant.agenda.at(at_s + _LOOK_S, self._look)
        else:
            self._plant.journal.begin(at_s)
            self._end(_NORMAL_CLEARING, "", None)

    def _end(self, cause: int, dial_status: str, tech: int | None) -> None:
        plant, channel = self._plant, self.channel
        self.is_over = True
        if dial_status:
            plant.journal.add(blocks.DIAL_END, channel.dest_headers, blocks.dial_status(dial_status))
            self._respond("Failure", 0, self._wish.endpoint)
        plant.hang_up(channel, cause, tech)
        plant.devices.tell(channel.device)

    def _respond(self, response: str, reason: int, name: str) -> None:
        wish = self._wish
        text = response_to(wish, response, reason, name)
        self._plant.journal.add(blocks.ORIGINATE_RESPONSE, text)


def response_to(wish: Wish, response: str, reason: int, name: str) -> bytes:
    """What a client is told of its wish, later than that it was taken."""
    action = blocks.lines(ActionID=wish.action_id) if wish.action_id else b""
    return action + blocks.lines(
        Response=response,
        Channel=name,
        Context="from-agents",
        Exten=wish.extension,
        Reason=reason,
        Uniqueid=wish.unique_id,
        CallerIDNum=blocks.UNKNOWN,
        CallerIDName=blocks.UNKNOWN,
    )
