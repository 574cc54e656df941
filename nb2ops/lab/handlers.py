"""One handler per endpoint; the base handler does what they share. Kept light: see `nb2ops.lab`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from nb2ops.lab.faults import explain, is_expected

if TYPE_CHECKING:
    from nb2ops.lab.endpoints import Endpoint

ACCESS = "nb2ops_access"
"""Key of the `Access` in the settings of the web application."""

JUPYTERS_OWN = {"token", "_xsrf"}
"""What may stand in any query, to let somebody in."""

ANSWER_WITHIN = 10.0
"""Seconds that Prefect may take before the client gets 504."""


class Handler(APIHandler):
    """Answers with the model's values as JSON, and with a `Fault` where that is not possible."""

    auth_resource = "nb2ops"

    async def answer(self, name: str) -> None:
        """Send what the endpoint of that name makes of the query."""
        endpoint = await _endpoint(name)
        async with asyncio.timeout(ANSWER_WITHIN):
            body = await endpoint(self.settings[ACCESS], self.query())
        self.finish(json.dumps(body))

    def query(self) -> dict[str, str]:
        """Return the query's fields without Jupyter's own; the last value of a field that is given twice."""
        return {name: self.get_query_argument(name) for name in self.request.query_arguments.keys() - JUPYTERS_OWN}

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


class RunsHandler(Handler):
    """`GET runs`: one page of runs, newest first."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """See `nb2ops.lab.endpoints.runs`."""
        await self.answer("runs")


class DeploymentsHandler(Handler):
    """`GET deployments`: all deployments, by name."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """See `nb2ops.lab.endpoints.deployments`."""
        await self.answer("deployments")


class HealthHandler(Handler):
    """`GET health`: whether Prefect answers, and where."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """See `nb2ops.lab.endpoints.health`."""
        await self.answer("health")


def routes(base_url: str) -> list[tuple[str, type[Handler]]]:
    """Return tornado's routes below the server's base address."""
    handlers = {"runs": RunsHandler, "deployments": DeploymentsHandler, "health": HealthHandler}
    return [(url_path_join(base_url, "nb2ops", "api", path), handler) for path, handler in handlers.items()]


async def _endpoint(name: str) -> Endpoint:
    endpoints = await asyncio.to_thread(import_module, "nb2ops.lab.endpoints")
    return cast("Endpoint", getattr(endpoints, name))
