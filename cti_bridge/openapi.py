"""Writes the description of the HTTP API, the same page that a bridge serves at ``/api/openapi.json``.

``python -m cti_bridge.openapi > docs/openapi.json`` writes the file; with
``--check`` it writes nothing and fails when the committed file is not what
would be written. The endpoints are those of a bridge that is built and never
begun, so that none can be forgotten here.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from cti_bridge import __version__, generated
from cti_bridge.api.openapi import openapi
from cti_bridge.bridge import endpoints_of
from cti_bridge.json_schema import text_of
from cti_bridge.settings import ProxyLoginSettings, Settings, StorageSettings

TARGET = generated.ROOT / "docs" / "openapi.json"

_MODULE = "cti_bridge.openapi"
# Addresses that are never asked: with them nothing is started either.
_NO_POSTGRES, _NO_REDIS = "postgresql://127.0.0.1:1/none", "redis://127.0.0.1:1/0"

# Without a shop there would be no proxy login to describe.
_SHOP = "https://shop.example.jp/proxy-login"


def generate() -> str:
    """The whole of ``openapi.json``."""
    with tempfile.TemporaryDirectory() as folder:
        storage = StorageSettings(data_dir=Path(folder), postgres_url=_NO_POSTGRES, redis_url=_NO_REDIS)
        settings = Settings(storage=storage, proxy_login=ProxyLoginSettings(shop_url=_SHOP))
        endpoints = asyncio.run(endpoints_of(settings))
    return text_of(openapi(endpoints, __version__))


def main(arguments: list[str]) -> int:
    """Exit code: 1 when ``--check`` finds the committed file out of date, 2 on a wrong argument."""
    return generated.write_or_check(arguments, _MODULE, TARGET, generate)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
