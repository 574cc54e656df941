"""papermill as it is by itself: the linear run that `verify` measures by."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import load_notebook_node, papermill_io
from papermill.parameterize import parameterize_notebook
from pydantic_core import to_jsonable_python
from traitlets.config import Config

from nb2ops.inkernel.masking import Mask
from nb2ops.model import StepState
from nb2ops.runtime import files
from nb2ops.runtime.confiding import with_secrets
from nb2ops.runtime.conversation import Client
from nb2ops.runtime.kernels import KernelSpec
from nb2ops.runtime.script import CLEAN_EXITS, CellError, Outcome

Secret = tuple[str, Path]


def linear_notebook(
    notebook: Path, values: Mapping[str, Any], cells: Collection[str], spec: KernelSpec, secret: Secret | None = None
) -> Any:
    """Return the notebook that plain papermill is to run: parameters injected, what takes no part made `pass`.

    Args:
        notebook: the notebook of the bundle.
        values: parameters to inject after the cell tagged `parameters`, typed.
        cells: ids of the cells that take part; the others only count.
        spec: the kernel.
        secret: the cell that declares secrets, and the pipe where the kernel finds them; None where there are none.
    """
    loaded = load_notebook_node(str(notebook))
    for cell in loaded.cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.id not in cells:
            cell.source = "pass"
        if secret and cell.id == secret[0]:
            cell.source = with_secrets(cell.source, secret[1])
    if not values:
        return loaded
    injected = parameterize_notebook(loaded, dict(values), kernel_name=spec.name, language=spec.language)
    injected.metadata.papermill["parameters"] = to_jsonable_python(dict(values), inf_nan_mode="strings")
    return injected


def execute_plainly(notebook: Path, spec: KernelSpec, cell_timeout: float | None, mask: Mask) -> Outcome:
    """Let papermill run a notebook in its place as it does by itself: its own engine, one kernel that it starts.

    Only its client is one that hears every answer (`Answers`): else it may wait for ever.

    Args:
        notebook: the file, which is executed in place.
        spec: the kernel.
        cell_timeout: seconds that each cell may take.
        mask: hides secrets; papermill's own copies stay in memory until that is done.
    """
    path, memory = _as_papermill_path(notebook), _Memory()
    papermill_io.register(_Memory.SCHEME, memory)
    outcome = Outcome(StepState.COMPLETED)
    try:
        with suppress(PapermillExecutionError):  # the notebook says more
            names = {"kernel_name": spec.name, "language": spec.language}
            config = Config(KernelManager={"client_factory": Client})
            papermill.execute_notebook(
                path, _Memory.SCHEME, progress_bar=False, execution_timeout=cell_timeout, config=config, **names
            )
    except CellTimeoutError:
        outcome.state = StepState.TIMED_OUT
    except DeadKernelError:
        outcome.state = StepState.CRASHED
    kept = nbformat.reads(memory.text, as_version=4)  # type: ignore[no-untyped-call]
    outcome.notebook = nbformat.from_dict(mask.data(kept))  # type: ignore[no-untyped-call]
    write_notebook(outcome.notebook, notebook)
    _find_end(outcome)
    return outcome


class _Memory:
    """A place where papermill writes to, and no file."""

    SCHEME = "memory://nb2ops.ipynb"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str, _: str) -> None:
        """Keep a notebook in place of what was there."""
        self.text = text

    def pretty_path(self, path: str) -> str:
        """Return a path for a log."""
        return path


def _find_end(outcome: Outcome) -> None:
    """Note the cell at which papermill stopped, and its error."""
    started = [cell for cell in outcome.notebook.cells if cell.metadata.get("papermill", {}).get("start_time")]
    last = next((cell for cell in reversed(started) if cell.cell_type == "code"), None)
    if last is None:
        return
    if outcome.state is not StepState.COMPLETED:
        outcome.cell = last.id
    elif last.metadata.papermill.exception:
        error = _shown_error(last)
        outcome.exited = error.ename == "SystemExit" and error.evalue in CLEAN_EXITS
        if not outcome.exited:
            outcome.cell, outcome.error, outcome.state = last.id, error, StepState.FAILED


def _shown_error(cell: Any) -> CellError:
    """The error that a cell shows; a magic's goes to stderr alone."""
    for output in reversed(cell.outputs):
        if output.output_type == "error":
            return CellError(output.ename, output.evalue, tuple(output.traceback), cell.id, cell.execution_count)
    said = "".join(output.text for output in cell.outputs if output.output_type == "stream").strip()
    name, _, text = said.rpartition("\n")[2].partition(": ")
    return CellError(name or "CellExecutionError", text, (), cell.id, cell.execution_count)


def _as_papermill_path(path: Path) -> str:
    """A path as papermill takes it, which reads braces as places for parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def write_notebook(notebook: Any, path: Path) -> None:
    """Write an executed notebook, whole or not at all; characters that UTF-8 cannot hold are replaced."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    files.write_bytes(path, text.encode("utf-8", errors="replace"))
