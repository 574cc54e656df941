"""The handler that all endpoints share. Kept light: see `nb2ops.lab`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError, authenticated

from nb2ops.lab.faults import explain, is_expected

if TYPE_CHECKING:
    from nb2ops.lab.requests import Answer, Endpoint

ACCESS = "nb2ops_access"
"""Key of the `Access` in the settings of the web application."""

RESOURCE = "nb2ops"
JUPYTERS_OWN = {"token", "_xsrf"}
"""What may stand in any query, to let somebody in."""

ANSWER_WITHIN = 10.0
"""Seconds that Prefect may take before the client gets 504."""
BODY_LIMIT = 1_000_000
"""Bytes of a request's body."""
CHUNK = 1 << 18
"""Bytes that are written, and compressed, at once."""


@dataclass(frozen=True, slots=True)
class Verb:
    """What a method of an endpoint does.

    Attributes:
        endpoint: `module:function` in `nb2ops.lab.endpoints`.
        action: what the client must be authorized to do: "read", "write" or "execute".
        within: seconds that it may take; None for `ANSWER_WITHIN`.
    """

    endpoint: str
    action: str = "read"
    within: float | None = None


class Handler(APIHandler):
    """Answers with the model's values as JSON, and with a `Fault` where that is not possible."""

    auth_resource = RESOURCE

    async def answer(self, verb: Verb, id: str = "") -> None:  # noqa: A002  the route's name for it
        """Send what an endpoint makes of the request."""
        if len(self.request.body) > BODY_LIMIT:
            raise HTTPError(413, f"The body is larger than {BODY_LIMIT:,} bytes.")
        async with asyncio.timeout(verb.within or ANSWER_WITHIN):
            found = await self._ask(verb, id)
        self.set_status(found.status)
        if found.body is None:
            self.finish()
            return
        self.set_header("Content-Type", "application/json")
        body = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
        for start in range(0, len(body), CHUNK):
            self.write(body[start : start + CHUNK])
            await self.flush()
        self.finish()

    async def _ask(self, verb: Verb, id: str) -> Answer:  # noqa: A002
        endpoint, request = await asyncio.to_thread(_load, verb.endpoint)
        return await endpoint(request(self.settings[ACCESS], self._query(), self.request.body, id, self._may))

    def _query(self) -> dict[str, str]:
        return {name: self.get_query_argument(name) for name in self.request.query_arguments.keys() - JUPYTERS_OWN}

    async def _may(self, action: str) -> bool:
        return bool(await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, RESOURCE)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send the `Fault` of the error that ended the request."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status, fault = explain(error, status_code)
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(asdict(fault)))

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Keep tracebacks for faults in this program; Prefect being away is not one."""
        if is_expected(value):
            self.log.debug("%s %s: %s", self.request.method, self.request.path, value)
        else:
            super().log_exception(typ, value, tb)


def handler(name: str, **verbs: Verb) -> type[Handler]:
    """Return the handler of an endpoint: `handler("Runs", get=Verb("runs:page"))`."""
    return type(name, (Handler,), {method: _method(verb) for method, verb in verbs.items()})


def _method(verb: Verb) -> Any:
    @authenticated
    @authorized(action=verb.action)  # type: ignore[untyped-decorator]
    async def method(self: Handler, id: str = "") -> None:  # noqa: A002
        await self.answer(verb, id)

    return method


def _load(endpoint: str) -> tuple[Endpoint, Any]:
    module, _, name = endpoint.partition(":")
    found = getattr(import_module(f"nb2ops.lab.endpoints.{module}"), name)
    return cast("Endpoint", found), import_module("nb2ops.lab.requests").Request
