import pytest

from cti_bridge.origins import origin_of, page_origins
from cti_bridge.settings import HttpSettings


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cti.example.jp", "https://cti.example.jp"),
        ("https://CTI.Example.jp:443/push/?a=1", "https://cti.example.jp"),
        ("http://cti.example.jp:80", "http://cti.example.jp"),
        ("http://cti.example.jp:443", "http://cti.example.jp:443"),
        ("wss://cti.example.jp/push", "wss://cti.example.jp"),
        ("ws://10.0.0.5:8081/", "ws://10.0.0.5:8081"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_loopback_both_names_are_ours(host: str) -> None:
    origins = page_origins(HttpSettings(host=host, port=8080))
    assert origins == {"http://127.0.0.1:8080", "http://localhost:8080"}


def test_elsewhere_only_the_one_address_is() -> None:
    assert page_origins(HttpSettings(host="10.0.0.5", port=80)) == {"http://10.0.0.5"}
    public = HttpSettings(public_url="https://cti.example.jp/")
    assert page_origins(public) == {"https://cti.example.jp"}
