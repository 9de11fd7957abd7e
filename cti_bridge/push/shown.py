"""One offer as a screen shows it, and as it goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from cti_bridge.board.rows import CallerInfo
from cti_bridge.calls.views import CallView, OfferView
from cti_bridge.clock import as_utc
from cti_bridge.lookup.card import Lookup
from cti_bridge.push.envelope import CallInfo, Offer

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Shown:
    """One offer on one screen. ``card`` is JSON as the store made it, never decoded here.

    ``call``, ``queue_label`` and ``transferred_by`` are as the screen was last
    told them, so that a snapshot says no more than the messages did.
    """

    call: CallView
    offer: OfferView
    queue_label: str | None
    transferred_by: str | None
    lookup: Lookup
    card: bytes | None


def as_json(shown: Shown, card: bytes | None) -> bytes:
    """An offer as JSON, composed around the bytes of ``card``: decoding them would cost 30 µs."""
    call, offer = shown.call, shown.offer
    head = _encode(
        Offer(
            offer_id=offer.offer_id,
            state=offer.state,
            call=_info(call, shown.queue_label),
            transferred_by=shown.transferred_by,
            rang_at=as_utc(offer.rang_at_s),
            answered_at=_utc(offer.answered_at_s),
            held_at=_utc(offer.held_at_s),
            ended_at=_utc(offer.ended_at_s),
            lookup=shown.lookup,
            card=None,
        )
    )
    return head.removesuffix(b"null}") + (card or b"null") + b"}"


def _info(call: CallView, queue_label: str | None) -> CallInfo:
    return CallInfo(
        call_id=call.call_id,
        pbx=call.pbx,
        direction=call.direction,
        caller=CallerInfo(
            kind=call.caller.kind,
            e164=call.caller.e164,
            display=call.caller.display,
            name=call.caller_name,
        ),
        dialled=call.dialled,
        queue=queue_label,
        started_at=as_utc(call.started_at_s),
        queued_at=_utc(call.queued_at_s),
        is_recorded=call.is_recorded,
        is_recording_muted=call.is_recording_muted,
    )


def _utc(at_s: float | None) -> datetime | None:
    return None if at_s is None else as_utc(at_s)
