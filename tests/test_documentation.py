"""What the documents say of the code is true."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import click
import pytest

from nb2ops.cli.app import cli
from nb2ops.compiler.compilation import compile_notebook
from nb2ops.pages import graph
from tests.commands_page import commands_page
from tests.shown import SHOWN

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"\"(NB\d{3})\"")
ROW = re.compile(r"^\| (NB\d{3}) \| (error|warning|notice)[^|]*\| [^|]+ \| [^|]+ \|$", re.MULTILINE)


def codes_in(folder: str) -> set[str]:
    return {code for path in (ROOT / folder).rglob("*.py") for code in CODE.findall(path.read_text())}


def rows() -> list[str]:
    return [code for code, _ in ROW.findall((ROOT / "docs" / "problems.md").read_text())]


def test_the_table_of_problems_has_each_code_of_the_source_once_and_no_other():
    assert Counter(rows()) == Counter(codes_in("nb2ops"))
    assert rows() == sorted(rows())


def test_every_problem_is_brought_about_by_a_test():
    assert codes_in("nb2ops") - codes_in("tests") == set()


def test_the_page_of_commands_is_what_help_prints(request):
    page = ROOT / "docs" / "reference" / "commands.md"
    if request.config.getoption("--rewrite-golden"):
        page.write_text(commands_page())
    assert page.read_text() == commands_page()


def test_the_picture_of_steps_is_what_graph_draws(request):
    picture = ROOT / "docs" / "images" / "graph.svg"
    drawn = graph.picture(compile_notebook(ROOT / "example_notebooks" / "tumour_classifier.ipynb").checked())
    if request.config.getoption("--rewrite-golden"):
        picture.write_text(drawn)
    assert picture.read_text() == drawn


def test_the_pages_show_commands():
    assert {name for name, _ in SHOWN} >= {"README.md", "tutorial.md", "guides.md"}


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_line_that_is_shown_can_be_typed(page, line):
    words = shlex.split(line)[1:]
    command, context = cli, click.Context(cli, info_name="nb2ops")
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
        context = click.Context(command, parent=context)
    assert context.parent, f"{page}: {line}"
    context.resilient_parsing = False
    command.parse_args(context, words)
    for word in words:
        if word.startswith("example_notebooks/"):
            assert (ROOT / word).exists(), f"{page}: {word}"
