from __future__ import annotations

import pytest

from nb2ops.compiler.compilation import compile_notebook
from nb2ops.compiler.reads import Place, literal_reads

CSV = "import pandas as pd\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("df = pd.read_csv('here.csv')", [("here.csv", Place.FOUND)]),
        ("df = pd.read_csv('packed.csv')", [("packed.csv", Place.BUNDLED)]),
        ("df = pd.read_csv('./packed.csv')", [("./packed.csv", Place.BUNDLED)]),
        ("df = pd.read_csv('nowhere.csv')", [("nowhere.csv", Place.MISSING)]),
        ("text = open('here.csv').read()", [("here.csv", Place.FOUND)]),
        ("open('made.txt', 'w').write('x')\ntext = open('made.txt').read()", [("made.txt", Place.WRITTEN)]),
        ("df = pd.read_csv('/data/sales.csv')", []),
        ("df = pd.read_csv('https://example.org/sales.csv')", []),
        ("df = pd.read_csv(name)", []),
        ("a = pd.read_csv('here.csv')\nb = pd.read_csv('here.csv')", [("here.csv", Place.FOUND)]),
    ],
)
def test_each_file_is_found_bundled_written_or_missing(notebook, tmp_path, source, expected):
    (tmp_path / "here.csv").write_text("a\n1\n")
    compilation = compile_notebook(notebook(("imports", CSV), ("step:a", source)))
    found = literal_reads(compilation, tmp_path, {"packed.csv"})
    assert [(each.path, each.place) for each in found] == expected


def test_a_parameter_of_type_path_counts_and_the_place_is_named(notebook, tmp_path):
    cells = ("parameters", "from pathlib import Path\n\nsource: Path = Path('data/in.csv')"), ("step:a", "x = 1")
    (read,) = literal_reads(compile_notebook(notebook(*cells)), tmp_path, ())
    assert (read.path, read.cell, read.line, read.place) == ("data/in.csv", 1, 3, "missing")
