"""What becomes of a service and its keeper when one of them dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from nb2ops.orchestration.keeper import keeping
from nb2ops.runtime.processes import is_alive
from tests.processes import wait_until

ENOUGH = 60.0
SERVICE = """
import pathlib, signal, time, os
pathlib.Path('pids').open('a').write(f'{os.getpid()}\\n')
time.sleep(600)
"""
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN)\n{SERVICE}"
Keep = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Keep]:
    keepers: list[subprocess.Popen[bytes]] = []

    def start(code: str) -> subprocess.Popen[bytes]:
        keepers.append(subprocess.Popen(keeping([sys.executable, "-c", code], 0.5), cwd=tmp_path))
        return keepers[-1]

    yield start
    for keeper in keepers:
        keeper.kill()
        keeper.wait()


def services(folder: Path, count: int) -> list[psutil.Process]:
    """Wait until the service was started so many times, and return its processes."""
    file = folder / "pids"
    wait_until(lambda: file.exists() and file.read_text().count("\n") == count, ENOUGH)
    return [psutil.Process(int(line)) for line in file.read_text().split() if psutil.pid_exists(int(line))]


def test_a_service_that_is_killed_is_started_again(keep: Keep, tmp_path: Path) -> None:
    keep(SERVICE)
    (first,) = services(tmp_path, 1)
    first.kill()
    (second,) = services(tmp_path, 2)
    assert second != first


@pytest.mark.parametrize("code", [SERVICE, STUBBORN], ids=["willing", "stubborn"])
def test_a_keeper_that_is_told_to_end_ends_its_service_first(keep: Keep, tmp_path: Path, code: str) -> None:
    keeper = keep(code)
    (service,) = services(tmp_path, 1)
    keeper.terminate()
    assert keeper.wait(ENOUGH) == 0
    assert not is_alive(service)


def test_a_keeper_that_is_killed_takes_its_service_along(keep: Keep, tmp_path: Path) -> None:
    keeper = keep(SERVICE)
    (service,) = services(tmp_path, 1)
    os.kill(keeper.pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(service), ENOUGH)


def test_a_service_that_fails_at_its_start_is_not_tried_again(keep: Keep) -> None:
    assert keep("raise SystemExit(7)").wait(ENOUGH) == 7
