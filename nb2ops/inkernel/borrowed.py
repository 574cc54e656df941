"""cloudpickle under a private name.

A pack names the module that rebuilds a class. With a name of our own the pack reads the same wherever
cloudpickle came from, and the notebook's own cloudpickle keeps its registers to itself.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib import import_module
from typing import Any

from .boot import load_by_path

_NAME = "_nb2ops_cloudpickle"


def _folder() -> str:
    spec = importlib.util.find_spec("cloudpickle")
    if spec is None or spec.origin is None:
        raise ImportError("nb2ops needs cloudpickle: load it by path first (see boot)", name="cloudpickle")
    return os.path.dirname(spec.origin)


def _load() -> Any:
    if _NAME not in sys.modules:
        load_by_path(_NAME, _folder())
    return import_module(f"{_NAME}.cloudpickle")


cloudpickle: Any = _load()
