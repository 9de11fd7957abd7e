"""How cards are looked up and how long they are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from cti_bridge.settings.section import Section, WholeSeconds


class LookupSettings(Section):
    """``card_deadline_ms``: how long a ring waits for its card before it goes out bare."""

    card_deadline_ms: Annotated[float, Field(ge=0, le=1000)] = 20
    cache_ttl_s: WholeSeconds = 3600
    unknown_ttl_s: WholeSeconds = 600
