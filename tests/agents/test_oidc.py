"""What a provider's answer proves: with a real provider, and with forged answers of a false one."""

from __future__ import annotations

import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from cti_bridge.agents.oidc import Outcome, Proof, Proven, Provider, Unproven
from cti_bridge.clock import Clock
from cti_bridge.errors import Unavailable
from cti_bridge.settings import OidcSettings
from tests.loopback import free_port
from tests.oidc_provider import oidc_provider

BACK = "https://cti.example.jp/api/session/oidc/callback"
NOW_S = int(time.time())


async def test_a_real_provider_vouches() -> None:
    async with oidc_provider({"sub": "u1", "preferred_username": "hanako"}) as local:
        settings = OidcSettings(issuer=local.issuer, client_id="cti-bridge", client_secret="secret")
        provider, proof = Provider(settings, BACK, Clock()), Proof.new()
        url = await provider.authorization_url("the-state", proof)
        back = await local.sign_in(url, "u1")
        assert back.startswith(BACK)
        query = parse_qs(urlsplit(back).query)
        assert query["state"] == ["the-state"]
        assert await provider.redeem(query["code"][0], proof) == Proven("hanako")
        assert isinstance(await provider.redeem(query["code"][0], proof), Unproven)  # a code is good once
        code = parse_qs(urlsplit(await local.sign_in(url, "u1")).query)["code"][0]
        assert isinstance(await provider.redeem(code, Proof.new()), Unproven)


@dataclass
class FalseProvider:
    """A provider that says whatever a test wants."""

    port: int = field(default_factory=free_port)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signer: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    token_answer: bytes | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    proof: Proof = field(default_factory=Proof.new)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def provider(self) -> Provider:
        settings = OidcSettings(issuer=self.issuer, client_id="cti", client_secret="秘", login_claim="email")
        return Provider(settings, BACK, Clock(now_s=lambda: float(NOW_S)))

    async def redeem(self) -> Outcome:
        return await self.provider().redeem("code", self.proof)

    async def _describe(self, request: web.Request) -> web.Response:
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return web.json_response(described | self.metadata)

    async def _keys(self, request: web.Request) -> web.Response:
        return web.json_response(KeySet([self.key]).as_dict())

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.asked.append((request.headers.get("Authorization", ""), str(form.get("client_secret", ""))))
        if self.token_answer is not None:
            return web.Response(body=self.token_answer)
        claims = {
            "iss": self.issuer,
            "aud": "cti",
            "sub": "u1",
            "nonce": self.proof.nonce,
            "iat": NOW_S,
            "exp": NOW_S + 300,
            "email": "hanako@example.jp",
        } | self.claims
        said = {name: value for name, value in claims.items() if value is not None}
        key = self.signer or self.key
        token = jwt.encode({"alg": "RS256", "kid": key.kid} | self.header, said, key)
        return web.json_response({"id_token": token, "access_token": "x", "token_type": "Bearer"})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()


@pytest.fixture
async def false() -> AsyncIterator[FalseProvider]:
    provider = FalseProvider()
    async with provider.running():
        yield provider


async def test_what_is_right_is_believed(false: FalseProvider) -> None:
    assert await false.redeem() == Proven("hanako@example.jp")
    url = await false.provider().authorization_url("s", false.proof)
    query = parse_qs(urlsplit(url).query)
    assert query["tenant"] == ["1"]
    assert query["nonce"] == [false.proof.nonce]
    assert query["code_challenge_method"] == ["S256"]
    assert false.proof.verifier not in url


async def test_the_secret_goes_where_the_provider_wants_it(false: FalseProvider) -> None:
    await false.redeem()
    false.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await false.redeem()
    [(basic, nothing), (none, posted)] = false.asked
    assert (basic.startswith("Basic "), nothing, none, posted) == (True, "", "", "秘")


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "somebody else"},
        {"aud": ["cti", "another"]},
        {"azp": "another"},
        {"exp": NOW_S - 3600},
        {"exp": None},
        {"iat": NOW_S + 3600},
        {"email": None},
        {"email": ""},
        {"email": ["hanako"]},
    ],
    ids=str,
)
async def test_what_is_wrong_proves_nothing(false: FalseProvider, claims: dict[str, Any]) -> None:
    false.claims = claims
    assert isinstance(await false.redeem(), Unproven)


async def test_several_audiences_need_a_party(false: FalseProvider) -> None:
    false.claims = {"aud": ["cti", "another"], "azp": "cti"}
    assert await false.redeem() == Proven("hanako@example.jp")


async def test_a_strangers_signature_proves_nothing(false: FalseProvider) -> None:
    false.signer = RSAKey.generate_key(2048, {"kid": "one"})
    assert isinstance(await false.redeem(), Unproven)


async def test_a_new_key_is_asked_for(false: FalseProvider) -> None:
    provider = false.provider()
    assert await provider.redeem("code", false.proof) == Proven("hanako@example.jp")
    false.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert await provider.redeem("code", false.proof) == Proven("hanako@example.jp")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"id_token":1}',
        b'{"id_token":""}',
        b'{"id_token":"a.b.c"}',
        b'{"id_token":"e30.e30."}',
    ],
)
async def test_an_answer_that_is_none_proves_nothing(false: FalseProvider, answer: bytes) -> None:
    false.token_answer = answer
    assert isinstance(await false.redeem(), Unproven)


async def test_an_unsigned_token_proves_nothing(false: FalseProvider) -> None:
    header, claims = msgspec.json.encode({"alg": "none"}), msgspec.json.encode({"email": "hanako"})

    def part(text: bytes) -> str:
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode()

    false.token_answer = msgspec.json.encode({"id_token": f"{part(header)}.{part(claims)}."})
    assert isinstance(await false.redeem(), Unproven)


@pytest.mark.parametrize(
    "metadata",
    [{"issuer": "https://evil.example"}, {"token_endpoint": None}, {"jwks_uri": "http://127.0.0.1:1/"}],
)
async def test_a_provider_that_is_not_as_it_should_be_is_away(
    false: FalseProvider, metadata: dict[str, Any]
) -> None:
    false.metadata = metadata
    with pytest.raises(Unavailable, match=r"oidc\.issuer"):
        await false.redeem()


async def test_a_provider_that_is_not_there_is_away() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await FalseProvider().redeem()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example.jp", "client_id": "x"},
        {"issuer": "login.example.jp", "client_id": "x"},
        {"issuer": "https://login.example.jp"},
        {"issuer": "https://login.example.jp", "client_id": "x", "scopes": ["email"]},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        OidcSettings.model_validate(wrong)
