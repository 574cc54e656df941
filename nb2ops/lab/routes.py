"""All endpoints: path, method, what is done and who may do it."""

from __future__ import annotations

from jupyter_server.utils import url_path_join

from nb2ops.lab.handlers import Handler, Verb, handler

ID = "(?P<id>[0-9a-fA-F-]{36})"
LONG = 120.0
"""Seconds for what compiles a notebook, asks interpreters or imports Prefect."""

ROUTES: dict[str, type[Handler]] = {
    "health": handler("Health", get=Verb("services:health")),
    "services/start": handler("Services", post=Verb("services:start", "execute")),
    "pipeline": handler("Pipeline", get=Verb("notebooks:pipeline", within=LONG)),
    "tags": handler("Tags", post=Verb("notebooks:tags", within=LONG)),
    "build": handler("Build", post=Verb("notebooks:build", "write", LONG)),
    "runs": handler("Runs", get=Verb("runs:page"), post=Verb("runs:start", "execute", LONG)),
    f"runs/{ID}": handler("Run", get=Verb("runs:show")),
    f"runs/{ID}/logs": handler("Log", get=Verb("runs:log")),
    f"runs/{ID}/notebook": handler("Executed", get=Verb("runs:notebook", within=LONG)),
    f"runs/{ID}/report": handler("Report", get=Verb("runs:report", within=LONG)),
    f"runs/{ID}/cancel": handler("Cancel", post=Verb("runs:cancel", "execute")),
    f"runs/{ID}/retry": handler("Retry", post=Verb("runs:retry", "execute")),
    f"runs/{ID}/resume": handler("Resume", post=Verb("runs:resume", "execute", LONG)),
    "compare": handler("Compare", get=Verb("runs:compare", within=LONG)),
    "deployments": handler(
        "Deployments", get=Verb("deployments:listing"), post=Verb("deployments:deploy", "execute", LONG)
    ),
    f"deployments/{ID}": handler(
        "Deployment",
        get=Verb("deployments:show", within=LONG),
        patch=Verb("deployments:change", "execute", LONG),
        delete=Verb("deployments:delete", "write"),
    ),
    f"deployments/{ID}/run": handler("DeploymentRun", post=Verb("deployments:run", "execute")),
    "schedule/preview": handler("Preview", post=Verb("deployments:preview", within=LONG)),
}


def routes(base_url: str) -> list[tuple[str, type[Handler]]]:
    """Return tornado's routes below the server's base address."""
    return [(url_path_join(base_url, "nb2ops", "api", path), each) for path, each in ROUTES.items()]
