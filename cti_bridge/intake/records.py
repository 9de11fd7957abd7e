"""Records from outside judged one by one: ready to be written, or everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cti_bridge.intake.kinds import Field, Kind
from cti_bridge.intake.values import Rules, Wrong, is_empty

MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of a record; ``field`` is empty when it is the whole."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Good:
    """A record ready to be written. ``lines`` are an order's."""

    values: Mapping[str, object]
    lines: tuple[Mapping[str, object], ...] = ()

    def key(self, kind: Kind) -> tuple[object, ...]:
        """What it is known by within its source."""
        return tuple(self.values[name] for name in kind.key)


def judge(kind: Kind, raw: Mapping[str, object], rules: Rules) -> Good | list[Fault]:
    """The record in ``raw``, whose ``lines`` are a list of mappings, or all its faults."""
    faults = [Fault(name, "is not a known field") for name in raw if not _is_known(kind, name)]
    values = _read(kind.fields, raw, rules, "", faults)
    if kind.names_customer:
        given = [name for name in ("customer_code", "customer_external_id") if values.get(name) is not None]
        if len(given) != 1 and not any(fault.field.startswith("customer_") for fault in faults):
            faults.append(
                Fault("customer_code", "exactly one of customer_code and customer_external_id is needed")
            )
    lines = _lines(kind, raw.get("lines"), rules, faults) if kind.lines else ()
    if kind.name == "returns" and (values.get("sku") is None) != (values.get("quantity") is None):
        faults.append(Fault("quantity", "goes with sku: both for a part of the order, neither for the whole"))
    if (
        kind.name == "contacts"
        and values.get("is_open")
        and values.get("kind") not in ("complaint", "inquiry")
    ):
        faults.append(Fault("is_open", "only a complaint or an inquiry can be open"))
    return faults or Good(values, lines)


def _is_known(kind: Kind, name: str) -> bool:
    return name in kind.fields or (name == "lines" and bool(kind.lines))


def _lines(kind: Kind, raw: object, rules: Rules, faults: list[Fault]) -> tuple[Mapping[str, object], ...]:
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        faults.append(Fault("lines", "must be a list of at least one line"))
        return ()
    if len(raw) > MAX_LINES:
        faults.append(Fault("lines", f"more than {MAX_LINES} lines"))
        return ()
    found = []
    for number, line in enumerate(raw, 1):
        place = f"lines[{number}]."
        if not isinstance(line, Mapping):
            faults.append(Fault(place.rstrip("."), "is not an object"))
            continue
        faults.extend(Fault(place + name, "is not a known field") for name in line if name not in kind.lines)
        found.append(_read(kind.lines, line, rules, place, faults))
    return tuple(found)


def _read(
    fields: Mapping[str, Field], raw: Mapping[str, object], rules: Rules, place: str, faults: list[Fault]
) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, one in fields.items():
        given = raw.get(name)
        if is_empty(given):
            if one.is_required:
                faults.append(Fault(place + name, "is missing" if name not in raw else "is empty"))
            values[name] = one.default
            continue
        found = one.read(given, rules)
        if isinstance(found, Wrong):
            faults.append(Fault(place + name, found.reason))
            found = one.default
        elif found == "" and one.is_required:
            faults.append(Fault(place + name, "is empty"))
        values[name] = found
    return values
