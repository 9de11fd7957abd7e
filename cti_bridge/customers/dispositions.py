"""Dispositions: what may be said of a call, read from a file of their own, checked as a whole.

A category is ``[[category]]`` with ``id``, ``ja`` and ``en``, its dispositions
``[[category.disposition]]`` with the same and, each if need be, ``requires``:
what must be there besides (note, customer, amount, follow_up_on), ``contact``:
the kind of contact the call becomes, ``stays_open``: it waits for something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from cti_bridge.settings.section import Section
from cti_bridge.settings.side_file import read_side_file

Requirement: TypeAlias = Literal["note", "customer", "amount", "follow_up_on"]
Language: TypeAlias = Literal["ja", "en"]
ContactKind: TypeAlias = Literal["inquiry", "order", "complaint", "thank_you", "praise", "other"]
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Words = Annotated[str, Field(min_length=1, max_length=40)]
# Contacts of another kind cannot wait for anything: see ``intake.records``.
_MAY_STAY_OPEN = ("inquiry", "complaint")
MAX_CHOICES = 30


class Disposition(Section):
    """One thing to say of a call. ``requires`` holds what must be said besides."""

    id: _Id
    ja: _Words
    en: _Words
    requires: tuple[Requirement, ...] = ()
    contact: ContactKind = "other"
    stays_open: bool = False

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if len(set(self.requires)) < len(self.requires):
            raise ValueError("requires names something twice")
        if "note" in self.requires and "customer" not in self.requires:
            raise ValueError("requires a note, which is always of a customer: require customer too")
        if self.stays_open and self.contact not in _MAY_STAY_OPEN:
            raise ValueError(f"a contact of kind {self.contact} cannot stay open: inquiry and complaint can")
        return self

    def subject(self, language: Language, follow_up_on: date | None) -> str:
        """What the call's contact is headed by."""
        words: str = getattr(self, language)
        if follow_up_on is None:
            return words
        day = follow_up_on
        told = f"{day.month}月{day.day}日" if language == "ja" else day.isoformat()
        return f"{words}（{told}）" if language == "ja" else f"{words} ({told})"


class Category(Section):
    """Dispositions of one sort."""

    id: _Id
    ja: _Words
    en: _Words
    disposition: Annotated[tuple[Disposition, ...], Field(min_length=1, max_length=MAX_CHOICES)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        _refuse_twins("dispositions", [one.id for one in self.disposition])
        return self


class _File(Section):
    category: Annotated[tuple[Category, ...], Field(max_length=MAX_CHOICES)] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        _refuse_twins("categories", [one.id for one in self.category])
        return self


@dataclass(frozen=True, slots=True)
class Dispositions:
    """Everything that may be said of a call, in the order of the file."""

    categories: tuple[Category, ...] = ()

    def find(self, category: str, disposition: str) -> Disposition | Literal["category", "disposition"]:
        """The disposition of these ids, or which of the two is unknown."""
        of = next((one for one in self.categories if one.id == category), None)
        if of is None:
            return "category"
        return next((one for one in of.disposition if one.id == disposition), "disposition")


def load_dispositions(path: Path | None) -> Dispositions:
    """The dispositions of ``path``, none without one. Raises: ConfigError with every fault."""
    return Dispositions() if path is None else Dispositions(read_side_file(path, _File).category)


def _refuse_twins(what: str, ids: Sequence[str]) -> None:
    for name in ids:
        if ids.count(name) > 1:
            raise ValueError(f"two {what} have the id {name!r}")
