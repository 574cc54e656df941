"""The first thing that runs in a kernel: loads this package, cloudpickle and blake3 by path, then begins the step.

Run by `runpy.run_path` with globals: `NB2OPS_JOB`, the path of the job, `NB2OPS_CLOUDPICKLE` and `NB2OPS_BLAKE3`,
the folders of these packages in the environment of nb2ops. All get private names, so that the notebook's own
cloudpickle (or its absence) is left as it is. A fork server loads ahead what is the same in every kernel.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location, spec_from_loader
from types import ModuleType

CLOUDPICKLE = "_nb2ops_cloudpickle"
BLAKE3 = "_nb2ops_blake3.blake3"
OWN = "_nb2ops"
AHEAD = ("aliases", "audit", "gates", "handover", "history", "imports", "metrics")
"""Modules of this package that note nothing of the kernel when they are loaded; the others note how it starts."""


def load_by_path(name: str, folder: str) -> ModuleType:
    """Return the package of that folder under `name`, loaded once."""
    if name not in sys.modules:
        _run(_add(name, folder))
    return sys.modules[name]


def _add(name: str, folder: str) -> ModuleType:
    """Return a package whose modules can be imported, and which itself is not run yet."""
    spec = spec_from_file_location(name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    assert spec is not None
    sys.modules[name] = module_from_spec(spec)
    return sys.modules[name]


def _run(package: ModuleType) -> None:
    assert package.__spec__ is not None
    assert package.__spec__.loader is not None
    package.__spec__.loader.exec_module(package)


def load_extension(name: str, folder: str) -> ModuleType | None:
    """Return the compiled module of that folder under `name`, None where there is none for this interpreter."""
    if name in sys.modules:
        return sys.modules[name]
    stem = name.rpartition(".")[2]
    paths = (os.path.join(folder, stem + suffix) for suffix in EXTENSION_SUFFIXES)
    path = next(filter(os.path.exists, paths), None)
    if path is None:
        return None
    loader = ExtensionFileLoader(name, path)
    spec = spec_from_loader(name, loader)
    assert spec is not None
    try:
        sys.modules[name] = module_from_spec(spec)
        loader.exec_module(sys.modules[name])
    except ImportError:
        sys.modules.pop(name, None)
    return sys.modules.get(name)


def load_ahead(cloudpickle: str, blake3: str) -> None:
    """Load what forked kernels shall find loaded; the arguments are these packages' folders."""
    load_by_path(CLOUDPICKLE, cloudpickle)
    load_extension(BLAKE3, blake3)
    _add(OWN, os.path.dirname(os.path.abspath(__file__)))
    for name in AHEAD:
        import_module(f"{OWN}.{name}")


def _begin(job: str, cloudpickle: str, blake3: str) -> None:
    load_by_path(CLOUDPICKLE, cloudpickle)
    load_extension(BLAKE3, blake3)
    own = sys.modules.get(OWN) or _add(OWN, os.path.dirname(os.path.abspath(__file__)))
    if not hasattr(own, "begin"):
        _run(own)
    own.begin(job)


if "NB2OPS_JOB" in globals():
    _begin(globals()["NB2OPS_JOB"], globals()["NB2OPS_CLOUDPICKLE"], globals()["NB2OPS_BLAKE3"])
