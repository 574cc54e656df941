"""Which kernel a step gets, as steps start and end, and what it finds there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nb2ops.model import Pipeline, Step
from nb2ops.runtime.sharing import Arrival, Separated, SharedKernel, Sharing


def made(name: str, saves: str = "", **fields: Any) -> Step:
    return Step(name, (), saves=tuple(saves.split()), **fields)


class Run:
    """Steps as a run would start and end them."""

    def __init__(self, *steps: Step, selection: tuple[str, ...] | None = None) -> None:
        self.steps = {step.name: step for step in steps}
        self.sharing = Sharing(Pipeline("", "", "", "", "python", None, "", (), steps, ()), selection)

    def start(self, name: str) -> tuple[SharedKernel, Arrival]:
        step = self.steps[name]
        return self.sharing.assign(step), self.sharing.enter(step)

    def end(self, name: str, staying: Mapping[str, str] | None = None) -> bool:
        """Whether the kernel is kept."""
        step = self.steps[name]
        self.sharing.note(step, staying or {})
        kept = self.sharing.keep_after(step)
        self.sharing.settle(step)
        return kept

    def waits(self, name: str) -> bool:
        return self.sharing.must_wait(self.steps[name])


FILE = {"f": "is an open file"}


def test_a_kernel_is_kept_as_long_as_a_step_needs_what_cannot_leave_it() -> None:
    run = Run(
        made("a", "f x"), made("b", loads={"x": "a"}), made("c", "f", loads={"f": "a"}), made("d", loads={"f": "c"})
    )
    first, _ = run.start("a")
    assert run.end("a", FILE)
    assert run.sharing.kept() == [first]
    assert run.start("b")[0] is not first
    assert not run.end("b")
    second, arrival = run.start("c")
    assert (second is first, arrival.steps, run.sharing.kept()) == (True, ("a",), [])
    assert run.end("c", FILE)
    assert run.start("d")[0] is first
    assert not run.end("d")


def test_a_kernel_is_not_kept_for_steps_that_do_not_run() -> None:
    run = Run(made("a", "f"), made("b", loads={"f": "a"}), selection=("a",))
    run.start("a")
    assert not run.end("a", FILE)


def test_what_was_foreseen_and_did_not_happen_keeps_nothing() -> None:
    run = Run(made("a", "f", staying=FILE), made("b", loads={"f": "a"}))
    first, _ = run.start("a")
    assert not run.end("a", {})
    assert run.start("b")[0] is not first


def test_two_that_meet_start_in_one_kernel_where_it_was_foreseen() -> None:
    meeting = made("c", loads={"f": "a", "g": "b"})
    run = Run(made("a", "f", staying=FILE), made("b", "g", staying={"g": "is a generator"}), meeting)
    first, _ = run.start("a")
    assert run.waits("b")
    assert run.end("a", FILE)
    assert not run.waits("b")
    assert run.start("b")[0] is first
    assert run.waits("c")


def test_two_that_meet_unforeseen_say_what_to_do() -> None:
    run = Run(made("a", "f"), made("b", "g"), made("c", loads={"f": "a", "g": "b"}))
    for name, staying in (("a", FILE), ("b", {"g": "is a generator"})):
        run.start(name)
        run.end(name, staying)
    with pytest.raises(Separated) as caught:
        run.start("c")
    assert str(caught.value) == (
        'needs "f" of step "a" (is an open file) and "g" of step "b" (is a generator), which cannot leave their '
        'kernels, and these are not one. Give these steps one name, for example "a", so that they run together.'
    )


def test_a_step_waits_for_earlier_ones_of_its_kernel_only() -> None:
    run = Run(made("a", "f"), made("b", loads={"f": "a"}), made("c", loads={"f": "a"}), made("d"))
    run.start("a")
    assert not run.waits("d")
    run.end("a", FILE)
    assert (run.waits("b"), run.waits("c"), run.waits("d")) == (False, True, False)
    run.start("b")
    assert run.waits("c")
    run.end("b")
    assert not run.waits("c")


def test_a_second_try_of_the_first_step_gets_a_new_kernel() -> None:
    run = Run(made("a", "f"), made("b", loads={"f": "a"}))
    assert run.start("a")[0] is not run.start("a")[0]


def test_a_step_finds_what_earlier_ones_made_and_took_and_loads_the_rest() -> None:
    run = Run(
        made("s", "x y z"),
        made("a", "f", loads={"x": "s"}, staying=FILE),
        made("b", "y", loads={"y": "s"}, deletes=("x", "w")),
        made("c", loads={"f": "a", "y": "b", "z": "s"}),
    )
    run.start("s")
    run.end("s")
    _, fresh = run.start("a")
    assert (fresh.steps, dict(fresh.held), dict(fresh.ahead)) == ((), {}, {"z": "s"})
    run.end("a", FILE)
    run.start("b")
    run.end("b")
    _, arrival = run.start("c")
    assert dict(arrival.held) == {"x": "s", "z": "s", "f": "a"}
    assert arrival.dropped == ("x", "w")


def test_what_a_later_step_needs_of_a_pack_is_read_with_the_rest_of_it_also_where_an_older_version_is_there() -> None:
    run = Run(
        made("s", "f x y", staying=FILE),
        made("t", "x y", loads={"x": "s"}),
        made("a", loads={"f": "s", "y": "t"}),
        made("b", "x", loads={"x": "t"}),
        made("c", loads={"f": "s", "x": "t", "y": "t"}),
        made("d", loads={"f": "s", "x": "b"}),
    )
    run.start("s")
    run.end("s", FILE)
    run.start("t")
    run.end("t")
    _, arrival = run.start("a")
    assert arrival.held == {"f": "s", "x": "s", "y": "s"}
    assert arrival.ahead == {"x": "t"}
