"""The Jupyter server extension: what the sidebar asks for, as JSON under `/nb2ops/api`.

Loading it costs the server next to nothing: httpx, pydantic and the readers of Prefect's data come with the
first request, off the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nb2ops.lab"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    from nb2ops.lab.access import Access
    from nb2ops.lab.changes import Changes
    from nb2ops.lab.handlers import ACCESS
    from nb2ops.lab.places import Places
    from nb2ops.lab.routes import routes

    server.web_app.settings[ACCESS] = Access(Places(server.contents_manager), Changes(server.event_logger))
    server.web_app.add_handlers(".*$", routes(server.base_url))  # type: ignore[no-untyped-call]
