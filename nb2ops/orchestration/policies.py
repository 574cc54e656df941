"""What a deployment does with slots that come late or come while it still runs; carried in its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nb2ops.errors import UsageError

CATCH_UP_VARIABLE = "NB2OPS_CATCH_UP"
OVERLAP_VARIABLE = "NB2OPS_OVERLAP"
RETRIES_VARIABLE = "NB2OPS_RETRIES"
CONCURRENCY_VARIABLE = "NB2OPS_CONCURRENCY"


class CatchUp(StrEnum):
    """Which of the slots run that nobody took in time, for example because no worker was there."""

    SKIP = "skip"
    LATEST = "latest"
    ALL = "all"


class Overlap(StrEnum):
    """What becomes of a slot while a run of the same deployment is still going."""

    SKIP = "skip"
    QUEUE = "queue"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True)
class Policy:
    """How slots become runs.

    Attributes:
        catch_up: which late slots run.
        overlap: what a slot does that comes while a run is going.
        retries: how often a failed run is tried again.
        concurrency: runs at once, those by hand included; the others wait in Prefect's queue.

    Raises:
        UsageError: the policies contradict each other.
    """

    catch_up: CatchUp = CatchUp.LATEST
    overlap: Overlap = Overlap.SKIP
    retries: int = 0
    concurrency: int | None = None

    def __post_init__(self) -> None:
        if (self.catch_up, self.overlap) == (CatchUp.ALL, Overlap.SKIP):
            raise UsageError(
                "--catch-up all with --overlap skip: late slots would skip each other. "
                "Use --overlap queue (one after another) or --overlap parallel."
            )

    @property
    def limit(self) -> int | None:
        """How many runs Prefect starts at once; None for any number."""
        return self.concurrency or (1 if self.overlap is Overlap.QUEUE else None)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Policy:
        """Return the policy that a deployment gave to its flow process, the defaults where it gave none."""
        concurrency = environment.get(CONCURRENCY_VARIABLE)
        return cls(
            CatchUp(environment.get(CATCH_UP_VARIABLE, CatchUp.LATEST)),
            Overlap(environment.get(OVERLAP_VARIABLE, Overlap.SKIP)),
            int(environment.get(RETRIES_VARIABLE, 0)),
            int(concurrency) if concurrency else None,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What `from_environment` reads."""
        said = {
            CATCH_UP_VARIABLE: self.catch_up.value,
            OVERLAP_VARIABLE: self.overlap.value,
            RETRIES_VARIABLE: str(self.retries),
        }
        return said | ({CONCURRENCY_VARIABLE: str(self.concurrency)} if self.concurrency else {})
