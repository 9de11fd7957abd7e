"""Signing in by an OpenID Connect provider."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from cti_bridge.settings.section import Section

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OidcSettings(Section):
    """``issuer``: the provider's address, as its own documents spell it; empty for none.

    ``login_claim``: which of its claims is the login of the roster. ``label``: what
    the button on the sign-in page calls the provider.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    login_claim: Annotated[str, Field(pattern=r"^[A-Za-z0-9_:./-]{1,120}$")] = "preferred_username"
    scopes: tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]{1,80}$")], ...] = ("openid", "profile", "email")
    label: Annotated[str, Field(max_length=40)] = "SSO"

    @field_validator("issuer")
    @classmethod
    def _safe(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if issuer and not (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        ):
            raise ValueError("must begin with https://; http:// is for loopback only")
        return issuer

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("client_id is missing; the provider gave you one")
        if self.issuer and "openid" not in self.scopes:
            raise ValueError('scopes must contain "openid"')
        return self
