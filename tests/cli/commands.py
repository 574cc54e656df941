"""The command line as a user starts it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "nb2ops"]


def nb2ops(
    *arguments: object, cwd: Path | None = None, env: dict[str, str] | None = None, timeout: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, env=env, capture_output=True, text=True, timeout=timeout
    )
