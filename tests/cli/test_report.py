"""`nb2ops report` and `graph` of a real run: every form, trends against earlier runs, both sides of gates, escaped."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.commands import nb2ops
from tests.notebooks import write_notebook

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

HOSTILE = "<script>alert(1)</script>"
CELLS = (
    ("markdown", f"# Pulse {HOSTILE}\nIs the day calm?"),
    ("parameters", "limit: int = 80  # beats\nword: str = 'calm'"),
    ("step:load", "beats = [72, 75, 71]\nprint(word)"),
    ("metrics", "mean = sum(beats) / 3"),
    ("gate", "assert mean < limit"),
    ("step:show", "beats"),
)


@pytest.fixture(scope="module")
def folder(prefect: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that ran twice: well, with a report, and into a red gate."""
    place = tmp_path_factory.mktemp("report")
    path = write_notebook(place / "pulse.ipynb", *CELLS)
    good = nb2ops("run", path, "-p", "word", HOSTILE, "--report", "-o", place / "out")
    assert good.returncode == 0, good.stderr
    assert f"Report: {place / 'out' / 'report.html'}" in good.stdout
    assert nb2ops("run", path, "-p", "limit=70").returncode == 1
    return place


@pytest.fixture
def runs(folder: Path) -> list[Path]:
    return sorted((folder / ".nb2ops" / "runs").iterdir())


def test_a_run_leaves_its_report(folder: Path, runs: list[Path]) -> None:
    page = (runs[0] / "report.html").read_text()
    assert page == (folder / "out" / "report.html").read_text()
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "earlier runs" not in page
    assert not (runs[1] / "report.html").exists()


def test_a_report_shows_the_failure_both_sides_and_the_trend(runs: list[Path], tmp_path: Path) -> None:
    done = nb2ops("report", runs[1], "-o", tmp_path / "r.html")
    assert done.stdout == f"Written to {tmp_path / 'r.html'}\n", done.stderr
    page = (tmp_path / "r.html").read_text()
    shown = re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))
    assert "Rejected" in shown
    assert "mean &lt; limit red 72.66" in shown
    assert "&lt; 70" in shown
    assert "earlier runs, this one last" in shown
    assert "as before" in shown
    assert json.loads((runs[1] / "record.json").read_text())["run"]["bundle"]["source"] in shown


def test_the_other_forms_hold_the_same_and_code_can_be_left_out(runs: list[Path], tmp_path: Path) -> None:
    for name, options in (("r.md", []), ("r.ipynb", ["--no-code"]), ("short.html", ["--no-code"])):
        assert nb2ops("report", runs[0], "-o", tmp_path / name, *options).returncode == 0
    assert "| mean | 72.6667 |" in (tmp_path / "r.md").read_text()
    assert "beats = [72, 75, 71]" in (tmp_path / "r.md").read_text()
    told, *cells = json.loads((tmp_path / "r.ipynb").read_text())["cells"]
    assert "**Completed**" in told["source"]
    assert {cell["metadata"]["jupyter"]["source_hidden"] for cell in cells if cell["cell_type"] == "code"} == {True}
    assert "beats = " not in re.sub("<[^>]*>", "", (tmp_path / "short.html").read_text())


def test_a_graph_is_drawn_of_a_notebook_and_of_a_run(folder: Path, runs: list[Path], tmp_path: Path) -> None:
    assert nb2ops("graph", folder / "pulse.ipynb").stdout.startswith("flowchart TD\n")
    for name, text in (("g.svg", "Completed"), ("g.dot", "digraph"), ("g.mmd", "flowchart")):
        assert nb2ops("graph", runs[0], "-o", tmp_path / name).returncode == 0
        assert text in (tmp_path / name).read_text()
    done = nb2ops("graph", runs[0], "-o", tmp_path / "g.png")
    assert (done.returncode, "written as .svg, .mmd, .dot" in done.stderr) == (2, True)
