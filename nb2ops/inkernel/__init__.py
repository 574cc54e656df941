"""What runs inside the user's kernel: standard library and cloudpickle only, Python 3.9 or newer.

In a kernel the package is loaded by path as `_nb2ops` (see `boot`), so that the notebook's environment needs
neither nb2ops nor cloudpickle. It adds no name to the notebook's namespace. `session` is the only module that
knows IPython; `handover`, `definitions` and `states` work in any process.
"""

from __future__ import annotations

from .pack import read_variable
from .session import after_cell, before_cell, begin, finish

__all__ = ["after_cell", "before_cell", "begin", "finish", "read_variable"]
