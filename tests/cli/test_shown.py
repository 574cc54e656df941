"""Every command line of README and docs does what it says, typed one after another from an empty home."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.commands import Done, nb2ops
from tests.notebooks import write_notebook
from tests.shown import ROOT, SHOWN

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("shown")]

LINES = [*dict.fromkeys(line for _, line in SHOWN)]
BEFORE = ["nb2ops run sales.ipynb", "nb2ops build sales.ipynb"]
"""What the pages take for granted: somebody has run the notebook, and a build of it is kept beside it."""
ENDS = {"nb2ops run example_notebooks/tumour_classifier.ipynb -p min_auc=0.999": 1}
"""How the lines end that do not succeed: the page says so."""
TYPED = {"nb2ops secret api-token": "the-token\n"}
"""What is typed where a line asks."""
SALES = [
    ("parameters", "rows: int = 3\nregion: str = 'North'\ntop: int = 5"),
    ("step:load", "import glob\nlines = [open(name).read() for name in sorted(glob.glob('data/*.csv'))]"),
    ("step:report", "found = len(lines) + rows"),
    ("metrics", "found"),
]


@dataclass
class Reader:
    """Somebody who types what is shown."""

    folder: Path
    env: dict[str, str]

    def types(self, line: str) -> Done:
        """Type a line, with a notebook and a run that there are."""
        line = line.replace(" NB ", " sales.ipynb ")
        if "amber-fox" in line:
            line = line.replace("amber-fox", self.last_run())
        return nb2ops(*shlex.split(line)[1:], cwd=self.folder, env=self.env, stdin=TYPED.get(line))

    def last_run(self) -> str:
        """The name of the newest run, of which there is one whichever lines are tested."""
        done = nb2ops("runs", "-o", "json", cwd=self.folder, env=self.env)
        return json.loads(done.stdout)["runs"][0]["name"]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("shown")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "NB2OPS_"))}
    env = {**kept, "NB2OPS_HOME": str(folder / "home"), "PREFECT_HOME": str(folder / "prefect")}
    shutil.copytree(ROOT / "example_notebooks", folder / "example_notebooks", ignore=shutil.ignore_patterns(".nb2ops"))
    (folder / "data").mkdir()
    (folder / "data" / "january.csv").write_text("a,b\n1,2\n")
    for name in ("sales", "churn"):
        write_notebook(folder / f"{name}.ipynb", *SALES)
    found = Reader(folder, env)
    for line in BEFORE:
        assert found.types(line).returncode == 0
    yield found
    nb2ops("down", env=env)


@pytest.mark.parametrize("line", LINES)
def test_a_line_that_is_shown_does_what_it_says(reader, line):
    done = reader.types(line)
    assert done.returncode == ENDS.get(line, 0), done.stdout + done.stderr
