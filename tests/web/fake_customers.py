"""The fake bridge's customers: whoever is looked for is found, whatever is written is noted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from cti_bridge.lookup.card import Card, Lookup
from cti_bridge.push.customer_bodies import (
    ContactPage,
    CustomerHit,
    CustomerHits,
    CustomerMade,
    CustomerRefused,
    FieldFault,
    FoundNumber,
    NewCustomer,
    NotePage,
    OrderPage,
    OutcomeRecorded,
    PastContact,
    PastOrder,
    PastProduct,
    ProductPage,
)
from cti_bridge.push.envelope import CardResolved, Problem
from cti_bridge.push.karte_bodies import CounsellingQuestion, CounsellingQuestions, QuestionOption
from tests.web.odd_cards import somebody
from tests.web.people import ago

MADE = 9002
KANAGAWA = CustomerHit(
    customer_id=9001,
    code="C-9001",
    name="神奈川 一郎",
    reading="カナガワ イチロウ",
    rank="silver",
    postcode="231-0001",
    address="神奈川県横浜市中区新港1丁目",
    numbers=[FoundNumber(e164="+81451234567", display="045-123-4567")],
    last_order_at=datetime(2026, 1, 5, tzinfo=UTC),
    matched="name",
    order_number=None,
)
KANDA = CustomerHit(
    customer_id=9003,
    code="C-9003",
    name="神田 よし子",
    reading="カンダ ヨシコ",
    rank="regular",
    postcode="101-0041",
    address="東京都千代田区神田須田町2丁目",
    numbers=[FoundNumber(e164="+81332519999", display="03-3251-9999")],
    last_order_at=None,
    matched="name",
    order_number=None,
)
QUESTIONS = CounsellingQuestions(
    questions=[
        CounsellingQuestion(
            id="skin",
            ja="お肌の悩み",
            en="Skin concerns",
            type="choices",
            options=[
                QuestionOption(id="dry", ja="乾燥", en="Dryness"),
                QuestionOption(id="none", ja="特になし", en="None"),
            ],
        ),
        CounsellingQuestion(
            id="cups", ja="1日のお茶の杯数", en="Cups of tea a day", type="number", options=[]
        ),
        CounsellingQuestion(id="gifts", ja="贈り物のご利用", en="Buys gifts", type="yes_no", options=[]),
    ]
)


def find(words: str) -> CustomerHits:
    """Two by their names, one by the end of a number or by an order."""
    if "神奈川".startswith(words[:1]) or "かな".startswith(words[:2]):
        hits = [KANAGAWA, KANDA] if words == "神" else [KANAGAWA]
    elif words == "4567":
        hits = [msgspec.structs.replace(KANAGAWA, matched="number")]
    elif words.upper() == "W-77":
        hits = [msgspec.structs.replace(KANAGAWA, matched="order", order_number="W-77120")]
    else:
        hits = []
    return CustomerHits(hits=hits)


def make(body: NewCustomer) -> tuple[int, CustomerMade | CustomerRefused]:
    """Status and answer: one name is taken, one number is none."""
    if body.numbers and not body.numbers[0].startswith(("0", "+")):
        fault = FieldFault(field="numbers[0]", code="wrong", reason="is no telephone number")
        return 422, CustomerRefused(faults=[fault], duplicates=[])
    if body.name == KANAGAWA.name and not body.confirm:
        return 409, CustomerRefused(faults=[], duplicates=[KANAGAWA])
    return 201, CustomerMade(customer_id=MADE, code="T0009002")


def resolved(call_id: str, customer_id: int | None) -> CardResolved:
    """What every screen of the call is told."""
    offer_id = call_id.removeprefix("call-")
    if customer_id is None:
        return CardResolved(offer_id=offer_id, lookup=Lookup.UNKNOWN, card=None)
    return CardResolved(offer_id=offer_id, lookup=Lookup.FOUND, card=somebody(customer_id))


def page(card: Card, part: str, before: str | None) -> Any:
    """Two pages of everything; the first begins with what ``card`` shows."""
    following = None if before else "2"
    if part == "orders":
        orders = [
            PastOrder(
                **(msgspec.structs.asdict(one) | {"number": one.number + ("-old" if before else "")}),
                order_id=index,
            )
            for index, one in enumerate(card.orders)
        ]
        return OrderPage(items=orders, next=following)
    if part == "contacts":
        contacts = [
            PastContact(
                **(msgspec.structs.asdict(one) | ({"occurred_at": ago(days=500 + index)} if before else {})),
                contact_id=index,
                body="土曜の午前に変えてほしいとのこと。" if index == 0 else "",
                closed_at=None,
            )
            for index, one in enumerate(card.contacts)
        ]
        return ContactPage(items=contacts, next=following)
    if part == "notes":
        notes = [
            msgspec.structs.replace(one, note_id=one.note_id + (1000 if before else 0)) for one in card.notes
        ]
        return NotePage(items=notes, next=following)
    products = [
        PastProduct(
            **(msgspec.structs.asdict(one) | {"sku": one.sku + ("-old" if before else "")}), product_id=index
        )
        for index, one in enumerate(card.products)
    ]
    return ProductPage(items=products, next=following)


def answer_to(method: str, path: str, body: Any) -> web.Response:
    """What is said to something written."""
    if path == "/api/customers":
        status, said = make(msgspec.convert(body, NewCustomer))
        return reply(said, status)
    if path.endswith("/outcome"):
        return reply(OutcomeRecorded(outcome=body["outcome"], at=datetime.now(UTC)))
    if path.endswith("/cautions"):
        return reply({"caution_id": 7}, 201)
    if "/notes" in path:
        return reply({"note_id": 1}, 201 if method == "POST" else 200)
    return web.Response(status=204)


def refusal(code: Any, status: int) -> web.Response:
    return reply(Problem(code=code, detail=""), status)


def reply(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
