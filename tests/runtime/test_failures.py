"""Where and why, read from tracebacks and exit codes."""

from __future__ import annotations

import pytest

from nb2ops.runtime.failures import describe_exit, line_in_cell, plain

# traceback, prompt number -> line
TRACEBACKS = [
    ("Cell In[7], line 2\n----> 2 f(0)\n\nCell In[3], line 5, in f(x)", 7, 2),
    ("Cell In[7], line 2\n----> 2 f(0)\n\nCell In[3], line 5, in f(x)", 3, 5),
    ("  Cell In[1], line 12\n    x = = 3", 1, 12),
    ("Input In [4], in <cell line: 3>()", 4, 3),
    ("Cell In[17], line 2", 7, None),
    ("File /home/u/module.py:3, in f()", 1, None),
    ("", None, None),
]


@pytest.mark.parametrize(("traceback", "count", "line"), TRACEBACKS)
def test_the_line_in_the_cell(traceback: str, count: int | None, line: int | None) -> None:
    assert line_in_cell(traceback, count) == line


def test_colours_are_removed() -> None:
    assert plain("\x1b[0;31mZeroDivisionError\x1b[0m: \x1b[1mno\x1b[0m") == "ZeroDivisionError: no"


EXITS = [
    (0, "it ended itself with exit code 0"),
    (3, "it ended itself with exit code 3"),
    (-9, "ended by signal 9 (SIGKILL)"),
    (-11, "ended by signal 11 (SIGSEGV)"),
    (-200, "ended by signal 200 (unknown)"),
    (None, "it does not answer"),
]


@pytest.mark.parametrize(("code", "words"), EXITS)
def test_an_exit_code_in_words(code: int | None, words: str) -> None:
    assert describe_exit(code) == words
