# ruff: noqa: E501 - each part of the card on one line
"""What a ringing agent may see before answering (O4): nothing covered can be read from what is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.lookup.card import (
    Answer,
    Card,
    CardTotals,
    Caution,
    Contact,
    Cues,
    CustomerNumber,
    Due,
    Favourite,
    Note,
    Order,
    OrderLine,
    Product,
    Profile,
    Reason,
    Rfm,
    Segment,
    Sharer,
    Suggestion,
)
from cti_bridge.lookup.veil import masked, name_only, veil_for

AT = datetime(2026, 4, 8, tzinfo=UTC)
SECRET = "ひみつ"


def card(name: str, reading: str, number: str, address: str, note: str) -> Card:
    reason = Reason(code="bought_with", product=note, due_on=None, question=None, answer=None)
    return Card(
        cautions=[Caution(caution_id=1, severity="critical", text="大声に注意", created_at=AT)],
        profile=Profile(
            customer_id=1, code="C-77", name=name, reading=reading, rank="gold", birth_date=date(1948, 3, 12),
            postcode="158-0094", address=address, email="who@example.jp", preferred_channel=None,
            dedicated_agent_id=None, dedicated_agent_name=None, joined_on=date(2016, 4, 2),
            numbers=[CustomerNumber(e164=number, display=number, label="home")],
        ),
        cues=Cues(
            is_first_call=False, last_call_at=AT, calls_7d=2, preferred_channel="call", contacts_total=4,
            orders_total=2, amount_total_minor=123456, first_order_at=AT, last_order_at=AT,
        ),
        segment=Segment(stage="repeater", rfm=Rfm(recency=5, frequency=4, monetary=3)),
        notes=[Note(note_id=1, kind="note", text=note, is_cut=False, author="a", is_pinned=True, created_at=AT, updated_at=None)],
        due=[Due(sku="S", name=note, state="soon", last_at=AT, due_on=date(2026, 4, 8), cycle_days=30)],
        stop=None,
        suggestions=[Suggestion(sku="S", name=note, category="c", price_minor=1, reason=reason)],
        sharers=[Sharer(customer_id=2, name=name, reading=reading, rank="gold", has_open_order=True, last_call_at=AT, last_order_at=AT)],
        answers=[Answer(question="skin", answer=note, answered_at=AT)],
        orders=[Order(
            number="N1", channel="web", source="", status="open", ordered_at=AT, total_minor=1, paid_minor=0,
            returned_minor=0, lines=[OrderLine(sku="S", name=note, quantity=1, unit_price_minor=1)], lines_total=1,
        )],
        contacts=[Contact(channel="call", direction="in", occurred_at=AT, kind="inquiry", is_open=False, subject=note, handled_by=None)],
        products=[Product(sku="S", name=note, times=1, quantity=1, amount_minor=1, first_at=AT, last_at=AT)],
        favourites=[Favourite(sku="S", name=note, added_at=AT)],
        totals=CardTotals(notes=1, orders=1, contacts=1, products=1, sharers=1),
        assembled_at=AT,
    )  # fmt: skip


kana = st.text(st.sampled_from("アイウエオカキクケコサシスセソ"), min_size=2, max_size=8)
digits = st.text(st.sampled_from("0123456789"), min_size=8, max_size=12)


@given(kana, kana, digits, kana, kana)
def test_nothing_covered_can_be_read(
    family: str, given_name: str, number: str, address: str, note: str
) -> None:
    family, given_name, address, note = f"姓{family}", f"名{given_name}", f"住{address}", f"記{note}"
    whole = card(f"{family} {given_name}", f"{family} {given_name}", f"+{number}", address, note)
    raw = msgspec.json.encode(whole)
    for cover in (masked, name_only):
        seen = cover(raw).decode()
        msgspec.json.decode(seen, type=Card)
        for secret in (address, note, number, "158-0094", "who@example.jp", "1948", "C-77"):
            assert secret not in seen, (cover, secret)
    seen = masked(raw).decode()
    assert family not in seen
    assert given_name not in seen
    assert number[:-2] not in seen


def test_masked_keeps_what_helps_and_harms_nobody() -> None:
    raw = msgspec.json.encode(card("佐藤 花子", "サトウ ハナコ", "+81312345678", "東京都", SECRET))
    seen = msgspec.json.decode(masked(raw), type=Card)
    assert (seen.profile.name, seen.profile.reading, seen.profile.rank) == ("佐＊ ＊＊", "サ＊ ＊＊", "gold")
    assert seen.profile.numbers[0].display == "＊＊＊＊78"
    assert [caution.text for caution in seen.cautions] == ["大声に注意"]
    assert seen.segment is not None
    assert (seen.segment.stage, seen.cues.calls_7d, seen.sharers[0].name) == ("repeater", 2, "佐＊ ＊＊")


def test_the_name_alone() -> None:
    raw = msgspec.json.encode(card("佐藤 花子", "サトウ ハナコ", "+81312345678", "東京都", SECRET))
    seen = msgspec.json.decode(name_only(raw), type=Card)
    assert (seen.profile.name, seen.profile.reading) == ("佐藤 花子", "サトウ ハナコ")
    assert (seen.profile.numbers, seen.segment, seen.sharers, seen.cues.orders_total) == ([], None, [], 0)
    assert seen.cautions


@pytest.mark.parametrize(("how", "cover"), [("all", None), ("masked", masked), ("name_only", name_only)])
def test_the_setting_chooses(how: str, cover: object) -> None:
    assert veil_for(how) is cover  # type: ignore[arg-type]
