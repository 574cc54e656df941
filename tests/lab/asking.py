"""Requests to the extension, answered or refused."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from tornado.httpclient import HTTPClientError

Fetch = Callable[..., Awaitable[Any]]


async def ask(fetch: Fetch, endpoint: str, **options: Any) -> tuple[int, Any]:
    """Return status and JSON of an answer, whether it is a success or not."""
    options = {"request_timeout": 120, **options}
    try:
        response = await fetch("nb2ops", "api", *endpoint.split("/"), **options)
    except HTTPClientError as error:
        response = error.response
    if response.code == 204:
        return 204, None
    assert response.headers["Content-Type"].startswith("application/json")
    return response.code, json.loads(response.body)


async def send(fetch: Fetch, method: str, endpoint: str, body: Any = None, **options: Any) -> tuple[int, Any]:
    """Send JSON; as `ask`."""
    return await ask(fetch, endpoint, method=method, body=json.dumps({} if body is None else body), **options)
