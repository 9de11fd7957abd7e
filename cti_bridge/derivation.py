"""All that is derived of a customer, computed together: the segment and the suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import asyncpg
import numpy as np

from cti_bridge.clock import Clock, as_utc
from cti_bridge.customers.questions import Question
from cti_bridge.segments.derive import Rules
from cti_bridge.segments.store import read_rules, recompute
from cti_bridge.settings import Settings
from cti_bridge.suggest.acceptance import read_acceptance
from cti_bridge.suggest.catalogue import read_catalogue, read_matches
from cti_bridge.suggest.model import Model, current_model_id, load
from cti_bridge.suggest.recommend import Recommender

# How old the catalogue, the boundaries and what was learned of outcomes may be; all are read in some 10 ms.
KEPT_S = 30.0


class Derivation:
    """Derives customers within the caller's transaction; an old model serves until the new one is loaded."""

    def __init__(self, settings: Settings, questions: Sequence[Question], clock: Clock) -> None:
        self._settings = settings
        self._questions = questions
        self._clock = clock
        self._rules: Rules | None = None
        self._recommender: Recommender | None = None
        self._read_s = 0.0

    async def __call__(self, connection: asyncpg.Connection, customers: Sequence[int]) -> None:
        """Compute and write. Raises: what is in ``storage.postgres.FAULTS``."""
        rules = await self._refresh(connection)
        now = as_utc(self._clock.now_s())
        segments = await recompute(connection, customers, rules, now)
        if self._recommender is not None:
            await self._recommender.recommend(connection, segments, now)

    async def _refresh(self, connection: asyncpg.Connection) -> Rules:
        model_id = await current_model_id(connection)
        known = None if self._recommender is None else self._recommender.model_id
        now_s = self._clock.now_s()
        if self._rules is None or known != model_id or not 0 <= now_s - self._read_s < KEPT_S:
            recommender = None if model_id is None else await self._load(connection, model_id)
            self._rules, self._recommender = await read_rules(connection, self._settings), recommender
            self._read_s = now_s
        return self._rules

    async def _load(self, connection: asyncpg.Connection, model_id: int) -> Recommender:
        return Recommender(
            model_id,
            await self._model(connection, model_id),
            self._settings.suggest,
            ZoneInfo(self._settings.region.time_zone),
            await read_acceptance(connection),
            await read_matches(connection, self._questions),
        )

    async def _model(self, connection: asyncpg.Connection, model_id: int) -> Model:
        """The model with the catalogue of now. What it learned is read again only when it must be."""
        catalogue, known = await read_catalogue(connection), self._recommender
        if (
            known is not None
            and known.model_id == model_id
            and np.array_equal(known.model.catalogue.ids, catalogue.ids)
        ):
            return replace(known.model, catalogue=catalogue)
        return await load(connection, model_id, catalogue)
