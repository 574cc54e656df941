"""Optional parts of libraries that our own processes do without: each costs processor time and serves nothing here."""

from __future__ import annotations

import sys
from typing import Any

FORMATS = ("rfc3987_syntax", "rfc3986_validator")
"""With these jsonschema 4.26 checks texts that a schema marks as IRI or URI: 1.5 s wherever JupyterLab is installed."""
STORES = ("papermill.s3", "papermill.abs", "papermill.adl", "pyarrow.fs")
"""With these papermill 2.7 reads notebooks from S3, Azure and Hadoop; 0.3 s where pyarrow is installed."""


def do_without(*modules: str) -> None:
    """Have modules count as not installed in this process, as far as they are not imported yet.

    Args:
        modules: names in full. Whoever imports them must be able to do without.

    Example:
        >>> do_without(*FORMATS)
    """
    absent: dict[str, Any] = sys.modules
    for name in modules:
        absent.setdefault(name, None)
