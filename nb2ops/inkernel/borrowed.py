"""cloudpickle and blake3 under private names.

A pack names the module that rebuilds a class. With a name of our own the pack reads the same wherever
cloudpickle came from, and the notebook's own cloudpickle keeps its registers to itself. In a kernel `boot` has
loaded both from the environment of nb2ops; blake3, which is compiled, only where it was built for this interpreter.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib import import_module
from typing import Any

from .boot import BLAKE3, CLOUDPICKLE, load_by_path, load_extension


def _folder(name: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"nb2ops needs {name}: load it by path first (see boot)", name=name)
    return os.path.dirname(spec.origin)


def _load_cloudpickle() -> Any:
    if CLOUDPICKLE not in sys.modules:
        load_by_path(CLOUDPICKLE, _folder("cloudpickle"))
    return import_module(f"{CLOUDPICKLE}.cloudpickle")


def _load_blake3() -> Any:
    if BLAKE3 not in sys.modules and __package__ == "nb2ops.inkernel":  # not in a kernel
        load_extension(BLAKE3, _folder("blake3"))
    return getattr(sys.modules.get(BLAKE3), "blake3", None)


cloudpickle: Any = _load_cloudpickle()
blake3: Any = _load_blake3()
"""None where it cannot be loaded."""
