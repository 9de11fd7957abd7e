"""JSON Schema of Structs, described as a reader of JSON wants it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

# A schema, or a document that holds some, as JSON values.
Schema: TypeAlias = dict[str, Any]
Shape: TypeAlias = type[msgspec.Struct]


def schemas(shapes: Iterable[Shape], place: str) -> tuple[dict[Shape, Schema], dict[str, Schema]]:
    """A reference to each of ``shapes``, and by name what is referred to, in the order of names.

    ``place``: where in the document the latter stand, such as ``#/components/schemas/``.
    """
    ordered = sorted(set(shapes), key=lambda shape: shape.__name__)
    references, parts = msgspec.json.schema_components(ordered, ref_template=f"{place}{{name}}")
    described = {name: _on_one_line(part) for name, part in sorted(parts.items())}
    return dict(zip(ordered, references, strict=True)), described


def text_of(document: Schema) -> str:
    """``document`` as a file that people read, and compare line by line."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _on_one_line(part: Schema) -> Schema:
    """``part`` with its docstring without breaks and doubled quotes."""
    if "description" not in part:
        return part
    return {**part, "description": " ".join(part["description"].replace("``", "`").split())}
