"""Writes the JSON Schema of the customer card, for programs that read cards from the API.

``python -m cti_bridge.lookup.schema > docs/card.schema.json`` writes the file;
with ``--check`` it writes nothing and fails when the committed file is not
what would be written. Descriptions are the Structs' docstrings.
"""

from __future__ import annotations

import sys

from cti_bridge import generated
from cti_bridge.json_schema import Schema, schemas, text_of
from cti_bridge.lookup.card import MAX_BYTES, Card

TARGET = generated.ROOT / "docs" / "card.schema.json"

_MODULE = "cti_bridge.lookup.schema"
_HOW = generated.how(_MODULE, TARGET)

# The dialect that msgspec writes.
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> Schema:
    """The schema as JSON values."""
    references, parts = schemas([Card], "#/$defs/")
    return {
        "$schema": _DIALECT,
        "title": "CTI Bridge customer card",
        "description": f"One JSON document in UTF-8, at most {MAX_BYTES} bytes. "
        "Amounts are in the currency's minor unit.",
        "$comment": f"Generated from cti_bridge/lookup/card.py. Do not edit: {_HOW}",
        **references[Card],
        "$defs": parts,
    }


def generate() -> str:
    """The whole of ``card.schema.json``."""
    return text_of(schema())


def main(arguments: list[str]) -> int:
    """Exit code: 1 when ``--check`` finds the committed file out of date, 2 on a wrong argument."""
    return generated.write_or_check(arguments, _MODULE, TARGET, generate)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
