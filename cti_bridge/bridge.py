"""The composition root: builds one bridge from its settings and runs it until told to stop.

Started from the stores up to the listeners, stopped in the reverse order:
no browser is let in before there is a roster, and no store is stopped while
something may still ask it.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog
from redis.asyncio import Redis

from cti_bridge.agents.roster import Roster
from cti_bridge.agents.sessions import SessionKey, Sessions
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.api.health import PartState
from cti_bridge.background import Background
from cti_bridge.board.day import Day
from cti_bridge.board.live import Board
from cti_bridge.board.windows import LatencyWindow
from cti_bridge.calls.effects import ShowSource
from cti_bridge.calls.events import CallEvent, RosterChanged
from cti_bridge.calls.ids import AgentId, CallId, PbxId, QueueId
from cti_bridge.calls.numbers import NumberRules
from cti_bridge.calls.reducer import reduce
from cti_bridge.calls.snapshot import Snapshot
from cti_bridge.calls.state import Live
from cti_bridge.clock import Clock, as_utc
from cti_bridge.command.wrap_up import WrapUps
from cti_bridge.command.wrap_up_pauses import WrapUpPauses
from cti_bridge.customers.dispositions import load_dispositions
from cti_bridge.customers.proxy_login import ProxyLogins
from cti_bridge.customers.questions import load_questions
from cti_bridge.derivation import Derivation
from cti_bridge.endpoints import Parts, all_endpoints
from cti_bridge.freshen import Freshener
from cti_bridge.http import http_server
from cti_bridge.lookup.cache import CardCache
from cti_bridge.lookup.invalidate import follow_changes
from cti_bridge.lookup.query import PostgresCards, card_rules
from cti_bridge.lookup.resolve import Resolver
from cti_bridge.lookup.veil import veil_for
from cti_bridge.night_shift import Work, do_apart
from cti_bridge.nightly import every_night
from cti_bridge.origins import page_origins
from cti_bridge.pbx.ami_client import AmiSource
from cti_bridge.perform import Performer
from cti_bridge.push.hub import LocalHub
from cti_bridge.push.screen import Screens
from cti_bridge.push.server import PushServer
from cti_bridge.push.topics import BOARD
from cti_bridge.records.ledger import Ledger
from cti_bridge.records.trace import Trace
from cti_bridge.settings import Settings
from cti_bridge.staff import Staff
from cti_bridge.storage import postgres, redis
from cti_bridge.storage.redis_line import RedisLine
from cti_bridge.storage.stores import stores
from cti_bridge.telemetry import Telemetry

# The board is at most this old; more often would cost browsers more than it tells people.
BOARD_INTERVAL_S = 0.2
DESK_INTERVAL_S = 0.1
FULL_DESK_EVERY = 10
STORE_CHECK_S = 1.0
POOL_CLOSE_S = 3.0
STOP_S = 10.0

log = structlog.get_logger(__name__)


async def run(
    settings: Settings, *, stop: asyncio.Event, on_ready: Callable[[], None] = lambda: None
) -> None:
    """Run one bridge until ``stop`` is set. ``on_ready`` is called once pages are served.

    Raises:
        Unavailable: a port is taken, or an embedded server cannot start.
        Refused: a PBX or a store refuses our credentials at the start.

    """
    async with _built(settings) as (bridge, postgres_url):
        serving = bridge.tasks.create_task(bridge.serve(postgres_url, stop, on_ready), name="serve")
        await _first_of(stop, serving)
        # Told to stop, it closes its listeners in order; whoever does not let go is cut off.
        await asyncio.wait([serving], timeout=STOP_S)
        serving.cancel()
        bridge.background.end()


async def endpoints_of(settings: Settings) -> list[Endpoint]:
    """What a bridge with ``settings`` serves over HTTP, to be described: nothing is begun, no store is asked.

    The settings must name both stores.
    """

    async def nobody() -> None:
        """Nobody is signed in."""

    async with _built(settings) as (bridge, _):
        return bridge.endpoints(lambda key: None, nobody)


@asynccontextmanager
async def _built(settings: Settings) -> AsyncIterator[tuple[_Bridge, str]]:
    """A bridge of which nothing is begun, and the address of its PostgreSQL."""
    async with AsyncExitStack() as stack:
        postgres_url, redis_url = await stack.enter_async_context(stores(settings))
        pool = await postgres.create_pool(postgres_url, settings={"timezone": settings.region.time_zone})
        stack.push_async_callback(_close_pool, pool)
        client, line = redis.connect(redis_url), RedisLine(redis_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(line.aclose)
        telemetry, clock = Telemetry(), Clock()
        ledger = Ledger(settings, pool, clock, telemetry)
        stack.callback(ledger.close)
        async with asyncio.TaskGroup() as tasks:
            yield _Bridge(settings, pool, client, line, telemetry, clock, ledger, tasks), postgres_url


async def _first_of(stop: asyncio.Event, task: asyncio.Task[None]) -> None:
    """Return when told to stop, or when ``task`` ended by itself."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([stopping, task], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(POOL_CLOSE_S):
            await pool.close()
    except TimeoutError:
        pool.terminate()


class _Bridge:
    """The parts of one bridge, and the loops that join them."""

    def __init__(
        self,
        settings: Settings,
        pool: asyncpg.Pool,
        client: Redis,
        line: RedisLine,
        telemetry: Telemetry,
        clock: Clock,
        ledger: Ledger,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.settings = settings
        self.telemetry = telemetry
        self.clock = clock
        self.ledger = ledger
        self.tasks = tasks
        self.background = Background(tasks)
        self.pool = pool
        self.client = client
        self.roster = Roster(pool)
        self.staff = Staff(pool, self._seat_agents)
        self.live = Live(
            region=settings.region.country, wrap_up_s=settings.agents.wrap_up_s, rules=_number_rules(settings)
        )
        self.trace = Trace(self.live, clock)
        self.sources = {
            PbxId(entry.name): AmiSource(entry, clock, telemetry, self.trace.blocks_skipped)
            for entry in settings.pbx
        }
        self.day = Day(ZoneInfo(settings.region.time_zone), settings.board.service_level_threshold_s)
        latency = LatencyWindow()
        self.board = Board(self.day, latency, self.staff.person, _queue_labels(settings))
        self.hub = LocalHub(backlog_frames=settings.push.backlog_frames, clock=clock, telemetry=telemetry)
        self.screens = Screens(
            self.hub,
            clock,
            self.day,
            self.board.label,
            self.board.waiting,
            self.staff.name,
            veil_for(settings.privacy.ringing_card),
        )
        self.hub.provide_snapshot("agent", self.screens.snapshot)
        self.hub.provide_snapshot("board", lambda _topic: msgspec.json.encode(self.board.snapshot()))
        lookup = settings.lookup
        cache = CardCache(line, client, found_ttl_s=lookup.cache_ttl_s, nobody_ttl_s=lookup.unknown_ttl_s)
        self.resolver = Resolver(
            PostgresCards(pool, card_rules(settings)),
            cache,
            spawn=self.background.spawn,
            on_lookup=self._count_lookup,
            on_health=self._show_store,
            clock=clock,
        )
        self.sessions = Sessions(client, settings.sessions, clock, self.staff.admits)
        self.questions = load_questions(settings.counselling.file)
        self.dispositions = load_dispositions(settings.wrap_up.file)
        self.freshener = Freshener(pool, Derivation(settings, self.questions, clock), telemetry)
        pauses = WrapUpPauses(self.live, self.sources, self._tell, self.background.spawn)
        self.wrap_ups = WrapUps(
            self._tell,
            pauses.pause,
            clock,
            pauses=settings.agents.wrap_up_pauses,
            more_s=settings.wrap_up.more_s,
        )
        self.performer = Performer(
            resolver=self.resolver,
            screens=self.screens,
            board=self.board,
            day=self.day,
            latency=latency,
            telemetry=telemetry,
            clock=clock,
            card_deadline_ms=lookup.card_deadline_ms,
            spawn=self.background.spawn,
            ledger=ledger,
            trace=self.trace,
            wrap_ups=self.wrap_ups,
            on_left=self._end_proxy_logins,
        )
        self.proxy_logins = ProxyLogins(pool, settings.proxy_login, clock)

    async def serve(self, postgres_url: str, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Open the listeners, follow the PBXs, until cancelled."""
        if not await self.staff.read_first(stop):
            return
        async with AsyncExitStack() as stack:
            push = await stack.enter_async_context(
                PushServer.listening(
                    self.settings.push,
                    page_origins=page_origins(self.settings.http),
                    hub=self.hub,
                    sessions=self.sessions,
                    on_ack=self.performer.painted,
                    tasks=self.tasks,
                    clock=self.clock,
                    telemetry=self.telemetry,
                )
            )

            async def read_roster() -> None:
                await self.staff.read_anew()
                push.turn_out(self.staff.admits)

            endpoints = self.endpoints(push.end_session, read_roster)
            await stack.enter_async_context(http_server(self.settings, endpoints, self.telemetry))
            self.background.begin("board", self.publish_board())
            self.background.begin("desks", self.publish_desks())
            self.background.begin("stores", self.watch_stores())
            self.background.begin("ledger", self.ledger.run())
            changes = follow_changes(
                postgres_url,
                self.resolver,
                on_cards_changed=self.performer.callers.refresh,
                on_roster_changed=read_roster,
                on_stale=self.freshener.wake,
            )
            self.background.begin("changes", changes)
            self.background.begin("freshener", self.freshener.run())
            self.begin_nightly_work(postgres_url)
            for source in self.sources.values():
                # Until its first snapshot a PBX is out of sight, and people are told so.
                unseen = ShowSource(source.pbx, is_connected=False, at_s=self.clock.now_s())
                self.performer.perform([unseen], self.clock.ticks_ns())
                self.background.begin(f"pbx_{source.pbx}", source.run(self.take))
            # What lives from here on is long-lived: keep the collector from walking it at every pop.
            gc.collect()
            gc.freeze()
            on_ready()
            await stop.wait()

    def endpoints(
        self, on_sign_out: Callable[[SessionKey], None], read_roster: Callable[[], Awaitable[None]]
    ) -> list[Endpoint]:
        """All that is served over HTTP but the pages."""
        parts = Parts(
            settings=self.settings,
            pool=self.pool,
            redis=self.client,
            sessions=self.sessions,
            roster=self.roster,
            staff=self.staff,
            board=self.board,
            live=self.live,
            sources=self.sources,
            trace=self.trace,
            resolver=self.resolver,
            performer=self.performer,
            wrap_ups=self.wrap_ups,
            proxy_logins=self.proxy_logins,
            questions=self.questions,
            dispositions=self.dispositions,
            viewed=self.ledger.viewed,
            tell=self._tell,
            background=self.background,
            states=self.states,
            telemetry=self.telemetry,
            clock=self.clock,
        )
        return all_endpoints(parts, on_sign_out, read_roster)

    def _end_proxy_logins(self, call_id: CallId, agent_id: AgentId) -> None:
        """The agent left the call. What cannot be written now is seen when the shop asks."""

        async def end() -> None:
            try:
                await self.proxy_logins.end_call(call_id, agent_id)
            except postgres.FAULTS as error:
                log.warning("proxy_logins_not_ended", call_id=call_id, cause=postgres.explain(error))

        if self.settings.proxy_login.shop_url:
            self.background.spawn(end())

    def begin_nightly_work(self, postgres_url: str) -> None:
        """Segments and suggestions of everybody are computed anew each night, in a process of their own."""
        settings, zone = self.settings, ZoneInfo(self.settings.region.time_zone)
        nights: tuple[tuple[Work, str], ...] = (
            ("segments", settings.segments.rebuild_at),
            ("suggestions", settings.suggest.train_at),
        )
        for work, at in nights:
            self.background.begin(
                f"nightly_{work}",
                every_night(work, at, zone, partial(do_apart, work, postgres_url, settings), self.clock),
            )

    # -- from a PBX to the screens --------------------------------------------------------

    def take(self, events: Sequence[CallEvent], read_ns: int) -> None:
        """The sink of every source: reduce and perform at once."""
        for event in events:
            try:
                effects = reduce(self.live, event)
                self.trace.heard(event, read_ns)
                self.performer.perform(effects, read_ns)
            except Exception:
                # A fault of ours in one event must not cost the connection, and with it every call.
                self.telemetry.task_failures.labels("reduce").inc()
                log.exception("event_failed", event=type(event).__name__, pbx=event.pbx)
            if isinstance(event, Snapshot):
                self.ledger.saw(event, self.live.tables(event.pbx).calls)

    def _tell(self, event: CallEvent) -> None:
        """An event of the bridge's own making."""
        self.take([event], self.clock.ticks_ns())

    async def publish_board(self) -> None:
        """Send the board what changed, at most five times a second."""
        while True:
            await asyncio.sleep(BOARD_INTERVAL_S)
            now_s = self.clock.now_s()
            self.board.turn_day(now_s)
            delta = self.board.take_delta()
            if delta is not None:
                self.hub.publish(BOARD, "delta", msgspec.json.encode(delta), as_utc(now_s))

    async def publish_desks(self) -> None:
        """Keep agents' strips fresh: their own state at once, queue and day figures every second."""
        for look in itertools.count(1):
            await asyncio.sleep(DESK_INTERVAL_S)
            self.screens.publish_desks(is_full=look % FULL_DESK_EVERY == 0)
            for pair, count in self.live.unlisted.items():
                self.telemetry.unlisted.labels(pair).inc(count)
            self.live.unlisted.clear()

    # -- roster, stores ----------------------------------------------------------------

    def _seat_agents(self) -> None:
        """The roster was read: who works here, at which telephone; replaces what was known."""
        self.screens.seat(set(self.staff.agents))
        now_s, now_ns = self.clock.now_s(), self.clock.ticks_ns()
        for source in self.sources.values():
            self.take([RosterChanged(source.pbx, now_s, self.staff.seats(source.pbx))], now_ns)
        self.board.rename_all()

    async def watch_stores(self) -> None:
        """Ask both stores every second how they are: a quiet centre must notice a recovery too."""
        while True:
            await self.resolver.probe()
            await asyncio.sleep(STORE_CHECK_S)

    def states(self) -> dict[str, PartState]:
        """What works, for /readyz."""
        state: dict[str, PartState] = {
            "postgres": _up(self.resolver.postgres_is_up),
            "redis": _up(self.resolver.redis_is_up),
        }
        return state | {f"pbx.{source.pbx}": _up(source.is_connected) for source in self.sources.values()}

    def _show_store(self, store: str, is_up: bool) -> None:
        self.telemetry.store_up.labels(store).set(is_up)
        self.screens.notice("cache_unavailable" if store == "redis" else "records_unavailable", not is_up)
        log.warning("store_changed", store=store, is_up=is_up)
        if is_up:
            self.performer.callers.retry_unavailable()

    def _count_lookup(self, source: str, seconds: float) -> None:
        self.telemetry.lookups.labels(source).inc()
        self.telemetry.lookup_seconds.labels(source).observe(seconds)


def _queue_labels(settings: Settings) -> dict[tuple[PbxId, QueueId], str]:
    return {
        (PbxId(entry.name), QueueId(queue)): label
        for entry in settings.pbx
        for queue, label in entry.queue_labels.items()
    }


def _number_rules(settings: Settings) -> dict[PbxId, NumberRules]:
    return {
        PbxId(entry.name): NumberRules(settings.region.country, entry.trunk_prefixes, entry.name_prefixes)
        for entry in settings.pbx
    }


def _up(is_up: bool) -> PartState:
    return "up" if is_up else "down"
