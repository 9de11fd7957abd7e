"""The table of shapes and how they went, printed at the end of a test run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.shapes.bridge import SeenOffer
from tests.shapes.compare import Verdict
from tests.shapes.truth import Leg


@dataclass(slots=True)
class Row:
    """One shape. `result` is what stands there until the scene has been played to its end."""

    name: str
    expected: int
    seen: int = 0
    answered_by: str = ""
    result: str = "scene failed"
    took_s: float = 0.0

    def finish(
        self, phones: dict[str, list[Leg]], seen: Sequence[SeenOffer], verdict: Verdict, took_s: float
    ) -> None:
        """The scene was played to its end."""
        self.seen, self.took_s = len(seen), took_s
        talks = sorted(
            (leg.answered_at_s, agent)
            for agent, found in phones.items()
            for leg in found
            if leg.answered_at_s
        )
        self.answered_by = " ".join(agent for _, agent in talks) or "-"
        wrong = [*(f"SIP: {what}" for what in verdict.sip), *verdict.bridge]
        self.result = f"{wrong[0]} (of {len(wrong)})" if wrong else "ok"


ROWS: dict[str, Row] = {}


def lines() -> Iterator[str]:
    """The table."""
    wide = max(len(name) for name in ROWS)
    answered = max(len("answered by"), *(len(row.answered_by) for row in ROWS.values()))
    yield f"{'shape':{wide}}  offers  {'answered by':{answered}}      s  result"
    for row in ROWS.values():
        offers = f"{row.seen}/{row.expected}"
        yield f"{row.name:{wide}}  {offers:>6}  {row.answered_by:{answered}}  {row.took_s:5.1f}  {row.result}"
    good = sum(row.result == "ok" for row in ROWS.values())
    yield f"{good} of {len(ROWS)} as SIP says, {sum(row.took_s for row in ROWS.values()):.0f} s"
