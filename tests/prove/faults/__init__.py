"""Seeded faults: each breaks one function of nb2ops in the process that searches, and the search must notice."""

from __future__ import annotations

from tests.prove.faults import caching
from tests.prove.faults.analysis import ANALYSIS
from tests.prove.faults.crossing import CROSSING
from tests.prove.faults.seeding import Fault

CACHING = frozenset(fault.name for fault in caching.CACHING)
"""The faults that only runs with a cache show."""
FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*ANALYSIS, *CROSSING, *caching.CACHING)}
