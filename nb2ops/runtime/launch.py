"""Become a kernel or a service: `python -I -S launch.py PARENT DIRECTORY ARGV...` in place of this process.

A process of its own does this because its parent has threads: code between fork and exec is not safe there.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, directory: str, argv: list[str]) -> None:
    """Lead a session of our own, end with the parent, and run `argv` in `directory`."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        sys.exit(1)
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):  # ignored by the parent or by Python
        signal.signal(number, signal.SIG_DFL)
    os.chdir(directory)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
    except OSError as error:
        sys.exit(f"nb2ops: cannot start {sys.argv[3]}: {error}")
