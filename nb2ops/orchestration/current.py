"""The Prefect flow that is running in this thread."""

from __future__ import annotations

from dataclasses import dataclass

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.runtime import deployment

from nb2ops.errors import UsageError


@dataclass(frozen=True, slots=True)
class CurrentFlow:
    """A flow run and the client that Prefect's engine uses for it.

    Attributes:
        run: the very object that the engine looks at.
    """

    run: FlowRun
    client: SyncPrefectClient

    @property
    def is_deployed(self) -> bool:
        """Whether it is the run of a deployment, started by a worker."""
        return self.run.deployment_id is not None

    @property
    def deployment(self) -> str | None:
        """The name of the deployment."""
        return str(deployment.name) if self.is_deployed else None

    def is_cancelling(self) -> bool:
        """Whether somebody asked Prefect to cancel the run."""
        state = self.client.read_flow_run(self.run.id).state
        return state is not None and state.is_cancelling()


def current_flow() -> CurrentFlow:
    """Return the flow that is running.

    Raises:
        UsageError: none is, or an asynchronous one.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or not isinstance(context.client, SyncPrefectClient):
        raise UsageError("`pipeline` works inside a plain function with Prefect's @flow, as in flow.py.")
    return CurrentFlow(context.flow_run, context.client)


def try_again(current: CurrentFlow, retries: int) -> None:
    """Let Prefect run a failed flow again in the same process: what `--retries` of a deployment means."""
    if current.is_deployed and retries and not current.run.empirical_policy.retries:
        current.run.empirical_policy.retries = retries
        current.client.update_flow_run(current.run.id, empirical_policy=current.run.empirical_policy)
