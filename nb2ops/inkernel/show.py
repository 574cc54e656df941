"""Shows one variable of a finished run, or writes it to a file; the kernel's interpreter runs this by path.

It is told on standard input (the secret is nobody else's to see) and answers with one line of JSON on standard
output. What the notebook's classes print while they are rebuilt goes to standard error.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from runpy import run_path
from typing import Any

_LONGEST = 4000


def summary(value: Any) -> dict[str, Any]:
    """Return what a value is, for people: shape or length where it has one, and its text."""
    shape = getattr(value, "shape", None)
    shape = list(shape) if isinstance(shape, tuple) and all(isinstance(each, int) for each in shape) else None
    try:
        length = len(value)
    except Exception:  # a class of the notebook may raise anything
        length = None
    text = repr(value)
    return {"shape": shape, "length": length, "text": text[:_LONGEST] + "..." * (len(text) > _LONGEST)}


def write(value: Any, path: str) -> None:
    """Write a value in the form that the file's name says; the file is there whole or not at all.

    Raises:
        ValueError: the value has no such form.
    """
    form = os.path.splitext(path)[1]
    method = {".csv": "to_csv", ".parquet": "to_parquet"}.get(form)
    if method and not hasattr(value, method):
        raise ValueError(f"a {type(value).__name__} has no {form} form; write it to a .pkl file")
    temporary = os.path.join(os.path.dirname(path), f".{os.getpid()}.{os.path.basename(path)}")
    try:
        if method:
            getattr(value, method)(temporary)
        else:
            with open(temporary, "wb") as file:
                pickle.dump(value, file, protocol=5)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked for, or the error that says why not."""
    boot = run_path(os.path.join(job["package"], "boot.py"))
    boot["load_by_path"](boot["CLOUDPICKLE"], job["cloudpickle"])
    boot["load_extension"](boot["BLAKE3"], job["blake3"])
    package = boot["load_by_path"]("_nb2ops", job["package"])
    try:
        value = package.read_variable(job["path"], job["name"], bytes.fromhex(job["key"]))
        if job["file"]:
            write(value, job["file"])
        return summary(value)
    except Exception as error:  # a class of the notebook may raise anything
        return {"error": f"{error}" if type(error).__name__ == "PackError" else f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    told = os.dup(1)
    os.dup2(2, 1)
    with open(told, "w", encoding="utf-8") as out:
        json.dump(answer(json.load(sys.stdin)), out)
