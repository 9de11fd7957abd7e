"""Counselling questions: read from a file of their own, checked as a whole, answered by type.

A question is ``[[question]]`` with ``id``, ``ja``, ``en`` and ``type``: choice,
choices, yes_no, number, date or text. Those with options name them in
``[[question.option]]`` with ``id``, ``ja``, ``en`` and, for suggestions, the
``skus`` and ``categories`` that the answer speaks for, as shell patterns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from cti_bridge.settings.section import Section
from cti_bridge.settings.side_file import read_side_file

AnswerValue: TypeAlias = str | float | bool | list[str]
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Words = Annotated[str, Field(min_length=1, max_length=120)]
MAX_TEXT_CHARS = 300


class Option(Section):
    """One answer to choose, and the products it speaks for."""

    id: _Id
    ja: _Words
    en: _Words
    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Question(Section):
    """One question, in both languages."""

    id: _Id
    ja: _Words
    en: _Words
    type: Literal["choice", "choices", "yes_no", "number", "date", "text"]
    option: tuple[Option, ...] = ()

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        if self.type in ("choice", "choices") and len(self.option) < 2:
            raise ValueError("needs at least two options")
        if self.type not in ("choice", "choices") and self.option:
            raise ValueError(f"a question of type {self.type} has no options")
        ids = [one.id for one in self.option]
        if len(set(ids)) < len(ids):
            raise ValueError("two options have the same id")
        return self

    def read(self, answer: AnswerValue) -> AnswerValue | None:
        """``answer`` as it is kept, or None when it is none to this question."""
        ids = {one.id for one in self.option}
        match self.type:
            case "choice":
                return answer if isinstance(answer, str) and answer in ids else None
            case "choices":
                is_list = isinstance(answer, list) and 0 < len(answer) <= len(ids)
                return sorted(set(answer)) if is_list and set(answer) <= ids else None  # type: ignore[arg-type]
            case "yes_no":
                return answer if isinstance(answer, bool) else None
            case "number":
                is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
                return answer if is_number and abs(answer) < 1e12 else None  # type: ignore[arg-type]
            case "date":
                return answer if isinstance(answer, str) and _is_date(answer) else None
            case "text":
                text = answer.replace("\0", "").strip() if isinstance(answer, str) else ""
                return text if 0 < len(text) <= MAX_TEXT_CHARS else None


class _File(Section):
    question: tuple[Question, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [one.id for one in self.question]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"two questions have the id {name!r}")
        return self


def load_questions(path: Path | None) -> tuple[Question, ...]:
    """The questions of ``path``, none without one. Raises: ConfigError with every fault."""
    if path is None:
        return ()
    return read_side_file(path, _File).question


def matches(
    questions: Sequence[Question], products: Iterable[tuple[int, str, str]]
) -> Mapping[tuple[str, str], frozenset[int]]:
    """By question and answer: the products (id, SKU, category) the answer speaks for."""
    catalogue = list(products)
    found: dict[tuple[str, str], frozenset[int]] = {}
    for question in questions:
        for option in question.option:
            spoken_for = frozenset(
                product_id
                for product_id, sku, category in catalogue
                if any(fnmatchcase(sku, one) for one in option.skus)
                or any(fnmatchcase(category, one) for one in option.categories)
            )
            if spoken_for:
                found[question.id, option.id] = spoken_for
    return found


def _is_date(text: str) -> bool:
    try:
        # Weeks ("2024-W09-4") are ISO 8601 too, and no date that anybody shows.
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
