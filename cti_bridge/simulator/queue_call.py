"""A call from outside through a queue, as an Asterisk's ``Queue`` tells of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cti_bridge.errors import UsageError
from cti_bridge.simulator import blocks
from cti_bridge.simulator.channel import UP, Channel
from cti_bridge.simulator.plant import Caller, Plant
from cti_bridge.simulator.queue_leg import QueueLeg
from cti_bridge.simulator.queues import Member, Queue, Waiting
from cti_bridge.simulator.talk import Talk

_ANSWERED_ELSEWHERE = 26
# After answering the line Asterisk waits for audio before the next step of the dialplan.
_AUDIO_WAIT_S = 0.5


class QueueCall:
    """One caller in one queue, from its first event to its last.

    ``rang`` is called with each telephone that began to ring;
    ``is_favoured`` says who is rung before others.
    """

    def __init__(
        self,
        plant: Plant,
        at_s: float,
        caller: Caller,
        queue: Queue,
        *,
        rang: Callable[[float, QueueCall, Sequence[str]], None],
        is_favoured: Callable[[str], bool],
    ) -> None:
        self._plant = plant
        self._queue = queue
        self._rang = rang
        self._is_favoured = is_favoured
        self._waiting: Waiting | None = None
        self._legs: list[QueueLeg] = []
        self._untried: list[Member] = []
        self._attempt = 0
        self._answered: QueueLeg | None = None
        self._answered_at_s = self._ended_at_s = 0.0
        self._hold_s = 0
        self._talk: Talk | None = None
        self.is_over = False
        number = queue.config.number
        self.channel = channel = plant.incoming(at_s, caller, number)
        channel.change(priority=2)
        if queue.config.answers_first:
            channel.change(state=UP, application="Answer")
            plant.journal.add(blocks.NEW_STATE, channel.headers)
            plant.devices.tell_device(channel.device)
            channel.change(priority=3)
            plant.agenda.at(at_s + _AUDIO_WAIT_S, self._join)
        else:
            self._join(at_s)

    # --- what it is ---------------------------------------------------------------------------------------

    @property
    def queue(self) -> str:
        """The queue's name."""
        return self._queue.name

    @property
    def ringing(self) -> list[str]:
        """The endpoints that ring now."""
        return [leg.member.endpoint for leg in self._legs]

    @property
    def talking(self) -> str:
        """The endpoint that answered, empty when none did."""
        return self._answered.member.endpoint if self._answered and not self.is_over else ""

    # --- what people do -----------------------------------------------------------------------------------

    def answer(self, at_s: float, endpoint: str) -> None:
        """``endpoint`` lifts the receiver; the others stop ringing."""
        leg = self._ringing_leg(endpoint)
        plant, journal, devices = self._plant, self._plant.journal, self._plant.devices
        losers = [other for other in self._legs if other is not leg]
        self._answered, self._legs, self._attempt = leg, [], self._attempt + 1
        leg.channel.change(state=UP)
        journal.add(blocks.NEW_STATE, leg.channel.headers)
        leg.tell_end("ANSWER")
        for loser in losers:
            loser.tell_end("CANCEL")
        if self._queue.config.answers_first:
            journal.add(blocks.MUSIC_STOP, self.channel.headers)
        if self._queue.config.strategy == "ringall":
            plant.connect(self.channel, leg.channel)
        for loser in losers:
            loser.tell_end("CANCEL")
        self._leave()
        devices.tell(leg.channel.device)
        for loser in losers:
            plant.hang_up(loser.channel, _ANSWERED_ELSEWHERE)
        self._connect(at_s, leg)
        devices.tell(*(loser.channel.device for loser in losers))
        if self.channel.state != UP:
            self.channel.change(state=UP)
            journal.add(blocks.NEW_STATE, self.channel.headers)
        self._talk = Talk(plant, self.channel, leg.channel, completed=self._complete)

    def reject(self, at_s: float, endpoint: str, status: int) -> None:
        """``endpoint`` refuses: 486 busy, 603 declined. The next one is rung, if any is left."""
        leg = self._ringing_leg(endpoint)
        self._legs.remove(leg)
        leg.refuse(at_s, status)
        if self._legs:
            return
        self._attempt += 1
        untried = [member for member in self._untried if member in self._queue.free_members(at_s)]
        if untried:
            self._ring(at_s, untried)
        else:
            self._pause(at_s)

    def hang_up(self, at_s: float, by: str | None) -> None:
        """The caller hangs up, or the agent ``by``."""
        if self.is_over:
            raise UsageError("the call is over")
        if self._talk is not None:
            self._ended_at_s = at_s
            self._talk.end(by_agent=by is not None)
            self.is_over = True
        elif by is not None:
            raise UsageError(f"{by} does not talk")
        else:
            self._abandon(at_s)

    @property
    def legs(self) -> dict[str, str]:
        """The telephones' channels and their endpoints."""
        legs = [*self._legs, self._answered] if self._answered and not self.is_over else self._legs
        return {leg.channel.unique_id: leg.member.endpoint for leg in legs}

    def transfer(self, at_s: float, channel: Channel, extension: str) -> Channel | None:
        """``channel`` sends the other on; answers with whom, None when nobody talks here."""
        if self._talk is None or self.is_over:
            return None
        self._ended_at_s = at_s
        staying = self._talk.transfer(channel, extension)
        self.is_over = True
        return staying

    def hold(self, endpoint: str) -> None:
        """``endpoint`` puts the caller on hold."""
        self._talk_of(endpoint).hold()

    def resume(self, endpoint: str) -> None:
        """``endpoint`` takes the caller back."""
        self._talk_of(endpoint).resume()

    # --- what the queue does ------------------------------------------------------------------------------

    def _join(self, at_s: float) -> None:
        if self.is_over:
            return
        self._plant.journal.begin(at_s)
        channel, queue = self.channel, self._queue
        options = "t" if queue.config.answers_first else "rt"
        channel.change(application="Queue", application_data=f"{queue.name},{options},,,300")
        self._waiting = Waiting(
            channel.unique_id,
            channel.name,
            channel.number,
            channel.caller_name,
            at_s,
            first_position=len(queue.waiting) + 1,
        )
        queue.joined(self._waiting)
        place = blocks.lines(Queue=queue.name, Position=len(queue.waiting), Count=len(queue.waiting))
        self._plant.journal.add(blocks.QUEUE_JOIN, channel.headers, place)
        self._plant.devices.tell_device(channel.device)
        if queue.config.answers_first:
            self._plant.journal.add(blocks.MUSIC_START, channel.headers, blocks.MUSIC_CLASS)
        self._try(at_s)

    def _try(self, at_s: float) -> None:
        """Ring whom the queue may ring now, or come again later."""
        if self._waiting is None or self._answered or self._legs:
            return
        self._plant.journal.begin(at_s)
        free = self._queue.free_members(at_s)
        if free and self._queue.is_turn_of(self._waiting, len(free)):
            self._ring(at_s, self._queue.ring_order(free, self._is_favoured))
        else:
            self._pause(at_s)

    def _pause(self, at_s: float) -> None:
        if self._waiting is not None:
            self._waiting.is_ringing = False
        self._plant.agenda.at(at_s + self._queue.config.retry_s, self._try)

    def _ring(self, at_s: float, members: list[Member]) -> None:
        if self._waiting is None:
            return
        self._waiting.is_ringing = True
        is_single = self._queue.config.strategy != "ringall"
        chosen, self._untried = (members[:1], members[1:]) if is_single else (members, [])
        for member in chosen:
            if self._legs:
                self._legs[-1].tell_queues()
            self._queue.took_turn(member)
            leg = QueueLeg(self._plant, at_s, self.queue, self.channel, member, is_single=is_single)
            self._legs.append(leg)
        for leg in self._legs:
            leg.tell_ringing()
        self._legs[-1].tell_queues()
        attempt = self._attempt = self._attempt + 1
        timeout_s = self._queue.config.timeout_s
        self._plant.agenda.at(at_s + timeout_s, lambda due_s: self._ring_out(due_s, attempt))
        self._rang(at_s, self, self.ringing)

    def _ring_out(self, at_s: float, attempt: int) -> None:
        """The members rang for as long as they may."""
        if attempt != self._attempt or not self._legs:
            return
        self._plant.journal.begin(at_s)
        legs, self._legs = self._legs, []
        for leg in legs:
            leg.tell_no_answer(at_s)
        for leg in legs:
            leg.tell_end("NOANSWER")
        for leg in legs:
            leg.tell_end("CANCEL")
        for leg in legs:
            self._plant.hang_up(leg.channel, 0)
        self._plant.devices.tell(*(leg.channel.device for leg in legs))
        self._pause(at_s)

    def _connect(self, at_s: float, leg: QueueLeg) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        self._waiting = None
        self._answered_at_s = at_s
        self._hold_s = int(at_s) - int(waiting.joined_at_s)
        self._queue.figures.answered(self._hold_s, self._hold_s <= self._queue.config.service_level_s)
        leg.member.is_in_call = True
        leg.tell_connected(at_s, self._hold_s)

    def _complete(self, reason: str) -> None:
        leg = self._answered
        if leg is None:
            return
        ended_at_s = self._ended_at_s
        talk_s = int(ended_at_s) - int(self._answered_at_s)
        self._queue.figures.finished(talk_s)
        leg.member.is_in_call = False
        # Asterisk counts a call in every queue of its member (shared_lastcall).
        for queue in self._plant.devices.queues_of(leg.member.endpoint):
            member = queue.members[leg.member.endpoint]
            member.calls_taken += 1
            member.last_call_s = ended_at_s
            member.free_at_s = ended_at_s + queue.config.wrap_up_s
        leg.tell_completed(self._hold_s, talk_s, reason)

    def _abandon(self, at_s: float) -> None:
        """The caller hangs up while nobody has answered yet."""
        plant, journal, channel = self._plant, self._plant.journal, self.channel
        self.is_over = True
        is_up = channel.state == UP
        # Taking back an unanswered call is a CANCEL, which has a cause; ending an answered one is not.
        request, goodbye = (None, None) if is_up else (127, 487)
        journal.add(blocks.HANGUP_REQUEST, channel.headers, blocks.cause(request, tech=goodbye))
        legs, self._legs, self._attempt = self._legs, [], self._attempt + 1
        if self._waiting is not None:
            if is_up:
                journal.add(blocks.MUSIC_STOP, channel.headers)
            for leg in legs * 2:
                leg.tell_end("CANCEL")
            self._queue.figures.abandoned += 1
            self._leave(at_s)
            self._waiting = None
        journal.add(blocks.SOFT_HANGUP_REQUEST, channel.headers, blocks.cause(16, tech=goodbye))
        for leg in legs:
            plant.hang_up(leg.channel, 0)
        plant.devices.tell(*(leg.channel.device for leg in legs))
        plant.hang_up(channel, 0 if request is None else request, goodbye)
        plant.devices.tell_device(channel.device)

    def _leave(self, abandoned_at_s: float | None = None) -> None:
        """Leave the queue; that the caller gave up is told before that."""
        waiting, queue, journal = self._waiting, self._queue, self._plant.journal
        if waiting is None:
            return
        if abandoned_at_s is not None:
            text = blocks.lines(
                Queue=queue.name,
                Position=queue.position(waiting),
                OriginalPosition=waiting.first_position,
                HoldTime=int(abandoned_at_s) - int(waiting.joined_at_s),
            )
            journal.add(blocks.QUEUE_ABANDON, self.channel.headers, text)
        position = queue.left(waiting)
        text = blocks.lines(Queue=queue.name, Position=position, Count=len(queue.waiting))
        journal.add(blocks.QUEUE_LEAVE, self.channel.headers, text)

    def _ringing_leg(self, endpoint: str) -> QueueLeg:
        for leg in self._legs:
            if leg.member.endpoint == endpoint:
                return leg
        raise UsageError(f"{endpoint} does not ring for this call")

    def _talk_of(self, endpoint: str) -> Talk:
        if self._talk is None or endpoint != self.talking:
            raise UsageError(f"{endpoint} does not talk in this call")
        return self._talk
