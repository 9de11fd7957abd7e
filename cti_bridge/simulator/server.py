"""The simulated PBX on the network: clients over TCP, calls played by hand or by a plan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias, TypeVar

from cti_bridge.clock import Clock
from cti_bridge.errors import UsageError
from cti_bridge.simulator import actions, answers
from cti_bridge.simulator.exchange import Call, Exchange
from cti_bridge.simulator.journal import Happened
from cti_bridge.simulator.layout import Layout, SimQueue
from cti_bridge.simulator.plant import Caller
from cti_bridge.simulator.player import Player
from cti_bridge.simulator.session import Session, Terms
from cti_bridge.simulator.traffic import TrafficPlan

# Called with the events that are about to be written, once for each write.
OnWrite: TypeAlias = Callable[[Sequence[Happened]], None]
_T = TypeVar("_T")


class SimCall:
    """One call that a test or a demonstration plays by hand.

    Raises, all verbs:
        UsageError: what is asked cannot happen now, such as an answer from a telephone that does not ring.

    """

    def __init__(self, simulator: Simulator, call: Call) -> None:
        self._simulator = simulator
        self._call = call

    @property
    def unique_id(self) -> str:
        """The unique ID of the caller's channel."""
        return self._call.channel.unique_id

    @property
    def ringing(self) -> list[str]:
        """The endpoints that ring now."""
        return self._call.ringing

    @property
    def talking(self) -> str:
        """The endpoint that answered, empty when none did."""
        return self._call.talking

    @property
    def is_over(self) -> bool:
        """Whether all of it is gone."""
        return self._call.is_over

    def answer(self, endpoint: str) -> None:
        """``endpoint`` lifts the receiver."""
        self._simulator.do(lambda exchange, at_s: exchange.answer(at_s, self._call, endpoint))

    def reject(self, endpoint: str, status: int = 486) -> None:
        """``endpoint`` refuses: 486 busy, 603 declined."""
        self._simulator.do(lambda exchange, at_s: exchange.reject(at_s, self._call, endpoint, status))

    def hold(self, endpoint: str) -> None:
        """``endpoint`` puts the caller on hold."""
        self._simulator.do(lambda exchange, at_s: exchange.hold(at_s, self._call, endpoint))

    def resume(self, endpoint: str) -> None:
        """``endpoint`` takes the caller back."""
        self._simulator.do(lambda exchange, at_s: exchange.resume(at_s, self._call, endpoint))

    def hang_up(self, by: str | None = None) -> None:
        """The caller hangs up, or the agent ``by``."""
        self._simulator.do(lambda exchange, at_s: exchange.hang_up(at_s, self._call, by))


class Simulator:
    """A PBX that speaks AMI. Make one with ``listening``."""

    def __init__(self, exchange: Exchange, terms: Terms, clock: Clock, on_write: OnWrite | None) -> None:
        self.exchange = exchange
        self.host = ""
        self.port = 0
        self._terms = terms
        self._clock = clock
        self._on_write = on_write
        self._sessions: set[Session] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._fault: Exception | None = None
        self._over = asyncio.Event()
        self._arrival = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def listening(
        cls,
        host: str = "127.0.0.1",
        port: int = 0,
        secret: str = "",
        *,
        agents: Mapping[str, str] | Sequence[tuple[str, str]],
        queues: Mapping[str, SimQueue] | None = None,
        clock: Clock | None = None,
        user: str = "cti-bridge",
        terms: Terms | None = None,
        on_write: OnWrite | None = None,
    ) -> AsyncIterator[Simulator]:
        """A simulator that takes clients while the block lasts.

        ``agents``: endpoint and name of each telephone. ``port`` 0 takes a
        free one, then in ``Simulator.port``. ``terms`` stands over ``user``
        and ``secret``.
        """
        clock = clock or Clock()
        exchange = Exchange(Layout(dict(agents), queues or {}), clock.now_s())
        simulator = cls(exchange, terms or Terms(user, secret), clock, on_write)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(simulator._session, host, port)
        simulator.host, simulator.port = server.sockets[0].getsockname()[:2]
        try:
            yield simulator
        finally:
            simulator._stop()
            server.close()
            for session in list(simulator._sessions):
                session.close()
            await server.wait_closed()
        if simulator._fault is not None:
            raise simulator._fault

    # --- what tests and demonstrations do -----------------------------------------------------------------

    def call(self, number: str, name: str = "", to: str = "orders", *, is_asserted: bool = False) -> SimCall:
        """A call from outside to a queue or a telephone. ``is_asserted``: withheld, but the trunk knows it.

        Raises:
            UsageError: there is no such queue or telephone.

        """
        caller = Caller(number, name, is_asserted)
        return SimCall(self, self.do(lambda exchange, at_s: exchange.call(at_s, caller, to)))

    async def play(self, plan: TrafficPlan) -> None:
        """Play a plan's calls to their end; one without an end plays until cancelled.

        Raises:
            UsageError: another plan is being played.

        """
        if self.exchange.on_ring is not None:
            raise UsageError("another plan is being played")
        self._over.clear()
        player = Player(self.exchange, plan, self._over.set)
        try:
            self.do(lambda exchange, at_s: player.begin(at_s))
            await self._over.wait()
            if self._fault is not None:
                raise self._fault
        finally:
            player.stop()

    async def listened_to(self, clients: int = 1) -> None:
        """Wait until so many clients have signed in."""
        while sum(session.is_signed_in for session in self._sessions) < clients:
            await self._arrival.wait()

    def do(self, deed: Callable[[Exchange, float], _T]) -> _T:
        """Let ``deed`` happen now, and tell every client of it."""
        try:
            return deed(self.exchange, self._clock.now_s())
        finally:
            self._tell()
            self._set_timer()

    def advance(self) -> None:
        """Do what is due by now; happens by itself as time passes."""
        try:
            self.exchange.advance(self._clock.now_s())
        finally:
            self._tell()

    # --- clients ------------------------------------------------------------------------------------------

    def _session(self) -> Session:
        return Session(
            self._terms,
            take=self._take,
            boot=lambda: answers.fully_booted(self.exchange, self._clock.now_s()),
            opened=self._sessions.add,
            signed_in=self._arrived,
            closed=self._sessions.discard,
        )

    def _take(self, headers: Mapping[str, str]) -> bytes:
        self.advance()
        answer = actions.take(self.exchange, headers, self._clock.now_s())
        asyncio.get_running_loop().call_soon(self._tell)  # the answer goes before the events it causes
        self._set_timer()
        return answer

    def _arrived(self) -> None:
        """Wake all who wait for clients."""
        self._arrival.set()
        self._arrival = asyncio.Event()

    def _tell(self) -> None:
        """Write what happened to every client, to each only the classes it asked for."""
        happened = self.exchange.take()
        if not happened:
            return
        if self._on_write is not None:
            self._on_write(happened)
        by_mask: dict[int, bytes] = {}
        for session in list(self._sessions):
            if session.mask not in by_mask:
                by_mask[session.mask] = b"".join(block for kind, block in happened if kind & session.mask)
            if by_mask[session.mask]:
                session.send(by_mask[session.mask])

    # --- time -----------------------------------------------------------------------------------------------

    def _set_timer(self) -> None:
        """Come back when the next deed is due."""
        self._stop()
        due_s = self.exchange.next_due_s
        if due_s is not None and self._fault is None:
            delay_s = max(0.0, due_s - self._clock.now_s())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._on_time)

    def _on_time(self) -> None:
        try:
            self.advance()
        except Exception as error:  # noqa: BLE001 - raised again to whoever plays, and at the end
            self._fault = error
            self._over.set()
        self._set_timer()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
