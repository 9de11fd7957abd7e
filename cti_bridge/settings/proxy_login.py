"""Opening the shop as the customer who calls (代理ログイン)."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from cti_bridge.settings.section import Section

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ProxyLoginSettings(Section):
    """``shop_url``: the shop's page that takes the code, by POST; empty for none.

    ``source``: the system whose token redeems codes; ``code_s``: how long a code is
    good; ``grant_s``: how long the shop may be used in any case.
    """

    shop_url: str = ""
    source: Annotated[str, Field(max_length=64)] = "shop"
    code_s: Annotated[int, Field(ge=5, le=600)] = 60
    grant_s: Annotated[int, Field(ge=60, le=86_400)] = 14_400

    @model_validator(mode="after")
    def _safe(self) -> Self:
        parts = urlsplit(self.shop_url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if self.shop_url and not (is_safe and parts.hostname):
            raise ValueError("shop_url must begin with https://; http:// is for loopback only")
        if self.shop_url and (parts.query or parts.fragment):
            raise ValueError("shop_url must have no ? and no #: the code is posted, and stands in no address")
        return self
