"""Where files live: what belongs to the interpreter, to installed packages and to the system."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from types import ModuleType


@lru_cache(maxsize=1)
def installed_roots() -> tuple[str, ...]:
    """Return the folders of the interpreter and of installed packages, each with a separator at its end."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    found = {sysconfig.get_paths()[kind] for kind in kinds}
    found |= {path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")}
    return tuple(sorted(os.path.join(each, "") for root in found for each in {root, os.path.realpath(root)}))


def is_installed(module: ModuleType | None) -> bool:
    """Whether a module is built in or comes from an installed package, not from the notebook or its folder."""
    if module is None or module.__name__ == "__main__":
        return False
    path = getattr(module, "__file__", None)
    return path is None or os.path.abspath(path).startswith(installed_roots())


def is_machinery(path: str) -> bool:
    """Whether an absolute path belongs to the interpreter, to Jupyter or to the system, not to the notebook."""
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
        *(os.path.join(os.path.expanduser("~"), each) for each in own),
        *(each for each in named if each),
    ]
    return tuple(os.path.join(each, "") for each in [*folders, os.path.dirname(os.path.abspath(__file__))])
