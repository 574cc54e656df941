"""The bundles of the example notebooks, as reviewed. `pytest --rewrite-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb2ops.compiler.bundle import build_bundle
from nb2ops.compiler.compilation import compile_notebook

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
EXAMPLES = sorted((ROOT / "example_notebooks").glob("*.ipynb"))
REVIEWED = ("flow.py", "pipeline.json", "prefect.yaml", "manifest.json")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_builds_to_its_reviewed_bundle(path, request):
    files = build_bundle(compile_notebook(path), path.parent).files
    folder = GOLDEN / path.stem
    if request.config.getoption("--rewrite-golden"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in REVIEWED:
            (folder / name).write_bytes(files[name])
    for name in REVIEWED:
        assert files[name].decode() == (folder / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_no_problems(path):
    expected = ["NB209"] if path.stem == "digits_explorer" else []  # it has no tags
    assert [problem.code for problem in compile_notebook(path).problems] == expected


@pytest.mark.parametrize(
    ("name", "branches", "joined"),
    [
        ("tumour_classifier", {"logistic", "forest"}, "compare"),
        ("sales_report", {"regions", "products", "timeline"}, "summary"),
    ],
)
def test_branches_of_the_examples_are_parallel(name, branches, joined):
    pipeline = compile_notebook(ROOT / "example_notebooks" / f"{name}.ipynb").pipeline
    assert branches <= set(pipeline.upstream(joined))
    assert not any(set(pipeline.upstream(branch)) & branches for branch in branches)
