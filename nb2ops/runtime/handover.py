"""What the in-kernel side is asked to do: the job of a step, and the expressions that call it."""

from __future__ import annotations

import importlib.util
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from nb2ops.model import Json, Pipeline, Role, Step

_INKERNEL = Path(__file__).parent.parent / "inkernel"
_SESSION = "__import__('sys').modules['_nb2ops']"


@dataclass(frozen=True, slots=True)
class Calls:
    """The expressions that drive the in-kernel side, each of them None: nothing is displayed, no name is bound."""

    job: Path

    @property
    def begin(self) -> str:
        """Load the in-kernel package and what the step needs."""
        return f"__import__('runpy').run_path({str(_INKERNEL / 'boot.py')!r}, init_globals={self._globals}) and None"

    @property
    def _globals(self) -> Json:
        lent = {f"NB2OPS_{name.upper()}": package_folder(name) for name in ("cloudpickle", "blake3")}
        return {"NB2OPS_JOB": str(self.job), **lent}

    def before(self, cell: str, count: int) -> str:
        """A cell is about to run, and shall show `count` as its prompt number."""
        return f"{_SESSION}.before_cell({cell!r}, {count})"

    def after(self, cell: str) -> str:
        """A cell has run."""
        return f"{_SESSION}.after_cell({cell!r})"

    def finish(self, *, save: bool) -> str:
        """Write the report, and the pack for later steps if `save`."""
        return f"{_SESSION}.finish(save={save})"


def package_folder(name: str) -> str:
    """The folder of a package of this environment, which kernels borrow."""
    found = importlib.util.find_spec(name)
    assert found is not None  # a dependency of nb2ops
    assert found.origin is not None
    return str(Path(found.origin).parent)


def pack_key(secret: str | None) -> str:
    """Return the key of the packs' digests in hexadecimal: derived from a secret, or made for one run."""
    return blake3(secret.encode()).hexdigest() if secret else secrets.token_hex(32)


def pack(folder: Path, step: str) -> Path:
    """Where a step's variables are."""
    return folder / "packs" / f"{step}.pack"


def report(folder: Path, step: str) -> Path:
    """Where the in-kernel side reports on a step."""
    return folder / "reports" / f"{step}.json"


def make_job(pipeline: Pipeline, step: Step, folder: Path, *, key: str, count: int) -> Json:
    """Return the job of a step: what to load, to save, to look at.

    Args:
        pipeline: knows the steps before it.
        step: the step.
        folder: the run's folder.
        key: the secret of the packs' digests.
        count: the prompt number of the first cell.
    """
    return {
        "key": key,
        "execution_count": count,
        "loads": [_load(pipeline.step(name), step, folder) for name in producers(pipeline, step)],
        "saves": {
            "path": str(pack(folder, step.name)),
            "names": list(step.saves),
            "everything": step.everything,
            "state": list(step.captures),
        },
        "gates": [cell.id for cell in step.cells if cell.role is Role.GATE],
        "metrics": {cell.id: list(cell.metrics) for cell in step.cells if cell.role is Role.METRICS},
        "report": str(report(folder, step.name)),
    }


def producers(pipeline: Pipeline, step: Step) -> tuple[str, ...]:
    """Return the steps whose packs a step reads, in notebook order, so that the later version of a name wins."""
    named = {*step.loads.values(), *step.restores.values()}
    earlier = pipeline.steps[: pipeline.steps.index(step)]
    return tuple(each.name for each in earlier if each.name in named or (step.everything and each.everything))


def _load(producer: Step, step: Step, folder: Path) -> Json:
    names = [name for name, source in step.loads.items() if source == producer.name]
    return {
        "path": str(pack(folder, producer.name)),
        "left": _left(folder, producer.name),
        "names": None if step.everything and producer.everything else names,
        "state": [state for state, source in step.restores.items() if source == producer.name],
    }


def _left(folder: Path, step: str) -> list[int] | None:
    """The status of a pack as the step left it (`pack.Status`), None where its report is gone."""
    try:
        written = json.loads(report(folder, step).read_text(encoding="utf-8"))["pack"]
    except FileNotFoundError:
        return None
    status: list[int] | None = written and written["status"]
    return status
