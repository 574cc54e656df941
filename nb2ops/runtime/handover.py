"""What the in-kernel side is asked to do: the job of a step, and the expressions that call it."""

from __future__ import annotations

import importlib.util
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from nb2ops.joining import STATE
from nb2ops.model import Json, Pipeline, Role, Step
from nb2ops.runtime.sharing import Arrival

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
        lent = {f"NB2OPS_{name.upper()}": folder for name, folder in lent_packages().items()}
        return {"NB2OPS_JOB": str(self.job), **lent}

    def before(self, cell: str, count: int) -> str:
        """A cell is about to run, and shall show `count` as its prompt number."""
        return f"{_SESSION}.before_cell({cell!r}, {count})"

    def after(self, cell: str) -> str:
        """A cell has run."""
        return f"{_SESSION}.after_cell({cell!r})"

    @property
    def wait(self) -> str:
        """Wait for threads that cells have started."""
        return f"{_SESSION}.wait()"

    def finish(self, *, save: bool) -> str:
        """Write the report, and the pack for later steps if `save`."""
        return f"{_SESSION}.finish(save={save})"


def lent_packages() -> dict[str, str]:
    """The packages that kernels borrow, with their folders."""
    return {name: package_folder(name) for name in ("cloudpickle", "blake3")}


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


def staying(report: Json) -> dict[str, str]:
    """Return what a step was to hand over and what cannot leave its kernel: variable -> why."""
    return {each["name"]: each["why"] for each in report.get("uncrossable", ())}


def secrets_of(pipeline: Pipeline, step: Step, folder: Path) -> tuple[str, ...]:
    """Return the secrets that a step's kernel has to know: it declares them, or takes over what holds them."""
    declared = pipeline.secrets
    if step == pipeline.parameters_step:
        return tuple(declared)
    met = {name for producer in producers(pipeline, step) for name in _written(folder, producer).get("secrets", ())}
    return tuple(name for name in declared if name in met)


def _secrets(pipeline: Pipeline, step: Step, folder: Path, pipe: Path | None) -> Json | None:
    if pipe is None:
        return None
    names = secrets_of(pipeline, step, folder)
    cell = next((each.id for each in step.cells if each.role is Role.PARAMETERS), None)
    return {"pipe": str(pipe), "names": list(names), "cell": cell}


def make_job(
    pipeline: Pipeline,
    step: Step,
    folder: Path,
    *,
    key: str,
    count: int,
    arrival: Arrival | None = None,
    pipe: Path | None = None,
    digests: bool = False,
    generators: Collection[str] = ("numpy", "random"),
) -> Json:
    """Return the job of a step: what to load, to save, to look at.

    Args:
        pipeline: knows the steps before it.
        step: the step.
        folder: the run's folder.
        key: the secret of the packs' digests.
        count: the prompt number of the first cell.
        arrival: what the step finds in its kernel.
        pipe: where the kernel is told the secrets that it has to know, None where there are none.
        digests: whether content digests of what the step hands over are wanted.
        generators: the global random generators that the notebook's code may use.
    """
    arrival = arrival or Arrival()
    found = [_load(pipeline, pipeline.step(name), step, folder, arrival) for name in producers(pipeline, step)]
    loads = [load for load in found if not arrival.steps or load["names"] is None or load["names"] or load["state"]]
    return {
        "key": key,
        "execution_count": count,
        "again": bool(arrival.steps),
        "drops": _drops(loads, arrival),
        "loads": loads,
        "aside": [] if step.everything else list(arrival.ahead),
        "takes": [name for name, source in step.loads.items() if arrival.held.get(name) == source],
        "saves": {
            "path": str(pack(folder, step.name)),
            "names": list(step.saves),
            "everything": step.everything,
            "state": list(step.captures),
        },
        "gates": [cell.id for cell in step.cells if cell.role is Role.GATE],
        "metrics": {cell.id: list(cell.metrics) for cell in step.cells if cell.role is Role.METRICS},
        "report": str(report(folder, step.name)),
        "secrets": _secrets(pipeline, step, folder, pipe),
        "seeds": {cell.id: list(cell.seeds) for cell in step.cells if cell.seeds},
        "digests": digests,
        "generators": list(generators),
    }


def producers(pipeline: Pipeline, step: Step) -> tuple[str, ...]:
    """Return the steps whose packs a step reads, in notebook order, so that the later version of a name wins."""
    named = {*step.loads.values(), *step.restores.values()}
    earlier = pipeline.steps[: pipeline.steps.index(step)]
    opaque = {each.name for each in earlier if step.everything and each.everything}
    return tuple(each.name for each in pipeline.steps if each.name in named | opaque)


def _load(pipeline: Pipeline, producer: Step, step: Step, folder: Path, arrival: Arrival) -> Json:
    name = producer.name
    wanted = {**arrival.ahead, **step.loads, **{STATE + state: source for state, source in step.restores.items()}}
    missing = [each for each, source in wanted.items() if source == name and arrival.held.get(each) != name]
    whole = step.everything and producer.everything and name not in arrival.steps
    return {
        "path": str(pack(folder, name)),
        "left": _left(folder, name),
        "reused": bool(_written(folder, name).get("reused")),
        "names": None if whole else [each for each in missing if not each.startswith(STATE)],
        "but": _from_elsewhere(pipeline, step, name) if whole else [],
        "held": [each for each, source in arrival.held.items() if _is_beside(each, source, name, whole=whole)],
        "state": [each.removeprefix(STATE) for each in missing if each.startswith(STATE)],
    }


def _from_elsewhere(pipeline: Pipeline, step: Step, producer: str) -> list[str]:
    """The variables that a step does not have of that producer, though it takes over what nobody can foresee."""
    written = {name for each in pipeline.steps for name in each.saves}
    return sorted(name for name in written if step.loads.get(name) != producer)


def _is_beside(variable: str, source: str, producer: str, *, whole: bool) -> bool:
    """Whether a variable that the kernel has stands beside what is read of a producer: all, or what came from it."""
    return not variable.startswith(STATE) and (whole or source == producer)


def _drops(loads: list[Json], arrival: Arrival) -> list[str]:
    """The variables that a kernel has of steps before and shall not keep: other versions come, if there are any."""
    loaded = [name for load in loads if arrival.steps for name in load["names"] or ()]
    replaced = [name for name in loaded if name not in arrival.ahead]
    return [*arrival.dropped, *replaced]


def _left(folder: Path, step: str) -> list[int] | None:
    """The status of a pack as the step left it (`pack.Status`), None where its report is gone."""
    written = _written(folder, step).get("pack")
    status: list[int] | None = written and written["status"]
    return status


def _written(folder: Path, step: str) -> Json:
    """What a step reported, empty where that is gone."""
    try:
        found: Json = json.loads(report(folder, step).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found
