"""OpenID Connect: whom a provider says somebody is, by the authorization code flow with PKCE.

Source: OpenID Connect Core 1.0, 3.1; Discovery 1.0, 4; RFC 7636; RFC 9700.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote_plus

import aiohttp
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.settings import OidcSettings

SETTING: Final = "oidc.issuer"
# A person waits, and a provider's page is no faster.
TIMEOUT_S: Final = 5.0
LEEWAY_S: Final = 60
# None of these proves anything with a secret that both sides have, and "none" is not among them.
_ALGORITHMS: Final = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)] + ["EdDSA"]
_FAULTS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Proof(msgspec.Struct, frozen=True):
    """What only one sign-in knows, and the provider's answer is bound to."""

    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Proof:
        """One for one sign-in."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(48))


@dataclass(frozen=True, slots=True)
class Proven:
    """The provider vouches for somebody of this login."""

    login: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """The answer proves nothing; ``reason`` is for the log."""

    reason: str


Outcome: TypeAlias = Proven | Unproven


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct):
    id_token: str


class Provider:
    """One provider. Its documents are read when first needed, its keys again when one is not known.

    Every method that asks it raises :class:`Unavailable` when it does not answer as a provider does.
    """

    def __init__(self, settings: OidcSettings, redirect_uri: str, clock: Clock) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._metadata: _Metadata | None = None
        self._keys: KeySet | None = None

    async def authorization_url(self, state: str, proof: Proof) -> str:
        """Where the browser goes to sign in."""
        metadata = await self._described()
        url: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            self._settings.client_id,
            "code",
            self._redirect_uri,
            list(self._settings.scopes),
            state,
            nonce=proof.nonce,
            code_challenge=create_s256_code_challenge(proof.verifier),
            code_challenge_method="S256",
        )
        return url

    async def redeem(self, code: str, proof: Proof) -> Outcome:
        """Whom the code that came back stands for."""
        metadata = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": proof.verifier,
        }
        headers = {}
        secret = self._settings.client_secret.get_secret_value()
        if secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            # Source: RFC 6749, 2.3.1.
            both = f"{quote_plus(self._settings.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {b64encode(both.encode()).decode()}"
        else:
            form["client_id"] = self._settings.client_id
            if secret:
                form["client_secret"] = secret
        status, body = await _ask("POST", metadata.token_endpoint, data=form, headers=headers)
        if status != 200:
            return Unproven(f"the token endpoint answered {status}")
        try:
            tokens = msgspec.json.decode(body, type=_Tokens)
        except msgspec.DecodeError as error:
            return Unproven(f"the token endpoint's answer: {error}")
        return await self._judge(tokens.id_token, proof)

    async def _judge(self, id_token: str, proof: Proof) -> Outcome:
        claims = jwt.JWTClaimsRegistry(
            now=int(self._clock.now_s()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            nonce={"essential": True, "value": proof.nonce},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            token = await self._decode(id_token)
            claims.validate(token)
        except (JoseError, ValueError) as error:
            return Unproven(f"the ID token: {error}")
        is_for_several = isinstance(token["aud"], list) and len(token["aud"]) > 1
        if token.get("azp", None if is_for_several else self._settings.client_id) != self._settings.client_id:
            return Unproven("the ID token is meant for another client")
        login = token.get(self._settings.login_claim)
        if not isinstance(login, str) or not login:
            return Unproven(f"the ID token has no text in the claim {self._settings.login_claim}")
        return Proven(login)

    async def _decode(self, id_token: str) -> dict[str, Any]:
        """The claims, signed by a key of the provider's. Keys change: they are asked for once more."""
        is_fresh = self._keys is None
        try:
            return jwt.decode(id_token, await self._signed_by(), algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            if is_fresh:
                raise
        self._keys = None
        return jwt.decode(id_token, await self._signed_by(), algorithms=_ALGORITHMS).claims

    async def _signed_by(self) -> KeySet:
        if self._keys is None:
            _, body = await _ask("GET", (await self._described()).jwks_uri)
            try:
                self._keys = KeySet.import_key_set(msgspec.json.decode(body))
            except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
                raise Unavailable(SETTING, f"its keys cannot be read: {error}") from error
        return self._keys

    async def _described(self) -> _Metadata:
        if self._metadata is None:
            address = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            status, body = await _ask("GET", address)
            try:
                metadata = msgspec.json.decode(body, type=_Metadata)
            except msgspec.DecodeError as error:
                raise Unavailable(SETTING, f"{address} answered {status}, no description: {error}") from error
            if metadata.issuer != self._settings.issuer:
                raise Unavailable(SETTING, f"the provider calls itself {metadata.issuer}; write it like that")
            self._metadata = metadata
        return self._metadata


async def _ask(method: str, url: str, **options: Any) -> tuple[int, bytes]:
    """One request in a session of its own: some a day, and none leaves anything open."""
    try:
        async with asyncio.timeout(TIMEOUT_S), aiohttp.ClientSession() as session:
            async with session.request(method, url, allow_redirects=False, **options) as response:
                return response.status, await response.read()
    except _FAULTS as error:
        cause = " ".join(str(error).split()) or type(error).__name__
        raise Unavailable(SETTING, f"does not answer: {cause}") from error
