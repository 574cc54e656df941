"""papermill's client, attached to a kernel of ours: a step's cells, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop, run_sync
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient

from nb2ops.model import Json, StepState
from nb2ops.runtime import displays
from nb2ops.runtime.conversation import Conversation, EvaluationError, KernelEnded
from nb2ops.runtime.kernels import Kernel
from nb2ops.runtime.printed import Printed, Stream
from nb2ops.runtime.script import CLEAN_EXITS, CellError, Outcome, Script

_ABORTED = {"abort", "aborted"}
_WIDGETS = ("widget_state", "widget_buffers", "comm_objects")
"""What nbclient, in place of a front end, keeps of a kernel's widgets."""
_OUTPUTS = {"stream", "display_data", "execute_result", "error"}


class StepClient(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
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
            if error.ename == "SystemExit" and error.evalue in CLEAN_EXITS:
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
