"""How a process that was the command line ends: as Python ends it, only sooner."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys, threading, time
from nb2ops.cli import process

class Late:
    def __del__(self):
        print("taken apart")

def work():
    time.sleep(0.2)
    print("thread")

def main():
    global late
    late = Late()
    atexit.register(print, "handler")
    threading.Thread(target=work).start()
    print("main")
    {ending}

process.main = main
process.run()
"""


@pytest.mark.parametrize(
    ("ending", "code", "told", "error"),
    [
        ("sys.exit(0)", 0, "main thread handler", ""),
        ("sys.exit()", 0, "main thread handler", ""),
        ("sys.exit(3)", 3, "main thread handler", ""),
        ("1 / 0", 1, "main thread handler taken apart", "ZeroDivisionError"),
        ("sys.exit('no')", 1, "main thread handler taken apart", "no"),
    ],
)
def test_threads_and_exit_handlers_come_to_their_end_and_then_it_is_over(ending, code, told, error):
    program = PROGRAM.format(ending=ending)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.replace("\n", " ").split()) == (code, told.split())
    assert error in done.stderr
    assert bool(error) == bool(done.stderr)
