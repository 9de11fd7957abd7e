"""From where a request comes when a proxy stands in front."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from cti_bridge.settings import HttpSettings


def client_address(request: web.Request, http: HttpSettings) -> str:
    """The browser's address: the last one named that is no proxy of ours.

    What stands before that in X-Forwarded-For the browser may have made up, so
    it is not read. Source: RFC 7239, 8.1.
    """
    hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    address = request.remote or ""
    while hops and _is_one_of(address, http):
        address = hops.pop()
    return address


def _is_one_of(address: str, http: HttpSettings) -> bool:
    try:
        return ipaddress.ip_address(address) in http.trusted_proxies
    except ValueError:
        return False
