"""What a simulated PBX consists of: its telephones, its queues, the numbers they answer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cti_bridge.errors import UsageError

Strategy: TypeAlias = Literal["ringall", "rrmemory", "linear"]

TRUNK = "PJSIP/trunk"


@dataclass(frozen=True, slots=True)
class SimQueue:
    """One queue. ``members``: endpoints, in the order in which they are listed.

    ``number`` is what callers dial. ``answers_first``: the line is answered
    and music plays while the caller waits; otherwise the caller hears it ring.
    ``timeout_s``: how long one ringing lasts; ``retry_s``: the pause before
    the next. ``wrap_up_s``: for so long after a call a member is left alone.
    """

    strategy: Strategy = "ringall"
    members: Sequence[str] = ()
    number: str = "0312345678"
    answers_first: bool = False
    timeout_s: float = 20.0
    retry_s: float = 1.0
    wrap_up_s: float = 0.0
    service_level_s: int = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole PBX. ``agents``: endpoint (``PJSIP/1001``) to the name its telephone shows.

    A telephone's direct line is ``direct_prefix`` and its extension.

    Raises:
        UsageError: a queue has a member that is no agent, or an endpoint is not ``PJSIP/…``.

    """

    agents: Mapping[str, str]
    queues: Mapping[str, SimQueue] = field(default_factory=dict)
    direct_prefix: str = "031234"
    direct_timeout_s: float = 30.0
    language: str = "ja"

    def __post_init__(self) -> None:
        for endpoint in self.agents:
            if not endpoint.startswith("PJSIP/") or "-" in endpoint or endpoint == TRUNK:
                raise UsageError(f"{endpoint!r} is not a telephone such as PJSIP/1001")
        for name, queue in self.queues.items():
            strangers = [member for member in queue.members if member not in self.agents]
            if strangers:
                raise UsageError(f"members of queue {name!r} that are no agents: {', '.join(strangers)}")


def extension_of(endpoint: str) -> str:
    """``1001`` of ``PJSIP/1001``."""
    return endpoint.removeprefix("PJSIP/")
