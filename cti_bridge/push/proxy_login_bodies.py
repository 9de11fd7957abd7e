"""Bodies of proxy login: what the page, and what the shop's server, sends and gets."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class _Body(msgspec.Struct, frozen=True):
    pass


class ProxyLoginRequest(_Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/proxy-logins: open the shop as this customer, with whom I am talking."""

    customer_id: int
    call_id: str


class ProxyLoginCode(_Body, frozen=True, kw_only=True):
    """The code, to be posted as the field ``code`` to ``shop_url`` within ``expires_in_s``."""

    code: str
    shop_url: str
    expires_in_s: int


class ProxyLoginRedemption(_Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/proxy-logins/redeem, sent by the shop's server with its token."""

    code: str


class ProxyLoginGrant(_Body, frozen=True, kw_only=True):
    """Who is in whose place, and whether still. A banner names ``agent_name`` as long as it is so."""

    grant_id: str
    is_active: bool
    customer_code: str
    agent_id: str
    agent_name: str
    call_id: str
    ended_at: datetime | None
    end_reason: Literal["call_ended", "signed_out", "too_old"] | None
