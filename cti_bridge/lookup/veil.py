"""What a ringing agent may see of a card before answering: all of it, a masked one, or the name alone.

Cautions are never covered: they are there for the agent's safety. Decoding
and encoding a card takes some 60 µs, and only where something is covered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from cti_bridge.lookup.card import Card, CardTotals, CustomerNumber, Sharer

How: TypeAlias = Literal["all", "masked", "name_only"]

COVER = "＊"
_SHOWN_DIGITS = 2

_decode = msgspec.json.Decoder(Card).decode
_encode = msgspec.json.Encoder().encode


def veil_for(how: How) -> Callable[[bytes], bytes] | None:
    """What covers a card; None where nothing is covered."""
    match how:
        case "all":
            return None
        case "masked":
            return masked
        case "name_only":
            return name_only


def masked(card: bytes) -> bytes:
    """``card`` with the name's first letter, the last two digits of numbers, rank, stage and cues."""
    whole = _decode(card)
    profile = whole.profile
    covered = msgspec.structs.replace(
        profile,
        code="",
        name=_first_letters(profile.name),
        reading=_first_letters(profile.reading),
        birth_date=None,
        postcode="",
        address="",
        email="",
        numbers=[
            CustomerNumber(e164="", display=_last_digits(number.display or number.e164), label=number.label)
            for number in profile.numbers
        ],
    )
    sharers = [
        Sharer(
            customer_id=one.customer_id,
            name=_first_letters(one.name),
            reading=_first_letters(one.reading),
            rank=one.rank,
            has_open_order=one.has_open_order,
            last_call_at=one.last_call_at,
            last_order_at=one.last_order_at,
        )
        for one in whole.sharers
    ]
    return _encode(
        msgspec.structs.replace(
            _bare(whole), profile=covered, cues=whole.cues, segment=whole.segment, sharers=sharers
        )
    )


def name_only(card: bytes) -> bytes:
    """``card`` with name, reading, rank and cautions alone."""
    whole = _decode(card)
    profile = msgspec.structs.replace(
        whole.profile, code="", birth_date=None, postcode="", address="", email="", numbers=[]
    )
    return _encode(msgspec.structs.replace(_bare(whole), profile=profile))


def _bare(whole: Card) -> Card:
    """Without anything that was bought, said or noted."""
    cues = msgspec.structs.replace(
        whole.cues,
        is_first_call=False,
        last_call_at=None,
        calls_7d=0,
        preferred_channel=None,
        contacts_total=0,
        orders_total=0,
        amount_total_minor=0,
        first_order_at=None,
        last_order_at=None,
    )
    return msgspec.structs.replace(
        whole,
        cues=cues,
        segment=None,
        notes=[],
        due=[],
        stop=None,
        suggestions=[],
        sharers=[],
        answers=[],
        orders=[],
        contacts=[],
        products=[],
        favourites=[],
        totals=CardTotals(notes=0, orders=0, contacts=0, products=0, sharers=whole.totals.sharers),
    )


def _first_letters(name: str) -> str:
    """The first letter of the whole; of the rest that it is there."""
    parts = name.split()
    if not parts:
        return ""
    return " ".join([parts[0][0] + COVER, *(COVER * 2 for _ in parts[1:])])


def _last_digits(number: str) -> str:
    digits = [one for one in number if one.isdigit()]
    return COVER * 4 + "".join(digits[-_SHOWN_DIGITS:])
