"""A real ipykernel, driven as the runtime drives it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.manager import start_new_kernel

from nb2ops.runtime.handover import Calls

KEY = "5e" * 16
_SESSION = "__import__('sys').modules['_nb2ops.session']"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Kernel:
    """A kernel as a context; every method returns what the notebook shows."""

    def __init__(self) -> None:
        self._manager, self._client = start_new_kernel(kernel_name="python3")

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def run(self, code: str) -> str:
        """Run a cell; its output as text, an error's traceback included."""
        shown: list[str] = []
        self._execute(code, False, shown)
        return _COLOURS.sub("", "".join(shown))

    def call(self, expression: str) -> None:
        """Evaluate one of our own expressions: it shows nothing, but a library that it imports may warn."""
        shown: list[str] = []
        assert self._execute(expression, True, shown)["status"] == "ok", "".join(shown)
        assert shown == [], "".join(shown)

    def begin(self, job: Path) -> None:
        self.call(Calls(job).begin)

    def cell(self, name: str, code: str, count: int | None = None) -> str:
        """Run a cell of the step."""
        self.call(f"{_SESSION}.before_cell({name!r}, {count})")
        shown = self.run(code)
        self.call(f"{_SESSION}.after_cell({name!r})")
        return shown

    def finish(self, job: Path, *, save: bool = True) -> dict[str, Any]:
        """End the step; the report."""
        self.call(f"{_SESSION}.finish(save={save})")
        report: dict[str, Any] = json.loads(Path(json.loads(job.read_text())["report"]).read_text())
        return report

    def _execute(self, code: str, silent: bool, shown: list[str]) -> dict[str, Any]:
        def show(message: dict[str, Any]) -> None:
            content, kind = message["content"], message["msg_type"]
            if kind == "stream" and not (silent and content["name"] == "stderr"):
                shown.append(content["text"])
            elif kind == "execute_result":
                shown.append(f"Out[{content['execution_count']}]: {content['data']['text/plain']}")
            elif kind == "error":
                shown.append("\n".join(content["traceback"]))

        reply = self._client.execute_interactive(
            code, silent=silent, store_history=not silent, output_hook=show, allow_stdin=False, timeout=120
        )
        content: dict[str, Any] = reply["content"]
        return content


def write_job(folder: Path, name: str, **fields: Any) -> Path:
    """Write the job of a step that saves `saves` and loads from the packs of `loads`."""
    job: dict[str, Any] = {
        "key": KEY,
        "execution_count": 1,
        "again": False,
        "drops": [],
        "aside": [],
        "takes": [],
        "seeds": {},
        "digests": True,
        "generators": ["numpy", "random"],
        "loads": [{"held": [], "but": [], "left": None, "reused": False, **load} for load in fields.pop("loads", [])],
        "gates": [],
        "metrics": {},
        "report": str(folder / "nb2ops" / f"{name}.report.json"),
        "saves": {"path": pack(folder, name), "names": [], "everything": False, "state": [], **fields.pop("saves", {})},
        **fields,
    }
    path = folder / f"{name}.json"
    (folder / "nb2ops").mkdir(exist_ok=True)
    path.write_text(json.dumps(job), encoding="utf-8")
    return path


def pack(folder: Path, name: str) -> str:
    return str(folder / "nb2ops" / f"{name}.pack")
