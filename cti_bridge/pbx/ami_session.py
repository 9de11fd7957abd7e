"""One connection to an Asterisk from sign-in to loss, with a snapshot at its start and whenever in doubt.

In doubt: something in the stream could not be trusted, Asterisk says that it
booted, too much waited and was dropped, or the last snapshot was not whole.
The first snapshot goes before the events that came meanwhile; a later one is
brought up to now by them, since they were handed on already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import PbxId
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.clock import Clock
from cti_bridge.errors import PeerError, Refused
from cti_bridge.pbx.ami_actions import AmiActions, Answer, ManagerSocketException
from cti_bridge.pbx.ami_link import AmiLink
from cti_bridge.pbx.ami_message import Block
from cti_bridge.pbx.ami_overlay import overlaid
from cti_bridge.pbx.ami_snapshot import LISTS, snapshot
from cti_bridge.pbx.ami_stream import AmiStream, OnSkipped
from cti_bridge.settings import PbxSettings
from cti_bridge.telemetry import Telemetry

# Leaves out what VarSet and other dialplan events would add: 26 events a call instead of 89.
EVENT_MASK = "call,agent,system"
# Wrong credentials are answered after about 1 s, all lists of 12 channels within 1 ms.
ANSWER_TIMEOUT_S = 10.0
PING_TIMEOUT_S = 5.0
# A list may show what its event has yet to tell: by 4.2 ms at most, in 4,500 snapshots at 50 calls a second.
# Events are handed on meanwhile, so nobody waits.
SETTLE_S = 0.1
# Each block of a call with line breaks in its number asks for a snapshot; one a second shows as much.
RESYNC_INTERVAL_S = 1.0
# A list stays unreadable for as long as such a call is in it: ask less and less often.
PARTIAL_RETRY_S = 5.0
PARTIAL_RETRY_LIMIT_S = 60.0

log = structlog.get_logger(__name__)


class AmiSession:
    """One connection. ``actions``: what asks this Asterisk for something; ``link``: its transport's side.

    ``address`` is for messages. ``hand_on`` takes an event and the monotonic
    time at which its bytes were read, ``tap`` every block read;
    ``on_skipped`` is told of blocks that were not believed.
    """

    def __init__(
        self,
        settings: PbxSettings,
        address: str,
        clock: Clock,
        telemetry: Telemetry,
        hand_on: Callable[[CallEvent, int], None],
        tap: Callable[[list[Block]], None],
        on_skipped: OnSkipped,
    ) -> None:
        self._pbx = PbxId(settings.name)
        self.actions = AmiActions(self._write)
        self._stream = AmiStream(self._pbx, self.actions, telemetry, hand_on, tap, on_skipped)
        self.link = AmiLink(self._stream, clock)
        self._settings = settings
        self._address = address
        self._clock = clock
        self._telemetry = telemetry
        self._hand_on = hand_on
        self.link.lost.add_done_callback(lambda lost: self.actions.fail(_result_of(lost)))

    @property
    def is_synced(self) -> bool:
        """Whether a snapshot was handed on and events follow it."""
        return self._stream.is_flowing

    async def run(self) -> str:
        """Sign in and follow until the link is lost; answers why it was.

        Raises:
            Refused: Asterisk rejects user or secret.
            PeerError, TimeoutError, ManagerSocketException: it did not get as far as a snapshot.

        """
        try:
            await self._sign_in()
            self._stream.is_doubted.clear()
            shot = None
            while shot is None:
                shot = await self._take_snapshot()
            log.info("pbx_connected", pbx=self._pbx, address=self._address, channels=len(shot.channels))
            return await self._follow(shot.is_partial)
        finally:
            self.link.close("closed")
            self.actions.fail("closed")

    def _write(self, data: bytes) -> None:
        self.link.write(data)

    async def _sign_in(self) -> None:
        settings = self._settings
        secret = settings.secret.get_secret_value()
        (answer,) = await self._answers(self.actions.login(settings.user, secret, EVENT_MASK))
        if not answer.is_success:
            raise Refused(
                f"pbx.{settings.name}: {self._address} refuses user {settings.user!r}: "
                f"{answer.headers.get('Message', 'no reason given')}; see user and secret"
            )
        # The login is accepted before Asterisk has fully booted; lists before that are incomplete.
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self._until_booted()
        except TimeoutError:
            raise PeerError(
                "FullyBooted did not come: Asterisk is still starting, or the user lacks read class 'system'"
            ) from None

    async def _until_booted(self) -> None:
        booted: asyncio.Future[Any] = asyncio.ensure_future(self._stream.is_booted.wait())
        lost: asyncio.Future[Any] = self.link.lost
        try:
            await asyncio.wait([booted, lost], return_when=asyncio.FIRST_COMPLETED)
        finally:
            booted.cancel()
        if self.link.lost.done():
            raise ManagerSocketException(0, self.link.lost.result())

    async def _follow(self, is_partial: bool) -> str:
        """Keep the link under watch and the state true until the link is lost."""
        work = [asyncio.create_task(self._ping()), asyncio.create_task(self._resync(is_partial))]
        ends: list[asyncio.Future[Any]] = [self.link.lost, *work]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.wait(work)
        for task in work:
            if not task.cancelled():
                task.result()  # neither ends by itself: a fault of ours
        return self.link.lost.result()

    async def _ping(self) -> None:
        """Ask for a sign of life: a link that died without a word is found out."""
        limit_s = min(self._settings.ping_interval_s, PING_TIMEOUT_S)
        while True:
            await asyncio.sleep(self._settings.ping_interval_s)
            asked_ns = self._clock.ticks_ns()
            try:
                pong = self.actions.ping()
                await asyncio.wait([pong], timeout=limit_s)
                if not pong.done() and self.link.last_read_ns < asked_ns:
                    self.link.close(f"no answer to a ping within {limit_s:g} s")
                # While bytes come the answer may only wait behind others.
                await self._answers(pong)
            except TimeoutError:
                self.link.close(f"no answer to a ping within {ANSWER_TIMEOUT_S:g} s")
            except ManagerSocketException as error:
                self.link.close(str(error.args[-1]))

    async def _answers(self, *futures: asyncio.Future[Answer]) -> list[Answer]:
        """The answers to some actions; whoever waits behind other blocks is not late.

        Raises:
            TimeoutError: one did not come.
            ManagerSocketException: the link was lost.

        """
        try:
            waiting = set(futures)
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=ANSWER_TIMEOUT_S)
                if not done and not self.link.is_behind:
                    self._stream.give_up_list()
                    raise TimeoutError
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    # --- snapshots ----------------------------------------------------------------------------------------

    async def _resync(self, is_partial: bool) -> None:
        """Take a snapshot whenever the state is in doubt, and again until it is whole."""
        retry_s = PARTIAL_RETRY_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(retry_s if is_partial else None):
                    await self._stream.is_doubted.wait()
            self._stream.is_doubted.clear()  # doubts from here on are for the next
            began_s = asyncio.get_running_loop().time()
            try:
                shot = await self._take_snapshot()
            except (TimeoutError, ManagerSocketException) as error:
                log.warning("pbx_not_resynced", pbx=self._pbx, cause=str(error) or "no answer in time")
                shot = None
            retry_s = min(2 * retry_s, PARTIAL_RETRY_LIMIT_S) if is_partial else PARTIAL_RETRY_S
            is_partial = shot is None or shot.is_partial
            if shot is not None:
                took_ms = round((asyncio.get_running_loop().time() - began_s) * 1000, 1)
                log.info("pbx_resynced", pbx=self._pbx, is_partial=is_partial, took_ms=took_ms)
            await asyncio.sleep(began_s + RESYNC_INTERVAL_S - asyncio.get_running_loop().time())

    async def _take_snapshot(self) -> Snapshot | None:
        """Ask for the lists and hand on what they show; None when some of what came meanwhile was dropped."""
        # What happened before the lists are asked for is in the lists.
        self._stream.remember()
        try:
            answers = await self._answers(*(self.actions.send_action({"Action": name}) for name in LISTS))
            if self.is_synced:
                # What made a list differ may be told after it; Asterisk sends what waits before it answers.
                await asyncio.sleep(SETTLE_S)
                await self._answers(self.actions.ping())
        finally:
            since = self._stream.remembered()
        if since is None:
            return None
        refused = [name for name, answer in zip(LISTS, answers, strict=True) if not answer.is_success]
        if refused:
            log.warning("pbx_list_refused", pbx=self._pbx, actions=refused)
        is_partial = bool(refused) or self._stream.has_bad_items
        items = (answer.items for answer in answers)
        shot = snapshot(self._pbx, self._clock.now_s(), *items, is_partial=is_partial)
        now_ns = self._clock.ticks_ns()
        if self.is_synced:
            self._hand_on(overlaid(shot, (event for event, _ in since)), now_ns)
            return shot
        self._stream.is_flowing = True
        self._telemetry.source_connected.labels(self._pbx).set(1)
        self._hand_on(shot, now_ns)
        for event, read_ns in since:
            self._hand_on(event, read_ns)
        return shot


def _result_of(lost: asyncio.Future[str]) -> str:
    return "cancelled" if lost.cancelled() else lost.result()
