"""Constructs: pieces of a notebook from which programs are generated, as templates in text files.

A construct begins with `## name`, constructs of one topic that their variables do not tell with `# topic`. In its
lines stand

    <a:list>     the name of a variable of this kind (`list|dict`: of one of these, `any`: of any)
    <!a:list>    the same, read by a function or class that may be called later: it stays of this kind
    <+a:list>    a name that the construct binds, new or rebound; `<+a:@b>` makes it of the kind of `<b>`
    <+!a:list>   the same, and the construct itself reads it later
    <+*a:list>   the same, always a name that nothing else knows
    <-a:list>    the name of a variable that is deleted: it is of the kind `gone` then
    <a>          the same name again
    <n>, <word>, <file>   a small number, a word, the name of a file (one for the whole construct)
    <body>       one or two other constructs that may run any number of times
    <show:a:list>         an expression that shows the variable (see `kinds.txt`)

A construct that begins with `#tags:` or `%%` is a cell of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "constructs"
PLACE = re.compile(
    r"<(?:(?P<plain>n|word|file|body)|(?P<show>show:)?(?P<mark>[+!*-]*)(?P<label>[A-Za-z]+)(?::(?P<kinds>[@a-zA-Z|]+))?)>"
)
ANY = "any"
PLAIN = frozenset({ANY, "int", "float", "str", "list", "dict", "function"})
"""Kinds that half of all constructs have."""
MANY = 4
"""Kinds of one place that say as little."""


@dataclass(frozen=True)
class Place:
    """What a template says of one of its names.

    Attributes:
        label: its name in the template.
        kinds: it is of one of these.
        mark: as above, "" where it is only read.
    """

    label: str
    kinds: tuple[str, ...]
    mark: str


@dataclass(frozen=True)
class Template:
    """A construct.

    Attributes:
        name: unique among all constructs.
        text: lines with placeholders.
        topic: of several constructs, "" where there is none.
    """

    name: str
    text: str
    topic: str = ""

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The names, as they are introduced."""
        found = (
            Place(match["label"], tuple(match["kinds"].split("|")), match["mark"])
            for match in PLACE.finditer(self.text)
            if match["kinds"]
        )
        return tuple({place.label: place for place in reversed([*found])}.values())[::-1]

    @cached_property
    def reads(self) -> tuple[Place, ...]:
        """The names that must be there."""
        return tuple(place for place in self.places if not place.mark.startswith("+"))

    @cached_property
    def binds(self) -> tuple[Place, ...]:
        """The names that it binds."""
        return tuple(place for place in self.places if place.mark.startswith("+"))

    @cached_property
    def pins(self) -> bool:
        """Whether later calls read names."""
        return any("!" in place.mark for place in self.places)

    @cached_property
    def subjects(self) -> frozenset[str]:
        """What it has to do with: its topic, and the kinds of variables that few constructs have."""
        kinds = {kind for place in self.places if len(place.kinds) < MANY for kind in place.kinds}
        return frozenset(kinds.difference(PLAIN) | {self.topic} - {""})

    @cached_property
    def stands_alone(self) -> bool:
        """Whether it is a cell of its own."""
        return self.text.startswith(("#tags:", "%%"))

    @cached_property
    def fits_a_body(self) -> bool:
        """Whether it may stand in a loop or branch."""
        return not (self.stands_alone or "<body>" in self.text or "<-" in self.text)


def read_templates() -> tuple[Template, ...]:
    """Return all constructs."""
    files = (path for path in sorted(FOLDER.glob("*.txt")) if path.name != "kinds.txt")
    return tuple(each for path in files for each in _read_file(path.read_text(encoding="utf-8")))


def _read_file(text: str) -> Iterator[Template]:
    topic = ""
    for block in re.split(r"(?m)^#(?=#? )", text)[1:]:
        head, _, lines = block.partition("\n")
        if head.startswith("# "):
            yield Template(head.removeprefix("# ").strip(), lines.rstrip("\n"), topic)
        else:
            topic = head.strip()


def read_kinds() -> dict[str, str]:
    """Return kind -> an expression that shows a variable of it."""
    lines = (FOLDER / "kinds.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


TEMPLATES = read_templates()
KINDS = read_kinds()
MAKERS = {
    kind: sorted(
        (each for each in TEMPLATES if each.fits_a_body and any(kind in place.kinds for place in each.binds)),
        key=lambda each: len(each.reads),
    )
    for kind in KINDS
}
"""Kind -> the constructs that bind a variable of it, those that need least first."""
RELATIVES = {
    each.name: tuple(other for other in TEMPLATES if each.subjects & other.subjects) or (each,) for each in TEMPLATES
}
"""Construct -> those that have to do with the same."""
