"""What changed, told to everybody who has JupyterLab open: events of Jupyter's own stream."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_events import EventLogger

SCHEMA = "https://nb2ops.invalid/events/change"


class Changes:
    """The events of this extension; to be told on the event loop.

    Args:
        logger: the server's own; where it has none, nobody is told.
    """

    def __init__(self, logger: EventLogger | None) -> None:
        self._logger = logger
        if logger and SCHEMA not in logger.schemas:
            logger.register_event_schema(Path(__file__).with_name("changes.yaml"))

    def tell(self, kind: str, id: str | None = None, state: str | None = None) -> None:  # noqa: A002  the wire's word
        """Say that something changed: kind "run", "progress", "deployment" or "services"."""
        if self._logger:
            self._logger.emit(schema_id=SCHEMA, data={"kind": kind, "id": id, "state": state})
