"""What runs inside the user's kernel: standard library and cloudpickle only, Python 3.9 or newer.

In a kernel the package is loaded by path as `_nb2ops` (see `boot`), so that the notebook's environment needs
neither nb2ops nor cloudpickle. It adds no name to the notebook's namespace. `session` and `shell` are the
only modules that know IPython; `handover`, `definitions` and `states` work in any process.

The notebook may put something else in the place of `json.dumps`, `open` or `os.replace`: what this package uses of
the standard library's functions is bound by `from ... import` when it is loaded, before the first cell.
"""

from __future__ import annotations

from .pack import read_variable
from .session import after_cell, before_cell, begin, finish, wait

__all__ = ["after_cell", "before_cell", "begin", "finish", "read_variable", "wait"]
