"""The header of a customer file: which field is which column."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

REQUIRED = ("code", "name")
# Columns of the table; a file need not have them all, and what it lacks stays as it is.
COLUMNS = (
    *REQUIRED,
    "reading",
    "rank",
    "birth_date",
    "postcode",
    "address",
    "email",
    "preferred_channel",
    "joined_on",
)
NUMBERS = "numbers"
_NUMBER_N = re.compile(r"number[1-9][0-9]?")


@dataclass(frozen=True, slots=True)
class Columns:
    """``names``: for each field of a record its column, one of ``COLUMNS``, or ``numbers``, ``number1`` …"""

    names: tuple[str, ...]

    @property
    def has_numbers(self) -> bool:
        """Whether the file says anything of telephone numbers."""
        return any(is_number(name) for name in self.names)


def is_number(name: str) -> bool:
    """Whether the column holds telephone numbers."""
    return name == NUMBERS or _NUMBER_N.fullmatch(name) is not None


def read_header(fields: Sequence[str]) -> Columns | str:
    """The columns of a file whose first record is ``fields``, or all that is wrong with it, in one line."""
    names = tuple(unicodedata.normalize("NFKC", field).strip().lower() for field in fields)
    # Spreadsheets write separators for empty columns at the end.
    while names and not names[-1]:
        names = names[:-1]
    known = [name for name in names if name in COLUMNS or is_number(name)]
    if not known:
        for separator, word in (("\t", "tabs"), (";", "semicolons")):
            if len(names) == 1 and separator in names[0]:
                return f"the columns are separated by {word}; they must be by commas"
        return f"no header: the first line must name the columns ({', '.join((*COLUMNS, NUMBERS))})"
    faults = [_unknown(name) for name in names if name not in known]
    faults.extend(f"column '{name}' is missing" for name in REQUIRED if name not in names)
    faults.extend(
        f"column '{name}' appears twice" for name in sorted({n for n in known if known.count(n) > 1})
    )
    return "; ".join(faults) if faults else Columns(names)


def _unknown(name: str) -> str:
    if not name:
        return "a column has no name"
    near = difflib.get_close_matches(name, (*COLUMNS, NUMBERS, "number1"), n=1)
    return f"unknown column '{name[:40]}'" + (f", did you mean '{near[0]}'?" if near else "")
