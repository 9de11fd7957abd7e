"""Cards for what is rare: chosen people, a complaint, a covered card, texts of every length."""

from __future__ import annotations

from typing import Literal

import msgspec

from cti_bridge.lookup.card import Card, Caution, CustomerNumber, Stop
from cti_bridge.lookup.veil import masked
from tests.web.cards import hanako, household
from tests.web.people import ago

_SEVERITIES: tuple[Literal["notice", "warning", "critical"], ...] = ("notice", "warning", "critical")


def somebody(customer_id: int) -> Card:
    """Whoever is chosen: a household's member by name, else somebody without history."""
    others = {one.customer_id: (one.name, one.reading) for one in household().sharers}
    name, reading = others.get(customer_id, ("神奈川 一郎", "カナガワ イチロウ"))
    card = household()
    profile = msgspec.structs.replace(
        card.profile,
        customer_id=customer_id,
        code=f"C-{customer_id:07}",
        name=name,
        reading=reading,
        rank="regular",
        birth_date=None,
    )
    return msgspec.structs.replace(card, profile=profile, sharers=[])


def complaining() -> Card:
    """Somebody whose complaint is not settled: nothing may be offered."""
    card = hanako()
    contacts = [
        msgspec.structs.replace(one, is_open=one.kind == "complaint") for one in reversed(card.contacts)
    ]
    return msgspec.structs.replace(
        card,
        contacts=contacts,
        suggestions=[],
        stop=Stop(code="open_complaint", thank_yous=2, thank_yous_needed=3, opens_on=None),
    )


def covered(card: Card) -> Card:
    """As the server covers it while it rings."""
    return msgspec.json.decode(masked(msgspec.json.encode(card)), type=Card)


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
            msgspec.structs.replace(
                household().sharers[0], customer_id=n, name=long_name, reading="ヤマモト" * 4
            )
            for n in range(1, 7)
        ],
        cautions=[
            Caution(
                caution_id=number,
                severity=severity,
                text="<script>alert(1)</script>" + "注意" * 40,
                created_at=ago(days=1),
            )
            for number, severity in enumerate(_SEVERITIES)
        ],
        notes=[msgspec.structs.replace(card.notes[0], note_id=n, text="長いメモ" * 40) for n in range(3)],
        orders=[
            msgspec.structs.replace(card.orders[0], number=f"X{n}", total_minor=10**10) for n in range(3)
        ],
        suggestions=[msgspec.structs.replace(each, name=each.name * 5) for each in card.suggestions],
    )
