"""`nb2ops result`: variables of finished runs, by a real run and the command as a user types it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import nb2ops as package
from nb2ops.errors import UsageError
from tests.cli.commands import nb2ops
from tests.notebooks import write_notebook

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect")]

CELLS = [
    (
        "step:load",
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})\n"
        "class Model:\n    def __repr__(self):\n        return 'a Model'\nmodel, word = Model(), 'first'",
    ),
    ("step:use", "print(df.a.sum(), model, word)\nword = 'second'"),
    ("step:end", "print(word)"),
]


@pytest.fixture(scope="module")
def folder(prefect: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("result")
    done = nb2ops("run", write_notebook(place / "nb.ipynb", *CELLS))
    assert done.returncode == 0, done.stderr
    (run,) = (place / ".nb2ops" / "runs").iterdir()
    return run


# arguments -> what is shown
SHOWN = [
    (["df"], ["DataFrame, shape 3 x 2, ", 'of step "load"', "2  3  z"]),
    (["model"], ["model: ", "a Model"]),
    (["word"], ["word: str, length 6, ", 'of step "use"', "'second'"]),
    (["word", "--step", "load"], ['of step "load"', "'first'"]),
]


@pytest.mark.parametrize(("arguments", "texts"), SHOWN)
def test_a_variable_is_described(folder: Path, arguments: list[str], texts: list[str]) -> None:
    done = nb2ops("result", folder, *arguments)
    assert done.returncode == 0, done.stderr
    assert [text for text in texts if text not in done.stdout] == []


def test_a_run_is_found_by_its_id_its_record_and_prefect_s_id(folder: Path) -> None:
    flow_run = json.loads((folder / "record.json").read_text())["run"]["flow_run"]
    assert nb2ops("result", folder.name[:20], "word", cwd=folder.parents[2]).returncode == 0
    assert nb2ops("result", folder / "record.json", "word").returncode == 0
    assert nb2ops("result", flow_run, "word", cwd=folder).returncode == 0


def test_a_variable_is_written_in_the_form_of_the_file_s_name(folder: Path, tmp_path: Path) -> None:
    assert nb2ops("result", folder, "df", "-o", tmp_path / "df.csv").returncode == 0
    assert (tmp_path / "df.csv").read_text() == ",a,b\n0,1,x\n1,2,y\n2,3,z\n"
    assert nb2ops("result", folder, "df", "-o", tmp_path / "df.pkl").returncode == 0
    assert list(pickle.loads((tmp_path / "df.pkl").read_bytes()).a) == [1, 2, 3]


# arguments after the run -> the sentence
WRONG = [
    (["dff"], 'No variable "dff" was kept: a run keeps what one step hands to another. Did you mean "df"?'),
    (["zzz"], "Kept: Model, df, model, word."),
    (["df", "--step", "nowhere"], 'The run has no step "nowhere"; its steps: load, use, end.'),
    (["word", "-o", "word.csv"], "a str has no .csv form; write it to a .pkl file"),
    (["word", "-o", "word.txt"], "a variable is written as .pkl, .parquet, .csv."),
    (["model", "-o", "model.pkl"], 'Variable "model": '),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_what_cannot_be_had_says_why(folder: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = nb2ops("result", folder, *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_run_says_so(tmp_path: Path) -> None:
    done = nb2ops("result", "nobody", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No run nobody is known here." in done.stderr


def test_python_gets_the_value_and_nothing_that_was_tampered_with(folder: Path, tmp_path: Path) -> None:
    code = f"import nb2ops; print(nb2ops.result({str(folder)!r}, 'df').a.sum())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "6\n"
    record = json.loads((folder / "record.json").read_text())
    pack = Path(record["steps"][1]["variables"][0]["location"])
    whole = pack.read_bytes()
    try:
        pack.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
        with pytest.raises(UsageError, match="the digest does not fit"):
            package.result(folder, "word")
        assert "the digest does not fit" in nb2ops("result", folder, "word").stderr
        os.rename(pack, tmp_path / "away")
        with pytest.raises(UsageError, match=r"is gone\. Run again\."):
            package.result(folder, "word")
    finally:
        pack.write_bytes(whole)
