"""Writes the JSON Schema of the customer card, for programs that read cards from the API.

``python -m cti_bridge.lookup.schema > docs/card.schema.json`` writes the file;
with ``--check`` it writes nothing and fails when the committed file is not
what would be written. Descriptions are the Structs' docstrings.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from cti_bridge.lookup.card import MAX_BYTES, Card

TARGET = Path(__file__).resolve().parents[2] / "docs" / "card.schema.json"

_HOW = "run python -m cti_bridge.lookup.schema > docs/card.schema.json"

# The dialect that msgspec writes.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema as JSON values."""
    shape = msgspec.json.schema(Card)
    return {
        "$schema": _DIALECT,
        "title": "CTI Bridge customer card",
        "description": f"One JSON document in UTF-8, at most {MAX_BYTES} bytes. "
        "Amounts are in the currency's minor unit.",
        "$comment": f"Generated from cti_bridge/lookup/card.py. Do not edit: {_HOW}",
        "$ref": shape["$ref"],
        "$defs": {name: _on_one_line(part) for name, part in sorted(shape["$defs"].items())},
    }


def generate() -> str:
    """The whole of ``card.schema.json``."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _on_one_line(part: dict[str, Any]) -> dict[str, Any]:
    """``part`` with its docstring as a reader of JSON wants it: without breaks and doubled quotes."""
    if "description" not in part:
        return part
    return {**part, "description": " ".join(part["description"].replace("``", "`").split())}


def main(arguments: list[str]) -> int:
    """Exit code: 1 when ``--check`` finds the committed file out of date, 2 on a wrong argument."""
    if arguments == []:
        sys.stdout.write(generate())
        return 0
    if arguments == ["--check"]:
        if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == generate():
            return 0
        sys.stderr.write(f"docs/card.schema.json is out of date: {_HOW}\n")
        return 1
    sys.stderr.write("usage: python -m cti_bridge.lookup.schema [--check]\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
