"""An executed notebook in a report: what is shown of each output, and that nothing of it can run or load."""

from __future__ import annotations

import base64
import re

import pytest

from nb2ops.pages import cells
from nb2ops.pages.formulas import with_formulas
from nb2ops.pages.sanitising import sanitised
from tests.notebooks import notebook_json

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()

# what an output or text holds -> what is left of it
HARMLESS = [
    ("<b>bold</b>", "<b>bold</b>"),
    ("<script>alert(1)</script>after", "after"),
    ("<style>.x { color: red }</style><ul><li>1</ul>", "<ul><li>1</li></ul>"),
    ('<p onclick="alert(1)">text</p>', "<p>text</p>"),
    ('<img src="https://elsewhere.example/x.png">', "<img>"),
    ('<img src="x" onerror="alert(1)">', "<img>"),
    (f'<img src="data:image/png;base64,{PNG}">', f'<img src="data:image/png;base64,{PNG}">'),
    ('<img src="data:text/html;base64,PHNjcmlwdD4=">', "<img>"),
    ('<a href="javascript:alert(1)">here</a>', "<a>here</a>"),
    ('<a href="https://example.org/">here</a>', '<a href="https://example.org/">here</a>'),
    ('<iframe src="https://elsewhere.example"></iframe>', ""),
    ('<p style="color: red; background: url(https://elsewhere.example)">text</p>', "<p>text</p>"),
    ('<p style="color: red">text</p>', '<p style="color: red;">text</p>'),
    ('<link rel="stylesheet" href="https://elsewhere.example/x.css"><meta http-equiv="refresh" content="0">', ""),
    ("<form action='https://elsewhere.example'><button>send</button></form>", "send"),
    ('<svg onload="alert(1)"><use href="https://elsewhere.example/x.svg#a"/></svg>', ""),
    ("<scr<script>ipt>alert(1)</scr</script>ipt>", ""),
]  # fmt: skip


@pytest.mark.parametrize(("html", "left"), HARMLESS)
def test_what_runs_or_loads_is_taken_out(html, left):
    assert sanitised(html) == left


def html(data: dict, **more: object) -> str:
    notebook = notebook_json("show()")
    notebook["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}, **more}]
    return cells.as_html(notebook, code=False)


# data of an output -> what is shown
SHOWN = [
    ({"text/plain": "<Figure>", "image/png": PNG}, f'<img alt="figure" src="data:image/png;base64,{PNG}">'),
    ({"text/html": "<b>table</b>", "text/plain": "plain"}, '<div class="rich"><b>table</b></div>'),
    ({"text/html": "<script>plot()</script>", "image/png": PNG}, "data:image/png"),
    ({"text/html": "<script>plot()</script>", "text/plain": "Figure"}, '<pre class="result">Figure</pre>'),
    ({"image/svg+xml": "<svg onload='alert(1)'/>"}, "data:image/svg+xml;base64,"),
    ({"text/markdown": "# Hi\n[x](javascript:alert(1))"}, "<h1"),
    ({"application/javascript": "alert(1)"}, "needs a script (application/javascript)"),
    ({"text/plain": ["a\n", "b < c"]}, "a\nb &lt; c"),
]


@pytest.mark.parametrize(("data", "shown"), SHOWN)
def test_of_an_output_the_richest_harmless_form_is_shown(data, shown):
    assert shown in html(data)
    assert "javascript:" not in html(data)
    assert "onload" not in html(data)


def test_printed_text_is_shown_as_a_terminal_does():
    notebook = notebook_json("work()")
    notebook["cells"][0]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "10%\r50%\r100%\n\x1b[31mred\x1b[0m <b>"},
        {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["\x1b[31mE\x1b[0m: <e>"]},
    ]
    shown = cells.as_html(notebook, code=False)
    assert re.sub("<[^>]*>", "", shown) == "100%\nred &lt;b&gt;E: &lt;e&gt;"
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 250_000}]
    assert "150,000 characters are in the notebook only" in cells.as_html(notebook, code=False)


def test_code_is_folded_numbered_as_the_prompt_and_can_be_left_out():
    notebook = notebook_json("a = 1", "", ("markdown", "Text with `code`"), "b = '<i>'")
    shown = cells.as_html(notebook, code=True)
    assert re.findall(r"<summary>(.*?)</summary>", shown) == ["cell 1", "cell 2"]
    assert "&lt;i&gt;" in shown
    assert "<details" not in cells.as_html(notebook, code=False)
    assert "Text with <code>code</code>" in cells.as_html(notebook, code=False)


# TeX of a text -> what is left of it
FORMULAS = [
    ("of $x^2$ here", '<msup><mi>x</mi><mn>2</mn></msup>'),
    ("$$\\frac{a}{b}$$", '<span class="formula"><math display="block">'),
    ("\\begin{align}a &= b \\\\ c &= d\\end{align}", "<mtable"),
    ("# The $\\omega$ of it", "<mi>ω</mi>"),
    ("$a < b$", "<mo>&lt;</mo>"),
    ("$a_b_c$", "$a_b_c$"),
    ("5 $ and 6 \\$", "5 $ and 6 $"),
    ("$\\text{<script>alert(1)</script>}$", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ('<var class="nb2ops-formula">7</var>', "<p></p>"),
    ('<p title="\n\n$x$\n\n">after', "title="),
]  # fmt: skip


@pytest.mark.parametrize(("written", "shown"), FORMULAS)
def test_formulas_are_drawn_without_a_script_and_break_out_of_nothing(written, shown):
    page = cells.as_html(notebook_json(("markdown", written)), code=False)
    assert shown in page
    assert "<script" not in page
    assert not re.search(r'="[^"]*<math', page)
    assert 'nb2ops-formula">' not in page


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The $\\omega$ of <it>", "<mi>ω</mi></mrow></math> of &lt;it&gt;"),
        ("$a_b_c$ and 5 $", "$a_b_c$ and 5 $"),
        ("from $5 to $7 a piece", "from $5 to $7 a piece"),
        ("$$", "$$"),
    ],
)
def test_a_title_has_its_formulas_drawn(written, shown):
    assert shown in with_formulas(written)


def test_a_formula_as_an_output_is_drawn_too():
    assert "<msqrt><mrow><mi>x</mi></mrow></msqrt>" in html(
        {"text/latex": "$\\displaystyle \\sqrt{x}$", "text/plain": "sqrt(x)"}
    )


def test_an_attachment_of_a_text_is_shown():
    notebook = notebook_json(("markdown", "![a](attachment:a.png) ![b](https://elsewhere.example/b.png)"))
    notebook["cells"][0]["attachments"] = {"a.png": {"image/png": PNG}}
    shown = cells.as_html(notebook, code=True)
    assert f"data:image/png;base64,{PNG}" in shown
    assert "elsewhere" not in shown
