"""From where a request comes: what a proxy of ours says, and nothing that a browser makes up."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from cti_bridge.api.forwarded import client_address
from cti_bridge.settings import HttpSettings


@pytest.mark.parametrize(
    ("trusted", "lines", "address"),
    [
        ([], [], "10.0.0.2"),
        ([], ["203.0.113.9"], "10.0.0.2"),
        (["10.0.0.2"], [], "10.0.0.2"),
        (["10.0.0.2"], ["203.0.113.9"], "203.0.113.9"),
        (["10.0.0.2"], ["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (["10.0.0.2"], ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        (["10.0.0.2", "10.0.0.3"], ["1.1.1.1, 203.0.113.9, 10.0.0.3"], "203.0.113.9"),
        (["10.0.0.2", "10.0.0.3"], ["10.0.0.3"], "10.0.0.3"),
        (["10.0.0.2"], ["2001:db8::1"], "2001:db8::1"),
        (["10.0.0.2"], ["nonsense"], "nonsense"),
    ],
)
def test_where_it_comes_from(trusted: list[str], lines: list[str], address: str) -> None:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in lines])
    request = make_mocked_request("POST", "/", headers=headers)
    request._cache["remote"] = None
    request = request.clone(remote="10.0.0.2")
    http = HttpSettings.model_validate({"trusted_proxies": trusted})
    assert client_address(request, http) == address
