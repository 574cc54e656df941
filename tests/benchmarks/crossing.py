"""(e) Hand-over of large variables, written, digested and read, against pickle, dill, joblib and Parquet.

Tools take turns; each writes in one process and reads in another, as two steps do. Tools that are not installed are
left out (`pip install ".[bench]"`).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

KEY = b"k" * 32
ROWS = 6_000_000
TOOLS = ("nb2ops", "pickle", "dill", "joblib", "parquet")


def handover(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return, for each kind of value and tool, seconds, extra memory when read, and the ratio to pickle."""
    results: dict[str, Any] = {}
    for kind in VALUES:
        tools = [tool for tool in TOOLS if _is_there(tool) and (tool != "parquet" or kind == "frame")]
        spent: dict[str, list[tuple[float, float]]] = {tool: [] for tool in tools}
        for _ in range(options.repeats):
            for tool in tools:
                spent[tool].append(_cross(tool, kind, folder))
        for tool in tools:
            seconds, extra = (round(median(column), 2) for column in zip(*spent[tool], strict=True))
            pairs = [mine[0] / peer[0] for mine, peer in zip(spent["nb2ops"], spent[tool], strict=True)]
            results[f"{kind}, {tool}: s, extra MB"] = [seconds, extra]
            if tool != "nb2ops":
                results[f"{kind}, nb2ops / {tool}"] = round(median(pairs), 2)
    return results


def _is_there(tool: str) -> bool:
    name = {"parquet": "pyarrow"}.get(tool, tool)
    return importlib.util.find_spec(name) is not None


def _cross(tool: str, kind: str, folder: Path) -> tuple[float, float]:
    """Write in one process and read in another; return the seconds of both and the megabytes that reading took."""
    path = folder / "value"
    told = [
        json.loads(subprocess.check_output([sys.executable, "-m", __spec__.name, act, tool, kind, str(path)]))
        for act in ("write", "read")
    ]
    path.unlink()
    return told[0][0] + told[1][0], told[1][1]


def array() -> Any:
    """1 GB of floats."""
    import numpy as np

    return np.random.default_rng(0).random(125_000_000)


def frame() -> Any:
    """About 0.8 GB: numbers, times, truth values, categories and text."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    cities = np.array(["Berlin", "Paris", "London", "Madrid", "Rome", "Oslo", "Wien", "Bern"], dtype=object)
    columns: dict[str, Any] = {f"f{i}": draw.random(ROWS) for i in range(10)}
    columns |= {f"i{i}": draw.integers(0, 10**9, ROWS) for i in range(5)}
    columns["when"] = pd.date_range("2020-01-01", periods=ROWS, freq="s")
    columns["flag"] = draw.random(ROWS) > 0.5
    columns["kind"] = pd.Categorical(cities[draw.integers(0, 8, ROWS)])
    columns["city"] = cities[draw.integers(0, 8, ROWS)]
    return pd.DataFrame(columns)


def mapping() -> Any:
    """A dictionary of a million small tuples."""
    return {f"key{i}": (i, float(i)) for i in range(10**6)}


VALUES: dict[str, Callable[[], Any]] = {"frame": frame, "array": array, "dict": mapping}


def _write(tool: str, value: Any, path: Path) -> float:
    module = _module(tool)
    begun = time.perf_counter()
    if tool == "nb2ops":
        written = module.write(str(path), {"value": value}, KEY)
        Path(f"{path}.json").write_text(json.dumps(written.status))
    elif tool == "joblib":
        module.dump(value, path)
    elif tool == "parquet":
        value.to_parquet(path)
    else:
        with path.open("wb") as file:
            module.dump(value, file, protocol=5)
    return time.perf_counter() - begun


def _read(tool: str, path: Path) -> tuple[Any, float]:
    module = _module(tool)
    begun = time.perf_counter()
    if tool == "nb2ops":
        from nb2ops.inkernel.pack import Pack

        with Pack(str(path), KEY, json.loads(Path(f"{path}.json").read_text())) as pack:
            value = pack.variables()["value"]
    elif tool == "joblib":
        value = module.load(path)
    elif tool == "parquet":
        value = module.read_parquet(path)
    else:
        with path.open("rb") as file:
            value = module.load(file)
    return value, time.perf_counter() - begun


def _module(tool: str) -> Any:
    for name in ("numpy", "pandas"):
        importlib.import_module(name)
    return importlib.import_module({"nb2ops": "nb2ops.inkernel.handover", "parquet": "pandas"}.get(tool, tool))


def _resident() -> float:
    """Megabytes of this process that are its own: what is mapped from a file is the file's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon"))


def main(act: str, tool: str, kind: str, path: Path) -> None:
    """Do one half of a crossing, and print seconds and megabytes."""
    if act == "write":
        print(json.dumps([_write(tool, VALUES[kind](), path), 0]))
        return
    _module(tool)
    before = _resident()
    _value, seconds = _read(tool, path)
    print(json.dumps([seconds, round(_resident() - before, 1)]))


if __name__ == "__main__":
    main(*sys.argv[1:4], Path(sys.argv[4]))
