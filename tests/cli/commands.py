"""The command line as a user types it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nb2ops.cli import main

COMMAND = [sys.executable, "-P", "-m", "nb2ops"]  # the installed package, whose modules are compiled
HERE = {
    "build", "cancel", "check", "deploy", "deployments", "graph", "logs", "params", "report", "result", "retry", "runs",
    "tag",
}  # fmt: skip
"""Commands that start no process of their own: they run in this one, which has imported all that they need."""

Done = subprocess.CompletedProcess[str]


def nb2ops(
    *arguments: object,
    cwd: Path | str | None = None,
    env: dict[str, str] | None = None,
    stdin: str | None = None,
    timeout: float = 180,
) -> Done:
    """Run a command to its end."""
    words = [*map(str, arguments)]
    if words[0] in HERE and env is None:
        return _here(words, cwd)
    return subprocess.run(
        [*COMMAND, *words], cwd=cwd, env=env, input=stdin, capture_output=True, text=True, timeout=timeout
    )


def _here(words: list[str], cwd: Path | str | None) -> Done:
    out, err = io.StringIO(), io.StringIO()
    place = contextlib.chdir(cwd) if cwd else contextlib.nullcontext()
    with place, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _nobody_at_the_keyboard():
        try:
            main(words)
        except SystemExit as end:
            return subprocess.CompletedProcess(words, int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main exits")


@contextlib.contextmanager
def _nobody_at_the_keyboard() -> Iterator[None]:
    stdin, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = stdin
