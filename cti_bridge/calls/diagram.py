"""Draws the transition table as a state diagram, on the page docs/call-states.md.

``python -m cti_bridge.calls.diagram > docs/call-states.md``. The page is drawn,
never edited, so it cannot say what the table does not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from cti_bridge.calls.transitions import FIRST, LEG, LIVE
from cti_bridge.calls.views import OfferState

PAGE = Path("docs") / "call-states.md"

_HEAD = """\
# One call at one agent

Drawn from the table in `cti_bridge/calls/transitions.py`. Do not edit it, draw it anew:
`python -m cti_bridge.calls.diagram > docs/call-states.md`.

A leg is one call at one agent. It begins when the agent's telephone rings, or when the agent calls somebody
outside, and it is what the agent's screen shows as an offer. A pair of state and trigger that is not drawn
changes nothing and is counted (`cti_unlisted_transitions_total`). Pairs that stay where they are, which a
healthy PBX repeats, stand in the table below.
"""


def diagram() -> str:
    """The whole page, as Markdown with a Mermaid diagram in it."""
    return "\n".join([_HEAD, "```mermaid", *_drawing(), "```", "", *_staying(), ""])


def _drawing() -> Iterator[str]:
    yield "stateDiagram-v2"
    for first in FIRST:
        yield f"    [*] --> {first}"
    for (before, trigger), after in LEG.items():
        if after is not before:
            yield f"    {before} --> {after}: {trigger}"
    for last in OfferState:
        if last not in LIVE:
            yield f"    {last} --> [*]"


def _staying() -> Iterator[str]:
    yield "| stays | when |"
    yield "|---|---|"
    for state in OfferState:
        triggers = [trigger for (before, trigger), after in LEG.items() if before is after is state]
        if triggers:
            yield f"| {state} | {', '.join(triggers)} |"


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(PAGE.read_text() != diagram() and f"{PAGE} is not what the table says; draw it anew")
    sys.stdout.write(diagram())
