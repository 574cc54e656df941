"""An executed notebook as HTML and Markdown, cell by cell, with nbconvert's filters."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from nbconvert.exporters import MarkdownExporter
from nbconvert.filters import Highlight2HTML, ansi2html, strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from nb2ops.model import Json
from nb2ops.pages.formulas import mathml
from nb2ops.pages.markup import text
from nb2ops.pages.sanitising import sanitised, shows_nothing

SHOWN_CHARACTERS = 100_000
"""Of one printed text; the executed notebook has all of it."""
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/svg+xml")
INJECTED = "injected-parameters"
ANCHOR = re.compile(r'<a class="anchor-link"[^>]*>.*?</a>')
"""A sign after each heading that is of use on a live page only."""
FORMULA = re.compile(r'<var class="nb2ops-formula">(\d+)</var>')
"""Where a formula stands while the text around it is cleaned; in an attribute its brackets would be escaped."""


class _Renderer(IPythonRenderer):
    """Markdown as HTML whose formulas are set aside as MathML; one that cannot be read stays TeX."""

    def __init__(self) -> None:
        super().__init__(escape=False)
        self.formulas: list[str] = []

    def inline_math(self, body: str) -> str:
        return self._formula(body, block=False) or str(super().inline_math(body))

    def block_math(self, body: str) -> str:
        return self._formula(body, block=True) or str(super().block_math(body))

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._formula(whole, block=True) or str(super().latex_environment(name, body))

    def _formula(self, tex: str, *, block: bool) -> str | None:
        found = mathml(tex, block=block)
        if found is None:
            return None
        self.formulas.append(f'<span class="formula">{found}</span>' if block else found)
        return f'<var class="nb2ops-formula">{len(self.formulas) - 1}</var>'


def as_html(notebook: Json, *, code: bool) -> str:
    """Return the cells of a notebook; their code is folded, or left out where `code` is false."""
    language = notebook.get("metadata", {}).get("language_info", {}).get("name", "python")
    highlight = Highlight2HTML(pygments_lexer=language)
    number = 0
    parts: list[str] = []
    for cell in notebook["cells"]:
        source = _joined(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(f'<section class="text">{_prose(source, cell.get("attachments", {}))}</section>')
        if cell["cell_type"] == "code" and source.strip():
            injected = INJECTED in cell["metadata"].get("tags", ())
            number += 0 if injected else 1
            parts.append(_code_cell(cell, "parameters" if injected else f"cell {number}", highlight(source), code=code))
    return "".join(parts)


def as_markdown(notebook: Json, *, code: bool) -> str:
    """Return the cells of a notebook as Markdown with pictures in it."""
    exporter = MarkdownExporter(exclude_input=not code, exclude_input_prompt=True, exclude_output_prompt=True)
    written, resources = exporter.from_file(StringIO(json.dumps(notebook)))
    for name, content in resources.get("outputs", {}).items():
        kind = "svg+xml" if name.endswith(".svg") else name.rpartition(".")[2]
        written = written.replace(f"]({name})", f"](data:image/{kind};base64,{base64.b64encode(content).decode()})")
    return str(written)


def _code_cell(cell: Json, name: str, source: str, *, code: bool) -> str:
    outputs = "".join(_outputs(cell.get("outputs", ())))
    folded = f"<details><summary>{name}</summary>{source}</details>" if code else ""
    return f'<section class="cell">{folded}{outputs}</section>' if folded or outputs else ""


def _prose(source: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    for name, found in attachments.items():
        for kind, content in found.items():
            source = source.replace(f"(attachment:{name})", f"(data:{kind};base64,{content})")
    source = source.replace("attachment:", "missing-attachment:")  # nbconvert refuses a text that names one
    renderer = _Renderer()
    html = sanitised(ANCHOR.sub("", MarkdownWithMath(renderer=renderer).render(source)))
    return FORMULA.sub(lambda found: "".join(renderer.formulas[int(found[1]) :][:1]), html)


def _outputs(outputs: Any) -> Iterator[str]:
    for output in outputs:
        match output["output_type"]:
            case "stream":
                look = " error" if output["name"] == "stderr" else ""
                yield _printed(_joined(output["text"]), f"stream{look}")
            case "error":
                yield _printed("\n".join(output["traceback"]), "error")
            case _:
                yield _shown(output["data"])


def _shown(data: Json) -> str:
    """Return what is richest of an output and can be shown without a script."""
    html = sanitised(_joined(data["text/html"])) if "text/html" in data else ""
    if not shows_nothing(html):
        return f'<div class="rich">{html}</div>'
    for kind in PICTURES:
        picture = _picture(kind, data.get(kind))
        if picture:
            return picture
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return f'<div class="rich">{_prose(_joined(data[kind]), {})}</div>'
    if "text/plain" in data:
        return _printed(_joined(data["text/plain"]), "result")
    kinds = text(", ".join(sorted(data)))
    return f'<p class="left-out">An output that needs a script ({kinds}) is in the notebook only.</p>'


def _picture(kind: str, content: Any) -> str:
    if not content:
        return ""
    joined = _joined(content)
    try:
        raw = joined.encode() if kind == "image/svg+xml" else base64.b64decode(joined, validate=False)
    except binascii.Error:
        return ""
    return f'<img alt="figure" src="data:{kind};base64,{base64.b64encode(raw).decode()}">'


def _printed(written: str, look: str) -> str:
    written = _without_overwritten(written)
    cut = ""
    if len(written) > SHOWN_CHARACTERS:
        half = SHOWN_CHARACTERS // 2
        cut = f'<p class="left-out">{len(written) - 2 * half:,} characters are in the notebook only.</p>'
        written = f"{strip_ansi(written[:half])}\n...\n{strip_ansi(written[-half:])}"
    return f'<pre class="{look}">{ansi2html(written)}</pre>{cut}'


def _without_overwritten(written: str) -> str:
    """Return printed text as a terminal shows it: what a progress bar wrote over is gone."""
    return re.sub(r"^.*\r(?=[^\n\r])", "", written.replace("\r\n", "\n"), flags=re.MULTILINE)


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)
