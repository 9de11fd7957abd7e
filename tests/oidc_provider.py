"""A real OpenID Connect provider on loopback, as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from tests.loopback import free_port


@dataclass
class LocalProvider:
    """Lets in whoever is named. ``issuer`` as it spells itself."""

    issuer: str

    async def sign_in(self, url: str, subject: str | None) -> str:
        """Do at the provider's page what a person does; None: refuse. Where the browser is sent then."""
        form = {"sub": subject, "action": "authorize"} if subject is not None else {"action": "deny"}
        async with aiohttp.ClientSession() as browser:
            async with browser.post(url, data=form, allow_redirects=False) as response:
                assert response.status == 302, await response.text()
                return response.headers["Location"]


@asynccontextmanager
async def oidc_provider(*people: dict[str, object]) -> AsyncIterator[LocalProvider]:
    """A provider that knows ``people``, each with ``sub`` and other claims."""
    port = free_port()
    claims = [part for person in people for part in ("--user-claims", json.dumps(person))]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port), *claims),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as browser:
            while True:
                try:
                    async with browser.get(f"{issuer}/.well-known/openid-configuration") as response:
                        yield_issuer = (await response.json())["issuer"]
                        break
                except aiohttp.ClientConnectionError:
                    assert process.returncode is None, "the provider did not start"
                    await asyncio.sleep(0.05)
        yield LocalProvider(yield_issuer)
    finally:
        process.kill()
        await process.wait()
