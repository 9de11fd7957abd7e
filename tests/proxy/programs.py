"""nginx and Caddy, each with the file of config/proxy, on free ports of loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

ProxyName: TypeAlias = Literal["nginx", "caddy"]
PROXIES: tuple[ProxyName, ...] = ("nginx", "caddy")
CONFIG = Path(__file__).resolve().parents[2] / "config" / "proxy"
NAME = "cti.example.jp"
READY_S = 20.0

_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cti.conf;
}}
"""
_CADDY = """
{{
	admin off
	default_bind 127.0.0.1
	http_port {plain}
	https_port {tls}
}}
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the proxy listens, and the bridge behind it."""

    plain: int
    tls: int
    http: int
    push: int


def find_proxy(name: ProxyName) -> str | None:
    """The program's path; Debian has nginx where only root looks."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


@asynccontextmanager
async def proxy(
    name: ProxyName, folder: Path, ports: Ports, certificate: Path, key: Path
) -> AsyncIterator[Path]:
    """The proxy in front of a bridge while the block lasts; its log."""
    program = find_proxy(name)
    assert program is not None, f"no {name}: run tests/setup_system.sh as root on Debian"
    command = [program, *(_nginx(folder, ports, certificate, key) if name == "nginx" else
               _caddy(folder, ports, certificate, key))]  # fmt: skip
    log = folder / "proxy.log"
    home = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out, env=home)
    try:
        await _ready(process, ports.tls, log)
        yield log
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(15):
            await process.wait()


def _put(text: str, *changes: tuple[str, str]) -> str:
    """``text`` with each of ``changes``, all of which must be there to be made."""
    for old, new in changes:
        assert old in text, f"config/proxy no longer says {old!r}"
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, ports: Ports, certificate: Path, key: Path) -> list[str]:
    shipped = (CONFIG / "nginx.conf").read_text(encoding="utf-8")
    (folder / "cti.conf").write_text(
        _put(
            shipped,
            ("listen 80;", f"listen 127.0.0.1:{ports.plain};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{ports.tls} ssl;"),
            ("/etc/ssl/cti/chain.pem", str(certificate)),
            ("/etc/ssl/cti/key.pem", str(key)),
            ("127.0.0.1:8080", f"127.0.0.1:{ports.http}"),
            ("127.0.0.1:8081", f"127.0.0.1:{ports.push}"),
        ),
        encoding="utf-8",
    )
    # As root its workers would become another user, who may not write into the test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user), encoding="utf-8")
    return ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def _caddy(folder: Path, ports: Ports, certificate: Path, key: Path) -> list[str]:
    shipped = (CONFIG / "Caddyfile").read_text(encoding="utf-8")
    placed = _put(
        shipped,
        ("\ncti.example.jp {\n", f"\ncti.example.jp {{\n\ttls {certificate} {key}\n"),
        ("127.0.0.1:8080", f"127.0.0.1:{ports.http}"),
        ("127.0.0.1:8081", f"127.0.0.1:{ports.push}"),
    )
    (folder / "Caddyfile").write_text(
        _CADDY.format(plain=ports.plain, tls=ports.tls) + placed, encoding="utf-8"
    )
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


async def _ready(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until it speaks TLS; ask, because it has no other way to tell."""
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(READY_S):
        while True:
            assert process.returncode is None, log.read_text(encoding="utf-8")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname=NAME)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
