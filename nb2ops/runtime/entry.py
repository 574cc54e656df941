"""What papermill's entry point names: the engine, loaded when it is first used.

papermill loads its entry points while it is being imported; an entry point that imports papermill would find it
half made, or be found half made itself.
"""

from __future__ import annotations

from typing import Any


class Engine:
    """Stands for `nb2ops.runtime.engine.StepEngine`."""

    @staticmethod
    def execute_notebook(*arguments: Any, **options: Any) -> Any:
        """Execute a notebook (`papermill.engines.Engine.execute_notebook`)."""
        return _engine().execute_notebook(*arguments, **options)

    @staticmethod
    def nb_kernel_name(*arguments: Any, **options: Any) -> Any:
        """Return the kernel's name."""
        return _engine().nb_kernel_name(*arguments, **options)

    @staticmethod
    def nb_language(*arguments: Any, **options: Any) -> Any:
        """Return the notebook's language."""
        return _engine().nb_language(*arguments, **options)


def _engine() -> Any:
    from nb2ops.runtime.engine import StepEngine

    return StepEngine
