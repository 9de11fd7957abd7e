"""The demo's own shop, as small as one can be: it takes a proxy login and says in whose place one is.

It is another system: it talks to the bridge over HTTP with a token, and asks
before each page whether the grant still holds.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
from aiohttp import web

from cti_bridge.intake.tokens import Tokens
from cti_bridge.settings import Settings

COOKIE = "demo_shop"
_TIMEOUT = aiohttp.ClientTimeout(total=5)

_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 18px/1.6 "Noto Sans JP", "Noto Sans CJK JP", sans-serif; margin: 0; color: #1a1a1c }}
.banner {{ background: #7a1f00; color: #fff; padding: .75rem 1.25rem; font-weight: 700 }}
.over {{ background: #4d4d4d }}
main {{ max-width: 40rem; margin: 2rem auto; padding: 0 1.25rem }}
</style>
<p class="banner {mood}" role="status" data-testid="banner">{banner}</p>
<main><h1>{title}</h1>{body}</main></html>"""

_WORDS = {
    "ja": {
        "title": "架空屋オンラインショップ(デモ)",
        "acting": "代理操作中 — 担当 {agent} が {customer} 様としてご利用中です",
        "over": "代理操作は終わりました。お電話が終わったか、サインアウトしました。",
        "refused": "このリンクは使えません。カードのボタンから開き直してください。",
        "nobody": "ご注文はお電話でどうぞ。",
        "cart": "お客様番号 {code} のお買い物かごは空です。",
        "leave": "代理操作を終える",
    },
    "en": {
        "title": "Kakuya online shop (demo)",
        "acting": "Acting for a customer — {agent} is here as {customer}",
        "over": "That is over: the call has ended, or you signed out.",
        "refused": "This link is of no use. Please open the shop again from the card.",
        "nobody": "Orders are taken by telephone.",
        "cart": "The basket of customer {code} is empty.",
        "leave": "Stop acting for the customer",
    },
}


@dataclass(slots=True)
class DemoShop:
    """``bridge``: its origin; ``name_of``: what the shop's own records call a customer, by code."""

    bridge: str
    token: str
    name_of: Callable[[str], Awaitable[str]]
    _grants: dict[str, str] = field(default_factory=dict)

    def application(self) -> web.Application:
        """What the shop serves."""
        app = web.Application()
        app.router.add_get("/", self._home)
        app.router.add_post("/proxy-login", self._log_in)
        app.router.add_post("/leave", self._leave)
        return app

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        grant = await self._ask("POST", "/redeem", {"code": str(form.get("code", ""))})
        if grant is None:
            return self._page(request, "refused", is_over=True)
        session = secrets.token_urlsafe(24)
        self._grants[session] = grant["grant_id"]
        response = web.Response(status=303, headers={"Location": "/"})
        # Lax: the page that follows was begun on the bridge's.
        response.set_cookie(COOKIE, session, httponly=True, samesite="Lax")
        return response

    async def _home(self, request: web.Request) -> web.Response:
        grant_id = self._grants.get(request.cookies.get(COOKIE, ""))
        if grant_id is None:
            return self._page(request, "nobody")
        grant = await self._ask("GET", f"/{grant_id}")
        if grant is None or not grant["is_active"]:
            return self._page(request, "over", is_over=True)
        words, code = _WORDS[_language(request)], grant["customer_code"]
        customer = await self.name_of(code)
        return _html(
            request,
            words["acting"].format(agent=grant["agent_name"], customer=customer),
            f"<p>{escape(words['cart'].format(code=code))}</p>"
            f'<form method="post" action="/leave"><button>{escape(words["leave"])}</button></form>',
        )

    async def _leave(self, request: web.Request) -> web.Response:
        grant_id = self._grants.get(request.cookies.get(COOKIE, ""))
        if grant_id is not None:
            await self._ask("DELETE", f"/{grant_id}")
        return web.Response(status=303, headers={"Location": "/"})

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.bridge}/api/proxy-logins{path}"
        async with aiohttp.ClientSession(timeout=_TIMEOUT, headers=headers) as session:
            async with session.request(method, url, json=body) as response:
                return await response.json() if response.status == 200 else None

    def _page(self, request: web.Request, what: str, *, is_over: bool = False) -> web.Response:
        return _html(request, _WORDS[_language(request)][what], "", is_over=is_over)


@asynccontextmanager
async def open_shop(settings: Settings, pool: asyncpg.Pool) -> AsyncIterator[None]:
    """The shop at the address of the settings, with a token of its own, until the block ends.

    Raises: OSError when the port cannot be opened.
    """
    address = urlsplit(settings.proxy_login.shop_url)
    token = await Tokens(pool).create(settings.proxy_login.source)

    async def name_of(code: str) -> str:
        return str(await pool.fetchval("select name from customer where code = $1", code) or code)

    shop = DemoShop(settings.http.origin(), token, name_of)
    runner = web.AppRunner(shop.application(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, address.hostname, address.port).start()
        yield
    finally:
        await runner.cleanup()


def _language(request: web.Request) -> str:
    return "en" if request.headers.get("Accept-Language", "").lower().startswith("en") else "ja"


def _html(request: web.Request, banner: str, body: str, *, is_over: bool = False) -> web.Response:
    language = _language(request)
    page = _PAGE.format(
        language=language,
        title=escape(_WORDS[language]["title"]),
        banner=escape(banner),
        mood="over" if is_over else "",
        body=body,
    )
    return web.Response(text=page, content_type="text/html", headers={"Cache-Control": "no-store"})
