"""Shows calls to people at a terminal as a table, line by line elsewhere, or as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cti_bridge.calls.numbers import clean_text
from cti_bridge.calls.outcomes import QueueOutcome
from cti_bridge.calls.record import CallRecord, QueueWait, Stint

_COLUMNS = {
    "started": 15, "direction": 9, "caller": 15, "dialled": 13, "queue": 14, "rang": 14, "answered": 9,
    "talk": 5, "sent on": 16, "outcome": 11,
}  # fmt: skip
_LINES_AROUND = 6  # of a table: its title and frame, and what the terminal needs


@contextmanager
def shown(*, as_json: bool, is_live: bool) -> Iterator[Callable[[CallRecord], None]]:
    """Takes calls while the block lasts. ``is_live``: a terminal shows each as it comes."""
    console = Console(highlight=False, markup=False)
    if as_json:
        yield lambda record: print(msgspec.json.encode(record).decode(), flush=True)
    elif not console.is_terminal:
        print(_line(tuple(_COLUMNS)), flush=True)
        yield lambda record: print(_line(cells(record)), flush=True)
    else:
        records: list[CallRecord] = []
        with Live(console=console, auto_refresh=False, transient=True) as screen:

            def show(record: CallRecord) -> None:
                records.append(record)
                if is_live:
                    last = records[-max(1, console.height - _LINES_AROUND) :]
                    screen.update(_table(last), refresh=True)

            yield show
        records.sort(key=lambda record: (record.started_at_s, record.call_id))
        console.print(_table(records))


def cells(record: CallRecord) -> tuple[str, ...]:
    """One call as the columns show it; times are the terminal's."""
    answered = [stint for stint in record.stints if stint.answered_at_s is not None]
    rang = [stint for stint in record.stints if stint.answered_at_s is None]
    sent_on = [(one.at_s, f"{one.kind} {one.by or '?'}→{one.to}") for one in record.transfers]
    sent_on += [(park.began_at_s, f"parked {park.slot}") for park in record.parks]
    outcome = "still live" if record.outcome is None else str(record.outcome)
    return tuple(
        clean_text(text)
        for text in (
            datetime.fromtimestamp(record.started_at_s).astimezone().strftime("%m-%d %H:%M:%S"),
            record.direction,
            record.caller.display or record.caller.kind,
            record.dialled,
            ", ".join(map(_wait, record.queue_waits)),
            _agents(rang),
            _agents(answered),
            _talk(answered),
            ", ".join(text for _, text in sorted(sent_on)),
            f"{outcome}, gap" if record.has_gap else outcome,
        )
    )


def _agents(stints: list[Stint]) -> str:
    """Each agent once, in the order of the rings."""
    return " ".join(dict.fromkeys(stint.agent_id for stint in stints))


def _wait(wait: QueueWait) -> str:
    if wait.left_at_s is None:
        return f"{wait.queue} waits"
    how = "" if wait.outcome is QueueOutcome.ANSWERED else f" {wait.outcome}"
    return f"{wait.queue} {wait.left_at_s - wait.entered_at_s:.0f} s{how}"


def _talk(stints: list[Stint]) -> str:
    """Minutes and seconds of all agents together; what still lasts is not counted."""
    ended = [stint for stint in stints if stint.ended_at_s is not None]
    seconds = round(sum((stint.ended_at_s or 0.0) - (stint.answered_at_s or 0.0) for stint in ended))
    return f"{seconds // 60}:{seconds % 60:02}" if ended else ""


def _line(texts: tuple[str, ...]) -> str:
    widths = _COLUMNS.values()
    padded = (text + " " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True))
    return "  ".join(padded).rstrip()


def _table(records: list[CallRecord]) -> Table:
    table = Table()
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name == "talk" else "left", overflow="fold")
    for record in records:
        table.add_row(*map(Text, cells(record)))
    return table
