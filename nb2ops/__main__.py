"""`python -m nb2ops` is the command line."""

from nb2ops.cli.process import run

run()
