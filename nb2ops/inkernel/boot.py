"""The first thing that runs in a kernel: loads this package and cloudpickle by path, then begins the step.

Run by `runpy.run_path` with two globals: `NB2OPS_JOB`, the path of the job, and `NB2OPS_CLOUDPICKLE`, the folder
of a cloudpickle. Both packages get private names, so that the notebook's own cloudpickle (or its absence) is
left as it is.
"""

from __future__ import annotations

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType


def load_by_path(name: str, folder: str) -> ModuleType:
    """Return the package of that folder under `name`, loaded once."""
    if name not in sys.modules:
        spec = spec_from_file_location(name, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def _begin(job: str, cloudpickle: str) -> None:
    load_by_path("_nb2ops_cloudpickle", cloudpickle)
    load_by_path("_nb2ops", os.path.dirname(os.path.abspath(__file__))).begin(job)


if "NB2OPS_JOB" in globals():
    _begin(globals()["NB2OPS_JOB"], globals()["NB2OPS_CLOUDPICKLE"])
