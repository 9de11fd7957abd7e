"""Invented cards: one of each kind an agent may see."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

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
    Stop,
    Suggestion,
)
from tests.web.people import ago, birthday_today, now, today

Code = Literal["bought_with", "favourite_like", "replenishment", "popular"]
COFFEE = OrderLine(sku="CF-0512", name="深煎りブレンド 珈琲豆 500g", quantity=2, unit_price_minor=2480)
FILTER = OrderLine(sku="CF-0907", name="無漂白ペーパーフィルター 100枚", quantity=1, unit_price_minor=540)
CREAM = OrderLine(sku="SK-2201", name="しっとり保湿クリーム 60g", quantity=1, unit_price_minor=3300)
TEA = OrderLine(sku="TE-0103", name="八女 深蒸し煎茶 100g", quantity=3, unit_price_minor=1296)
RICE = OrderLine(sku="RC-0020", name="新潟県産 特別栽培コシヒカリ 5kg", quantity=1, unit_price_minor=4580)


def _because(code: Code, *, product: str | None = None, due_on: date | None = None) -> Reason:
    return Reason(code=code, product=product, due_on=due_on, question=None, answer=None)


def _orders() -> list[Order]:
    return [
        Order(
            number="W-240518",
            channel="web",
            status="shipped",
            ordered_at=ago(hours=5),
            source="",
            total_minor=8200,
            paid_minor=0,
            returned_minor=0,
            lines_total=3,
            lines=[COFFEE, FILTER, CREAM],
        ),
        Order(
            number="T-239902",
            channel="phone",
            status="delivered",
            ordered_at=ago(days=34),
            source="",
            total_minor=12300,
            paid_minor=12300,
            returned_minor=0,
            lines_total=4,
            lines=[COFFEE, TEA],
        ),
        Order(
            number="F-238121",
            channel="fax",
            status="returned",
            ordered_at=ago(days=72),
            source="",
            total_minor=4580,
            paid_minor=4580,
            returned_minor=4580,
            lines_total=1,
            lines=[RICE],
        ),
        Order(
            number="P-236050",
            channel="postcard",
            status="delivered",
            ordered_at=ago(days=131),
            source="futureshop",
            total_minor=7428,
            paid_minor=5000,
            returned_minor=0,
            lines_total=2,
            lines=[TEA, CREAM],
        ),
        Order(
            number="S-231007",
            channel="shop",
            status="delivered",
            ordered_at=ago(days=420),
            source="",
            total_minor=3300,
            paid_minor=3300,
            returned_minor=0,
            lines_total=1,
            lines=[CREAM],
        ),
    ]


def _contacts() -> list[Contact]:
    return [
        Contact(
            channel="call",
            direction="in",
            occurred_at=ago(days=3),
            kind="inquiry",
            is_open=False,
            subject="配達日の変更について",
            handled_by="渡辺 さおり",
        ),
        Contact(
            channel="call",
            direction="out",
            occurred_at=ago(days=31),
            kind="thank_you",
            is_open=False,
            subject="到着確認のお礼のお電話",
            handled_by="鈴木 恵子",
        ),
        Contact(
            channel="letter",
            direction="out",
            occurred_at=ago(days=70),
            kind="other",
            is_open=False,
            subject="返品受付のお詫び状",
            handled_by="高橋 由美",
        ),
        Contact(
            channel="email",
            direction="in",
            occurred_at=ago(days=71),
            kind="complaint",
            is_open=False,
            subject="届いたお米の袋が破れていました",
            handled_by="高橋 由美",
        ),
        Contact(
            channel="shop_visit",
            direction="in",
            occurred_at=ago(days=420),
            kind="inquiry",
            is_open=False,
            subject="銀座店でクリームのお試し",
            handled_by=None,
        ),
    ]


def hanako() -> Card:
    """A gold customer with cautions, a hand-over note and a long history."""
    return Card(
        profile=Profile(
            customer_id=4021,
            code="C-0004021",
            name="佐藤 花子",
            reading="サトウ ハナコ",
            rank="gold",
            birth_date=date(1948, 3, 12),
            postcode="158-0094",
            address="東京都世田谷区玉川3丁目17-1 玉川グリーンハイツ 402号室",
            email="hanako.sato@example.jp",
            preferred_channel="call",
            dedicated_agent_id="a1001",
            dedicated_agent_name="鈴木 恵子",
            joined_on=date(2016, 4, 2),
            numbers=[
                CustomerNumber(e164="+81337001234", display="03-3700-1234", label="home"),
                CustomerNumber(e164="+819012345678", display="090-1234-5678", label="mobile"),
            ],
        ),
        sharers=[],
        cautions=[
            Caution(
                caution_id=1,
                severity="critical",
                text="前回の配送事故のお詫びが済んでいません。まずお詫びを。",
                created_at=ago(days=70),
            ),
            Caution(
                caution_id=2,
                severity="notice",
                text="お耳が遠いので、ゆっくり大きな声で。",
                created_at=ago(days=400),
            ),
        ],
        cues=Cues(
            is_first_call=False,
            last_call_at=ago(days=3),
            calls_7d=3,
            preferred_channel="call",
            contacts_total=48,
            orders_total=32,
            amount_total_minor=248000,
            first_order_at=ago(days=3300),
            last_order_at=ago(hours=5),
        ),
        notes=[
            Note(
                note_id=91,
                kind="note",
                is_cut=False,
                updated_at=None,
                text="配達は土曜の午前を希望。変更のお返事は午後4時までにお電話する約束です。",
                author="渡辺 さおり",
                is_pinned=True,
                created_at=ago(days=3),
            ),
            Note(
                note_id=77,
                kind="note",
                is_cut=False,
                updated_at=None,
                text="猫のミケが亡くなられたばかり。猫の話題は避ける。",
                author="鈴木 恵子",
                is_pinned=False,
                created_at=ago(days=31),
            ),
            Note(
                note_id=60,
                kind="note",
                is_cut=False,
                updated_at=None,
                text="深煎りがお好き。酸味のある豆は合わなかったとのこと。",
                author="高橋 由美",
                is_pinned=False,
                created_at=ago(days=131),
            ),
            Note(
                note_id=12,
                kind="note",
                is_cut=False,
                updated_at=None,
                text="お孫さんへの贈り物によくご利用。のしは「御祝」。",
                author=None,
                is_pinned=False,
                created_at=ago(days=700),
            ),
        ],
        orders=_orders(),
        contacts=_contacts(),
        favourites=[
            Favourite(sku="SK-3310", name="白つばき 美容オイル 30ml", added_at=ago(days=12)),
            Favourite(sku="SW-0040", name="栗きんとん 8個入り", added_at=ago(days=200)),
        ],
        suggestions=[
            Suggestion(
                sku="CF-0700",
                name="手挽きコーヒーミル",
                category="珈琲道具",
                price_minor=6600,
                reason=_because("bought_with", product="深煎りブレンド 珈琲豆 500g"),
            ),
            Suggestion(
                sku="SK-2210",
                name="つばき油入り ハンドクリーム",
                category="スキンケア",
                price_minor=1980,
                reason=_because("favourite_like", product="白つばき 美容オイル 30ml"),
            ),
            Suggestion(
                sku="TE-0301",
                name="新茶 知覧 100g",
                category="お茶",
                price_minor=1512,
                reason=_because("popular"),
            ),
        ],
        segment=Segment(stage="repeater", rfm=Rfm(recency=5, frequency=4, monetary=5)),
        due=[
            Due(
                state="due",
                sku="CF-0512",
                name="深煎りブレンド 珈琲豆 500g",
                last_at=ago(days=34),
                due_on=today() - timedelta(days=4),
                cycle_days=30,
            )
        ],
        stop=None,
        answers=[Answer(question="skin", answer=["dry"], answered_at=ago(days=40))],
        products=[
            Product(
                sku=line.sku,
                name=line.name,
                times=times,
                quantity=times * 2,
                amount_minor=amount,
                first_at=ago(days=2000),
                last_at=ago(days=34),
            )
            for line, times, amount in ((COFFEE, 21, 98000), (CREAM, 9, 29700), (TEA, 7, 27216))
        ],
        totals=CardTotals(notes=4, orders=34, contacts=48, products=17, sharers=0),
        assembled_at=now(),
    )


def household() -> Card:
    """Two others use the same number; nothing to warn of; silent for two years."""
    return Card(
        profile=Profile(
            customer_id=5110,
            code="C-0005110",
            name="長谷川 節子",
            reading="ハセガワ セツコ",
            rank="platinum",
            birth_date=birthday_today(1952),
            postcode="604-8005",
            address="京都府京都市中京区恵比須町439",
            email="",
            preferred_channel="letter",
            dedicated_agent_id="a1004",
            dedicated_agent_name="伊藤 真理",
            joined_on=date(2011, 11, 20),
            numbers=[
                CustomerNumber(e164="+81752110000", display="075-211-0000", label="home"),
                CustomerNumber(e164="+81752110001", display="075-211-0001", label="fax"),
            ],
        ),
        sharers=[
            Sharer(
                customer_id=5111,
                name="長谷川 義男",
                reading="ハセガワ ヨシオ",
                rank="silver",
                has_open_order=True,
                last_call_at=ago(days=20),
                last_order_at=ago(days=2),
            ),
            Sharer(
                customer_id=6840,
                name="長谷川 みどり",
                reading="ハセガワ ミドリ",
                rank="regular",
                has_open_order=False,
                last_call_at=ago(days=3),
                last_order_at=None,
            ),
        ],
        cautions=[],
        cues=Cues(
            is_first_call=False,
            last_call_at=ago(days=760),
            calls_7d=0,
            preferred_channel=None,
            contacts_total=9,
            orders_total=14,
            amount_total_minor=193400,
            first_order_at=ago(days=5000),
            last_order_at=ago(days=131),
        ),
        notes=[],
        orders=_orders()[3:],
        contacts=[],
        favourites=[],
        suggestions=[
            Suggestion(
                sku="TE-0102",
                name="八女 深蒸し煎茶 100g",
                category="お茶",
                price_minor=1296,
                reason=_because("replenishment", due_on=today()),
            )
        ],
        segment=Segment(stage="dormant", rfm=Rfm(recency=1, frequency=3, monetary=4)),
        due=[],
        stop=Stop(code="trust_gate", thank_yous=1, thank_yous_needed=3, opens_on=date(2027, 1, 20)),
        answers=[],
        products=[],
        totals=CardTotals(notes=0, orders=14, contacts=9, products=6, sharers=2),
        assembled_at=now(),
    )
