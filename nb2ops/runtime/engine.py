"""The papermill engine `nb2ops`: a step's cells in a kernel of ours. The one module that touches papermill.

nbformat comes along with papermill and is used here alone. `papermill --engine nb2ops` outside a run of ours
behaves as papermill's own engine does.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import load_notebook_node, papermill_io
from papermill.log import logger
from papermill.parameterize import parameterize_notebook
from papermill.translators import PythonTranslator, papermill_translators
from pydantic_core import to_jsonable_python

from nb2ops.inkernel.masking import Mask
from nb2ops.model import Json, StepState
from nb2ops.runtime import displays, files
from nb2ops.runtime.confiding import with_secrets
from nb2ops.runtime.conversation import Conversation, EvaluationError, KernelEnded
from nb2ops.runtime.kernels import Kernel, KernelSpec
from nb2ops.runtime.printed import Printed, Stream
from nb2ops.runtime.script import CellError, Outcome, Script
from nb2ops.runtime.values import literal

_IOPUB_TIMEOUT = 3600
"""Seconds that a cell's last output may take after its reply: as good as for ever, a dead kernel is noticed."""
_ABORTED = {"abort", "aborted"}
_WIDGETS = ("widget_state", "widget_buffers", "comm_objects")
"""What nbclient, in place of a front end, keeps of a kernel's widgets."""
_OUTPUTS = {"stream", "display_data", "execute_result", "error"}
_CLEAN_EXITS = {"", "0", "None", "False"}


class TypedTranslator(PythonTranslator):  # type: ignore[misc]  # papermill has no types
    """papermill's translator that also knows dates, paths, decimals, tuples, sets and bytes, and keys of any type."""

    @classmethod
    def translate(cls, val: Any) -> str:
        """Return the Python source of a value."""
        return literal(val, cls.translate) or super().translate(val)


class StepClient(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client, attached to a kernel that it neither starts nor restarts."""

    kernel: Kernel
    script: Script
    outcome: Outcome
    conversation: Conversation

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._places: dict[str, tuple[Any, int]] = {}
        self._printed: dict[str, Printed] = {}
        self._streams: dict[str, Stream | None] = {}
        self._beyond: dict[str, int] = {}
        self._ended: set[str] = set()
        self._late: set[str] = set()
        self._displays = displays.Displays()

    @contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Attach to the kernel; let it end itself where it still can and nobody needs it any more."""
        self.conversation = Conversation(self.kernel, self.script.mask)
        self.kc = self.conversation.client
        self._go_on_with_widgets()
        try:
            run_sync(self.conversation.open)()
            self.script.ready(self.conversation.language)
            yield
            if not self._is_kept():
                self._wait_for_threads()
                run_sync(self.conversation.leave)()
        except (DeadKernelError, KernelEnded):
            run_sync(self._take_rest)()
            raise
        finally:
            self.conversation.close()
            self._settle_outputs()

    def _go_on_with_widgets(self) -> None:
        """Take over what this client keeps of widgets from the steps that ran in the kernel before."""
        widgets = self.kernel.widgets
        for name in _WIDGETS:
            setattr(self, name, widgets.setdefault(name, getattr(self, name)))
        for widget in self.comm_objects.values():
            widget.executor, widget.kernel_client = self, self.kc

    def execute(self, **kwargs: Any) -> Any:
        """Run the notebook; `outcome` says how it went, and nothing is raised for it."""
        self.reset_execution_trackers()
        try:
            with self.setup_kernel(**kwargs):
                self.papermill_execute_cells()
                self.nb.metadata["language_info"] = self.conversation.language
        except (DeadKernelError, KernelEnded):
            self.outcome.state = StepState.CRASHED
        finally:
            self.set_widgets_metadata()
            ensure_event_loop().close()
        return self.nb

    def _is_kept(self) -> bool:
        done = self.outcome.state is StepState.COMPLETED and not self.outcome.exited
        return done and self.script.keeps_kernel()

    def _wait_for_threads(self) -> None:
        """Hear threads out that the cells have started."""
        try:
            self._call(self.script.wait_for_threads())
        except EvaluationError as error:
            self.outcome.lingering = error.evalue

    def papermill_execute_cells(self) -> None:
        """Run the cells with what the step wants done around them."""
        try:
            self._call(self.script.begin)
            going = all(self._run(index, cell) for index, cell in enumerate(self.nb.cells))
            self._call(self.script.finish(save=going))
        except EvaluationError as error:
            self.outcome.error = CellError(error.ename, error.evalue, error.traceback)
        self.outcome.state = StepState.FAILED if self.outcome.error else StepState.COMPLETED

    def _run(self, index: int, cell: Any) -> bool:
        """Run one cell and return whether the next one may start."""
        if cell.cell_type != "code" or not cell.source.strip():
            return True
        if self.script.stopped:
            return False
        self._call(self.script.before(cell.id))
        self.outcome.cell = cell.id
        state = self._timed(index, cell)
        if state is StepState.COMPLETED:
            self.outcome.cell = None
            self._call(self.script.after(cell.id))
        return state is StepState.COMPLETED and not self.outcome.exited and not self.script.stopped

    def _timed(self, index: int, cell: Any) -> StepState:
        """Run one cell with papermill's notes of time and state, which are true here also when the kernel ends."""
        self.script.cell_started(cell.id)
        self.nb_man.cell_start(cell, index)
        state = StepState.CRASHED
        try:
            state = self._execute(index, cell)
        finally:
            if state is not StepState.COMPLETED:
                self.nb_man.cell_exception(cell, cell_index=index)
            self.nb_man.cell_complete(cell, cell_index=index)
            self._ended.add(cell.id)
            self._complete(cell)
            self.script.cell_finished(cell.id, state, cell)
        return state

    def _execute(self, index: int, cell: Any) -> StepState:
        try:
            self.execute_cell(cell, index)
        except CellExecutionError as error:
            if error.ename == "SystemExit" and error.evalue in _CLEAN_EXITS:
                self.outcome.exited = True
                return StepState.COMPLETED
            self.outcome.error = _cell_error(cell, error)
            return StepState.FAILED
        return StepState.COMPLETED

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        """Take the output of a cell until it is done, and with it what threads of earlier cells still print."""
        self._places[parent_msg_id] = (cell, cell_index)
        while self._take(await self.conversation.client.iopub_channel.get_msg()) != parent_msg_id:
            pass

    async def _take_rest(self) -> None:
        """Take what the kernel has sent before it ended."""
        async for message in self.conversation.rest():
            self._take(message)

    def _take(self, message: Json) -> str | None:
        """Take a message to the cell that it belongs to; return the request that is done with it, if one is."""
        request: str = message["parent_header"].get("msg_id", "")
        if request in self._places:
            try:
                self.process_message(message, *self._places[request])
            except CellExecutionComplete:
                return request
        is_idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
        return request if is_idle else None

    def process_message(self, msg: Json, cell: Any, cell_index: int) -> Any:
        """Pass streams on as they come, and show no more of them than a notebook can hold."""
        kind, content = msg["msg_type"], msg["content"]
        printed = self._printed.get(cell.id)
        if printed is None:
            printed = self._printed[cell.id] = Printed(self.script.text_file(cell.id))
        if self._clears(msg):
            printed.clear()
            self._beyond.pop(cell.id, None)
        if kind in _OUTPUTS and cell.id in self._ended:
            self._late.add(cell.id)
        if kind != "stream":
            output = super().process_message(msg, cell, cell_index)
            self._displays.note(msg, output)
            return output
        content["text"] = printed.take(content["name"], content["text"])
        output = None
        if content["text"]:
            self.script.output(cell.id, content["name"], content["text"])
            if not self._goes_on(msg, cell):
                self._complete(cell)
                output = super().process_message(msg, cell, cell_index)
                self._streams[cell.id] = Stream(output) if output else None
        if printed.is_full:
            self._beyond.setdefault(cell.id, len(cell.outputs))
        return output

    def _goes_on(self, msg: Json, cell: Any) -> bool:
        """Add to the stream that the cell shows last, if it is the same one and goes there."""
        stream, redirected = self._streams.get(cell.id), self.output_hook_stack[msg["parent_header"].get("msg_id")]
        if not stream or redirected or self.clear_before_next_output or not cell.outputs:
            return False
        if cell.outputs[-1] is not stream.output or stream.output["name"] != msg["content"]["name"]:
            return False
        stream.add(msg["content"]["text"])
        return True

    def _complete(self, cell: Any) -> None:
        """Write down what the cell's last stream shows by now."""
        stream = self._streams.get(cell.id)
        if stream:
            stream.complete()

    def _clears(self, msg: Json) -> bool:
        """Whether what the cell shows so far goes now."""
        if msg["msg_type"] == "clear_output":
            return not msg["content"].get("wait")
        return msg["msg_type"] in _OUTPUTS and self.clear_before_next_output

    def _settle_outputs(self) -> None:
        """Show the end of what was cut, and tell which cells show something else than at their end."""
        cells = {cell.id: cell for cell in self.nb.cells}
        for name, printed in self._printed.items():
            printed.close()
            self._complete(cells[name])
            rest = [nbformat.from_dict(output) for output in printed.rest()]  # type: ignore[no-untyped-call]
            place = self._beyond.get(name, len(cells[name].outputs))
            cells[name].outputs[place:place] = rest
            if rest or name in self._late:
                self.script.cell_shown(name, cells[name], printed.cut)
        notes = self._displays.notes(self.nb.cells)
        if notes:
            self.nb.metadata[displays.NOTES] = notes

    async def _check_raise_for_error(self, cell: Any, cell_index: int, exec_reply: Json | None) -> None:
        """Notice on the way `exit()`, and an interrupt that a kernel does not answer as an error."""
        content = (exec_reply or {}).get("content", {})
        if content.get("status") in _ABORTED and self.script.stopped:
            raise CellExecutionError("", "KeyboardInterrupt", "")
        payload = content.get("payload") or []
        if any(each.get("source") == "ask_exit" and not each.get("keepkernel") for each in payload):
            self.outcome.exited = True
        await super()._check_raise_for_error(cell, cell_index, exec_reply)

    async def _async_poll_kernel_alive(self) -> None:
        """Wait for the kernel's end instead of asking every second."""
        await self.conversation.gone.wait()
        if self.task_poll_for_reply:
            self.task_poll_for_reply.cancel()

    def _call(self, expression: str | None) -> None:
        if expression:
            run_sync(self._evaluate)(expression)

    async def _evaluate(self, expression: str) -> None:
        """Evaluate, and take what threads print meanwhile."""
        request = await self.conversation.evaluate(expression)
        while self._take(await self.conversation.hear()) != request:
            pass


def _cell_error(cell: Any, error: CellExecutionError) -> CellError:
    lines: list[str] = next(
        (output.traceback for output in reversed(cell.outputs) if output.output_type == "error"), []
    )
    return CellError(error.ename, error.evalue, tuple(lines), cell.id, cell.execution_count)


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
            papermill.execute_notebook(
                path, _Memory.SCHEME, progress_bar=False, execution_timeout=cell_timeout, **names
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
        outcome.exited = error.ename == "SystemExit" and error.evalue in _CLEAN_EXITS
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
