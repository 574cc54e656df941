"""What a session keeps beside its variables."""

from __future__ import annotations

from dataclasses import dataclass, field

from nb2ops.compiler.names.values import Value


@dataclass(slots=True)
class Kept:
    """What the cells so far left in libraries and in IPython.

    Attributes:
        patched: attribute -> what the notebook put under that name into a library.
        log: the handlers of loggers that keep or write what is logged, None where there are none.
        shown: the value of the present cell's last expression that stood alone.
        results: somebody reads the results of earlier cells.
        sources: somebody reads the sources of earlier cells.
        postponed: annotations are not evaluated any more (`from __future__ import annotations`).
    """

    patched: dict[str, Value] = field(default_factory=dict)
    log: Value | None = None
    shown: Value | None = None
    results: bool = False
    sources: bool = False
    postponed: bool = False
