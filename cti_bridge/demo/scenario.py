"""The demo: an invented mail-order house, a simulated PBX, and the bridge between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from cti_bridge.bridge import run
from cti_bridge.customers.questions import load_questions
from cti_bridge.demo.seed import AGENTS, demo_callers, seed
from cti_bridge.demo.shop import open_shop
from cti_bridge.errors import Unavailable, UsageError
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import Settings, StorageSettings
from cti_bridge.simulator import SimQueue, Simulator, TrafficPlan
from cti_bridge.storage import postgres
from cti_bridge.storage.stores import stores
from cti_bridge.suggest.train import train

PASSWORD = "mailorder"  # noqa: S105 (printed at every start, for an invented house)
CALLERS = 400
MIX = {"orders": 0.75, "support": 0.25}
# The telephone of the agent a visitor signs in as: it rings long enough to look at the pop.
FAVOURED = {"PJSIP/1001": 12.0}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """One run of the demo. ``calls_per_minute`` is what the simulated callers do together."""

    settings: Settings
    calls_per_minute: float
    now: datetime

    async def run(
        self,
        stop: asyncio.Event,
        progress: Callable[[], AbstractContextManager[Progress]],
        say: Callable[[str], None],
    ) -> None:
        """Set up what is missing, then show calls until ``stop`` is set.

        Raises:
            Unavailable: a port is taken, or a store cannot start.
            UsageError: the settings do not name exactly one PBX.

        """
        if len(self.settings.pbx) != 1:
            raise UsageError("pbx: the demo needs exactly one [[pbx]] entry")
        async with AsyncExitStack() as stack:
            with progress() as show:
                show("Starting PostgreSQL and Valkey", 0, 1)
                postgres_url, redis_url = await stack.enter_async_context(stores(self.settings))
                show("Starting PostgreSQL and Valkey", 1, 1)
                callers = await self._prepare(postgres_url, show)
            storage = StorageSettings(
                data_dir=self.settings.storage.data_dir, postgres_url=postgres_url, redis_url=redis_url
            )
            settings = self.settings.model_copy(update={"storage": storage})
            await self._shop(stack, settings)
            simulator = await self._simulator(stack)
            async with asyncio.TaskGroup() as tasks:
                traffic = tasks.create_task(self._call(simulator, callers), name="traffic")
                await run(settings, stop=stop, on_ready=lambda: say(self._greeting()))
                traffic.cancel()

    async def _prepare(self, postgres_url: str, progress: Progress) -> Sequence[tuple[str, str]]:
        """Seed, compute segments and train once; a second start finds everything there."""
        pool = await postgres.create_pool(postgres_url)
        try:
            if not await pool.fetchval("select exists (select from customer)"):
                pbx = self.settings.pbx[0].name
                await seed(pool, now=self.now, password=PASSWORD, pbx=pbx, progress=progress)
                await rebuild(
                    pool,
                    self.settings,
                    self.now,
                    progress=lambda done, total: progress("Computing segments", done, total),
                )
            if not await pool.fetchval("select exists (select from suggestion_model where is_current)"):
                await train(
                    pool,
                    self.settings,
                    questions=load_questions(self.settings.counselling.file),
                    progress=lambda done, total: progress("Training suggestions", done, total),
                )
            return await demo_callers(pool, CALLERS)
        finally:
            await pool.close()

    async def _shop(self, stack: AsyncExitStack, settings: Settings) -> None:
        if not settings.proxy_login.shop_url:
            return
        pool = await postgres.create_pool(settings.storage.postgres_url)
        stack.push_async_callback(pool.close)
        try:
            await stack.enter_async_context(open_shop(settings, pool))
        except OSError as error:
            cause = error.strerror or str(error)
            raise Unavailable("proxy_login.shop_url", f"the demo's shop cannot be opened: {cause}") from error

    async def _simulator(self, stack: AsyncExitStack) -> Simulator:
        pbx = self.settings.pbx[0]
        phones = [(f"PJSIP/{login}", name) for _, login, name, _, role in AGENTS if role == "agent"]
        endpoints = [endpoint for endpoint, _ in phones]
        queues = {
            "orders": SimQueue(strategy="ringall", members=endpoints[:4], number="0312345678"),
            "support": SimQueue(strategy="rrmemory", members=endpoints[3:], number="0312345679"),
        }
        listening = Simulator.listening(
            pbx.host, pbx.port, pbx.secret.get_secret_value(), agents=phones, queues=queues, user=pbx.user
        )
        try:
            return await stack.enter_async_context(listening)
        except OSError as error:
            cause = error.strerror or str(error)
            raise Unavailable("pbx[0].port", f"{pbx.host}:{pbx.port} cannot be opened: {cause}") from error

    async def _call(self, simulator: Simulator, callers: Sequence[tuple[str, str]]) -> None:
        """Callers call once the bridge listens: nobody's first pop is missed."""
        await simulator.listened_to()
        await simulator.play(
            TrafficPlan(
                calls_per_s=self.calls_per_minute / 60,
                callers=callers,
                destinations=MIX,
                arrivals="steady",  # a visitor sees the first pop within ten seconds, not when chance wants
                talk_s=(10.0, 45.0),
                favoured=FAVOURED,
            )
        )

    def _greeting(self) -> str:
        origin = self.settings.http.origin()
        return (
            f"\nCTI Bridge is running: {origin}\n"
            f"  agent       login 1001   password {PASSWORD}\n"
            f"  supervisor  login 2001   password {PASSWORD}\n"
            f"Calls come in by themselves. Ctrl-C stops everything.\n"
        )
