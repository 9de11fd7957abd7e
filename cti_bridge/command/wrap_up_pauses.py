"""The pauses of after-call work: a telephone's queues leave it alone, or ring it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from cti_bridge.calls.commands import Done, Pause
from cti_bridge.calls.events import CallEvent
from cti_bridge.calls.ids import Endpoint, PbxId
from cti_bridge.calls.presence import WRAP_UP_REASON
from cti_bridge.calls.state import Live
from cti_bridge.command.aim import members_at
from cti_bridge.command.hot_desk import Operates

log = structlog.get_logger(__name__)


class WrapUpPauses:
    """Has PBXs pause telephones, as ``command.wrap_up`` asks. ``tell`` applies events of ours."""

    def __init__(
        self,
        live: Live,
        sources: Mapping[PbxId, Operates],
        tell: Callable[[CallEvent], None],
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
    ) -> None:
        self._live = live
        self._sources = sources
        self._tell = tell
        self._spawn = spawn

    def pause(self, pbx: PbxId, endpoint: Endpoint, is_paused: bool) -> None:
        """Pause a telephone in all its queues, or let it go; does not wait."""
        members = tuple(members_at(self._live.tables(pbx), endpoint))
        if members:
            self._spawn(self._perform(Pause(pbx, members, is_paused, WRAP_UP_REASON)))

    async def _perform(self, pause: Pause) -> None:
        result = await self._sources[pause.pbx].perform(pause, self._tell)
        if not isinstance(result, Done):
            log.warning(
                "wrap_up_not_paused",
                setting="agents.wrap_up_pauses",
                pbx=pause.pbx,
                is_paused=pause.is_paused,
                cause=str(result),
            )
