"""Who is told of the end of a deployment's runs, and what; carried in the deployment's environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlsplit

from nb2ops.errors import UsageError
from nb2ops.model import Failure, Json

NOTIFY_VARIABLE = "NB2OPS_NOTIFY"
NOBODY = "none"
WEBHOOK, BLOCK = "webhook:", "block:"
Targets = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notifications:
    """Targets, each `webhook:URL` or `block:TYPE/NAME`, by the occasion.

    Attributes:
        failure: runs that failed, crashed or took too long; rejected ones too where nobody is told of those.
        success: runs that completed.
        rejected: runs that a red gate ended.
    """

    failure: Targets = ()
    success: Targets = ()
    rejected: Targets = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Notifications:
        """Return what a deployment gave to its flow process."""
        said: Json = json.loads(environment.get(NOTIFY_VARIABLE, "{}"))
        return cls(**{each.name: tuple(said.get(each.name, ())) for each in fields(cls)})

    @property
    def shown(self) -> dict[str, Targets]:
        """Who is told by the occasions that there are, as it may be shown."""
        return {each.name: tuple(map(shown, targets)) for each in fields(self) if (targets := getattr(self, each.name))}

    @property
    def environment(self) -> dict[str, str]:
        """What `from_environment` reads; nothing where nobody is told."""
        said = {each.name: list(targets) for each in fields(self) if (targets := getattr(self, each.name))}
        return {NOTIFY_VARIABLE: json.dumps(said)} if said else {}

    def changed(self, said: Mapping[str, Targets]) -> Notifications:
        """Return these with the occasions that something is said about; `none` means that nobody is told."""
        targets = {name: () if each == (NOBODY,) else each for name, each in said.items() if each}
        return replace(self, **targets)

    def of(self, state: str, kind: str) -> tuple[str, Targets]:
        """Return the occasion that a final state is, and who is told of it.

        Args:
            state: its name in Prefect.
            kind: its type in Prefect; of what was cancelled or skipped nobody is told.

        Example:
            >>> Notifications(failure=("webhook:https://hooks.example/x",)).of("Crashed", "CRASHED")
            ('failure', ('webhook:https://hooks.example/x',))
        """
        if state == "Rejected":
            return "rejected", self.rejected or self.failure
        if kind in {"FAILED", "CRASHED"}:
            return "failure", self.failure
        return ("success", self.success) if kind == "COMPLETED" else ("", ())


OCCASIONS = tuple(each.name for each in fields(Notifications))


def check_targets(texts: Iterable[str] | None, field: str) -> Targets:
    """Return the targets that a part of a request says; none at all stands for nobody, no answer for "as before".

    Raises:
        UsageError: one is none.
    """
    if texts is None:
        return ()
    try:
        return tuple(map(check_target, texts)) or (NOBODY,)
    except UsageError as error:
        raise UsageError(str(error), fields={field: str(error)}) from error


def check_target(text: str) -> str:
    """Return a target as it was said.

    Raises:
        UsageError: it is none.
    """
    if text == NOBODY:
        return text
    if text.startswith(WEBHOOK):
        parts = urlsplit(text.removeprefix(WEBHOOK))
        if parts.scheme in {"http", "https"} and parts.hostname:
            return text
        raise UsageError(f"{shown(text)}: an address is missing. Write webhook:https://HOST/PATH.")
    kind, slash, name = text.removeprefix(BLOCK).partition("/")
    if text.startswith(BLOCK) and kind and slash and name:
        return text
    raise UsageError(
        f"{text!r} is no target. Write webhook:URL, block:TYPE/NAME (a notification block of Prefect) or none."
    )


def shown(target: str) -> str:
    """Return a target as it may be shown: the path of a web hook is often its password.

    Example:
        >>> shown("webhook:https://hooks.example/T0/secret")
        'webhook hooks.example'
    """
    if target.startswith(WEBHOOK):
        return f"webhook {urlsplit(target.removeprefix(WEBHOOK)).hostname or 'without address'}"
    return target.replace(BLOCK, "block ", 1)


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run, for a message.

    Attributes:
        run: Prefect's id of the run.
        name: Prefect's name of it.
        state: how it ended.
        notebook: path or name of the notebook.
        deployment: the deployment's name.
        url: the run's page.
        failure: what went wrong, None where nothing did or nobody knows.
        message: Prefect's message of the state, where there is no failure.
    """

    run: str
    name: str
    state: str
    notebook: str
    deployment: str | None
    url: str
    failure: Failure | None = None
    message: str | None = None


def message(occasion: str, ending: Ending) -> Json:
    """Return what is sent: `text` says all of it, as chat services want it; the rest is the same in parts."""
    failure = ending.failure
    said = failure.sentence(ending.notebook.rpartition("/")[2]) if failure else ending.message
    parts = [f"{ending.deployment or ending.notebook} {ending.state}", said, ending.url]
    return {
        "text": "\n".join(filter(None, parts)),
        "occasion": occasion,
        "state": ending.state,
        "notebook": ending.notebook,
        "deployment": ending.deployment,
        "run": ending.run,
        "name": ending.name,
        "step": failure.step if failure else None,
        "cell": failure.cell if failure else None,
        "line": failure.line if failure else None,
        "error": failure.message if failure else ending.message,
        "url": ending.url,
    }
