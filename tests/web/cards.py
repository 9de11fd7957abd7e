"""Invented cards: one of each kind an agent may see."""

from __future__ import annotations

from datetime import date

import msgspec

from cti_bridge.lookup.card import (
    Card,
    Caution,
    Contact,
    Cues,
    CustomerNumber,
    Favourite,
    Note,
    Order,
    OrderLine,
    Profile,
    Reason,
    Sharer,
    Suggestion,
)
from tests.web.people import ago, birthday_today, now

COFFEE = OrderLine(sku="CF-0512", name="深煎りブレンド 珈琲豆 500g", quantity=2, unit_price_minor=2480)
FILTER = OrderLine(sku="CF-0907", name="無漂白ペーパーフィルター 100枚", quantity=1, unit_price_minor=540)
CREAM = OrderLine(sku="SK-2201", name="しっとり保湿クリーム 60g", quantity=1, unit_price_minor=3300)
TEA = OrderLine(sku="TE-0103", name="八女 深蒸し煎茶 100g", quantity=3, unit_price_minor=1296)
RICE = OrderLine(sku="RC-0020", name="新潟県産 特別栽培コシヒカリ 5kg", quantity=1, unit_price_minor=4580)


def _orders() -> list[Order]:
    return [
        Order(
            number="W-240518",
            channel="web",
            status="shipped",
            ordered_at=ago(hours=5),
            total_minor=8200,
            lines=[COFFEE, FILTER, CREAM],
        ),
        Order(
            number="T-239902",
            channel="phone",
            status="delivered",
            ordered_at=ago(days=34),
            total_minor=12300,
            lines=[COFFEE, TEA],
        ),
        Order(
            number="F-238121",
            channel="fax",
            status="returned",
            ordered_at=ago(days=72),
            total_minor=4580,
            lines=[RICE],
        ),
        Order(
            number="P-236050",
            channel="postcard",
            status="delivered",
            ordered_at=ago(days=131),
            total_minor=7428,
            lines=[TEA, CREAM],
        ),
        Order(
            number="S-231007",
            channel="shop",
            status="delivered",
            ordered_at=ago(days=420),
            total_minor=3300,
            lines=[CREAM],
        ),
    ]


def _contacts() -> list[Contact]:
    return [
        Contact(
            channel="call",
            direction="in",
            occurred_at=ago(days=3),
            subject="配達日の変更について",
            handled_by="渡辺 さおり",
        ),
        Contact(
            channel="call",
            direction="out",
            occurred_at=ago(days=31),
            subject="到着確認のお礼のお電話",
            handled_by="鈴木 恵子",
        ),
        Contact(
            channel="letter",
            direction="out",
            occurred_at=ago(days=70),
            subject="返品受付のお詫び状",
            handled_by="高橋 由美",
        ),
        Contact(
            channel="email",
            direction="in",
            occurred_at=ago(days=71),
            subject="届いたお米の袋が破れていました",
            handled_by="高橋 由美",
        ),
        Contact(
            channel="shop_visit",
            direction="in",
            occurred_at=ago(days=420),
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
                severity="critical",
                text="前回の配送事故のお詫びが済んでいません。まずお詫びを。",
                created_at=ago(days=70),
            ),
            Caution(severity="notice", text="お耳が遠いので、ゆっくり大きな声で。", created_at=ago(days=400)),
        ],
        cues=Cues(
            is_first_call=False,
            last_call_at=ago(days=3),
            calls_7d=3,
            contacts_total=48,
            orders_total=32,
            amount_total_minor=248000,
            first_order_at=ago(days=3300),
            last_order_at=ago(hours=5),
        ),
        notes=[
            Note(
                note_id=91,
                text="配達は土曜の午前を希望。変更のお返事は午後4時までにお電話する約束です。",
                author="渡辺 さおり",
                is_pinned=True,
                created_at=ago(days=3),
            ),
            Note(
                note_id=77,
                text="猫のミケが亡くなられたばかり。猫の話題は避ける。",
                author="鈴木 恵子",
                is_pinned=False,
                created_at=ago(days=31),
            ),
            Note(
                note_id=60,
                text="深煎りがお好き。酸味のある豆は合わなかったとのこと。",
                author="高橋 由美",
                is_pinned=False,
                created_at=ago(days=131),
            ),
            Note(
                note_id=12,
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
                reason=Reason(code="bought_with", product="深煎りブレンド 珈琲豆 500g"),
            ),
            Suggestion(
                sku="SK-2210",
                name="つばき油入り ハンドクリーム",
                category="スキンケア",
                price_minor=1980,
                reason=Reason(code="favourite_like", product="白つばき 美容オイル 30ml"),
            ),
            Suggestion(
                sku="TE-0301",
                name="新茶 知覧 100g",
                category="お茶",
                price_minor=1512,
                reason=Reason(code="popular", product=None),
            ),
        ],
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
            Sharer(customer_id=5111, name="長谷川 義男", reading="ハセガワ ヨシオ", rank="silver"),
            Sharer(customer_id=6840, name="長谷川 みどり", reading="ハセガワ ミドリ", rank="regular"),
        ],
        cautions=[],
        cues=Cues(
            is_first_call=False,
            last_call_at=ago(days=760),
            calls_7d=0,
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
                sku="TE-0301",
                name="新茶 知覧 100g",
                category="お茶",
                price_minor=1512,
                reason=Reason(code="bought_with", product="八女 深蒸し煎茶 100g"),
            )
        ],
        assembled_at=now(),
    )


def extreme() -> Card:
    """All that is long, many, empty or looks like markup, at once."""
    card = hanako()
    long_name = "ヴォルフガング・アマデウス・クリストファー=山本 長左衛門"
    profile = msgspec.structs.replace(
        card.profile,
        name=long_name,
        reading="ヴォルフガング アマデウス クリストファー ヤマモト チョウザエモン",
        rank="platinum",
        address="<b>北海道</b>天塩郡幌延町字問寒別" + "すごく長い建物名" * 6,
        email="a.very.long.address.that.never.ends.without.a.break@subdomain.of.a.long.example.jp",
        numbers=[CustomerNumber(e164=f"+8190000000{n:02}", display="", label="other") for n in range(6)],
    )
    return msgspec.structs.replace(
        card,
        profile=profile,
        sharers=[
            Sharer(customer_id=n, name=long_name, reading="ヤマモト", rank="silver") for n in range(1, 4)
        ],
        cautions=[
            Caution(severity=severity, text="<script>alert(1)</script>" + "注意" * 40, created_at=ago(days=1))
            for severity in ("notice", "warning", "critical")
        ],
        notes=[msgspec.structs.replace(card.notes[0], note_id=n, text="長いメモ" * 40) for n in range(3)],
        orders=[
            msgspec.structs.replace(card.orders[0], number=f"X{n}", total_minor=10**10) for n in range(3)
        ],
        suggestions=[msgspec.structs.replace(each, name=each.name * 5) for each in card.suggestions],
    )
