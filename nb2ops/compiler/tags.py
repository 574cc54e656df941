"""Tags to roles and modifiers; the grammar is in `nb2ops.model`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from nb2ops.model import SETUP, Cell, Modifiers, Notebook, Problem, Role, Severity

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])\Z")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMGT])i?B?\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

_ROLES = {
    "parameters": Role.PARAMETERS,
    "pipeline-parameters": Role.PARAMETERS,
    "imports": Role.SETUP,
    "functions": Role.SETUP,
    "setup": Role.SETUP,
    "skip": Role.SKIP,
    "metrics": Role.METRICS,
    "pipeline-metrics": Role.METRICS,
    "gate": Role.GATE,
}
_SYNONYMS = {"block": "step", "prev": "after"}
_WITHOUT_EFFECT = frozenset({"limit", "image", "annotation", "label"})
_KEYS = ("step", "after", "retries", "retry-delay", "timeout", "memory", "cache", "keeps", "block", "prev")


@dataclass(frozen=True, slots=True)
class TaggedCell:
    """A code cell with what its tags say.

    Attributes:
        cell: the cell.
        role: what it is for; CONTINUES where no tag says.
        step: the name of a `step:` tag.
        modifiers: what its modifiers say; the step takes them from all its cells.
    """

    cell: Cell
    role: Role = Role.CONTINUES
    step: str | None = None
    modifiers: Modifiers = field(default_factory=Modifiers)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem without its place; the place is the cell that is being read."""

    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR


def read_tags(notebook: Notebook) -> tuple[tuple[TaggedCell, ...], list[Problem]]:
    """Return the code cells with their roles, and everything that is wrong with their tags."""
    problems: list[Problem] = []
    cells = []
    for cell in notebook.code:
        tagged, findings = _read_cell(cell)
        cells.append(tagged)
        problems += [
            Problem(
                each.code, each.message, f"{notebook.name}.ipynb", cell.number, None, None, each.hint, each.severity
            )
            for each in findings
        ]
    problems += _misplaced(notebook)
    return tuple(cells), problems


def _misplaced(notebook: Notebook) -> Iterator[Problem]:
    for cell in notebook.cells:
        ours = [tag for tag in cell.tags if _is_ours(tag)]
        if ours and not cell.is_code:
            yield Problem(
                "NB206",
                f'the tag "{ours[0]}" is on cell {cell.index} of the file, which holds no code.',
                f"{notebook.name}.ipynb",
                hint="Tag the code cell below it.",
                severity=Severity.WARNING,
            )


def _is_ours(tag: str) -> bool:
    key, colon, _ = tag.partition(":")
    return tag in _ROLES or (bool(colon) and key in _KEYS)


def _read_cell(cell: Cell) -> tuple[TaggedCell, list[Finding]]:
    tagged = TaggedCell(cell)
    findings: list[Finding] = []
    roles: list[str] = []
    for tag in dict.fromkeys(cell.tags):
        key, colon, value = tag.partition(":")
        key = _SYNONYMS.get(key, key) if colon else key
        if tag in _ROLES or (key == "step" and colon):
            roles.append(tag)
            tagged, found = _with_role(tagged, tag, value)
        elif colon and key in _MODIFIERS:
            tagged, found = _with_modifier(tagged, key, value, tag)
        else:
            found = _foreign(tag, key, bool(colon))
        findings += found
    if len(roles) > 1:
        listed = " and ".join(f'"{role}"' for role in roles)
        findings.append(
            Finding("NB201", f"has two roles, {listed}.", "Keep one role per cell; split the cell if it does both.")
        )
    return tagged, findings


def _with_role(tagged: TaggedCell, tag: str, name: str) -> tuple[TaggedCell, list[Finding]]:
    if tag in _ROLES:
        return replace(tagged, role=_ROLES[tag]), []
    if not _NAME.match(name):
        message = f'"{name}" is not a name for a step.'
        return tagged, [Finding("NB202", message, "Use letters, digits, - and _, beginning with a letter or digit.")]
    if name == SETUP:
        return replace(tagged, role=Role.SETUP), []
    return replace(tagged, role=Role.STEP, step=name), []


def duration(text: str) -> float | None:
    """Return the seconds of a duration such as "30s", "10m", "2h", "1d"; None where it is none."""
    match = _DURATION.match(text)
    return float(match[1]) * _SECONDS[match[2]] if match else None


def size(text: str) -> int | None:
    """Return the bytes of a size such as "500M" or "4G"; None where it is none."""
    match = _SIZE.match(text)
    return int(float(match[1]) * _BYTES[match[2]]) if match else None


def _after(modifiers: Modifiers, value: str) -> Modifiers | None:
    return replace(modifiers, after=(*modifiers.after, value)) if _NAME.match(value) or "." in value else None


def _retries(modifiers: Modifiers, value: str) -> Modifiers | None:
    return replace(modifiers, retries=int(value)) if re.fullmatch(r"[0-9]{1,4}", value) else None


def _retry_delay(modifiers: Modifiers, value: str) -> Modifiers | None:
    seconds = duration(value)
    return None if seconds is None else replace(modifiers, retry_delay=seconds)


def _timeout(modifiers: Modifiers, value: str) -> Modifiers | None:
    seconds = duration(value)
    return replace(modifiers, timeout=seconds) if seconds else None


def _memory(modifiers: Modifiers, value: str) -> Modifiers | None:
    amount = size(value)
    return replace(modifiers, memory=amount) if amount else None


def _cache(modifiers: Modifiers, value: str) -> Modifiers | None:
    return replace(modifiers, cache=False) if value == "off" else None


def _keeps(modifiers: Modifiers, value: str) -> Modifiers | None:
    return replace(modifiers, keeps=(*modifiers.keeps, value)) if value.isidentifier() else None


_MODIFIERS: dict[str, tuple[Callable[[Modifiers, str], Modifiers | None], str]] = {
    "after": (_after, "after:load"),
    "retries": (_retries, "retries:3"),
    "retry-delay": (_retry_delay, "retry-delay:30s"),
    "timeout": (_timeout, "timeout:10m"),
    "memory": (_memory, "memory:4G"),
    "cache": (_cache, "cache:off"),
    "keeps": (_keeps, "keeps:df"),
}


def _with_modifier(tagged: TaggedCell, key: str, value: str, tag: str) -> tuple[TaggedCell, list[Finding]]:
    read, example = _MODIFIERS[key]
    modifiers = read(tagged.modifiers, value)
    if modifiers is None:
        return tagged, [
            Finding("NB203", f'the tag "{tag}" has a value that cannot be read.', f'Write it like "{example}".')
        ]
    return replace(tagged, modifiers=modifiers), []


def _foreign(tag: str, key: str, has_value: bool) -> list[Finding]:
    if has_value and key in _WITHOUT_EFFECT:
        return [Finding("NB205", f'the tag "{tag}" of Kale has no effect here.', severity=Severity.NOTICE)]
    word, words = (key, _KEYS) if has_value else (tag, (*_ROLES, "step"))
    near = get_close_matches(word.lower(), words, n=1, cutoff=0.65 if has_value else 0.75)
    if not near or (word in words and not has_value and tag != "step"):
        return []
    wanted = f"{near[0]}:{tag.partition(':')[2]}" if has_value else near[0]
    wanted = "step:NAME" if wanted == "step" else wanted
    return [Finding("NB204", f'the tag "{tag}" is not one of nb2ops.', f'Did you mean "{wanted}"?', Severity.WARNING)]
