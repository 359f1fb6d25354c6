"""How a client's requests and answers look to httpx2, and why one was lost.

Filings go to the address that was given and nowhere else: proxies, passwords (.netrc) and
certificates that the environment names are not used, and no redirect is followed. httpx2's
transports are used without its client, which would log addresses, and with them what is looked up.
"""

from __future__ import annotations

import httpx2

from cpc_classifier.client_address import Address
from cpc_classifier.client_calls import Answer
from cpc_classifier.client_retry import Lost, Send

__all__ = ["answer_of", "lost", "plain_async_transport", "plain_transport", "request_of"]

_CONNECT_S = 10.0


def plain_transport() -> httpx2.HTTPTransport:
    """Connections that ask the environment for nothing."""
    return httpx2.HTTPTransport(trust_env=False)


def plain_async_transport() -> httpx2.AsyncHTTPTransport:
    """The same for an event loop."""
    return httpx2.AsyncHTTPTransport(trust_env=False)


def request_of(address: Address, step: Send) -> httpx2.Request:
    """What is sent."""
    call, left = step.call, step.patience_s
    headers = dict(address.headers)
    if call.body:
        headers["Content-Type"] = call.media_type
    timeout = httpx2.Timeout(left, connect=min(left, _CONNECT_S)).as_dict()
    return httpx2.Request(
        call.method,
        address.url + call.path,
        headers=headers,
        content=call.body or None,
        extensions={"timeout": timeout},
    )


def answer_of(response: httpx2.Response, body: bytes) -> Answer:
    """What came back."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, body)


def lost(error: httpx2.RequestError) -> Lost:
    """Why no answer came; the words of an error stay out once something was sent."""
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout)):
        return Lost(f"no connection ({str(error) or type(error).__name__})")
    if isinstance(error, httpx2.TimeoutException):
        return Lost("no answer in time")
    return Lost(f"the connection broke ({type(error).__name__})")
