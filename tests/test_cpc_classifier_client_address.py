from __future__ import annotations

import pytest

from cpc_classifier.client_address import address_of
from cpc_classifier.errors import BadRequestError

KEY = "zanzibarquokka"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("https://cpc.example/", "https://cpc.example"),
        ("https://cpc.example/a/b/", "https://cpc.example/a/b"),
        ("http://[::1]:3000/", "http://[::1]:3000"),
    ],
)
def test_an_address_loses_its_last_slash(url: str, expected: str) -> None:
    assert address_of(url, None, False).url == expected


@pytest.mark.parametrize(
    "url",
    [
        "", "cpc.example", "localhost:3000", "ftp://cpc.example", "https://", "no address",
        f"https://user:{KEY}@cpc.example/", f"https://cpc.example/?key={KEY}",
        f"https://cpc.example/#{KEY}", "http://[::1", "http://a:b/", "a\x00b",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        address_of(url, None, False)
    assert KEY not in caught.value.message


@pytest.mark.parametrize("host", ["localhost", "cpc.localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_a_key_goes_over_plain_http_on_this_machine(host: str) -> None:
    address = address_of(f"http://{host}:3000", KEY, False)
    assert address.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(address)


@pytest.mark.parametrize("host", ["cpc.example", "10.0.0.1", "127.0.0.1.example", "[fe80::1]"])
def test_a_key_goes_to_another_machine_encrypted_or_as_wished(host: str) -> None:
    with pytest.raises(BadRequestError, match="unencrypted") as caught:
        address_of(f"http://{host}", KEY, False)
    assert KEY not in caught.value.message
    assert address_of(f"http://{host}", KEY, True).headers["Authorization"]
    assert address_of(f"https://{host}", KEY, False).headers["Authorization"]
    assert "Authorization" not in address_of(f"http://{host}", None, False).headers


@pytest.mark.parametrize("key", ["", "a b", f"{KEY}\r\nX: y", "clé", "a\x7f"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(BadRequestError, match="the key is empty") as caught:
        address_of("https://cpc.example", key, False)
    assert not key or key not in caught.value.message
