"""Which texts are the same to a reader, and where two of them part."""

from __future__ import annotations

import pytest

from nb2ops.comparison.texts import beyond, changes, comparable, only_repeats, overwritten, warnings_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<f at 0x7f0a12345678>", "<f at 0x55d00aabbccd>"),
        ("/tmp/ipykernel_41/88.py:1: UserWarning: x", "/tmp/ipykernel_77/88.py:1: UserWarning: x"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\n", "a"),
        (
            "CPU times: user 2 μs, sys: 0 ns, total: 2 μs\nWall time: 4.05 μs\n5",
            "CPU times: user 2 μs, sys: 1e+03 ns, total: 3 μs\nWall time: 1min 4s\n5",
        ),
        (
            "11.9 ns ± 0.23 ns per loop (mean ± std. dev. of 7 runs, 100,000,000 loops each)",
            "3.1 s ± 20 ms per loop (mean ± std. dev. of 7 runs, 1 loop each)",
        ),
    ],
)
def test_what_the_process_alone_decides_is_the_same(one, other):
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0x1f", "0x2f"),  # a number that the notebook shows, no address
        ("/tmp/ipykernel_41/88.py:1: UserWarning: x", "/tmp/ipykernel_41/89.py:1: UserWarning: x"),
        ("a", "a\n\n"),
        ("", "\n"),
        ("1.0", "1.00"),
        ("Wall time: 3 s\n5", "Wall time: 3 s\n6"),
        ("The Wall time: 3 s", "The Wall time: 4 s"),
        ("3 ± 1", "4 ± 1"),
    ],
)
def test_everything_else_is_not(one, other):
    assert comparable(one) != comparable(other)


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("10%\r90%\r", "90%"),
        ("10%\r\n", "10%\n"),
        ("a\rb\nc\rd", "b\nd"),
        ("plain\n", "plain\n"),
    ],
)
def test_a_carriage_return_begins_the_line_anew(written, seen):
    assert overwritten(written) == seen


@pytest.mark.parametrize(
    ("linear", "pipeline", "again", "left"),
    [
        ("a b c", "a x c", "a b c", ["x"]),
        ("a b c", "a x c", "a y c", []),
        ("a b c", "a x z", "a y c", ["z"]),
        ("a b c", "a b c d", "a b c", ["d"]),
        ("a 1 c", "a 1 2 c", "a 5 6 7 c", []),
        ("a 1 c", "a c", "a 5 c", []),
        ("a 1 c", "a 2 d", "a 5 6 c", ["d"]),
        ("a b", "b", "a b", [""]),
        ("a", "b", "", []),
    ],
)
def test_only_lines_that_vary_by_themselves_are_excused(linear, pipeline, again, left):
    first, piped, second = (tuple(text.split()) for text in (linear, pipeline, again))
    hard = beyond(changes(first, piped), changes(first, second))
    assert [" ".join(each.lines) for each in hard] == left


OLD = "/lib/a.py:3: FutureWarning: old\n  a()\n"
LONG = "/lib/b.py:9: ConvergenceWarning: no\nTry more:\n    https://example.org\n  fit(\n"


@pytest.mark.parametrize(
    ("linear", "pipeline", "before", "soft"),
    [
        ("", OLD, OLD, True),
        ("log\n", f"{OLD}log\n{OLD}", OLD, True),
        ("", LONG, LONG, True),
        ("", OLD + LONG, OLD, False),
        ("", OLD.replace("old", "other"), OLD, False),
        ("", OLD.replace(":3:", ":4:"), OLD, False),
        ("", OLD.replace("/lib/a.py", "/tmp/ipykernel_1/5.py"), OLD, True),
        ("", f"{OLD}more\n", OLD, False),
        ("log\n", OLD, OLD, False),
        (OLD, "", OLD, False),
    ],
)
def test_a_warning_that_the_linear_run_has_shown_before_may_come_again(linear, pipeline, before, soft):
    assert only_repeats(comparable(linear), comparable(pipeline), warnings_in(comparable(before))) is soft
