"""Secrets are found in what is shown, in the forms that they take there."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from nb2ops.inkernel.masking import Mask, texts_of

SECRET = "p'ss wörd/&<7>"


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        repr({"password": SECRET}),
        json.dumps([SECRET]),
        f"https://ann:{quote(SECRET)}@host/",
        f"?key={quote(SECRET, safe='')}",
        f"?key={quote_plus(SECRET)}",
        f"<td>{html.escape(SECRET)}</td>",
        base64.b64encode(SECRET.encode()).decode(),
        *(f"Basic {base64.b64encode(f'{user}:{SECRET}!'.encode()).decode()}" for user in ("a", "an", "ann")),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_every_form_is_replaced(shown):
    hidden = Mask([SECRET]).text(shown)
    assert "***" in hidden
    for form in (SECRET, repr(SECRET)[1:-1], quote(SECRET), html.escape(SECRET), "wörd", "J3NzIHfDtnJk"):
        assert form not in hidden


def test_other_text_stays_as_it_is():
    data = {"text": "nothing here", "n": 1, "rows": [None, True, 0.5]}
    assert Mask([SECRET]).data(data) == data
    assert Mask([SECRET]).data({"a": [f"x{SECRET}y"], SECRET: 1}) == {"a": ["x***y"], "***": 1}


def test_each_line_of_a_long_secret_and_each_text_of_a_dictionary_is_one():
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----"
    assert Mask([key]).text("read MIIEvQIBADANBgkq from the file") == "read *** from the file"
    assert texts_of({"user": "ann", "password": "hunter22", "hosts": ["db.example"]}) == ["hunter22", "db.example"]


@pytest.mark.parametrize(
    ("text", "kept"), [("token: hun", 3), ("token: hunter2", 7), ("***", 0), ("see the", 0), ("h", 1), ("", 0)]
)
def test_an_end_that_may_go_on_as_a_secret_is_known(text, kept):
    assert Mask(["hunter22"]).open_end(text) == kept
