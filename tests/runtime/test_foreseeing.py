"""Which steps are thought to run, and what a right or a wrong guess does to their kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nb2ops.model import Preload
from nb2ops.runtime.caching.foreseeing import foresee
from nb2ops.runtime.kernels import find_kernel
from nb2ops.runtime.supervision import RunPlan
from nb2ops.wire import read_pipeline
from tests.notebooks import Pair

from .laboratory import Lab, Part
from .test_caching import Bench

pytestmark = pytest.mark.xdist_group("foreseeing")

NOTEBOOK: tuple[Pair, ...] = (
    ("parameters", "rows = 4"),
    ("step:load", "data = list(range(rows))"),
    ("step:other", "other = 2"),
    ("step:clock", "import time\nbegan = time.time()"),
    ("step:fit", "total = sum(data)\nprint(total)"),
    ("step:report", "print(total + 1)"),
)
SEEN = "import sys\nprint('colorsys' in sys.modules)"
ALL = {"setup", "load", "other", "clock", "fit", "report"}


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A folder in which the notebook has run once."""
    bench = Bench(tmp_path_factory.mktemp("foreseen"), NOTEBOOK).prepare()
    assert set(bench.run().steps) == ALL
    return bench


def guess(plan: RunPlan, seed: str = "7") -> Mapping[str, tuple[str, ...]]:
    """The steps that are thought to run, and why."""
    pipeline = read_pipeline(plan.bundle)
    spec = find_kernel(pipeline.kernel, pipeline.language)
    assert plan.cache is not None
    return foresee(pipeline, plan.bundle, str(plan.source), plan.cache, spec, plan.directory, seed)


@pytest.mark.parametrize(
    ("cells", "seed", "foreseen"),
    [
        pytest.param({}, "7", {"clock"}, id="nothing changed: what asks the clock"),
        pytest.param({3: "other = 3"}, "7", {"other", "clock"}, id="a cell"),
        pytest.param(
            {5: "total = sum(data) + 1\nprint(total)"},
            "7",
            {"fit", "report", "clock"},
            id="a cell, and what waits for it",
        ),
        pytest.param({-3: "step:other cache:off"}, "7", {"other", "clock"}, id="a tag"),
        pytest.param({-3: "step:new"}, "7", {"new", "clock"}, id="a new step"),
        pytest.param({}, "8", ALL, id="the hash seed"),
    ],
)
def test_what_is_changed_and_what_waits_for_it_will_run(
    warm: Bench, cells: Mapping[int, str], seed: str, foreseen: set[str]
) -> None:
    bench = replace(warm)
    for number, text in cells.items():
        bench.edit(number, text)
    assert guess(bench.plan({}), seed).keys() == foreseen


def test_why_a_step_will_run_is_said(warm: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = replace(warm)
    bench.edit(5, "total = 1")
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    found = guess(bench.plan({}))
    assert found["fit"][:2] == ("code of cell 5 has changed", "environment variable TZ has changed")
    assert found["report"] == ("environment variable TZ has changed", "it waits for fit, which will run")
    assert "time.time" in found["clock"][0]


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"parts": 1}'])
def test_without_a_note_that_can_be_read_a_step_will_run(tmp_path: Path, note: str) -> None:
    bench = Bench(tmp_path, (("step:load", "data = [1]"), NOTEBOOK[2])).prepare()
    bench.run()
    for path in (tmp_path / "cache" / "latest").iterdir():
        path.write_text(note)
    unknown = ("it has not run here before",)
    assert guess(bench.plan({})) == {"load": unknown, "other": unknown}
    bench.edit(2, "other = 3")
    assert set(kinds(bench)) == {"other"}


def test_a_bundle_that_lacks_a_step_is_not_what_a_guess_complains_of(warm: Bench) -> None:
    plan = warm.plan({})
    step = plan.bundle / "steps" / "other.ipynb"
    content = step.read_bytes()
    step.unlink()
    found = guess(plan)
    step.write_bytes(content)
    assert found.keys() == {"clock"}


def kinds(bench: Bench, **given: object) -> dict[str, str]:
    """The kernel of each step that runs."""
    ran = bench.run(given)
    return {each["name"]: each["kernel"]["kind"] for each in ran.record["steps"] if each["name"] in ran.steps}


def test_a_step_that_runs_against_the_guess_gets_a_forked_kernel_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, tuple(cell for cell in NOTEBOOK if cell[0] != "step:clock")).prepare()
    bench.run({"rows": 4})
    assert kinds(bench, rows=4) == {}
    ran = kinds(bench, rows=5)
    assert ran.keys() == {"setup", "load", "fit", "report"}
    assert set(ran.values()) <= {"forked", "spare"}


def test_what_a_step_imports_is_loaded_ahead_where_it_is_thought_to_run(tmp_path: Path) -> None:
    def run(name: str, source: str) -> list[str]:
        lab = Lab(tmp_path / name)
        parts = [Part("a", SEEN), Part("b", source), Part("b", "import colorsys")]
        plan = lab.bundle(parts, preloads=(Preload("import colorsys", 2, plain=True),))
        ran = lab.run(
            replace(
                plan,
                directory=tmp_path,
                source=tmp_path / "nb.ipynb",
                cache=tmp_path / "cache",
                signing_key="secret",
                hash_seed="7",
            ),
            ["a"],
            ["b"],
        )
        return [ran.text(0), ran.text(1), "" if ran.steps["a"].cached is None else "a is cached"]

    assert run("first", SEEN) == ["False\n", "True\n", ""]
    assert run("second", SEEN + "  # changed") == ["False\n", "True\n", "a is cached"]
