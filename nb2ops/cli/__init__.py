"""The command line: each command a few lines over the other rooms.

Heavy rooms are imported inside the commands, so that `nb2ops --help` costs nothing.
"""

from __future__ import annotations

from nb2ops.cli.app import main

__all__ = ["main"]
