"""A step through papermill's machinery: parameters injected, its cells in a kernel of ours."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.log import logger
from papermill.translators import PythonTranslator, papermill_translators
from pydantic_core import to_jsonable_python

from nb2ops.runtime.engine.client import StepClient
from nb2ops.runtime.kernels import Kernel
from nb2ops.runtime.script import Outcome, Script
from nb2ops.runtime.values import literal

_IOPUB_TIMEOUT = 3600
"""Seconds that a cell's last output may take after its reply: as good as for ever, a dead kernel is noticed."""


class TypedTranslator(PythonTranslator):  # type: ignore[misc]  # papermill has no types
    """papermill's translator that also knows dates, paths, decimals, tuples, sets and bytes, and keys of any type."""

    @classmethod
    def translate(cls, val: Any) -> str:
        """Return the Python source of a value."""
        return literal(val, cls.translate) or super().translate(val)


class StepEngine(NBClientEngine):  # type: ignore[misc]
    """papermill's engine `nb2ops`."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        kernel: Kernel | None = None,
        script: Script | None = None,
        outcome: Outcome | None = None,
        **kwargs: Any,
    ) -> Any:
        """Run the notebook in `kernel`; without one, as papermill's own engine does."""
        if kernel is None or script is None or outcome is None:
            return super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        client = StepClient(nb_man, kernel_name=kernel_name, iopub_timeout=_IOPUB_TIMEOUT, log=logger)
        client.kernel, client.script, client.outcome = kernel, script, outcome
        outcome.notebook = nb_man.nb
        notes = nb_man.nb.metadata.papermill  # papermill puts the input notebook and typed values there as they are
        notes |= {
            "input_path": None,
            "parameters": to_jsonable_python(notes.get("parameters", {}), inf_nan_mode="strings"),
        }
        return client.execute()


logger.addHandler(logging.NullHandler())  # what goes wrong is in the outcome, not on the terminal
papermill_engines.register("nb2ops", StepEngine)
papermill_translators.register("python", TypedTranslator)


def execute(notebook: Path, values: Mapping[str, Any], kernel: Kernel, script: Script) -> Outcome:
    """Let papermill run a step's notebook in a kernel.

    Args:
        notebook: the step notebook of the bundle.
        values: parameters to inject after the cell tagged `parameters`, typed.
        kernel: one that has just been started, or that earlier steps have left to this one.
        script: what to do around the cells, and whom to tell.
    """
    outcome = Outcome()
    with suppress(PapermillExecutionError):  # the outcome says more
        papermill.execute_notebook(
            nbformat.read(notebook, as_version=4),  # type: ignore[no-untyped-call]
            None,
            parameters=dict(values),
            engine_name="nb2ops",
            kernel_name=kernel.spec.name,
            language=kernel.spec.language,
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            kernel=kernel,
            script=script,
            outcome=outcome,
        )
    return outcome
