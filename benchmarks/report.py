"""What a benchmark found, and how it is printed: a figure, its floor, their ratio, the target."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

_WIDTH = 120


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio is to be: at most or at least ``bound``."""

    bound: float
    is_least: bool = False

    def __str__(self) -> str:
        return f"{'>=' if self.is_least else '<='} {self.bound:g} ×"

    def is_met(self, ratio: float) -> bool:
        return ratio >= self.bound if self.is_least else ratio <= self.bound


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``ratio``: figure to floor, or with a least target floor to figure."""

    name: str
    figure: float
    unit: str
    floor: float | None = None
    floor_name: str = ""
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        if not self.floor or not self.figure:
            return None
        is_least = self.target is not None and self.target.is_least
        return self.floor / self.figure if is_least else self.figure / self.floor


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of all lie; not a number when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def show(title: str, rows: Iterable[Row], notes: Iterable[str] = ()) -> None:
    """Print a table, then its notes."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("figure")
    for name in ("measured", "beside", "ratio", "target"):
        table.add_column(name, justify="right")
    for row in rows:
        ratio, verdict = row.ratio, ""
        if row.target is not None and ratio is not None:
            verdict = f"{row.target} {'met' if row.target.is_met(ratio) else '[bold]missed[/bold]'}"
        table.add_row(
            row.name,
            f"{row.figure:.2f} {row.unit}",
            f"{row.floor:.2f} {row.unit} {row.floor_name}" if row.floor else "",
            f"{ratio:.2f} ×" if ratio is not None else "",
            verdict,
        )
    console = Console(highlight=False, width=max(_WIDTH, Console().width))
    console.print(table)
    for note in notes:
        console.print(f"  {note}", markup=False, soft_wrap=True)
    console.print()
