"""Dispositions (A1): read as a whole or refused with the place, found by id, told in both languages."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cti_bridge.customers.dispositions import Disposition, Dispositions, load_dispositions
from cti_bridge.errors import ConfigError

SHIPPED = Path(__file__).parent.parent.parent / "config" / "dispositions.toml"
WORDS = 'ja = "区分"\nen = "Words"\n'
CATEGORY = f'[[category]]\nid = "order"\n{WORDS}'
GOOD = f'[[category.disposition]]\nid = "taken"\n{WORDS}'


def write(folder: Path, text: str) -> Path:
    path = folder / "dispositions.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_ones_are_good() -> None:
    shipped = load_dispositions(SHIPPED)
    found = shipped.find("complaint", "open")
    assert isinstance(found, Disposition)
    assert (found.contact, found.stays_open) == ("complaint", True)
    assert found.requires == ("customer", "follow_up_on", "note")
    asked = {one for each in shipped.categories for of in each.disposition for one in of.requires}
    assert asked == {"note", "customer", "amount", "follow_up_on"}
    # A digit chooses each: the lists of the page have nine.
    assert max(len(shipped.categories), *(len(one.disposition) for one in shipped.categories)) <= 9
    assert load_dispositions(None) == Dispositions()


def test_an_unknown_id_is_named() -> None:
    shipped = load_dispositions(SHIPPED)
    assert shipped.find("orders", "taken") == "category"
    assert shipped.find("order", "open") == "disposition"


def test_a_contact_is_headed_by_words_and_date() -> None:
    found = load_dispositions(SHIPPED).find("inquiry", "call_back")
    assert isinstance(found, Disposition)
    day = date(2026, 4, 8)
    assert found.subject("ja", None) == "折り返しのお約束"
    assert found.subject("ja", day) == "折り返しのお約束（4月8日）"
    assert found.subject("en", day) == "Call back promised (2026-04-08)"


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[[category]\n", "(file)", "is not TOML"),
        ("[[categories]]\n", "categories", "not permitted"),
        (CATEGORY, "category.0.disposition", "required"),
        (CATEGORY + "disposition = []\n", "category.0.disposition", "at least 1"),
        (f'{CATEGORY}{GOOD}requires = ["signature"]\n', "category.0.disposition.0.requires.0", "'note'"),
        (f'{CATEGORY}{GOOD}requires = ["note"]\n', "category.0.disposition.0", "require customer too"),
        (
            f'{CATEGORY}{GOOD}requires = ["amount", "amount"]\n',
            "category.0.disposition.0",
            "names something twice",
        ),
        (f'{CATEGORY}{GOOD}contact = "sale"\n', "category.0.disposition.0.contact", "'inquiry'"),
        (
            f'{CATEGORY}{GOOD}contact = "praise"\nstays_open = true\n',
            "category.0.disposition.0",
            "kind praise cannot stay open",
        ),
        (f"{CATEGORY}{GOOD}{GOOD}", "category.0", "two dispositions have the id 'taken'"),
        (f"{CATEGORY}{GOOD}{CATEGORY}{GOOD}", "(top level)", "two categories have the id 'order'"),
        (f"{CATEGORY}{GOOD}".replace("taken", "Taken"), "category.0.disposition.0.id", "pattern"),
        (f"{CATEGORY}{GOOD}".replace("区分", "字" * 41), "category.0.ja", "at most 40"),
        (f"{CATEGORY}{GOOD * 31}", "category.0.disposition", "at most 30"),
    ],
)
def test_a_broken_file_says_where_and_why(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_dispositions(path)
    fault = caught.value.faults[0]
    assert (fault.file, fault.key) == (str(path), key)
    assert reason in fault.reason


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            return "[" + ", ".join(_toml(each) for each in value) + "]"
        case _:
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


_plain = st.one_of(
    st.integers(-9, 9),
    st.booleans(),
    st.lists(st.sampled_from(["note", "customer", "other"]), max_size=3),
    st.sampled_from(["taken", "order", "complaint", "", "区分", "A b"]),
)
_keys = st.sampled_from(["id", "ja", "en", "requires", "contact", "stays_open", "hint"])
_parts = st.dictionaries(_keys, _plain, max_size=7)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["category", "category.disposition"]), _parts), max_size=4))
def test_any_bad_file_names_its_place(tmp_path: Path, parts: list[tuple[str, dict[str, Any]]]) -> None:
    text = "".join(
        f"[[{head}]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in body.items())
        for head, body in parts
    )
    path = write(tmp_path, text)
    try:
        found = load_dispositions(path)
    except ConfigError as error:
        assert error.faults
        for fault in error.faults:
            assert fault.file == str(path)
            assert fault.key and fault.reason
            _follow(text, fault.key)
    else:
        for category in found.categories:
            for one in category.disposition:
                assert found.find(category.id, one.id) is one


def _follow(text: str, key: str) -> None:
    """The place is in the file, but for the part that is missing there."""
    if key.startswith("("):
        return
    here: Any = tomllib.loads(text)
    for part in key.split("."):
        here = here[int(part)] if part.isdigit() else here.get(part)
        if not isinstance(here, dict | list):
            return
