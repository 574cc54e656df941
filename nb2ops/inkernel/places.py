"""Where files live: what belongs to the interpreter, to installed packages and to the system."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from os.path import abspath, basename, dirname, expanduser, join, realpath
from sysconfig import get_paths
from types import ModuleType

_SHARED_MEMORY = "/dev/shm/"
"""A disk like any other, though it stands among the devices."""

open_file = open
"""The built-in one, whatever the notebook puts in its place."""


@lru_cache(maxsize=1)
def installed_roots() -> tuple[str, ...]:
    """Return the folders of the interpreter and of installed packages, each with a separator at its end."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    found = {get_paths()[kind] for kind in kinds}
    found |= {path for path in sys.path if basename(path) in ("site-packages", "dist-packages")}
    return tuple(sorted(join(each, "") for root in found for each in {root, realpath(root)}))


def is_installed(module: ModuleType | None) -> bool:
    """Whether a module is built in or comes from an installed package, not from the notebook or its folder."""
    if module is None or module.__name__ == "__main__":
        return False
    path = getattr(module, "__file__", None)
    return path is None or abspath(path).startswith(installed_roots())


def is_machinery(path: str) -> bool:
    """Whether an absolute path belongs to the interpreter, to Jupyter or to the system, not to the notebook."""
    if path.startswith(_SHARED_MEMORY):
        return False
    return path.startswith(installed_roots() + _machinery_roots()) or path.endswith((".pyc", ".pth"))


@lru_cache(maxsize=1)
def _machinery_roots() -> tuple[str, ...]:
    system = ["/proc", "/sys", "/dev", "/etc", "/lib", "/usr/lib", "/usr/share/zoneinfo", "/usr/share/fonts"]
    own = [
        ".ipython",
        ".jupyter",
        ".local/share/jupyter",
        ".cache/matplotlib",
        ".cache/fontconfig",
        ".config/matplotlib",
    ]
    named = (os.environ.get(name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"))
    folders = [
        *system,
        *(join(expanduser("~"), each) for each in own),
        *(each for each in named if each),
    ]
    return tuple(join(each, "") for each in [*folders, dirname(abspath(__file__))])
