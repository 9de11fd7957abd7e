"""The pages' types are the wire's Structs, and nothing else."""

from __future__ import annotations

import enum
import re
import types
from pathlib import Path
from typing import Literal, get_args

import msgspec
import pytest

from cti_bridge.calls.outcomes import PartReason, WithdrawReason
from cti_bridge.push import envelope, typescript


def test_the_committed_file_is_what_the_generator_writes() -> None:
    written = typescript.TARGET.read_text(encoding="utf-8")
    assert written == typescript.generate(), "run python -m cti_bridge.push.typescript > web/src/wire.ts"


def test_every_message_type_is_a_member_of_its_topics_union() -> None:
    text = typescript.generate()
    for kind, messages in (("Agent", envelope.AGENT_MESSAGES), ("Board", envelope.BOARD_MESSAGES)):
        union = re.search(rf"export type {kind}Envelope =(.*?);", text, re.DOTALL)
        assert union is not None
        for name, struct in messages.items():
            assert f'Envelope<"{name}", {struct.__name__}>' in union[1]


def test_every_name_used_is_declared_once() -> None:
    text = typescript.generate()
    declared = re.findall(r"^export (?:type|interface|const) (\w+)", text, re.MULTILINE)
    assert len(declared) == len(set(declared))
    code = re.sub(r"//.*|/\*\*.*?\*/|\"[^\"]*\"", "", text)
    used = set(re.findall(r"\b[A-Z]\w+", code)) - {"Type", "Data", "Record"}
    assert used <= set(declared)


def test_a_field_of_the_struct_is_a_field_of_the_interface() -> None:
    text = typescript.generate()
    offer = re.search(r"export interface Offer \{(.*?)\n\}", text, re.DOTALL)
    assert offer is not None
    assert re.findall(r"^  (\w+):", offer[1], re.MULTILINE) == [
        field.encode_name for field in msgspec.structs.fields(envelope.Offer)
    ]


def test_every_way_a_stint_ends_is_of_the_wire() -> None:
    ends = {*WithdrawReason, *PartReason}
    assert {str(each) for each in ends} == set(get_args(envelope.StintEnd))


def test_what_a_struct_leaves_out_is_optional_and_a_table_a_record() -> None:
    class Sparse(msgspec.Struct, omit_defaults=True):
        always: int
        sometimes: str | None = None
        table: dict[str, int | float | None] = {}

    writer = typescript._Writer({})
    writer.add(msgspec.inspect.multi_type_info([Sparse]))
    assert list(writer.declarations()) == [
        "export interface Sparse {\n  always: number;\n  sometimes?: string | null;\n"
        "  table?: Record<string, number | null>;\n}\n"
    ]


def test_a_type_the_pages_cannot_have_is_refused() -> None:
    class Odd(msgspec.Struct):
        raw: bytes

    writer = typescript._Writer({})
    with pytest.raises(TypeError, match="no TypeScript counterpart"):
        writer.add(msgspec.inspect.multi_type_info([Odd]))


def _named(name: str, module: str) -> type[msgspec.Struct]:
    """A Struct with one field that no other has."""
    return msgspec.defstruct(name, [(f"of_{module}", int)], module=module)


def test_two_structs_of_one_name_are_refused_with_where_both_are() -> None:
    writer = typescript._Writer({})
    with pytest.raises(TypeError, match="two types are named Note: one of karte, one of mail"):
        writer.add(msgspec.inspect.multi_type_info([_named("Note", "karte"), _named("Note", "mail")]))


def test_a_struct_met_twice_is_one() -> None:
    note = _named("Note", "karte")
    pair = msgspec.defstruct("Pair", [("one", note), ("other", note)], module="karte")
    writer = typescript._Writer({})
    writer.add(msgspec.inspect.multi_type_info([pair, note]))
    assert len(list(writer.declarations())) == 2


def test_a_union_or_an_enum_of_a_structs_name_is_refused() -> None:
    names = types.ModuleType("names")
    names.Note = Literal["long", "short"]  # type: ignore[attr-defined]
    union = msgspec.defstruct("Sized", [("size", Literal["long", "short"])], module="sizes")
    kind = enum.Enum("Note", {"LONG": "long"}, module="kinds")
    enumerated = msgspec.defstruct("Kept", [("kind", kind)], module="kept")
    for other, module in ((union, "names"), (enumerated, "kinds")):
        writer = typescript._Writer(typescript.aliases(names))
        with pytest.raises(TypeError, match=f"two types are named Note: one of karte, one of {module}"):
            writer.add(msgspec.inspect.multi_type_info([_named("Note", "karte"), other]))


def test_two_unions_of_one_name_are_refused() -> None:
    first, second = types.ModuleType("first"), types.ModuleType("second")
    first.Size = Literal["long", "short"]  # type: ignore[attr-defined]
    second.Size = Literal["small", "large"]  # type: ignore[attr-defined]
    both = msgspec.defstruct("Both", [("a", Literal["long", "short"]), ("b", Literal["small", "large"])])
    writer = typescript._Writer(typescript.aliases(first, second))
    with pytest.raises(TypeError, match="two types are named Size: one of first, one of second"):
        writer.add(msgspec.inspect.multi_type_info([both]))


def test_the_names_that_the_generator_writes_itself_are_taken() -> None:
    declared = set(re.findall(r"^export (?:type|interface|const) (\w+)", typescript.generate(), re.MULTILINE))
    assert set(typescript._OWN_NAMES) <= declared
    for name in typescript._OWN_NAMES:
        with pytest.raises(TypeError, match=rf"named {name}: one of {typescript.__name__}, one of karte"):
            typescript._Writer({}).add(msgspec.inspect.multi_type_info([_named(name, "karte")]))


@pytest.mark.parametrize(("arguments", "expected"), [([], 0), (["--check"], 0), (["--chek"], 2)])
def test_exit_codes(arguments: list[str], expected: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert typescript.main(arguments) == expected


def test_check_fails_on_a_file_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "wire.ts"
    monkeypatch.setattr(typescript, "TARGET", stale)
    assert typescript.main(["--check"]) == 1
    stale.write_text("export type Old = 1;\n", encoding="utf-8")
    assert typescript.main(["--check"]) == 1
