"""The error tree: what ends a command, with the exit code that says why.

A user's mistake in a notebook is not an error but a `Problem` (see `nb2ops.model`); `InvalidNotebook` carries
all of them at once when a command cannot go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nb2ops.model import Problem


class Nb2opsError(Exception):
    """Something ends the command; `exit_code` is the status of the process.

    The text says where, what, and what to do now.
    """

    exit_code = 1


class UsageError(Nb2opsError):
    """An argument, a parameter or a file is not what the command needs; nothing was run or written.

    Attributes:
        fields: what is wrong with each part of a request, by its name ("parameters.rate"); empty where the error is
            about no single part.
    """

    exit_code = 2

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


class NotFound(UsageError):
    """What was named is not there."""


class Conflict(UsageError):
    """It is there, and as it stands now it does not allow what was asked."""


class InvalidNotebook(UsageError):
    """The notebook has problems that stop a build.

    Attributes:
        problems: every problem found, errors and warnings, in notebook order.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ServiceError(Nb2opsError):
    """Prefect cannot be reached or does not fit this version of nb2ops."""

    exit_code = 3


class RunFailed(Nb2opsError):
    """A cell of the notebook failed, or a quality gate is red."""


class RunTimeout(Nb2opsError):
    """A cell, a step or the run took longer than allowed."""

    exit_code = 124


class KernelDied(Nb2opsError):
    """The kernel of a step ended by itself: a signal, a crash in native code, an exit."""

    exit_code = 138


class Interrupted(Nb2opsError):
    """The run was ended from outside; 130 after SIGINT, 143 after SIGTERM or a cancel."""

    exit_code = 143

    def __init__(self, message: str, *, exit_code: int = 143) -> None:
        super().__init__(message)
        self.exit_code = exit_code
