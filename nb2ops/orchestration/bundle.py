"""The `flow.py` of a bundle: which function is the flow, and how to get hold of it."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nb2ops.compiler.folder import read_manifest
from nb2ops.errors import UsageError
from nb2ops.model import Pipeline


def flow_function(bundle: Path) -> str:
    """Return the name of the flow's function in a bundle's `flow.py`, read without executing it.

    Raises:
        UsageError: the folder has no `flow.py` of nb2ops.
    """
    path = bundle / "flow.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise UsageError(f"{path}: not a flow of nb2ops ({error}). Build the bundle again.") from error
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            return node.name
    raise UsageError(f"{path}: holds no flow. Build the bundle again.")


def load_flow(bundle: Path) -> Callable[..., Any]:
    """Return the Prefect flow of a bundle, imported by its path.

    Raises:
        UsageError: the folder has no `flow.py` of nb2ops.
    """
    name = flow_function(bundle)
    spec = importlib.util.spec_from_file_location(f"nb2ops_flow_{name}", bundle / "flow.py")
    if spec is None or spec.loader is None:
        raise UsageError(f"{bundle / 'flow.py'}: cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    flow: Callable[..., Any] = getattr(module, name)
    return flow


def version_of(bundle: Path, pipeline: Pipeline) -> str:
    """Return the digest of a bundle; of one without a manifest that of its notebook."""
    try:
        return read_manifest(bundle)[0]
    except UsageError:
        return pipeline.digest
