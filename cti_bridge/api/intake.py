"""Records from other systems: orders, returns, payments, contacts, favourites, notes, products, customers.

Each system has a token and is a source of its own. What it sends again is
known by its identifier and changes nothing; of what it sends together the good
is kept and the bad refused, each with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import structlog
from aiohttp import web

from cti_bridge.api.answers import answer, problem
from cti_bridge.api.bearer import Sources, source_of
from cti_bridge.api.bodies import MAX_INTAKE_BYTES, read_body
from cti_bridge.api.endpoint import Endpoint
from cti_bridge.clock import Clock, as_utc
from cti_bridge.errors import Unavailable
from cti_bridge.intake.customers import judge_customer, write_customer
from cti_bridge.intake.kinds import KINDS, Kind
from cti_bridge.intake.records import Fault, Good, judge
from cti_bridge.intake.values import Rules
from cti_bridge.intake.write import write
from cti_bridge.storage.postgres import FAULTS, SETTING, explain

MAX_ITEMS = 500
# Transactions of other systems at one time: agents' look-ups need connections too.
WRITES_AT_ONCE = 3
WRITES_WAITING = 32
RETRY_AFTER_S = 5
_ROW_FAULTS = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError, asyncpg.RaiseError)

_log = structlog.get_logger(__name__)


class IntakeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/intake/{kind}: up to 500 records."""

    items: list[dict[str, Any]]


class IntakeFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field; empty when it is the whole record."""

    field: str
    reason: str


class IntakeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the record at ``index``, from 0."""

    index: int
    outcome: Literal["created", "updated", "unchanged", "refused"]
    faults: list[IntakeFault]


class IntakeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of POST /api/intake/{kind}: one result for each record, in their order."""

    results: list[IntakeResult]


@dataclass(slots=True)
class IntakeApi:
    """The handlers of ``/api/intake``."""

    tokens: Sources
    pool: asyncpg.Pool
    region: str
    zone: ZoneInfo
    clock: Clock
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WRITES_AT_ONCE))
    _pending: int = 0

    def endpoints(self) -> list[Endpoint]:
        """What is served."""
        return [
            Endpoint(
                "POST",
                f"/api/intake/{name}",
                f"Bring in {name}, up to {MAX_ITEMS} at once; sent again they are the same",
                self._handler(name),
                {200: IntakeAnswer},
                IntakeBody,
                needs_token=True,
            )
            for name in ("customers", *KINDS)
        ]

    def _handler(self, name: str) -> Any:
        async def handle(request: web.Request) -> web.Response:
            source = await source_of(request, self.tokens)
            if isinstance(source, web.Response):
                return source
            body = await read_body(request, IntakeBody, MAX_INTAKE_BYTES)
            if isinstance(body, web.Response):
                return body
            if len(body.items) > MAX_ITEMS:
                return problem(400, "bad_request", f"at most {MAX_ITEMS} items at once")
            if self._pending >= WRITES_AT_ONCE + WRITES_WAITING:
                response = problem(503, "unavailable", "too many records at once")
                response.headers["Retry-After"] = str(RETRY_AFTER_S)
                return response
            try:
                async with self._turn():
                    if name == "customers":
                        results = await self._customers(source, body.items)
                    else:
                        results = await self._records(KINDS[name], source, body.items)  # type: ignore[index]
            except FAULTS as error:
                raise Unavailable(SETTING, explain(error)) from error
            counts = {
                one.outcome: sum(1 for other in results if other.outcome == one.outcome) for one in results
            }
            _log.info("intake", source=source, kind=name, **counts)
            return answer(IntakeAnswer(results=results))

        return handle

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        self._pending += 1
        try:
            async with self._slots:
                yield
        finally:
            self._pending -= 1

    def _rules(self) -> Rules:
        return Rules(self.region, self.zone, as_utc(self.clock.now_s()))

    async def _records(
        self, kind: Kind, source: str, items: Sequence[Mapping[str, object]]
    ) -> list[IntakeResult]:
        rules = self._rules()
        good: dict[int, Good] = {}
        found: dict[int, IntakeResult] = {}
        seen: dict[tuple[object, ...], int] = {}
        for index, item in enumerate(items):
            judged = judge(kind, item, rules)
            if isinstance(judged, list):
                found[index] = _refused(index, judged)
            elif (first := seen.setdefault(judged.key(kind), index)) != index:
                name = next(name for name in reversed(kind.key) if judged.values[name] is not None)
                found[index] = _refused(index, [Fault(name, f"is item {first} already")])
            else:
                good[index] = judged
        try:
            found |= await self._write(kind, source, good)
        except _ROW_FAULTS:
            for index, one in good.items():
                try:
                    found |= await self._write(kind, source, {index: one})
                except _ROW_FAULTS as error:
                    column = getattr(error, "column_name", None) or ""
                    found[index] = _refused(index, [Fault(column, explain(error))])
        return [found[index] for index in range(len(items))]

    async def _write(self, kind: Kind, source: str, good: Mapping[int, Good]) -> dict[int, IntakeResult]:
        async with self.pool.acquire() as connection, connection.transaction():
            written = await write(connection, kind, source, good)
        return {
            index: _refused(index, written.faults[index])
            if outcome == "refused"
            else IntakeResult(index=index, outcome=outcome, faults=[])
            for index, outcome in written.outcomes.items()
        }

    async def _customers(self, source: str, items: Sequence[Mapping[str, object]]) -> list[IntakeResult]:
        rules = self._rules()
        results = []
        for index, item in enumerate(items):
            judged = judge_customer(item, rules)
            if isinstance(judged, list):
                results.append(_refused(index, judged))
                continue
            row, external_id = judged
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    outcome = await write_customer(connection, row, external_id, source, self.region)
                results.append(IntakeResult(index=index, outcome=outcome, faults=[]))
            except _ROW_FAULTS as error:
                column = getattr(error, "column_name", None) or ""
                results.append(_refused(index, [Fault(column, explain(error))]))
        return results


def _refused(index: int, faults: Sequence[Fault]) -> IntakeResult:
    named = [IntakeFault(field=fault.field, reason=fault.reason) for fault in faults]
    return IntakeResult(index=index, outcome="refused", faults=named)
