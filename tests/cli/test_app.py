"""The group of commands: help, usage errors, and what starting it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nb2ops.cli.app import SECTIONS, cli
from tests.cli.commands import nb2ops

HEAVY = ("prefect", "papermill", "nbformat", "numpy", "pydantic", "rich", "IPython")


@pytest.mark.parametrize(
    "statement", ["import nb2ops", "from nb2ops.cli import main; sys.argv[1:] = ['--help']; main()"]
)
def test_importing_and_help_load_nothing_heavy(statement):
    report = f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    code = f"import sys, atexit\natexit.register(lambda: {report})\n{statement}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_every_command_has_a_section_and_a_help_text():
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(cli.commands)
    for name in listed:
        assert nb2ops(name, "--help").returncode == 0


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["check"], ["run", "x.ipynb", "--timeout", "0"], ["check", "x", "--what"]]
)
def test_wrong_usage_exits_2_with_a_sentence(arguments):
    done = nb2ops(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr


def test_a_closed_pipe_is_no_error(notebook):
    command = f"{sys.executable} -m nb2ops check {notebook(('step:a', 'x = 1'))} | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
