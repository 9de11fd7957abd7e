"""The card's JSON Schema: what is committed is what is generated, and real cards are shaped by it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from cti_bridge.lookup import schema
from cti_bridge.lookup.card import Card
from cti_bridge.lookup.query import PostgresCards

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KEYWORDS = {
    "$ref", "title", "description", "type", "properties", "required", "additionalProperties",
    "items", "anyOf", "enum", "format",
}  # fmt: skip


def faults(value: Any, part: dict[str, Any], whole: dict[str, Any], at: str = "card") -> list[str]:
    """Where ``value`` is not as ``part`` says: all of JSON Schema that msgspec writes for a card."""
    assert set(part) <= _KEYWORDS, f"the test does not know {set(part) - _KEYWORDS}"
    if "$ref" in part:
        return faults(value, whole["$defs"][part["$ref"].removeprefix("#/$defs/")], whole, at)
    if "anyOf" in part:
        each = [faults(value, one, whole, at) for one in part["anyOf"]]
        return [] if [] in each else min(each, key=len)
    if "enum" in part:
        return [] if value in part["enum"] else [f"{at}: {value!r}"]
    named = part["type"] if isinstance(part["type"], list) else [part["type"]]
    if not any(
        isinstance(value, _TYPES[one]) and isinstance(value, bool) == (one == "boolean") for one in named
    ):
        return [f"{at}: {value!r} is no {part['type']}"]
    found = []
    if isinstance(value, dict):
        assert part["additionalProperties"] is False
        found += [f"{at}: has no {name}" for name in part["required"] if name not in value]
        found += [f"{at}: has {name}" for name in value if name not in part["properties"]]
        for name in value.keys() & part["properties"].keys():
            found += faults(value[name], part["properties"][name], whole, f"{at}.{name}")
    if isinstance(value, list):
        for number, one in enumerate(value):
            found += faults(one, part["items"], whole, f"{at}[{number}]")
    match part.get("format"):
        case "date":
            date.fromisoformat(value)
        case "date-time":
            assert datetime.fromisoformat(value).tzinfo is not None
    return found


@pytest.fixture
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schema.TARGET.read_text(encoding="utf-8"))
    return document


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert schema.TARGET.read_text(encoding="utf-8") == schema.generate(), schema._HOW


async def test_real_cards_are_as_it_says(seeded_pool: asyncpg.Pool, committed: dict[str, Any]) -> None:
    cards = PostgresCards(seeded_pool)
    numbers = [
        row["e164"] for row in await seeded_pool.fetch("select distinct e164 from customer_number order by 1")
    ]
    seen: set[str] = set()
    root = {"$ref": committed["$ref"]}
    for e164 in numbers[::50]:
        raw = await cards.read(e164)
        assert raw is not None
        card = msgspec.json.decode(raw)
        assert faults(card, root, committed) == []
        seen |= {name for name, value in card.items() if value not in (None, [])}
    # Of all that may be empty something was seen, but for what nobody in this house was asked or stopped by.
    assert seen >= set(committed["$defs"]["Card"]["required"]) - {
        "answers",
        "stop",
        "segment",
        "due",
        "products",
    }
    assert faults({**card, "mood": "good"}, root, committed) == ["card: has mood"]
    del card["cues"]["calls_7d"]
    assert faults(card, root, committed) == ["card.cues: has no calls_7d"]


def test_every_part_of_a_card_is_in_it(committed: dict[str, Any]) -> None:
    def structs(what: msgspec.inspect.Type) -> set[type]:
        match what:
            case msgspec.inspect.StructType():
                return {what.cls}.union(*(structs(field.type) for field in what.fields))
            case msgspec.inspect.ListType():
                return structs(what.item_type)
            case msgspec.inspect.UnionType():
                return set[type]().union(*(structs(one) for one in what.types))
        return set()

    parts = structs(msgspec.inspect.type_info(Card))
    assert {part.__name__ for part in parts} == set(committed["$defs"])
    described = {part.__name__ for part in parts if part.__doc__}
    assert described == {name for name, part in committed["$defs"].items() if "description" in part}


@pytest.mark.parametrize(("arguments", "expected"), [([], 0), (["--check"], 0), (["--chek"], 2)])
def test_exit_codes(arguments: list[str], expected: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(arguments) == expected


def test_check_notices_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "card.schema.json"
    stale.write_text(schema.generate().replace('"reading"', '"kana"'), encoding="utf-8")
    monkeypatch.setattr(schema, "TARGET", stale)
    assert schema.main(["--check"]) == 1
    assert "out of date" in capsys.readouterr().err
    stale.unlink()
    assert schema.main(["--check"]) == 1
    stale.write_text(schema.generate(), encoding="utf-8")
    assert schema.main(["--check"]) == 0


def test_check_notices_a_struct_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = msgspec.defstruct("Card", [("mood", str)], bases=(Card,), frozen=True, kw_only=True)
    monkeypatch.setattr(schema, "Card", changed)
    assert schema.main(["--check"]) == 1
